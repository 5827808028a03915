//! Bank account numbers, ISO 13616.

use core::ops::Range;

/// The check digits (ISO/IEC 7064 mod 97,10), and the length and structure its country has.
pub(super) fn iban(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let matched = text.get(found.clone())?;
    let country = [
        matched.first()?.to_ascii_uppercase(),
        matched.get(1)?.to_ascii_uppercase(),
    ];
    let structure = structure(country)?;
    let length = 4 + structure.iter().map(|(_, count)| *count).sum::<usize>();
    let mut wanted = structure
        .iter()
        .flat_map(|(kind, count)| core::iter::repeat_n(*kind, *count));
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
            match wanted.next()? {
                Kind::Digit if power != 10 => return None,
                Kind::Letter if power != 100 => return None,
                Kind::Digit | Kind::Letter | Kind::Either => remainder = (remainder * power + value) % 97,
            }
        }
        taken += 1;
        if taken == length {
            let whole = (u64::from(remainder) * u64::from(head_power) + u64::from(head)) % 97;
            let ends_a_word = matched.get(at + 1).is_none_or(|next| !next.is_ascii_alphanumeric());
            return (whole == 1 && ends_a_word).then_some(found.start..found.start + at + 1);
        }
    }
    None
}

#[derive(Clone, Copy)]
enum Kind {
    Digit,
    Letter,
    Either,
}

/// What follows country and check digits, from the IBAN registry (SWIFT, release 99): runs of a kind of character.
fn structure(country: [u8; 2]) -> Option<&'static [(Kind, usize)]> {
    use Kind::{Digit, Either, Letter};
    Some(match &country {
        b"NO" => &[(Digit, 11)],
        b"BE" => &[(Digit, 12)],
        b"DK" | b"FI" | b"FO" | b"GL" | b"SD" => &[(Digit, 14)],
        b"FK" => &[(Letter, 2), (Digit, 12)],
        b"NL" => &[(Letter, 4), (Digit, 10)],
        b"SI" => &[(Digit, 15)],
        b"MK" => &[(Digit, 3), (Either, 10), (Digit, 2)],
        b"AT" | b"BA" | b"EE" | b"LT" | b"MN" | b"XK" => &[(Digit, 16)],
        b"KZ" | b"LU" => &[(Digit, 3), (Either, 13)],
        b"CH" | b"LI" => &[(Digit, 5), (Either, 12)],
        b"HR" => &[(Digit, 17)],
        b"LV" => &[(Letter, 4), (Either, 13)],
        b"CR" | b"DE" | b"ME" | b"RS" | b"VA" => &[(Digit, 18)],
        b"BG" => &[(Letter, 4), (Digit, 6), (Either, 8)],
        b"BH" => &[(Letter, 4), (Either, 14)],
        b"GB" | b"IE" => &[(Letter, 4), (Digit, 14)],
        b"GE" => &[(Letter, 2), (Digit, 16)],
        b"AE" | b"IL" | b"SO" | b"TL" => &[(Digit, 19)],
        b"GI" => &[(Letter, 4), (Either, 15)],
        b"IQ" => &[(Letter, 4), (Digit, 15)],
        b"OM" => &[(Digit, 3), (Either, 16)],
        b"CZ" | b"ES" | b"SE" | b"SK" | b"TN" => &[(Digit, 20)],
        b"AD" => &[(Digit, 8), (Either, 12)],
        b"MD" => &[(Either, 20)],
        b"PK" | b"RO" => &[(Letter, 4), (Either, 16)],
        b"SA" => &[(Digit, 2), (Either, 18)],
        b"VG" => &[(Letter, 4), (Digit, 16)],
        b"LY" | b"PT" | b"ST" => &[(Digit, 21)],
        b"IS" => &[(Digit, 22)],
        b"TR" => &[(Digit, 6), (Either, 16)],
        b"BI" | b"DJ" | b"MR" => &[(Digit, 23)],
        b"FR" | b"MC" => &[(Digit, 10), (Either, 11), (Digit, 2)],
        b"GR" => &[(Digit, 7), (Either, 16)],
        b"IT" | b"SM" => &[(Letter, 1), (Digit, 10), (Either, 12)],
        b"HU" | b"PL" => &[(Digit, 24)],
        b"AL" | b"CY" => &[(Digit, 8), (Either, 16)],
        b"AZ" | b"GT" => &[(Either, 4), (Either, 20)],
        b"BY" => &[(Either, 4), (Digit, 4), (Either, 16)],
        b"DO" => &[(Either, 4), (Digit, 20)],
        b"HN" | b"NI" | b"SV" => &[(Letter, 4), (Digit, 20)],
        b"LB" => &[(Digit, 4), (Either, 20)],
        b"BR" => &[(Digit, 23), (Letter, 1), (Either, 1)],
        b"EG" => &[(Digit, 25)],
        b"PS" | b"QA" => &[(Letter, 4), (Either, 21)],
        b"UA" => &[(Digit, 6), (Either, 19)],
        b"JO" | b"YE" => &[(Letter, 4), (Digit, 4), (Either, 18)],
        b"KW" => &[(Letter, 4), (Either, 22)],
        b"MU" => &[(Letter, 4), (Digit, 19), (Letter, 3)],
        b"MT" => &[(Letter, 4), (Digit, 5), (Either, 18)],
        b"SC" => &[(Letter, 4), (Digit, 20), (Letter, 3)],
        b"LC" => &[(Letter, 4), (Either, 24)],
        b"RU" => &[(Digit, 14), (Either, 15)],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iban_is_a_truth_table() {
        for (text, accepted) in [
            ("DE89370400440532013000", Some(22)),
            ("DE89 3704 0044 0532 0130 00", Some(27)),
            ("GB82 WEST 1234 5698 7654 32 ref", Some(27)),
            ("gb82west12345698765432", Some(22)),
            ("CR05015202001026284066", Some(22)),
            ("FR1420041010050500013M02606", Some(27)),
            ("MT84MALT011000012345MTLCAST001S", Some(31)),
            ("DE89370400440532013001", None),
            ("DE8937040044053201300", None),
            ("DE893704004405320130000", None), // one character more than Germany has
            ("DE8937040044053201300O", None),  // a letter where Germany has none
            ("ZZ89370400440532013000", None),
            ("D", None),
        ] {
            let expected = accepted.map(|length| 0..length);
            assert_eq!(iban(text.as_bytes(), 0..text.len()), expected, "{text}");
        }
    }
}
