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

/// Names of limit, remaining and reset.
type Names = [&'static str; 3];

/// Value of a header.
#[derive(Clone, Copy)]
enum Value {
    Number(u64),
    /// Nanoseconds, written as Go's `time.Duration` writes them, rounded up to milliseconds.
    Duration(u64),
    /// Nanoseconds since the Unix epoch, written as RFC 3339 has it, in UTC, rounded up to seconds.
    Moment(u64),
}

/// Tells the response headers that tell a client of its limits, each by name and value. `retry_after` is in nanoseconds.
///
/// OpenAI and MCP: `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`, the reset as a length of time the way Go writes
/// it (`12ms`, `1.5s`, `6m0s`). Anthropic: `anthropic-ratelimit-{requests,tokens}-{limit,remaining,reset}`, the reset
/// as an RFC 3339 time in UTC. `retry-after` in whole seconds (RFC 9110 section 10.2.3), at least 1. Times are rounded
/// up, so that a client that obeys them is not refused again. All of it is ASCII.
///
/// ```
/// use bartizan_limit::{Snapshot, gcra::Level, tell};
/// use bartizan_verdict::Dialect;
///
/// let level = Level { limit: 5, remaining: 4, reset_after: 12_000_000_000 };
/// let mut told = Vec::new();
/// tell(Dialect::OpenAi, &Snapshot { requests: Some(level), tokens: None }, None, 0, &mut |name, value| {
///     told.push(format!("{name}: {}", value.escape_ascii()));
/// });
/// assert_eq!(told, [
///     "x-ratelimit-limit-requests: 5",
///     "x-ratelimit-remaining-requests: 4",
///     "x-ratelimit-reset-requests: 12s",
/// ]);
/// ```
pub fn tell(
    dialect: Dialect,
    snapshot: &Snapshot,
    retry_after: Option<u64>,
    now: u64,
    header: &mut dyn FnMut(&'static str, &[u8]),
) {
    let limits = [
        (requests(dialect), snapshot.requests),
        (tokens(dialect), snapshot.tokens),
    ];
    for ([limit, remaining, reset], level) in limits {
        let Some(level) = level else { continue };
        let reset_at = match dialect {
            Dialect::OpenAi | Dialect::Mcp => Value::Duration(level.reset_after),
            Dialect::Anthropic => Value::Moment(now.saturating_add(level.reset_after)),
        };
        tell_one(limit, Value::Number(level.limit), header);
        tell_one(remaining, Value::Number(level.remaining), header);
        tell_one(reset, reset_at, header);
    }
    if let Some(after) = retry_after {
        tell_one("retry-after", Value::Number(after.div_ceil(SECOND).max(1)), header);
    }
}

#[inline(never)]
fn tell_one(name: &'static str, value: Value, header: &mut dyn FnMut(&'static str, &[u8])) {
    let mut text = Backwards::default();
    text.value(value);
    header(name, text.written());
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

/// A short text that is written from its end, as the digits of numbers come. This is a tenth of the code of the standard
/// library's formatting, and nothing is allocated.
#[derive(Default)]
struct Backwards {
    bytes: [u8; 32],
    length: usize,
}

impl Backwards {
    fn written(&self) -> &[u8] {
        let start = self.bytes.len().saturating_sub(self.length);
        self.bytes.get(start..).unwrap_or_default()
    }

    fn push(&mut self, byte: u8) {
        self.length = self.length.saturating_add(1);
        // The longest text has 20 bytes.
        let place = self.bytes.len().checked_sub(self.length);
        if let Some(place) = place.and_then(|place| self.bytes.get_mut(place)) {
            *place = byte;
        }
    }

    fn value(&mut self, value: Value) {
        match value {
            Value::Number(number) => self.number(number),
            Value::Duration(nanoseconds) => self.duration(nanoseconds),
            Value::Moment(nanoseconds) => self.moment(nanoseconds),
        }
    }

    fn number(&mut self, number: u64) {
        self.padded(number, 1);
    }

    /// With zeros in front, if it has fewer digits.
    fn padded(&mut self, mut number: u64, digits: usize) {
        let mut written: usize = 0;
        while number > 0 || written < digits {
            let (rest, digit) = divide(number, 10);
            self.push(b'0' | (digit as u8));
            number = rest;
            written = written.saturating_add(1);
        }
    }

    fn duration(&mut self, nanoseconds: u64) {
        let (seconds, mut fraction) = divide(nanoseconds.div_ceil(MILLISECOND), 1_000);
        self.push(b's');
        if seconds == 0 && fraction > 0 {
            self.push(b'm');
            return self.number(fraction);
        }
        if fraction > 0 {
            let mut digits = 3_usize;
            while let (tenth, 0) = divide(fraction, 10) {
                (fraction, digits) = (tenth, digits.saturating_sub(1));
            }
            self.padded(fraction, digits);
            self.push(b'.');
        }
        let (minutes, seconds_left) = divide(seconds, 60);
        self.number(seconds_left);
        if minutes > 0 {
            let (hours, minutes_left) = divide(minutes, 60);
            self.push(b'm');
            self.number(minutes_left);
            if hours > 0 {
                self.push(b'h');
                self.number(hours);
            }
        }
    }

    fn moment(&mut self, nanoseconds: u64) {
        let (days, second_of_day) = divide(nanoseconds.div_ceil(SECOND), 86_400);
        let (year, month, day) = civil(days);
        let (minutes, second) = divide(second_of_day, 60);
        let (hour, minute) = divide(minutes, 60);
        for (behind, number, digits) in [
            (b'Z', second, 2),
            (b':', minute, 2),
            (b':', hour, 2),
            (b'T', day, 2),
            (b'-', month, 2),
            (b'-', year, 4),
        ] {
            self.push(behind);
            self.padded(number, digits);
        }
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

    fn written(value: Value) -> String {
        let mut text = Backwards::default();
        text.value(value);
        String::from_utf8(text.written().to_vec()).unwrap()
    }

    fn told(dialect: Dialect, snapshot: &Snapshot, retry_after: Option<u64>, now: u64) -> Vec<(&'static str, String)> {
        let mut told = Vec::new();
        tell(dialect, snapshot, retry_after, now, &mut |name, value| {
            told.push((name, String::from_utf8(value.to_vec()).unwrap()));
        });
        told
    }

    #[test]
    fn numbers_are_written_whole() {
        for number in [0, 7, 10, 1_000_000_000_000_000, u64::MAX] {
            assert_eq!(written(Value::Number(number)), number.to_string());
        }
    }

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
            assert_eq!(written(Value::Duration(nanoseconds)), text, "{nanoseconds}");
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
            assert_eq!(written(Value::Moment(seconds * SECOND)), text, "{seconds}");
        }
        assert_eq!(written(Value::Moment(1)), "1970-01-01T00:00:01Z");
        assert_eq!(written(Value::Moment(u64::MAX)), "2554-07-21T23:34:34Z");
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
        let anthropic = told(Dialect::Anthropic, &snapshot, Some(1), 1_800_000_000 * SECOND);
        let expected = [
            ("anthropic-ratelimit-requests-limit", "5"),
            ("anthropic-ratelimit-requests-remaining", "0"),
            ("anthropic-ratelimit-requests-reset", "2027-01-15T08:01:00Z"),
            ("anthropic-ratelimit-tokens-limit", "1000"),
            ("anthropic-ratelimit-tokens-remaining", "900"),
            ("anthropic-ratelimit-tokens-reset", "2027-01-15T08:00:06Z"),
            ("retry-after", "1"),
        ];
        assert_eq!(anthropic, expected.map(|(name, value)| (name, value.to_owned())));

        let open_ai = told(
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
        assert_eq!(open_ai, expected.map(|(name, value)| (name, value.to_owned())));

        assert_eq!(told(Dialect::OpenAi, &Snapshot::default(), None, 0), []);
    }
}
