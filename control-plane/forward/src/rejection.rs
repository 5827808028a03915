//! What a provider's refusal comes to; the table is at the top of the crate.

use std::time::Duration;

use bartizan_verdict::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::Value;

mod words;

use self::words::Words;
use crate::{
    failure::{Classification, Cure, Failure},
    patience::Patience,
    provider::Provider,
    whole,
};

/// The largest body of an error that is read.
const BODY_LIMIT: usize = 64 << 10;
/// The longest message that is passed on, in characters.
const MESSAGE_LIMIT: usize = 2_000;
/// The longest `type`, `code` or `param` that is passed on, in bytes.
const WORD_LIMIT: usize = 128;
/// The longest wait that is passed on: a day.
const RETRY_LIMIT: Duration = Duration::from_secs(86_400);
/// What OpenAI and Azure say beside `retry-after`, more exactly.
const RETRY_AFTER_MS: &str = "retry-after-ms";

/// The failure that an answer with a status other than 200 is.
pub(crate) async fn failure(provider: &Provider, response: Response<Incoming>, patience: &mut Patience) -> Failure {
    let (head, mut body) = response.into_parts();
    let reason = reason(head.status);
    let detail = format!("provider answered {}", head.status.as_u16());
    let failure = Failure::new(reason, detail)
        .cured(cure(head.status))
        .retry_after(retry_after(&head.headers));
    if reason != Reason::ProviderRejected && !words::has_more_to_say(provider.kind()) {
        return failure;
    }
    match whole::read(&mut body, BODY_LIMIT, patience).await {
        Ok(body) => explained(failure, provider, words::read(provider.kind(), &head.headers, &body)),
        Err(_) => failure,
    }
}

fn reason(status: StatusCode) -> Reason {
    match status.as_u16() {
        400 | 404 | 409 | 413 | 422 => Reason::ProviderRejected,
        408 | 504 => Reason::ProviderTimeout,
        429 => Reason::ProviderLimited,
        503 | 529 => Reason::Unavailable,
        _ => Reason::ProviderFailed,
    }
}

/// Adds the provider's own words, where they concern the request, so that the client may have them; our credential is
/// taken out, should they repeat it.
fn explained(mut failure: Failure, provider: &Provider, words: Words) -> Failure {
    if let Some(reason) = words.reason {
        failure = failure.cured(Cure::of(reason));
        failure.reason = reason;
    }
    if let Some(seconds) = words.retry_after {
        failure = failure.retry_after(Some(Duration::from_secs(seconds.into()).min(RETRY_LIMIT)));
    }
    if failure.reason != Reason::ProviderRejected {
        return failure;
    }
    let message = words.message.map(|message| {
        let clean = provider.without_credential(&message);
        clean
            .chars()
            .filter(|letter| !letter.is_control())
            .take(MESSAGE_LIMIT)
            .collect()
    });
    let word = |value: Option<Value>| word(provider, &value?);
    let classification = Classification {
        kind: word(words.kind),
        code: word(words.code),
        param: word(words.param),
    };
    failure.message(message).classification(classification)
}

/// A value that programs decide by, if it looks like one.
fn word(provider: &Provider, value: &Value) -> Option<String> {
    let word = provider.without_credential(value.as_str()?);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-$[]".contains(&byte);
    (word.len() <= WORD_LIMIT && word.bytes().all(is_plain)).then_some(word)
}

/// Whether a refusal of that status may be answered by another provider, or by the same one later.
fn cure(status: StatusCode) -> Cure {
    match status.as_u16() {
        // What is not there may be elsewhere, as a model that the provider has retired.
        404 => Cure::Elsewhere,
        400 | 409 | 413 | 422 => Cure::Never,
        408 | 429 | 500..=599 => Cure::Again,
        _ => Cure::Elsewhere,
    }
}

/// RFC 9110 section 10.2.3, but only in seconds: a date would need a clock that agrees with the provider's.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name| {
        let text = headers.get(name).map(HeaderValue::to_str)?.ok()?;
        text.parse::<u32>().ok()
    };
    let exact = number(HeaderName::from_static(RETRY_AFTER_MS)).map(|time| Duration::from_millis(time.into()));
    let time = exact.or_else(|| number(header::RETRY_AFTER).map(|time| Duration::from_secs(time.into())));
    time.map(|time| time.min(RETRY_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_come_to_reasons() {
        let table = [
            (301, Reason::ProviderFailed, Cure::Elsewhere),
            (400, Reason::ProviderRejected, Cure::Never),
            (401, Reason::ProviderFailed, Cure::Elsewhere),
            (403, Reason::ProviderFailed, Cure::Elsewhere),
            (404, Reason::ProviderRejected, Cure::Elsewhere),
            (408, Reason::ProviderTimeout, Cure::Again),
            (418, Reason::ProviderFailed, Cure::Elsewhere),
            (422, Reason::ProviderRejected, Cure::Never),
            (429, Reason::ProviderLimited, Cure::Again),
            (500, Reason::ProviderFailed, Cure::Again),
            (503, Reason::Unavailable, Cure::Again),
            (529, Reason::Unavailable, Cure::Again),
        ];
        for (status, expected, cured) in table {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!((reason(status), cure(status)), (expected, cured), "{status}");
        }
    }

    #[test]
    fn only_whole_seconds_are_passed_on() {
        let table = [
            ("7", Some(Duration::from_secs(7))),
            ("999999", Some(RETRY_LIMIT)),
            ("1.5", None),
            ("-1", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ];
        for (value, expected) in table {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(retry_after(&headers), expected, "{value}");
        }
        let both = HeaderMap::from_iter([
            (header::RETRY_AFTER, HeaderValue::from_static("2")),
            (
                HeaderName::from_static(RETRY_AFTER_MS),
                HeaderValue::from_static("1250"),
            ),
        ]);
        assert_eq!(retry_after(&both), Some(Duration::from_millis(1250)));
    }
}
