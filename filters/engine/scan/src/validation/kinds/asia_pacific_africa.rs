//! Numbers of Asia, the Pacific and Africa.

use super::super::form::{Form, Step, date, first, none, some, values};

/// Aadhaar number of India: twelve digits after Verhoeff; none begins with 0 or 1.
pub(in super::super) const INDIA_AADHAAR: Form = Form {
    telling: &[],
    shapes: &["9999 9999 9999", "9999-9999-9999", "9999:9999:9999", "999999999999"],
    steps: &[none(0..1, b"01"), Step::Varied(0..12), Step::Verhoeff],
};

/// Permanent account number of India: the fourth letter is the kind of taxpayer.
pub(in super::super) const INDIA_PAN: Form = Form {
    telling: &["AAAAA9999A"],
    shapes: &[],
    steps: &[Step::Count(3..4, b"ABCFGHJLPT", 1..=1), some(5..9)],
};

/// Resident identity number of China: region, date of birth, serial, and ISO/IEC 7064 mod 11,2, X being ten.
pub(in super::super) const CHINA_RESIDENT: Form = Form {
    telling: &["99999999999999999X"],
    shapes: &[],
    steps: &[
        Step::Value(
            0..2,
            &[
                (11, 15),
                (21, 23),
                (31, 37),
                (41, 46),
                (50, 54),
                (61, 65),
                (71, 71),
                (81, 83),
            ],
        ),
        Step::Value(6..8, &[(18, 20)]),
        date(10, 12),
        Step::Weigh(0, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]),
        Step::Check(17, b"10X98765432"),
    ],
};

/// Identity card of Hong Kong: letters, six digits, and a check digit in parentheses.
pub(in super::super) const HONG_KONG_ID: Form = Form {
    telling: &["A999999(X)", "AA999999(X)"],
    shapes: &[],
    steps: &[
        // No first letter counts as one after Z.
        Step::PadFront(9, b' '),
        Step::Weigh(0, &[9, 8, 7, 6, 5, 4, 3, 2]),
        Step::Check(8, b"0A987654321"),
    ],
};

/// Identity card of Taiwan: a letter for the place, the sex, serial, check digit.
pub(in super::super) const TAIWAN_ID: Form = Form {
    telling: &[],
    shapes: &["A999999999"],
    steps: &[
        Step::Count(1..2, b"1289", 1..=1),
        // The numbers of the letters, which follow their alphabet only in part.
        Step::Values(&values([
            10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33,
        ])),
        Step::Spell(0),
        Step::Weigh(0, &[1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1]),
        Step::Divisible(10, &[0]),
    ],
};

/// Individual number of Japan (My Number).
pub(in super::super) const JAPAN_MY_NUMBER: Form = Form {
    telling: &[],
    shapes: &["9999 9999 9999", "9999-9999-9999", "999999999999"],
    steps: &[
        Step::Varied(0..12),
        Step::Weigh(0, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]),
        Step::Check(11, b"00987654321"),
    ],
};

/// Resident and foreigner registration number of South Korea: date of birth, sex with century, serial.
///
/// Those given out since 2020 have no check digit.
pub(in super::super) const KOREA_RESIDENT: Form = Form {
    telling: &["999999-9999999"],
    shapes: &["9999999999999"],
    steps: &[date(2, 4), Step::Count(6..7, b"12345678", 1..=1)],
};

/// Identity number of Singapore (NRIC, FIN): the check letter depends on the first letter.
pub(in super::super) const SINGAPORE_NRIC: Form = Form {
    telling: &["A9999999A"],
    shapes: &[],
    steps: &[
        first(b"STFGM"),
        Step::Weigh(1, &[2, 7, 6, 5, 4, 3, 2]),
        Step::If(0, b"S"),
        Step::Check(8, b"JZIHGFEDCBA"),
        Step::If(0, b"T"),
        Step::Check(8, b"GFEDCBAJZIH"),
        Step::If(0, b"F"),
        Step::Check(8, b"XWUTRQPNMLK"),
        Step::If(0, b"G"),
        Step::Check(8, b"RQPNMLKXWUT"),
        Step::If(0, b"M"),
        Step::Check(8, b"NPQRTUWXKLJ"),
    ],
};

