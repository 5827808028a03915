use super::JsonErrorKind;

/// A JSON number as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Number<'a> {
    raw: &'a str,
}

/// The largest decimal exponent a number may have; 1e308 is the edge of a double.
const MAX_MAGNITUDE: i64 = 307;

// === impl Number ===

impl<'a> Number<'a> {
    pub(super) const fn new(raw: &'a str) -> Self {
        Self { raw }
    }

    /// The number as it was written.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.raw
    }

    /// The value, if it is written as a whole number that is not negative and fits: `12`, but not `12.0` or `1e3`.
    #[must_use]
    pub fn as_u64(self) -> Option<u64> {
        self.raw.parse().ok()
    }
}

/// The length of the number at the start of `bytes`, by RFC 8259 section 6.
#[inline]
pub(super) fn measure(bytes: &[u8]) -> Result<usize, JsonErrorKind> {
    // Nearly every number is whole, and short enough to be in range.
    let whole = digits(bytes, 0);
    let next = bytes.get(whole).copied().unwrap_or_default();
    let goes_on = (next == b'.') | (next | 0x20 == b'e');
    // WHY not `&&`: these are cheaper looked at than jumped over.
    if (whole > 0) & (whole <= 300) & !goes_on && (whole == 1 || bytes.first() != Some(&b'0')) {
        return Ok(whole);
    }
    measure_any(bytes)
}

#[inline(never)]
pub(crate) fn measure_any(bytes: &[u8]) -> Result<usize, JsonErrorKind> {
    let start = usize::from(bytes.first() == Some(&b'-'));
    let integer = digits(bytes, start);
    if integer == 0 || (integer > 1 && bytes.get(start) == Some(&b'0')) {
        return Err(JsonErrorKind::BadNumber);
    }
    let mut end = start + integer;
    if bytes.get(end) == Some(&b'.') {
        let fraction = digits(bytes, end + 1);
        if fraction == 0 {
            return Err(JsonErrorKind::BadNumber);
        }
        end += 1 + fraction;
    }
    let mantissa_end = end;
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(bytes, end + 1 + sign);
        if exponent == 0 {
            return Err(JsonErrorKind::BadNumber);
        }
        end += 1 + sign + exponent;
    }
    // WHY: nearly every number is short and plain, and then cannot be out of range.
    if (end > mantissa_end || end > 300)
        && magnitude(
            bytes.get(start..mantissa_end).unwrap_or_default(),
            bytes.get(mantissa_end..end).unwrap_or_default(),
        ) > MAX_MAGNITUDE
    {
        return Err(JsonErrorKind::NumberTooLarge);
    }
    Ok(end)
}

fn digits(bytes: &[u8], from: usize) -> usize {
    bytes
        .get(from..)
        .unwrap_or_default()
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

/// The power of ten of the first digit that is not zero; very small for zero.
fn magnitude(mantissa: &[u8], exponent: &[u8]) -> i64 {
    let point = mantissa.iter().position(|&byte| byte == b'.').unwrap_or(mantissa.len());
    let Some(first) = mantissa.iter().position(|&byte| matches!(byte, b'1'..=b'9')) else {
        return i64::MIN;
    };
    let place = |index: usize| i64::try_from(index).unwrap_or(i64::MAX);
    let before_exponent = if first < point {
        place(point - first) - 1
    } else {
        -place(first - point)
    };
    before_exponent.saturating_add(exponent_value(exponent))
}

fn exponent_value(exponent: &[u8]) -> i64 {
    let value = exponent
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .fold(0_i64, |sum, byte| {
            sum.saturating_mul(10).saturating_add(i64::from(byte - b'0'))
        });
    if exponent.get(1) == Some(&b'-') { -value } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_rfc_8259() {
        let good = [
            "0",
            "-0",
            "12",
            "-1.5",
            "0.0",
            "1e9",
            "1E+9",
            "1.25e-3",
            "0e999",
            "1e307",
            "1e-999",
            "0.001e310",
        ];
        for text in good {
            assert_eq!(measure(text.as_bytes()), Ok(text.len()), "{text}");
        }
        for text in ["", "-", "01", "1.", ".5", "1e", "1e+", "-a", "+1"] {
            assert_eq!(measure(text.as_bytes()), Err(JsonErrorKind::BadNumber), "{text}");
        }
        for text in ["1e308", "-1e999", "10e307", "1e99999999999999999999", &"9".repeat(400)] {
            assert_eq!(measure(text.as_bytes()), Err(JsonErrorKind::NumberTooLarge), "{text}");
        }
    }

    #[test]
    fn whole_numbers_are_measured_as_any() {
        let mut texts = vec!["9".repeat(300), "9".repeat(301), "0".repeat(301), "1".repeat(308)];
        for first in ["", "-", "0", "7", "07", "70", "00", "123456789"] {
            for rest in ["", ",", "}", " ", ".", ".5", "e", "e9", "E400", "x", "\u{7f}", "é"] {
                texts.push(format!("{first}{rest}"));
            }
        }
        for text in texts {
            let bytes = text.as_bytes();
            assert_eq!(measure(bytes), measure_any(bytes), "{text}");
        }
    }

    #[test]
    fn only_plain_whole_numbers_are_counts() {
        let table = [
            ("12", Some(12)),
            ("-1", None),
            ("1.0", None),
            ("1e3", None),
            ("18446744073709551616", None),
        ];
        for (raw, expected) in table {
            assert_eq!(Number::new(raw).as_u64(), expected, "{raw}");
        }
    }
}
