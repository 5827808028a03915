use std::fmt;
use std::str::FromStr;

use super::{Basis, Usage};

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
        match self.basis {
            Basis::Reported => Ok(()),
            Basis::Estimated => formatter.write_str(", estimated"),
        }
    }
}

impl FromStr for Usage {
    type Err = ParseUsageError;

    /// Reads what [`Display`](fmt::Display) writes; members may come in any order, unknown ones are refused.
    fn from_str(value: &str) -> Result<Self, ParseUsageError> {
        let (mut input, mut output, mut basis) = (None, None, Basis::Reported);
        for member in value.split(',') {
            match member.trim_matches([' ', '\t']).split_once('=') {
                Some(("input", number)) => input = Some(integer(number)?),
                Some(("output", number)) => output = Some(integer(number)?),
                None if member.trim_matches([' ', '\t']) == "estimated" => basis = Basis::Estimated,
                _ => return Err(ParseUsageError),
            }
        }
        let (Some(input), Some(output)) = (input, output) else {
            return Err(ParseUsageError);
        };
        Ok(Self { input, output, basis })
    }
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
    fn other_values_are_refused() {
        let bad = [
            "",
            "input=1",
            "input=1, output=",
            "input=-1, output=2",
            "input=+1, output=2",
            "input=1.0, output=2",
            "input=1000000000000000, output=2",
            "input=1, output=2, cost=3",
            "input=1, output=2,",
            "input=1; output=2",
        ];
        for value in bad {
            assert_eq!(value.parse::<Usage>(), Err(ParseUsageError), "{value}");
        }
    }
}