/// Identity card of Malaysia: date of birth, place of birth, serial.
pub(in super::super) const MALAYSIA_MYKAD: Form = Form {
    telling: &["999999-99-9999"],
    shapes: &["999999999999"],
    steps: &[
        date(2, 4),
        Step::Value(6..8, &[(1, 16), (21, 68), (71, 72), (74, 79), (82, 93), (98, 99)]),
    ],
};

/// Identity number of Thailand: kind, place, serial, check digit.
pub(in super::super) const THAILAND_ID: Form = Form {
    telling: &["9-9999-99999-99-9", "9 9999 99999 99 9"],
    shapes: &["9999999999999"],
    steps: &[
        first(b"12345678"),
        none(1..2, b"0"),
        Step::Weigh(0, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]),
        Step::Check(12, b"10987654321"),
    ],
};

/// Identity number of Indonesia (NIK): place, date of birth (40 more for the days of women), serial.
pub(in super::super) const INDONESIA_NIK: Form = Form {
    telling: &[],
    shapes: &["9999999999999999", "999999 999999 9999"],
    steps: &[
        Step::Value(0..2, &[(11, 99)]),
        Step::Date {
            month: 8,
            day: 6,
            months: &[],
            days: &[40],
        },
        some(12..16),
    ],
};

/// Identity card of Pakistan (CNIC): place, family, sex.
pub(in super::super) const PAKISTAN_CNIC: Form = Form {
    telling: &["99999-9999999-9"],
    shapes: &[],
    steps: &[first(b"12345678"), Step::Varied(0..13)],
};

/// Identity number of the United Arab Emirates: the country, year of birth, serial, Luhn.
pub(in super::super) const EMIRATES_ID: Form = Form {
    telling: &["784-9999-9999999-9", "784 9999 9999999 9"],
    shapes: &["784999999999999"],
    steps: &[Step::Value(3..5, &[(19, 20)]), Step::Luhn(0)],
};

/// Identity number of citizens (1) and residents (2) of Saudi Arabia, Luhn.
pub(in super::super) const SAUDI_ID: Form = Form {
    telling: &[],
    shapes: &["9999999999"],
    steps: &[first(b"12"), Step::Luhn(0)],
};

/// Identity number of Israel, Luhn.
pub(in super::super) const ISRAEL_ID: Form = Form {
    telling: &[],
    shapes: &["999999999", "99999999-9"],
    steps: &[Step::Varied(0..9), Step::Luhn(0)],
};

/// Tax file number of Australia.
pub(in super::super) const AUSTRALIA_TFN: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999-999-999", "999999999"],
    steps: &[
        Step::Varied(0..9),
        Step::Weigh(0, &[1, 4, 3, 7, 5, 8, 6, 9, 10]),
        Step::Divisible(11, &[0]),
    ],
};

/// Medicare number of Australia: eight digits, a check digit, the issue of the card.
pub(in super::super) const AUSTRALIA_MEDICARE: Form = Form {
    telling: &[],
    shapes: &["9999 99999 9", "9999-99999-9", "9999999999"],
    steps: &[
        first(b"23456"),
        Step::Weigh(0, &[1, 3, 7, 9, 1, 3, 7, 9]),
        Step::Check(8, b"0123456789"),
        some(9..10),
    ],
};

/// Business number of Australia, which sole traders have too: divisible by 89 once 1 is taken from the first digit.
pub(in super::super) const AUSTRALIA_ABN: Form = Form {
    telling: &[],
    shapes: &["99 999 999 999", "99999999999"],
    steps: &[
        none(0..1, b"0"),
        Step::Weigh(0, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]),
        Step::Divisible(89, &[79]),
    ],
};

