use core::fmt::{self, Write};
use core::ops::Range;

use bartizan_verdict::Dialect;

use crate::gcra::Level;

/// What is left of a tenant's limits; `None` where there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Requests per window.
    pub requests: Option<Level>,
    /// Tokens per window.
    pub tokens: Option<Level>,
}

/// The response headers that tell a client of its limits, in a text that is reused.
///
/// OpenAI and MCP: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, the reset as a length of time the way Go writes
/// it (`12ms`, `1.5s`, `6m0s`). Anthropic: `anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}`, the reset
/// as an RFC 3339 time in UTC. `retry-after` in whole seconds (RFC 9110 section 10.2.3), at least 1. Times are rounded
/// up, so that a client that obeys them is not refused again.
///
/// ```
/// use bartizan_limit::{Headers, Snapshot, gcra::Level};
/// use bartizan_verdict::Dialect;
///
/// let level = Level { limit: 5, remaining: 4, reset_after: 12_000_000_000 };
/// let mut headers = Headers::default();
/// headers.write(Dialect::OpenAi, &Snapshot { requests: Some(level), tokens: None }, None, 0);
/// let written: Vec<_> = headers.iter().collect();
/// assert_eq!(written, [
///     ("x-ratelimit-limit-requests", "5"),
///     ("x-ratelimit-remaining-requests", "4"),
///     ("x-ratelimit-reset-requests", "12s"),
/// ]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Headers {
    text: String,
    entries: Vec<(&'static str, Range<usize>)>,
}

/// Names of limit, remaining and reset.
type Names = [&'static str; 3];

impl Headers {
    /// Replaces what was written before by the headers of `snapshot` at `now`. `retry_after` is in nanoseconds.
    pub fn write(&mut self, dialect: Dialect, snapshot: &Snapshot, retry_after: Option<u64>, now: u64) {
        self.text.clear();
        self.entries.clear();
        for (names, level) in [
            (requests(dialect), snapshot.requests),
            (tokens(dialect), snapshot.tokens),
        ] {
            let Some(level) = level else { continue };
            let [limit, remaining, reset] = names;
            self.push(limit, level.limit);
            self.push(remaining, level.remaining);
            match dialect {
                Dialect::OpenAi | Dialect::Mcp => self.push(reset, GoDuration(level.reset_after)),
                Dialect::Anthropic => self.push(reset, Rfc3339(now.saturating_add(level.reset_after))),
            }
        }
        if let Some(retry_after) = retry_after {
            self.push("retry-after", retry_after.div_ceil(SECOND).max(1));
        }
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.entries
            .iter()
            .map(|(name, range)| (*name, self.text.get(range.clone()).unwrap_or_default()))
    }

    fn push(&mut self, name: &'static str, value: impl fmt::Display) {
        let start = self.text.len();
        // Writing to a String cannot fail, and numbers and times never do.
        if write!(self.text, "{value}").is_ok() {
            self.entries.push((name, start..self.text.len()));
        }
    }
}

const fn requests(dialect: Dialect) -> Names {
    match dialect {
        Dialect::OpenAi | Dialect::Mcp => [
            "x-ratelimit-limit-requests",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-reset-requests",
        ],
        Dialect::Anthropic => [
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-requests-reset",
        ],
    }
}

const fn tokens(dialect: Dialect) -> Names {
    match dialect {
        Dialect::OpenAi | Dialect::Mcp => [
            "x-ratelimit-limit-tokens",
            "x-ratelimit-remaining-tokens",
            "x-ratelimit-reset-tokens",
        ],
        Dialect::Anthropic => [
            "anthropic-ratelimit-tokens-limit",
            "anthropic-ratelimit-tokens-remaining",
            "anthropic-ratelimit-tokens-reset",
        ],
    }
}

const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MILLISECOND;

/// Nanoseconds, written as Go's `time.Duration` writes them, rounded up to milliseconds.
struct GoDuration(u64);

impl fmt::Display for GoDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = self.0.div_ceil(MILLISECOND);
        let (total, fraction) = divide(milliseconds, 1_000);
        if total == 0 && fraction > 0 {
            return write!(formatter, "{fraction}ms");
        }
        let (minutes, seconds) = divide(total, 60);
        let (hours, minutes_left) = divide(minutes, 60);
        if hours > 0 {
            write!(formatter, "{hours}h{minutes_left}m{seconds}")?;
        } else if minutes > 0 {
            write!(formatter, "{minutes}m{seconds}")?;
        } else {
            write!(formatter, "{seconds}")?;
        }
        let (tenths, hundredths_left) = divide(fraction, 100);
        match (fraction, hundredths_left, divide(hundredths_left, 10)) {
            (0, _, _) => formatter.write_str("s"),
            (_, 0, _) => write!(formatter, ".{tenths}s"),
            (_, _, (hundredths, 0)) => write!(formatter, ".{tenths}{hundredths}s"),
            (_, _, _) => write!(formatter, ".{fraction:03}s"),
        }
    }
}

/// Nanoseconds since the Unix epoch, written as RFC 3339 has it, in UTC, rounded up to seconds.
struct Rfc3339(u64);

