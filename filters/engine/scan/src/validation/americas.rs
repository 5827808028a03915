//! Numbers of North and South America.

use super::checksum::{at, digit, is_day, is_uniform, luhn, number, weighted};
use super::form::Form;

/// Social security number of the United States: areas 001 to 899 without 666; group and serial are not zero.
pub(super) const US_SSN: Form = Form {
    telling: &["999-99-9999"],
    shapes: &["999 99 9999", "999.99.9999", "999999999"],
    check: |digits| {
        let area = number(digits, 0..3);
        (1..900).contains(&area)
            && area != 666
            && number(digits, 3..5) > 0
            && number(digits, 5..9) > 0
            && !is_uniform(digits)
            && !digits.starts_with(b"12345678")
            // Printed on sample cards, and void since.
            && digits != b"078051120"
            && !(987_654_320..=987_654_329).contains(&number(digits, 0..9))
    },
};

/// Taxpayer number of people without a social security number: 9xx with a group out of the ranges in use.
pub(super) const US_ITIN: Form = Form {
    telling: &["999-99-9999"],
    shapes: &["999 99 9999", "999999999"],
    check: |digits| digits.starts_with(b"9") && matches!(number(digits, 3..5), 50..=65 | 70..=88 | 90..=92 | 94..=99),
};

/// Employer identification number: the prefixes that have been given out.
pub(super) const US_EIN: Form = Form {
    telling: &[],
    shapes: &["99-9999999"],
    check: |digits| !matches!(number(digits, 0..2), 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97),
};

/// Routing number of a bank, with the prefixes of the Federal Reserve districts.
pub(super) const US_ROUTING: Form = Form {
    telling: &[],
    shapes: &["999999999", "9999-9999-9", "9999 9999 9"],
    check: |digits| {
        matches!(number(digits, 0..2), 1..=12 | 21..=32 | 61..=72 | 80)
            && weighted(digits, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
    },
};

/// Provider identifier of health care: Luhn, as if it followed the card prefix 80840, which adds 24.
pub(super) const US_NPI: Form = Form {
    telling: &[],
    shapes: &["9999999999"],
    check: |digits| {
        let doubled = |value: u32| if value > 4 { value * 2 - 9 } else { value * 2 };
        let sum = digits.iter().rev().enumerate().map(|(place, byte)| match place % 2 {
            0 => digit(*byte),
            _ => doubled(digit(*byte)),
        });
        matches!(digits.first(), Some(b'1' | b'2')) && (sum.sum::<u32>() + 24).is_multiple_of(10)
    },
};

/// Registration number of those who may prescribe controlled drugs.
pub(super) const US_DEA: Form = Form {
    telling: &[],
    shapes: &["AA9999999"],
    check: |all| {
        let digits = all.get(2..).unwrap_or_default();
        let sum = weighted(digits, &[1, 2, 1, 2, 1, 2]);
        all.first().is_some_and(|kind| b"ABCDEFGHJKLMPRSTUX".contains(kind)) && sum % 10 == at(digits, 6)
    },
};

/// Medicare number: digits and letters in turn, without letters that look like digits.
pub(super) const US_MEDICARE: Form = Form {
    telling: &["9AX9-AX9-AA99"],
    shapes: &["9AX9AX9AA99"],
    check: |all| {
        let letters = all.iter().filter(|byte| byte.is_ascii_alphabetic());
        !all.starts_with(b"0") && letters.into_iter().all(|letter| !b"SLOIBZ".contains(letter))
    },
};

/// Social insurance number of Canada. None begins with 0 or 8.
pub(super) const CANADA_SIN: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999-999-999", "999999999"],
    check: |digits| !matches!(digits.first(), Some(b'0' | b'8')) && !is_uniform(digits) && luhn(digits),
};

/// Taxpayer number of people in Brazil (CPF), with two check digits.
pub(super) const BRAZIL_CPF: Form = Form {
    telling: &["999.999.999-99"],
    shapes: &["999 999 999 99", "999999999-99", "99999999999"],
    check: |digits| !is_uniform(digits) && brazilian(digits, 9, 11) && brazilian(digits, 10, 11),
};

/// Taxpayer number of companies in Brazil (CNPJ), with two check digits.
pub(super) const BRAZIL_CNPJ: Form = Form {
    telling: &["99.999.999/9999-99"],
    shapes: &["99999999/9999-99", "99999999999999"],
    check: |digits| !is_uniform(digits) && brazilian(digits, 12, 9) && brazilian(digits, 13, 9),
};

/// Whether the digit at a place is that of those before, with weights 2, 3, … from the right, up to the largest.
fn brazilian(digits: &[u8], place: usize, largest: u32) -> bool {
    let body = digits.get(..place).unwrap_or_default();
    let weights = (2..=largest).cycle();
    let sum: u32 = body
        .iter()
        .rev()
        .zip(weights)
        .map(|(byte, weight)| digit(*byte) * weight)
        .sum();
    let check = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    check == at(digits, place)
}