/// Company number of Australia.
pub(in super::super) const AUSTRALIA_ACN: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999999999"],
    steps: &[
        some(0..9),
        Step::Weigh(0, &[8, 7, 6, 5, 4, 3, 2, 1]),
        Step::Check(8, b"0987654321"),
    ],
};

/// Identity number of South Africa: date of birth, serial, citizenship, Luhn.
pub(in super::super) const SOUTH_AFRICA_ID: Form = Form {
    telling: &[],
    shapes: &["999999 9999 999", "9999999999999"],
    steps: &[date(2, 4), Step::Count(10..11, b"012", 1..=1), Step::Luhn(0)],
};

/// National number of Egypt: century, date of birth, governorate, serial.
pub(in super::super) const EGYPT_NATIONAL: Form = Form {
    telling: &[],
    shapes: &["99999999999999"],
    steps: &[
        first(b"23"),
        date(3, 5),
        Step::Value(7..9, &[(1, 4), (11, 19), (21, 29), (31, 35), (88, 88)]),
    ],
};

#[cfg(test)]
mod tests {
    use super::super::super::number::tests::truth;
    use super::*;

    #[test]
    fn numbers_of_asia() {
        truth(
            &INDIA_AADHAAR,
            &["3123 4567 8909", "312345678909"],
            &["3123 4567 8908", "123456789012"],
        );
        truth(&INDIA_PAN, &["ABCPD1234Z"], &["ABCND1234Z", "ABCPD0000Z"]);
        truth(
            &CHINA_RESIDENT,
            &["11010519491231002X"],
            &["110105194912310021", "110105194913310021"],
        );
        truth(&HONG_KONG_ID, &["A123456(3)", "AB987654(3)"], &["A123456(4)"]);
        truth(&TAIWAN_ID, &["A123456789"], &["A123456788", "A323456789"]);
        truth(&JAPAN_MY_NUMBER, &["1234 5678 9018", "123456789018"], &["123456789017"]);
        truth(
            &KOREA_RESIDENT,
            &["960121-1234567", "9601211234567"],
            &["961321-1234567", "960121-9234567"],
        );
        truth(
            &SINGAPORE_NRIC,
            &["S1234567D", "F1234567N"],
            &["S1234567E", "A1234567D"],
        );
        truth(
            &MALAYSIA_MYKAD,
            &["900131-14-5678"],
            &["901331-14-5678", "900131-19-5678"],
        );
        truth(
            &THAILAND_ID,
            &["1-2345-67890-12-1", "1234567890121"],
            &["1234567890122"],
        );
        truth(
            &INDONESIA_NIK,
            &["3171015708900001"],
            &["3171013208900001", "3171015713900001"],
        );
        truth(&PAKISTAN_CNIC, &["35202-1234567-1"], &["05202-1234567-1"]);
        truth(&EMIRATES_ID, &["784-1980-1234567-8"], &["784-1980-1234567-9"]);
        truth(&SAUDI_ID, &["1000000008"], &["1000000009", "3000000004"]);
        truth(&ISRAEL_ID, &["123456782", "12345678-2"], &["123456783"]);
    }

    #[test]
    fn numbers_of_australia_and_africa() {
        truth(&AUSTRALIA_TFN, &["876 543 210", "876543210"], &["824 753 557"]);
        truth(&AUSTRALIA_MEDICARE, &["2123 45670 1"], &["2123 25870 1", "7123456701"]);
        truth(&AUSTRALIA_ABN, &["51 824 753 556"], &["52 824 753 556"]);
        truth(&AUSTRALIA_ACN, &["005 499 981"], &["824 753 557", "000000000"]);
        truth(
            &SOUTH_AFRICA_ID,
            &["8001015009087"],
            &["8001015009088", "8013015009087"],
        );
        truth(
            &EGYPT_NATIONAL,
            &["29001011234567"],
            &["49001011234567", "29013011234567", "29001019934567"],
        );
    }
}
