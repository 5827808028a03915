//! Numbers of North and South America.

use super::super::form::{Form, Step, date, first, none, some, values};

/// By the rest of a sum by eleven: eleven less that, if it is a digit, or else 0.
const LESS_THAN_ELEVEN: &[u8; 11] = b"00987654321";

/// Social security number of the United States: areas 001 to 899 without 666; group and serial are not zero.
pub(in super::super) const US_SSN: Form = Form {
    telling: &["999-99-9999", "999 99 9999", "999.99.9999"],
    shapes: &["999999999"],
    steps: &[
        Step::Value(0..3, &[(1, 665), (667, 899)]),
        some(3..5),
        some(5..9),
        Step::Varied(0..9),
        Step::Unlike(b"12345678"),
        // Printed on sample cards, and void since.
        Step::Unlike(b"078051120"),
        Step::Unlike(b"98765432"),
    ],
};

/// Taxpayer number of people without a social security number: 9xx with a group out of the ranges in use.
pub(in super::super) const US_ITIN: Form = Form {
    telling: &["999-99-9999"],
    shapes: &["999 99 9999", "999999999"],
    steps: &[
        first(b"9"),
        Step::Value(3..5, &[(50, 65), (70, 88), (90, 92), (94, 99)]),
    ],
};

/// Employer identification number: the prefixes that have been given out.
pub(in super::super) const US_EIN: Form = Form {
    telling: &[],
    shapes: &["99-9999999"],
    steps: &[Step::Value(
        0..2,
        &[
            (1, 6),
            (10, 16),
            (20, 27),
            (30, 48),
            (50, 68),
            (71, 77),
            (80, 88),
            (90, 95),
            (98, 99),
        ],
    )],
};

/// Routing number of a bank, with the prefixes of the Federal Reserve districts.
pub(in super::super) const US_ROUTING: Form = Form {
    telling: &[],
    shapes: &["999999999", "9999-9999-9", "9999 9999 9"],
    steps: &[
        Step::Value(0..2, &[(1, 12), (21, 32), (61, 72), (80, 80)]),
        Step::Weigh(0, &[3, 7, 1, 3, 7, 1, 3, 7, 1]),
        Step::Divisible(10, &[0]),
    ],
};

/// Provider identifier of health care: Luhn, as if it followed the card prefix 80840, which adds 24.
pub(in super::super) const US_NPI: Form = Form {
    telling: &[],
    shapes: &["9999999999"],
    steps: &[first(b"12"), Step::Luhn(24)],
};

/// Registration number of those who may prescribe controlled drugs.
pub(in super::super) const US_DEA: Form = Form {
    telling: &[],
    shapes: &["AA9999999"],
    steps: &[
        first(b"ABCDEFGHJKLMPRSTUX"),
        Step::Weigh(2, &[1, 2, 1, 2, 1, 2]),
        Step::Check(8, b"0123456789"),
    ],
};

/// Medicare number: digits and letters in turn, without letters that look like digits.
pub(in super::super) const US_MEDICARE: Form = Form {
    telling: &["9AX9-AX9-AA99"],
    shapes: &["9AX9AX9AA99"],
    steps: &[none(0..1, b"0"), none(0..11, b"SLOIBZ")],
};

/// Social insurance number of Canada. None begins with 0 or 8.
pub(in super::super) const CANADA_SIN: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999-999-999", "999999999"],
    steps: &[none(0..1, b"08"), Step::Varied(0..9), Step::Luhn(0)],
};

/// Taxpayer number of people in Brazil (CPF), with two check digits.
pub(in super::super) const BRAZIL_CPF: Form = Form {
    telling: &["999.999.999-99"],
    shapes: &["999 999 999 99", "999999999-99", "99999999999"],
    steps: &[
        Step::Varied(0..11),
        Step::Weigh(0, &[10, 9, 8, 7, 6, 5, 4, 3, 2]),
        Step::Check(9, LESS_THAN_ELEVEN),
        Step::Weigh(0, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]),
        Step::Check(10, LESS_THAN_ELEVEN),
    ],
};

/// Taxpayer number of companies in Brazil (CNPJ), with two check digits.
pub(in super::super) const BRAZIL_CNPJ: Form = Form {
    telling: &["99.999.999/9999-99"],
    shapes: &["99999999/9999-99", "99999999999999"],
    steps: &[
        Step::Varied(0..14),
        Step::Weigh(0, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]),
        Step::Check(12, LESS_THAN_ELEVEN),
        Step::Weigh(0, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]),
        Step::Check(13, LESS_THAN_ELEVEN),
    ],
};

/// Population register number of Mexico (CURP): initials, date of birth, sex, state, consonants, check digit.
pub(in super::super) const MEXICO_CURP: Form = Form {
    telling: &["AAAA999999AAAAAAX9"],
    shapes: &[],
    steps: &[
        Step::Count(10..11, b"HMX", 1..=1),
        date(6, 8),
        // Ñ stands between N and O.
        Step::Values(&values([
            10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36,
        ])),
        Step::Weigh(0, &[18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]),
        Step::Check(17, b"0987654321"),
    ],
};

/// Tax identification of Argentina (CUIT, CUIL): a kind of person, the identity number, a check digit.
pub(in super::super) const ARGENTINA_CUIT: Form = Form {
    telling: &["99-99999999-9"],
    shapes: &["99 99999999 9", "99999999999"],
    steps: &[
        Step::Value(0..2, &[(20, 20), (23, 27), (30, 30), (33, 34)]),
        Step::Weigh(0, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]),
        Step::Check(10, b"09987654321"),
    ],
};

/// Role number of Chile (RUT, RUN); K stands for ten.
pub(in super::super) const CHILE_RUT: Form = Form {
    telling: &["99.999.999-X", "9.999.999-X"],
    shapes: &["99999999-X", "9999999-X"],
    steps: &[
        Step::Varied(0..7),
        Step::PadFront(9, b'0'),
        Step::Weigh(0, &[3, 2, 7, 6, 5, 4, 3, 2]),
        Step::Check(8, b"0K987654321"),
    ],
};

#[cfg(test)]
mod tests {
    use super::super::super::number::tests::truth;
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
