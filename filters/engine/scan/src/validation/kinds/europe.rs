//! Numbers of western and southern Europe.

use super::super::form::{Form, Step, date, first, none, powers, some, values};

/// The places of letters in the alphabet, from 1 on.
const PLACES: [u8; 36] = values([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
]);

/// National insurance number of the United Kingdom: letters that are in use.
pub(in super::super) const UK_NINO: Form = Form {
    telling: &[
        "AA 99 99 99 A",
        "AA-99-99-99-A",
        "AA 999999 A",
        "AA999999A",
        "AA999999 A",
    ],
    shapes: &[],
    steps: &[
        none(0..2, b"DFIQUV"),
        none(1..2, b"O"),
        Step::Unlike(b"BG"),
        Step::Unlike(b"GB"),
        Step::Unlike(b"KN"),
        Step::Unlike(b"NK"),
        Step::Unlike(b"NT"),
        Step::Unlike(b"TN"),
        Step::Unlike(b"ZZ"),
        Step::Count(8..9, b"ABCD", 1..=1),
    ],
};

/// Number of the National Health Service of the United Kingdom.
pub(in super::super) const UK_NHS: Form = Form {
    telling: &[],
    shapes: &["999 999 9999", "999-999-9999", "9999999999"],
    steps: &[
        Step::Varied(0..10),
        Step::Weigh(0, &[10, 9, 8, 7, 6, 5, 4, 3, 2]),
        Step::Check(9, b"0-987654321"),
    ],
};

/// Driving licence of Great Britain: surname, date of birth (51 to 62 for the months of women), initials, checks.
pub(in super::super) const UK_DRIVING_LICENCE: Form = Form {
    telling: &["XXXXX999999XX9AA", "XXXXX 999999 XX9AA"],
    shapes: &[],
    steps: &[
        // A short surname is filled up with 9.
        Step::Count(0..5, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ9", 5..=5),
        none(0..1, b"9"),
        Step::If(1, b"9"),
        Step::Count(1..5, b"9", 4..=4),
        Step::If(2, b"9"),
        Step::Count(2..5, b"9", 3..=3),
        Step::If(3, b"9"),
        Step::Count(3..5, b"9", 2..=2),
        Step::Date {
            month: 6,
            day: 8,
            months: &[50],
            days: &[],
        },
    ],
};

/// Tax identification of Germany: no digit more than three times in the first ten, ISO/IEC 7064.
pub(in super::super) const GERMANY_TAX_ID: Form = Form {
    telling: &[],
    shapes: &["99 999 999 999", "99999999999"],
    steps: &[none(0..1, b"0"), Step::AtMost(0..10, 3), Step::Mod1110],
};

/// Number of identity card or passport of Germany with its check digit: letters that cannot be taken for others.
pub(in super::super) const GERMANY_ID_CARD: Form = Form {
    telling: &[],
    shapes: &["XXXXXXXXX9", "XXXXXXXXX"],
    steps: &[
        // The serial alone has no check digit; the old kind is T and digits.
        first(b"CFGHJKLMNPRTVWXYZ"),
        Step::Count(0..9, b"0123456789CFGHJKLMNPRTVWXYZ", 9..=9),
        Step::Count(0..9, b"0123456789", 3..=9),
        Step::Weigh(0, &[7, 3, 1, 7, 3, 1, 7, 3, 1]),
        Step::Check(9, b"0123456789"),
    ],
};

/// Pension insurance number of Germany: area, date of birth, first letter of the name at birth, serial, check digit.
pub(in super::super) const GERMANY_PENSION: Form = Form {
    telling: &["99999999A999", "99 999999 A 999"],
    shapes: &[],
    steps: &[
        date(4, 2),
        Step::Values(&PLACES),
        Step::Spell(8),
        Step::WeighDigits(0, &[2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]),
        Step::Check(12, b"0123456789"),
    ],
};

/// Health insurance number of Germany, which never changes: a letter, eight digits, a check digit.
pub(in super::super) const GERMANY_HEALTH: Form = Form {
    telling: &[],
    shapes: &["A999999999"],
    steps: &[
        Step::Values(&PLACES),
        Step::Spell(0),
        Step::WeighDigits(0, &[1, 2, 1, 2, 1, 2, 1, 2, 1, 2]),
        Step::Check(10, b"0123456789"),
    ],
};

/// Register number of France (NIR): sex, year, month, department, commune, serial and a key modulo 97.
pub(in super::super) const FRANCE_NIR: Form = Form {
    telling: &[
        "9 99 99 99 999 999 99",
        "9 99 99 9X 999 999 99",
        "9 99 99 99 999 999 | 99",
        "9999999999999 99",
        "999999999999999",
        "999999A99999999",
    ],
    shapes: &[],
    steps: &[
        first(b"1278"),
        Step::Value(3..5, &[(1, 12), (20, 42), (50, 99)]),
        Step::Count(6..7, b"0123456789AB", 1..=1),
        Step::Value(13..15, &[(1, 97)]),
        // Corsica: 2A counts as 19 and 2B as 18, so that these letters are -1 and -2.
        Step::Values(&values([
            96, 95, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ])),
        Step::Weigh(0, &powers::<13>(97)),
        Step::WeighMore(13, &[10, 1]),
        Step::Divisible(97, &[0]),
    ],
};

const SPANISH: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// Identity number of citizens of Spain (DNI, NIF): the letter is the rest by 23.
pub(in super::super) const SPAIN_DNI: Form = Form {
    telling: &["99999999A", "99999999-A", "99.999.999-A", "99.999.999A"],
    shapes: &[],
    steps: &[
        Step::Varied(0..8),
        Step::Weigh(0, &powers::<8>(23)),
        Step::Check(8, SPANISH),
    ],
};

/// Identity number of foreigners in Spain (NIE).
pub(in super::super) const SPAIN_NIE: Form = Form {
    telling: &["A9999999A", "A9999999-A", "A-9999999-A"],
    shapes: &[],
    steps: &[
        first(b"XYZ"),
        Step::Values(&values([
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2,
        ])),
        Step::Weigh(0, &powers::<8>(23)),
        Step::Check(8, SPANISH),
    ],
};

const DIGIT_OR_ITS_LETTER: &[u8; 20] = b"0123456789LMNPQRSTUV";

/// What characters count in Italy at the second place, the fourth, …
const EVEN: [u8; 36] = values([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
]);

/// What characters count in Italy at the first place, the third, … Digits count as the first ten letters do.
const ODD: [u8; 36] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10,
    22, 25, 24, 23,
];

