//! Bank account numbers, ISO 13616.

use core::ops::Range;

use super::checksum::value;

/// The check digits (ISO/IEC 7064 mod 97,10), and the length and structure its country has.
pub(super) fn iban(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let matched = text.get(found.clone())?;
    let country = [
        matched.first()?.to_ascii_uppercase(),
        matched.get(1)?.to_ascii_uppercase(),
    ];
    let structure = structure(country)?;
    let length = 4 + runs(structure).map(|(_, count)| count).sum::<usize>();
    let mut wanted = runs(structure).flat_map(|(kind, count)| core::iter::repeat_n(kind, count));
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
                b'n' if power != 10 => return None,
                b'a' if power != 100 => return None,
                _ => remainder = (remainder * power + value) % 97,
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

/// What follows country and check digits, from the IBAN registry (SWIFT, release 99): countries, a space, and runs of
/// digits (n), letters (a) or either (c).
const REGISTRY: &[u8] =
    b"NO n11 BE n12 DKFIFOGLSD n14 FK a2n12 NL a4n10 SI n15 MK n3c10n2 ATBAEELTMNXK n16 KZLU n3c13 \
    CHLI n5c12 HR n17 LV a4c13 CRDEMERSVA n18 BG a4n6c8 BH a4c14 GBIE a4n14 GE a2n16 AEILSOTL n19 \
    GI a4c15 IQ a4n15 OM n3c16 CZESSESKTN n20 AD n8c12 MD c20 PKRO a4c16 SA n2c18 VG a4n16 LYPTST n21 \
    IS n22 TR n6c16 BIDJMR n23 FRMC n10c11n2 GR n7c16 ITSM a1n10c12 HUPL n24 ALCY n8c16 AZGT c4c20 \
    BY c4n4c16 DO c4n20 HNNISV a4n20 LB n4c20 BR n23a1c1 EG n25 PSQA a4c21 UA n6c19 JOYE a4n4c18 \
    KW a4c22 MU a4n19a3 MT a4n5c18 SC a4n20a3 LC a4c24 RU n14c15";

/// The structure of a country.
fn structure(country: [u8; 2]) -> Option<&'static [u8]> {
    let mut words = REGISTRY.split(|byte| *byte == b' ');
    loop {
        let (countries, structure) = (words.next()?, words.next()?);
        if countries.chunks_exact(2).any(|other| other == country) {
            return Some(structure);
        }
    }
}

/// The runs of a structure: a kind, and how many of it.
fn runs(mut structure: &[u8]) -> impl Iterator<Item = (u8, usize)> {
    core::iter::from_fn(move || {
        let (kind, rest) = structure.split_first()?;
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (count, rest) = rest.split_at_checked(digits)?;
        structure = rest;
        Some((*kind, value(count) as usize))
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
