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

impl FromStr for Usage {
    type Err = ParseUsageError;

    /// Reads what [`Display`](fmt::Display) writes, but for the parts; members may come in any order, and others beside
    /// them.
    fn from_str(value: &str) -> Result<Self, ParseUsageError> {
        let (mut input, mut output, mut basis) = (None, None, Basis::Reported);
        for member in value.split(',') {
            match member.trim_matches([' ', '\t']).split_once('=') {
                Some(("input", number)) => input = Some(integer(number)?),
                Some(("output", number)) => output = Some(integer(number)?),
                None if member.trim_matches([' ', '\t']) == "estimated" => basis = Basis::Estimated,
                Some((name, _)) if is_key(name) => {}
                _ => return Err(ParseUsageError),
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

/// RFC 9651 section 3.1.2, as far as there are keys.
fn is_key(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

fn integer(digits: &str) -> Result<u64, ParseUsageError> {
    if digits.len() > MAX_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ParseUsageError);
    }
    digits.parse().map_err(|_| ParseUsageError)
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
}
