//! Checks that no regular expression can do, run on what a regex has matched.

use core::fmt;
use core::ops::Range;

use serde::{Deserialize, Serialize};

/// A check of what a regex has matched. What fails it is not a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Validation {
    /// The check digit of payment cards, ISO/IEC 7812-1 annex B, over 12 to 19 digits with spaces or dashes between.
    Luhn,
    /// The check digits of a bank account number, ISO 13616 (ISO 7064 mod 97-10), and the length its country has.
    IbanMod97,
}

impl Validation {
    /// Every validation, in order of declaration.
    pub const ALL: &'static [Self] = &[Self::Luhn, Self::IbanMod97];

    /// The name used in policy documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Luhn => "luhn",
            Self::IbanMod97 => "iban-mod97",
        }
    }

    /// The validation of that name, if there is one. Names are case-sensitive.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|validation| validation.as_str() == text)
    }

    /// The part of a match that passes, if any does.
    ///
    /// A regex may take in a word too many after the number (a card's security code, say), so shorter candidates that
    /// end at a separator are tried as well. What stands around the match may be looked at.
    pub(crate) fn accepted(self, text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
        let matched = text.get(found.clone())?;
        let length = match self {
            Self::Luhn => luhn(matched),
            Self::IbanMod97 => iban(matched),
        };
        length.map(|length| found.start..found.start + length)
    }
}

impl fmt::Display for Validation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

const CARD_DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

fn luhn(matched: &[u8]) -> Option<usize> {
    let mut accepted = None;
    // Sums with the first, third, … digit doubled, and with the others doubled: which one counts depends on how many
    // digits follow, which is not known until the end.
    let (mut odd, mut even, mut digits) = (0_u32, 0_u32, 0_usize);
    for (at, byte) in matched.iter().enumerate() {
        if !byte.is_ascii_digit() {
            continue;
        }
        let digit = u32::from(byte - b'0');
        let doubled = if digit > 4 { digit * 2 - 9 } else { digit * 2 };
        (odd, even) = if digits % 2 == 0 {
            (odd + doubled, even + digit)
        } else {
            (odd + digit, even + doubled)
        };
        digits += 1;
        if digits > *CARD_DIGITS.end() {
            break;
        }
        // The last digit is never doubled.
        let sum = if digits % 2 == 0 { odd } else { even };
        let ends_a_group = matched.get(at + 1).is_none_or(|next| !next.is_ascii_digit());
        if ends_a_group && CARD_DIGITS.contains(&digits) && sum % 10 == 0 && odd + even > 0 {
            accepted = Some(at + 1);
        }
    }
    accepted
}

fn iban(matched: &[u8]) -> Option<usize> {
    let country = [
        matched.first()?.to_ascii_uppercase(),
        matched.get(1)?.to_ascii_uppercase(),
    ];
    let length = iban_length(country)?;
    let (mut head, mut remainder, mut taken) = (0_u32, 0_u32, 0_usize);
    let mut head_power = 1_u32;
    for (at, byte) in matched.iter().enumerate() {
        let (value, power) = match byte {
            b'0'..=b'9' => (u32::from(byte - b'0'), 10),
            b'A'..=b'Z' => (u32::from(byte - b'A') + 10, 100),
            b'a'..=b'z' => (u32::from(byte - b'a') + 10, 100),
            _ => continue,
        };
        // The first four characters count as if they stood at the end.
        if taken < 4 {
            head = head * power + value;
            head_power *= power;
        } else {
            remainder = (remainder * power + value) % 97;
        }
        taken += 1;
        if taken == length {
            let whole = (u64::from(remainder) * u64::from(head_power) + u64::from(head)) % 97;
            let ends_a_word = matched.get(at + 1).is_none_or(|next| !next.is_ascii_alphanumeric());
            return (whole == 1 && ends_a_word).then_some(at + 1);
        }
    }
    None
}

/// Characters in an account number of a country, from the IBAN registry (SWIFT, release 99).
fn iban_length(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FO" | b"FK" | b"GL" | b"NL" | b"SD" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"MN" | b"XK" => 20,
        b"CH" | b"CR" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"OM" | b"SO" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HN" | b"HU" | b"LB" | b"NI" | b"PL" | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        for validation in Validation::ALL {
            assert_eq!(Validation::parse(validation.as_str()), Some(*validation));
        }
        assert_eq!(Validation::parse("Luhn"), None);
    }

    #[test]
    fn luhn_is_a_truth_table() {
        for (text, accepted) in [
            ("4111111111111111", Some(16)),
            ("4111 1111 1111 1111", Some(19)),
            ("4111-1111-1111-1111 123", Some(19)),
            ("378282246310005", Some(15)),
            ("4111111111111112", None),
            ("0000000000000000", None),
            ("79927398713", None), // right sum, too short for a card
            ("41111111111111111111111", None),
            ("", None),
        ] {
            assert_eq!(luhn(text.as_bytes()), accepted, "{text}");
        }
    }

    #[test]
    fn iban_is_a_truth_table() {
        for (text, accepted) in [
            ("DE89370400440532013000", Some(22)),
            ("DE89 3704 0044 0532 0130 00", Some(27)),
            ("GB82 WEST 1234 5698 7654 32 ref", Some(27)),
            ("gb82west12345698765432", Some(22)),
            ("DE89370400440532013001", None),
            ("DE8937040044053201300", None),
            ("DE893704004405320130000", None), // one character more than Germany has
            ("ZZ89370400440532013000", None),
            ("D", None),
        ] {
            assert_eq!(iban(text.as_bytes()), accepted, "{text}");
        }
    }
}
