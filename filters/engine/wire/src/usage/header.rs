use std::fmt;
use std::str::FromStr;

use super::{Basis, Parts, Usage};

/// Not a value of the `x-bartizan-usage` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a usage header value, such as `input=12, output=34`")]
pub struct ParseUsageError;

/// RFC 9651 section 3.3.1: integers have at most 15 digits.
const MAX_DIGITS: usize = 15;

// === impl Usage ===

impl fmt::Display for Usage {
    /// Writes the value of the `x-bartizan-usage` header: an RFC 9651 dictionary.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "input={}, output={}", self.input, self.output)?;
        let Parts {
            cached,
            cache_written,
            reasoning,
        } = self.parts;
        for (name, count) in [
            ("cached", cached),
            ("cache-written", cache_written),
            ("reasoning", reasoning),
        ] {
            if count > 0 {
                write!(formatter, ", {name}={count}")?;
            }
        }
        match self.basis {
            Basis::Reported => Ok(()),
            Basis::Estimated => formatter.write_str(", estimated"),
        }
    }
}

impl Usage {
    /// Reads the value of the `x-bartizan-usage` header, as [`FromStr`] does.
    ///
    /// # Errors
    /// If it is none.
    pub fn of_header(value: &[u8]) -> Result<Self, ParseUsageError> {
        match plain(value) {
            Some(usage) => Ok(usage),
            None => core::str::from_utf8(value).map_err(|_| ParseUsageError)?.parse(),
        }
    }
}

impl FromStr for Usage {
    type Err = ParseUsageError;

    /// Reads what [`Display`](fmt::Display) writes, but for the parts; members may come in any order, and others beside
    /// them.
    fn from_str(value: &str) -> Result<Self, ParseUsageError> {
        let (mut input, mut output, mut basis) = (None, None, Basis::Reported);
        let mut rest = value.as_bytes();
        loop {
            rest = behind_all(rest, is_blank);
            let start = rest;
            rest = behind_all(rest, is_of_key);
            let key = start.get(..start.len() - rest.len()).unwrap_or_default();
            // Keys are compared whole: as patterns they would be compared byte by byte, each with code of its own.
            if let [b'=', behind @ ..] = rest {
                let (number, behind) = leading_integer(behind);
                if key == b"input" {
                    input = Some(number.ok_or(ParseUsageError)?);
                    rest = behind;
                } else if key == b"output" {
                    output = Some(number.ok_or(ParseUsageError)?);
                    rest = behind;
                } else {
                    rest = behind_all(behind, |byte| byte != b',');
                }
            } else if key == b"estimated" {
                basis = Basis::Estimated;
            } else {
                return Err(ParseUsageError);
            }
            rest = behind_all(rest, is_blank);
            match rest.split_first() {
                _ if key.is_empty() => return Err(ParseUsageError),
                Some((b',', behind)) => rest = behind,
                Some(_) => return Err(ParseUsageError),
                None => break,
            }
        }
        let (Some(input), Some(output)) = (input, output) else {
            return Err(ParseUsageError);
        };
        Ok(Self {
            input,
            output,
            parts: Parts::NONE,
            basis,
        })
    }
}

/// What most answers have, which is read in as little code as there can be, since each answer finds it cold: both
/// numbers, and perhaps what they cost.
fn plain(value: &[u8]) -> Option<Usage> {
    let (input, rest) = leading_integer(value.strip_prefix(b"input=")?);
    let (output, rest) = leading_integer(rest.strip_prefix(b", output=")?);
    let rest = match rest.strip_prefix(b", cost=") {
        Some(cost) => leading_integer(cost).1,
        None => rest,
    };
    rest.is_empty().then_some(Usage::reported(input?, output?))
}

/// What comes behind all bytes of a kind. A loop, because the iterators of `str` are ten times the code, which is read for
/// every answer.
fn behind_all(mut text: &[u8], is_of_kind: impl Fn(u8) -> bool) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_of_kind(*first)
    {
        text = rest;
    }
    text
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// RFC 9651 section 3.1.2, as far as there are keys.
const fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'-'
}

#[inline(never)]
/// The integer at the start of a text, if there is one and it is not too long, and what comes behind its digits.
fn leading_integer(text: &[u8]) -> (Option<u64>, &[u8]) {
    let (mut rest, mut value) = (text, 0_u64);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        rest = behind;
    }
    let digits = text.len() - rest.len();
    ((1..=MAX_DIGITS).contains(&digits).then_some(value), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_values_are_read_as_written() {
        for usage in [
            Usage::reported(0, 0),
            Usage::reported(12, 34),
            Usage::estimated(999_999_999_999_999, 1),
        ] {
            assert_eq!(usage.to_string().parse(), Ok(usage));
        }
        assert_eq!("output=2,\tinput=1".parse(), Ok(Usage::reported(1, 2)));
    }

    #[test]
    fn parts_and_cost_are_written_for_others_and_passed_over() {
        let parts = Parts {
            cached: 3,
            cache_written: 9,
            reasoning: 1,
        };
        let usage = Usage::reported(10, 2).of_which(parts);
        let written = usage.to_string();
        assert_eq!(written, "input=10, output=2, cached=3, cache-written=7, reasoning=1");
        assert_eq!(format!("{written}, cost=45").parse(), Ok(Usage::reported(10, 2)));
    }

    #[test]
    fn other_values_are_refused() {
        let bad = [
            "",
            "input=1",
            "input=1, output=",
            "input=-1, output=2",
            "input=+1, output=2",
            "input=1.0, output=2",
            "input=1000000000000000, output=2",
            "input=1, output=2, =3",
            "input=1, output=2, Cost=3",
            "input=1, output=2,",
            "input=1; output=2",
        ];
        for value in bad {
            assert_eq!(value.parse::<Usage>(), Err(ParseUsageError), "{value}");
        }
    }

    /// The same reading, in other words.
    fn members(value: &str) -> Option<Usage> {
        let (mut input, mut output, mut basis) = (None, None, Basis::Reported);
        for member in value.split(',') {
            let member = member.trim_matches([' ', '\t']);
            let integer = |digits: &str| {
                let is_one = digits.len() <= MAX_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
                is_one.then(|| digits.parse::<u64>().ok()).flatten()
            };
            match member.split_once('=') {
                Some(("input", digits)) => input = Some(integer(digits)?),
                Some(("output", digits)) => output = Some(integer(digits)?),
                None if member == "estimated" => basis = Basis::Estimated,
                Some((key, _)) if !key.is_empty() && key.bytes().all(is_of_key) => {}
                _ => return None,
            }
        }
        let usage = Usage::reported(input?, output?);
        Some(Usage { basis, ..usage })
    }

    proptest::proptest! {
        #[test]
        fn any_value_is_read_alike(
            value in r"[ \t]?(input|output|cost|estimated|Cost|x-y|é|)[ ]?(=?[0-9]{0,16}|=[a-z=;é ]{0,3})[ \t]?(,[ ]?(input|output|cost|estimated)=?[0-9]{0,3}[ ]?){0,3},?",
            usual in r"input=[0-9]{1,16}, output=[0-9]{0,16}(, (cost=[0-9x]{0,3}|cached=1|estimated))?",
        ) {
            for value in [value, usual] {
                let expected = members(&value);
                proptest::prop_assert_eq!(value.parse().ok(), expected, "{}", value);
                proptest::prop_assert_eq!(Usage::of_header(value.as_bytes()).ok(), expected, "{}", value);
            }
        }
    }
}
