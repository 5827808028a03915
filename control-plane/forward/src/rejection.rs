//! What a provider's refusal comes to; the table is at the top of the crate.

use bartizan_verdict::Reason;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::Value;

mod words;

use self::words::Words;
use crate::{
    failure::{Classification, Failure},
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
/// The longest wait that is passed on: a day, in seconds.
const RETRY_LIMIT: u32 = 86_400;

/// The failure that an answer with a status other than 200 is.
pub(crate) async fn failure(provider: &Provider, response: Response<Incoming>, patience: &mut Patience) -> Failure {
    let (head, mut body) = response.into_parts();
    let reason = reason(head.status);
    let detail = format!("provider answered {}", head.status.as_u16());
    let failure = Failure::new(reason, detail).retry_after(retry_after(&head.headers));
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
    failure.reason = words.reason.unwrap_or(failure.reason);
    if let Some(seconds) = words.retry_after {
        failure = failure.retry_after(Some(seconds.min(RETRY_LIMIT)));
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

/// RFC 9110 section 10.2.3, but only in seconds: a date would need a clock that agrees with the provider's.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let seconds = headers.get(header::RETRY_AFTER).map(HeaderValue::to_str)?.ok()?;
    let seconds: u32 = seconds.parse().ok()?;
    Some(seconds.min(RETRY_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_come_to_reasons() {
        let table = [
            (301, Reason::ProviderFailed),
            (400, Reason::ProviderRejected),
            (401, Reason::ProviderFailed),
            (403, Reason::ProviderFailed),
            (404, Reason::ProviderRejected),
            (408, Reason::ProviderTimeout),
            (418, Reason::ProviderFailed),
            (422, Reason::ProviderRejected),
            (429, Reason::ProviderLimited),
            (500, Reason::ProviderFailed),
            (503, Reason::Unavailable),
            (529, Reason::Unavailable),
        ];
        for (status, expected) in table {
            assert_eq!(reason(StatusCode::from_u16(status).unwrap()), expected, "{status}");
        }
    }

    #[test]
    fn only_whole_seconds_are_passed_on() {
        let table = [
            ("7", Some(7)),
            ("999999", Some(RETRY_LIMIT)),
            ("1.5", None),
            ("-1", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ];
        for (value, expected) in table {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(retry_after(&headers), expected, "{value}");
        }
    }
}
