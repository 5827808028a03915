//! What a provider says is left of the rate it allows us. Time is an argument.
//!
//! - OpenAI, Azure and many others: `x-ratelimit-remaining-requests: 0`, `x-ratelimit-reset-requests: 6m0s`, and the same
//!   for `tokens`. <https://platform.openai.com/docs/guides/rate-limits>
//! - Anthropic: `anthropic-ratelimit-requests-remaining: 0`, `anthropic-ratelimit-requests-reset` with a moment of RFC
//!   3339, and the same for `tokens`, `input-tokens` and `output-tokens`. The moment is the provider's, so it is compared
//!   with the `date` of the same answer. <https://docs.anthropic.com/en/api/rate-limits>
//! - Anybody: 429 with `retry-after`.

use bartizan_verdict::Reason;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use tokio::time::{Duration, Instant};

use crate::failure::Failure;

/// How long a provider is passed over that says for how long in no way we can read.
const UNSAID: Duration = Duration::from_secs(1);
/// The longest that is believed; then the provider is asked again.
const LONGEST: Duration = Duration::from_secs(3600);

/// Headers of what is left, and of when there is more again.
const OPENAI: [(HeaderName, HeaderName); 2] = [
    names("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    names("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
];
const ANTHROPIC: [(HeaderName, HeaderName); 4] = [
    names(
        "anthropic-ratelimit-requests-remaining",
        "anthropic-ratelimit-requests-reset",
    ),
    names(
        "anthropic-ratelimit-tokens-remaining",
        "anthropic-ratelimit-tokens-reset",
    ),
    names(
        "anthropic-ratelimit-input-tokens-remaining",
        "anthropic-ratelimit-input-tokens-reset",
    ),
    names(
        "anthropic-ratelimit-output-tokens-remaining",
        "anthropic-ratelimit-output-tokens-reset",
    ),
];

/// What an answer says of the rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Said {
    #[default]
    Nothing,
    /// Something is left.
    Left,
    /// Nothing is, for so long.
    NothingLeft(Duration),
}

/// Up to when nothing is left, as far as we were told.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    until: Option<Instant>,
}

impl Allowance {
    pub(super) fn note(&mut self, said: Said, now: Instant) {
        match said {
            Said::Nothing => {}
            Said::Left => self.until = None,
            Said::NothingLeft(time) => self.until = Some(now + time),
        }
    }

    pub(super) fn is_used_up(&self, now: Instant) -> bool {
        self.until.is_some_and(|until| now < until)
    }
}

impl Said {
    /// What the headers of any answer say.
    pub(crate) fn in_headers(headers: &HeaderMap) -> Self {
        let openai = OPENAI.map(|names| one(headers, &names, span));
        let anthropic = ANTHROPIC.map(|names| one(headers, &names, |reset| until(reset, headers)));
        let all = openai.into_iter().chain(anthropic);
        all.fold(Self::Nothing, |most, said| match (most, said) {
            (Self::NothingLeft(one), Self::NothingLeft(other)) => Self::NothingLeft(one.max(other)),
            (Self::NothingLeft(_), _) | (_, Self::Nothing) => most,
            (Self::Nothing | Self::Left, said) => said,
        })
    }

    /// What a refusal says, whatever else its headers say.
    pub(crate) fn or_of_refusal(self, failure: &Failure) -> Self {
        match (self, failure.reason) {
            (Self::Nothing | Self::Left, Reason::ProviderLimited) => {
                Self::NothingLeft(failure.wait().unwrap_or(UNSAID).min(LONGEST))
            }
            (Self::NothingLeft(time), Reason::ProviderLimited) => {
                Self::NothingLeft(failure.wait().map_or(time, |wait| wait.min(LONGEST)))
            }
            (_, _) => self,
        }
    }
}

const fn names(remaining: &'static str, reset: &'static str) -> (HeaderName, HeaderName) {
    (HeaderName::from_static(remaining), HeaderName::from_static(reset))
}

fn one(
    headers: &HeaderMap,
    (remaining, reset): &(HeaderName, HeaderName),
    read: impl FnOnce(&str) -> Option<Duration>,
) -> Said {
    match headers
        .get(remaining)
        .and_then(text)
        .and_then(|text| text.trim().parse().ok())
    {
        None => Said::Nothing,
        Some(0_u64) => {
            let time = headers.get(reset).and_then(text).and_then(read);
            Said::NothingLeft(time.unwrap_or(UNSAID).min(LONGEST))
        }
        Some(_) => Said::Left,
    }
}

fn text(value: &HeaderValue) -> Option<&str> {
    value.to_str().ok()
}

/// From the `date` of the headers to a moment of RFC 3339.
fn until(moment: &str, headers: &HeaderMap) -> Option<Duration> {
    let date = headers.get(header::DATE).and_then(text)?;
    let now = DateTimeParser::new().parse_timestamp(date).ok()?;
    let moment: Timestamp = moment.trim().parse().ok()?;
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or_default())
}