/// Tax code of people in Italy: consonants of the name, date of birth, place, and a check letter.
///
/// Where two people would have the same code, digits become letters.
pub(in super::super) const ITALY_TAX_CODE: Form = Form {
    telling: &["AAAAAAXXAXXAXXXA"],
    shapes: &[],
    steps: &[
        Step::Count(6..8, DIGIT_OR_ITS_LETTER, 2..=2),
        Step::Count(8..9, b"ABCDEHLMPRST", 1..=1),
        Step::Count(9..11, DIGIT_OR_ITS_LETTER, 2..=2),
        Step::Count(12..15, DIGIT_OR_ITS_LETTER, 3..=3),
        Step::Values(&ODD),
        Step::Weigh(0, &[1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]),
        Step::Values(&EVEN),
        Step::WeighMore(0, &[0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1]),
        Step::Check(15, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ],
};

/// Value added tax number of Italy, which sole traders have too.
pub(in super::super) const ITALY_VAT: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    steps: &[some(0..7), Step::Luhn(0)],
};

/// Taxpayer number of Portugal.
pub(in super::super) const PORTUGAL_NIF: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999999999"],
    steps: &[
        none(0..1, b"04"),
        Step::Weigh(0, &[9, 8, 7, 6, 5, 4, 3, 2]),
        Step::Check(8, b"00987654321"),
    ],
};

/// Citizen service number of the Netherlands: divisible by eleven with weights 9 to 2 and -1.
pub(in super::super) const NETHERLANDS_BSN: Form = Form {
    telling: &[],
    shapes: &["999999999", "9999.99.999", "9999 99 999", "999 999 999"],
    steps: &[
        Step::Varied(0..9),
        Step::Weigh(0, &[9, 8, 7, 6, 5, 4, 3, 2, 10]),
        Step::Divisible(11, &[0]),
    ],
};

/// National register number of Belgium: date of birth, serial, and a key modulo 97.
pub(in super::super) const BELGIUM_NATIONAL: Form = Form {
    telling: &["99.99.99-999.99", "99.99.99-999-99"],
    shapes: &["99 99 99 999 99", "99999999999"],
    steps: &[
        date(2, 4),
        Step::Value(9..11, &[(1, 97)]),
        Step::Weigh(0, &powers::<9>(97)),
        Step::WeighMore(9, &[10, 1]),
        // With 2 before it for those born from the year 2000 on, which is 2,000,000,000 more.
        Step::Divisible(97, &[0, 68]),
    ],
};