/// Population register number of Mexico (CURP): initials, date of birth, sex, state, consonants, check digit.
pub(super) const MEXICO_CURP: Form = Form {
    telling: &["AAAA999999AAAAAAX9"],
    shapes: &[],
    check: |all| {
        let value = |byte: u8| match byte {
            b'0'..=b'9' => u32::from(byte - b'0'),
            // Ñ stands between N and O.
            b'A'..=b'N' => u32::from(byte - b'A') + 10,
            _ => u32::from(byte.saturating_sub(b'A')) + 11,
        };
        let sum: u32 = (all.iter().zip((2..=18).rev()))
            .map(|(byte, weight)| value(*byte) * weight)
            .sum();
        matches!(all.get(10), Some(b'H' | b'M' | b'X'))
            && is_day(number(all, 6..8), number(all, 8..10))
            && (10 - sum % 10) % 10 == at(all, 17)
    },
};

/// Tax identification of Argentina (CUIT, CUIL): a kind of person, the identity number, a check digit.
pub(super) const ARGENTINA_CUIT: Form = Form {
    telling: &["99-99999999-9"],
    shapes: &["99 99999999 9", "99999999999"],
    check: |digits| {
        let check = 11 - weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        let check = match check {
            11 => 0,
            10 => 9,
            other => other,
        };
        matches!(number(digits, 0..2), 20 | 23..=27 | 30 | 33 | 34) && check == at(digits, 10)
    },
};

/// Role number of Chile (RUT, RUN); K stands for ten.
pub(super) const CHILE_RUT: Form = Form {
    telling: &["99.999.999-X", "9.999.999-X"],
    shapes: &["99999999-X", "9999999-X"],
    check: |all| {
        let Some((check, digits)) = all.split_last() else {
            return false;
        };
        let sum: u32 = (digits.iter().rev().zip((2..=7).cycle()))
            .map(|(byte, weight)| digit(*byte) * weight)
            .sum();
        let expected = match 11 - sum % 11 {
            11 => b'0',
            10 => b'K',
            other => u8::try_from(other).map_or(0, |other| b'0' + other),
        };
        *check == expected && !is_uniform(digits)
    },
};

#[cfg(test)]
mod tests {
    use super::super::form::tests::truth;
    use super::*;

    #[test]
    fn numbers_of_the_united_states() {
        truth(
            &US_SSN,
            &["536-22-8147", "536 22 8147", "536228147", "899-99-9999"],
            &[
                "000-22-8147",
                "666-22-8147",
                "900-22-8147",
                "536-00-8147",
                "536-22-0000",
                "078-05-1120",
                "111111111",
            ],
        );
        truth(
            &US_ITIN,
            &["912-70-1234", "912701234"],
            &["812-70-1234", "912-69-1234", "912-93-1234"],
        );
        truth(&US_EIN, &["12-3456789"], &["07-3456789", "123456789", "12-345678"]);
        truth(
            &US_ROUTING,
            &["021000021", "0210-0002-1"],
            &["021000022", "421000021", "000000000"],
        );
        truth(&US_NPI, &["1234567893"], &["1234567890", "3234567893"]);
        truth(&US_DEA, &["AB1234563"], &["AB1234567", "IB1234563", "A11234563"]);
        truth(
            &US_MEDICARE,
            &["1EG4-TE5-MK73", "1EG4TE5MK73"],
            &["0EG4-TE5-MK73", "1SG4-TE5-MK73", "1EG4-TE5-MKA3"],
        );
    }

    #[test]
    fn numbers_of_the_other_americas() {
        truth(
            &CANADA_SIN,
            &["130 692 544", "130-692-544", "130692544"],
            &["130 692 545", "046 454 286", "130-692 544"],
        );
        truth(
            &BRAZIL_CPF,
            &["529.982.247-25", "52998224725"],
            &["529.982.247-26", "111.111.111-11"],
        );
        truth(
            &BRAZIL_CNPJ,
            &["11.222.333/0001-81", "11222333000181"],
            &["11.222.333/0001-82"],
        );
        truth(
            &MEXICO_CURP,
            &["HEGG560427MVZRRL04"],
            &["HEGG560427MVZRRL05", "HEGG561327MVZRRL04"],
        );
        truth(
            &ARGENTINA_CUIT,
            &["20-12345678-6", "20123456786"],
            &["20-12345678-5", "21-12345678-6"],
        );
        truth(
            &CHILE_RUT,
            &["12.345.678-5", "12345678-5", "10.000.013-K"],
            &["12.345.678-4", "11.111.111-1"],
        );
    }
}