/// A length of time such as `1s`, `6m0s`, `20ms` or `1h2m3.5s`; a number alone is in seconds.
fn span(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest
            .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at_checked(end)?;
        let number: f64 = number.parse().ok()?;
        let unit_end = tail.find(|letter: char| letter.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at_checked(unit_end)?;
        let seconds = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" | "" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum = sum.checked_add(Duration::try_from_secs_f64(number * seconds).ok()?)?;
        rest = tail;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(headers: &[(&'static str, &'static str)]) -> Said {
        let headers = headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value)));
        Said::in_headers(&headers.collect())
    }

    #[test]
    fn what_is_left_is_read_in_every_vendor_s_words() {
        let seconds = |seconds| Said::NothingLeft(Duration::from_secs(seconds));
        let table: Vec<(&[(&str, &str)], Said)> = vec![
            (&[], Said::Nothing),
            (&[("x-ratelimit-remaining-requests", "7")], Said::Left),
            (&[("x-ratelimit-remaining-requests", "many")], Said::Nothing),
            (&[("x-ratelimit-remaining-requests", "0")], seconds(1)),
            (
                &[
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-requests", "6m0s"),
                    ("x-ratelimit-remaining-tokens", "9"),
                    ("x-ratelimit-reset-tokens", "1h"),
                ],
                seconds(360),
            ),
            (
                &[
                    ("x-ratelimit-remaining-requests", "0"),
                    ("x-ratelimit-reset-requests", "2"),
                    ("x-ratelimit-remaining-tokens", "0"),
                    ("x-ratelimit-reset-tokens", "3s"),
                ],
                seconds(3),
            ),
            (
                &[
                    ("x-ratelimit-remaining-tokens", "0"),
                    ("x-ratelimit-reset-tokens", "99999h"),
                ],
                seconds(3600),
            ),
            (
                &[
                    ("anthropic-ratelimit-output-tokens-remaining", "0"),
                    ("anthropic-ratelimit-output-tokens-reset", "2026-11-20T15:50:35Z"),
                    ("date", "Fri, 20 Nov 2026 15:50:05 GMT"),
                ],
                seconds(30),
            ),
            (
                &[
                    ("anthropic-ratelimit-requests-remaining", "0"),
                    ("anthropic-ratelimit-requests-reset", "2026-11-20T15:50:00Z"),
                    ("date", "Fri, 20 Nov 2026 15:50:05 GMT"),
                ],
                seconds(0),
            ),
            (
                &[
                    ("anthropic-ratelimit-requests-remaining", "0"),
                    ("anthropic-ratelimit-requests-reset", "2026-11-20T15:50:00Z"),
                ],
                seconds(1),
            ),
        ];
        for (headers, expected) in table {
            assert_eq!(said(headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn lengths_of_time_are_read() {
        let table = [
            ("1s", Some(1_000)),
            ("6m0s", Some(360_000)),
            ("20ms", Some(20)),
            ("1h2m3.5s", Some(3_723_500)),
            ("12", Some(12_000)),
            ("", None),
            ("soon", None),
            ("1y", None),
            ("1.2.3s", None),
        ];
        for (text, expected) in table {
            assert_eq!(span(text).map(|time| time.as_millis()), expected, "{text}");
        }
    }

    #[test]
    fn a_refusal_without_a_time_is_believed_for_a_moment() {
        let limited = Failure::new(Reason::ProviderLimited, "");
        let failed = Failure::new(Reason::ProviderFailed, "");
        let long = Said::NothingLeft(Duration::from_secs(60));
        let table = [
            (Said::Nothing, limited.clone(), Said::NothingLeft(UNSAID)),
            (Said::Left, limited.clone(), Said::NothingLeft(UNSAID)),
            (long, limited.clone(), long),
            (
                long,
                limited.retry_after(Some(Duration::from_secs(5))),
                Said::NothingLeft(Duration::from_secs(5)),
            ),
            (Said::Left, failed.clone(), Said::Left),
            (Said::Nothing, failed, Said::Nothing),
        ];
        for (said, failure, expected) in table {
            assert_eq!(said.or_of_refusal(&failure), expected, "{failure:?}");
        }
    }

    #[test]
    fn the_last_word_counts_until_its_time_is_over() {
        let began = Instant::now();
        let mut allowance = Allowance::default();
        assert!(!allowance.is_used_up(began));
        allowance.note(Said::NothingLeft(Duration::from_secs(2)), began);
        allowance.note(Said::Nothing, began);
        assert!(allowance.is_used_up(began + Duration::from_secs(1)));
        assert!(!allowance.is_used_up(began + Duration::from_secs(2)));
        allowance.note(Said::Left, began);
        assert!(!allowance.is_used_up(began));
    }
}