/// Social insurance number of Austria: serial with a check digit, date of birth.
pub(in super::super) const AUSTRIA_SOCIAL: Form = Form {
    telling: &[],
    shapes: &["9999 999999", "9999-999999", "9999999999"],
    steps: &[
        none(0..1, b"0"),
        date(6, 4),
        Step::Weigh(0, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]),
        Step::Check(3, b"0123456789-"),
    ],
};

/// Social insurance number of Switzerland: a bar code of the country 756.
pub(in super::super) const SWITZERLAND_AHV: Form = Form {
    telling: &["756.9999.9999.99", "756 9999 9999 99"],
    shapes: &["7569999999999"],
    steps: &[
        Step::Weigh(0, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]),
        Step::Divisible(10, &[0]),
    ],
};

/// Personal public service number of Ireland: seven digits, a check letter, and often another letter.
pub(in super::super) const IRELAND_PPS: Form = Form {
    telling: &[],
    shapes: &["9999999A", "9999999AA"],
    steps: &[
        // The second letter counts by its place in the alphabet, and W, the 23rd, as none does.
        Step::PadEnd(9, b'W'),
        Step::Count(8..9, b"ABCDEFGHIW", 1..=1),
        Step::Values(&PLACES),
        Step::Weigh(0, &[8, 7, 6, 5, 4, 3, 2, 0, 9]),
        Step::Check(7, b"WABCDEFGHIJKLMNOPQRSTUV"),
    ],
};

#[cfg(test)]
mod tests {
    use super::super::super::number::tests::truth;
    use super::*;

    #[test]
    fn numbers_of_the_british_isles() {
        truth(
            &UK_NINO,
            &["AB123456C", "AB 12 34 56 C", "ab 12 34 56 c"],
            &["BG123456C", "AO123456C", "DA123456C", "AB123456E", "AB12345C"],
        );
        truth(
            &UK_NHS,
            &["943 476 5919", "9434765919"],
            &["943 476 5918", "0000000000"],
        );
        truth(
            &UK_DRIVING_LICENCE,
            &["MORGA657054SM9IJ", "FO999512310AB9CD"],
            &["MORGA637054SM9IJ", "MORGA657994SM9IJ", "M9RGA657054SM9IJ"],
        );
        truth(
            &IRELAND_PPS,
            &["1234567T", "1234567FA"],
            &["1234567A", "1234567FB", "1234567TZ"],
        );
    }

    #[test]
    fn numbers_of_german_speaking_countries() {
        truth(
            &GERMANY_TAX_ID,
            &["36574261809", "36 574 261 809"],
            &["36574261808", "06574261809", "11111111111"],
        );
        truth(
            &GERMANY_ID_CARD,
            &["L01X00T471", "L01X00T47", "T22000129"],
            &["L01X00T472", "A01X00T47", "L0AX00T47"],
        );
        truth(&GERMANY_PENSION, &["15070649C103"], &["15070649C100", "15071349C103"]);
        truth(&GERMANY_HEALTH, &["A123456780"], &["A123456781"]);
        truth(
            &AUSTRIA_SOCIAL,
            &["1237 010180", "1237010180"],
            &["1238 010180", "1237 011380"],
        );
        truth(
            &SWITZERLAND_AHV,
            &["756.9217.0769.85", "7569217076985"],
            &["756.9217.0769.84", "757.9217.0769.85"],
        );
    }

    #[test]
    fn numbers_of_romance_countries_and_the_low_countries() {
        truth(
            &FRANCE_NIR,
            &["2 69 05 49 588 157 80", "269054958815780", "253072B07300470"],
            &["2 69 05 49 588 157 81", "269134958815780", "253072C07300470"],
        );
        truth(
            &SPAIN_DNI,
            &["12345678Z", "12345678-Z", "12.345.678-Z"],
            &["12345678A", "00000000T"],
        );
        truth(&SPAIN_NIE, &["X1234567L", "Y8063915-Z"], &["X1234567A", "W1234567L"]);
        truth(
            &ITALY_TAX_CODE,
            &["RSSMRA85T10A562S", "rssmra85t10a562s"],
            &["RSSMRA85T10A562T", "RSSMRA85F10A562S"],
        );
        truth(&ITALY_VAT, &["01333550323"], &["01333550324", "00000000000"]);
        truth(
            &PORTUGAL_NIF,
            &["123456789", "501 442 600"],
            &["123456788", "412345678"],
        );
        truth(
            &NETHERLANDS_BSN,
            &["111222333", "1112.22.333"],
            &["111222334", "000000000"],
        );
        truth(
            &BELGIUM_NATIONAL,
            &["85.07.30-033.28", "85073003328"],
            &["85.07.30-033.29", "85.13.30-033.28"],
        );
    }
}