impl fmt::Display for Rfc3339 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second_of_day) = divide(self.0.div_ceil(SECOND), 86_400);
        let (year, month, day) = civil(days);
        let (minutes, second) = divide(second_of_day, 60);
        let (hour, minute) = divide(minutes, 60);
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar.
fn civil(days: u64) -> (u64, u64, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    const DAYS_BEFORE_1970: u64 = 719_468;
    // Years are counted from 1 March, so that the leap day is the last of its year.
    let (era, day_of_era) = divide(days.saturating_add(DAYS_BEFORE_1970), DAYS_OF_400_YEARS);
    let leap_days = |day: u64| {
        let (fours, hundreds) = (divide(day, 1_460).0, divide(day, 36_524).0);
        fours.saturating_add(divide(day, 146_096).0).saturating_sub(hundreds)
    };
    let year_of_era = divide(day_of_era.saturating_sub(leap_days(day_of_era)), 365).0;
    let (fours, hundreds) = (divide(year_of_era, 4).0, divide(year_of_era, 100).0);
    let year_starts = year_of_era
        .saturating_mul(365)
        .saturating_add(fours)
        .saturating_sub(hundreds);
    let day_of_year = day_of_era.saturating_sub(year_starts);
    // From March on, months come in runs of five of 153 days.
    let month_from_march = divide(day_of_year.saturating_mul(5).saturating_add(2), 153).0;
    let month_starts = divide(month_from_march.saturating_mul(153).saturating_add(2), 5).0;
    let day = day_of_year.saturating_sub(month_starts).saturating_add(1);
    let year = era.saturating_mul(400).saturating_add(year_of_era);
    match month_from_march.checked_sub(10) {
        Some(month) => (year.saturating_add(1), month.saturating_add(1), day),
        None => (year, month_from_march.saturating_add(3), day),
    }
}

fn divide(value: u64, by: u64) -> (u64, u64) {
    (value.checked_div(by).unwrap_or(0), value.checked_rem(by).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_go_writes_them() {
        let table = [
            (0, "0s"),
            (1, "1ms"),
            (12 * MILLISECOND, "12ms"),
            (11_000_001, "12ms"),
            (999 * MILLISECOND, "999ms"),
            (999 * MILLISECOND + 1, "1s"),
            (1_500 * MILLISECOND, "1.5s"),
            (8_640 * MILLISECOND, "8.64s"),
            (1_001 * MILLISECOND, "1.001s"),
            (1_010 * MILLISECOND, "1.01s"),
            (59_999 * MILLISECOND, "59.999s"),
            (60 * SECOND, "1m0s"),
            (360 * SECOND, "6m0s"),
            (90_500 * MILLISECOND, "1m30.5s"),
            (3_600 * SECOND, "1h0m0s"),
            (90_061 * SECOND, "25h1m1s"),
            (u64::MAX, "5124095h34m33.71s"),
        ];
        for (nanoseconds, text) in table {
            assert_eq!(GoDuration(nanoseconds).to_string(), text, "{nanoseconds}");
        }
    }

    #[test]
    fn times_are_written_as_rfc_3339_has_them() {
        let table = [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_709_210_096, "2024-02-29T12:34:56Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (18_446_744_073, "2554-07-21T23:34:33Z"),
        ];
        for (seconds, text) in table {
            assert_eq!(Rfc3339(seconds * SECOND).to_string(), text, "{seconds}");
        }
        assert_eq!(Rfc3339(1).to_string(), "1970-01-01T00:00:01Z");
        assert_eq!(Rfc3339(u64::MAX).to_string(), "2554-07-21T23:34:34Z");
    }

    #[test]
    fn each_dialect_has_its_own_names() {
        let level = |limit, remaining, reset_after| {
            Some(Level {
                limit,
                remaining,
                reset_after,
            })
        };
        let snapshot = Snapshot {
            requests: level(5, 0, 59_000_000_001),
            tokens: level(1_000, 900, 6 * SECOND),
        };
        let mut headers = Headers::default();
        headers.write(Dialect::Anthropic, &snapshot, Some(1), 1_800_000_000 * SECOND);
        let expected = [
            ("anthropic-ratelimit-requests-limit", "5"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2027-01-15T08:01:00Z"),
            ("anthropic-ratelimit-tokens-limit", "1000"),
            ("anthropic-ratelimit-tokens-remaining", "900"),
            ("anthropic-ratelimit-tokens-reset", "2027-01-15T08:00:06Z"),
            ("retry-after", "1"),
        ];
        assert_eq!(headers.iter().collect::<Vec<_>>(), expected);

        headers.write(
            Dialect::OpenAi,
            &Snapshot {
                tokens: None,
                ..snapshot
            },
            Some(11_500_000_000),
            0,
        );
        let expected = [
            ("x-ratelimit-limit-requests", "5"),
            ("x-ratelimit-remaining-requests", "0"),
            ("x-ratelimit-reset-requests", "59.001s"),
            ("retry-after", "12"),
        ];
        assert_eq!(headers.iter().collect::<Vec<_>>(), expected);

        headers.write(Dialect::OpenAi, &Snapshot::default(), None, 0);
        assert_eq!(headers.iter().count(), 0);
    }
}
