//! Numbers of northern and eastern Europe.

use super::super::form::{Form, Step, date, first, none, powers, some};

/// Personal identity number of Sweden: date of birth, serial, Luhn; with or without the century. The day of a
/// coordination number is 60 more.
pub(in super::super) const SWEDEN_PERSONAL: Form = Form {
    telling: &["99999999-9999", "999999-9999", "999999+9999"],
    shapes: &["999999999999", "9999999999"],
    steps: &[
        Step::Last(10, &[(18, 20)]),
        Step::Date {
            month: 2,
            day: 4,
            months: &[],
            days: &[60],
        },
        Step::Luhn(0),
    ],
};

/// Number of an organisation in Sweden, which for a sole trader is the personal number.
pub(in super::super) const SWEDEN_ORGANISATION: Form = Form {
    telling: &[],
    shapes: &["999999-9999", "9999999999"],
    steps: &[Step::Value(2..4, &[(20, 99)]), Step::Luhn(0)],
};

/// National identity number of Norway: date of birth (the day of a D-number is 40 more), serial, two check digits.
pub(in super::super) const NORWAY_NATIONAL: Form = Form {
    telling: &["999999 99999", "999999-99999"],
    shapes: &["99999999999"],
    steps: &[
        Step::Date {
            month: 2,
            day: 0,
            months: &[],
            days: &[40],
        },
        Step::Weigh(0, &[3, 7, 6, 1, 8, 9, 4, 5, 2]),
        Step::Check(9, b"0-987654321"),
        Step::Weigh(0, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]),
        Step::Check(10, b"0-987654321"),
    ],
};

/// Personal identity code of Finland: date of birth, a sign for the century, serial, and the rest by 31.
pub(in super::super) const FINLAND_PERSONAL: Form = Form {
    telling: &["999999-999X", "999999+999X", "999999*999X"],
    shapes: &[],
    steps: &[
        date(2, 0),
        Step::Weigh(0, &powers::<9>(31)),
        Step::Check(9, b"0123456789ABCDEFHJKLMNPRSTUVWXY"),
    ],
};

/// Civil register number of Denmark: date of birth and serial. Since 2007 not all have a check digit.
pub(in super::super) const DENMARK_CPR: Form = Form {
    telling: &[],
    shapes: &["999999-9999", "999999 9999", "9999999999"],
    steps: &[date(2, 0), some(6..10)],
};

/// Personal identity number of Iceland: date of birth, serial with check digit, century.
pub(in super::super) const ICELAND_KENNITALA: Form = Form {
    telling: &[],
    shapes: &["999999-9999", "9999999999"],
    steps: &[
        date(2, 0),
        Step::Weigh(0, &[3, 2, 7, 6, 5, 4, 3, 2]),
        Step::Check(8, b"0-987654321"),
        Step::Count(9..10, b"089", 1..=1),
    ],
};

/// Register number of people in Poland (PESEL): date of birth with the century in the month, serial, check digit.
pub(in super::super) const POLAND_PESEL: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    steps: &[
        Step::Date {
            month: 2,
            day: 4,
            months: &[20, 40, 60, 80],
            days: &[],
        },
        Step::Weigh(0, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]),
        Step::Check(10, b"0987654321"),
    ],
};

/// Taxpayer number of Poland (NIP).
pub(in super::super) const POLAND_NIP: Form = Form {
    telling: &[],
    shapes: &["999-999-99-99", "999-99-99-999", "9999999999"],
    steps: &[
        Step::Varied(0..10),
        Step::Weigh(0, &[6, 5, 7, 2, 3, 4, 5, 6, 7]),
        Step::Check(9, b"0123456789-"),
    ],
};

/// Birth number of the Czech Republic and Slovakia: date of birth (50 more for the months of women), divisible by 11.
pub(in super::super) const CZECH_BIRTH: Form = Form {
    telling: &["999999/9999"],
    shapes: &["9999999999"],
    steps: &[
        Step::Date {
            month: 2,
            day: 4,
            months: &[20, 50, 70],
            days: &[],
        },
        Step::Weigh(0, &powers::<9>(11)),
        Step::Check(9, b"01234567890"),
    ],
};

/// Personal code of Romania: sex and century, date of birth, county, serial, check digit.
pub(in super::super) const ROMANIA_CNP: Form = Form {
    telling: &[],
    shapes: &["9999999999999"],
    steps: &[
        none(0..1, b"0"),
        date(3, 5),
        Step::Value(7..9, &[(1, 52), (70, 70), (80, 80)]),
        Step::Weigh(0, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]),
        Step::Check(12, b"01234567891"),
    ],
};

/// Uniform civil number of Bulgaria: date of birth with the century in the month, serial, check digit.
pub(in super::super) const BULGARIA_EGN: Form = Form {
    telling: &[],
    shapes: &["9999999999"],
    steps: &[
        Step::Date {
            month: 2,
            day: 4,
            months: &[20, 40],
            days: &[],
        },
        Step::Weigh(0, &[2, 4, 8, 5, 10, 9, 7, 3, 6]),
        Step::Check(9, b"01234567890"),
    ],
};

/// Personal identification number of Croatia, ISO/IEC 7064.
pub(in super::super) const CROATIA_OIB: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    steps: &[Step::Varied(0..11), Step::Mod1110],
};

/// Social security number of Greece (AMKA): date of birth, serial, Luhn.
pub(in super::super) const GREECE_AMKA: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    steps: &[date(2, 0), Step::Luhn(0)],
};

/// Social security number of Hungary.
pub(in super::super) const HUNGARY_TAJ: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999-999-999", "999999999"],
    steps: &[
        Step::Varied(0..9),
        Step::Weigh(0, &[3, 7, 3, 7, 3, 7, 3, 7]),
        Step::Check(8, b"0123456789"),
    ],
};

/// Personal code of Estonia and Lithuania: sex and century, date of birth, serial, check digit.
pub(in super::super) const BALTIC_PERSONAL: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    steps: &[
        first(b"12345678"),
        date(3, 5),
        Step::Weigh(0, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]),
        Step::Check(10, b"0123456789+"),
        Step::Weigh(0, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]),
        Step::Check(10, b"01234567890"),
    ],
};

/// Identity number of Turkey, with two check digits.
pub(in super::super) const TURKEY_ID: Form = Form {
    telling: &[],
    shapes: &["99999999999", "999 999 999 99"],
    steps: &[
        none(0..1, b"0"),
        Step::Weigh(0, &[7, 9, 7, 9, 7, 9, 7, 9, 7]),
        Step::Check(9, b"0123456789"),
        Step::Weigh(0, &[1; 10]),
        Step::Check(10, b"0123456789"),
    ],
};

#[cfg(test)]
mod tests {
    use super::super::super::number::tests::truth;
    use super::*;

    #[test]
    fn numbers_of_the_north() {
        truth(
            &SWEDEN_PERSONAL,
            &[
                "871220-2384",
                "19871220-2384",
                "198712202384",
                "8712202384",
                "701063-2391",
            ],
            &["871220-2385", "871320-2384", "15871220-2384"],
        );
        truth(&SWEDEN_ORGANISATION, &["556703-7485"], &["556703-7486", "871220-2384"]);
        truth(
            &NORWAY_NATIONAL,
            &["15108695088", "151086 95088"],
            &["15108695089", "15138695088"],
        );
        truth(
            &FINLAND_PERSONAL,
            &["131052-308T", "010594Y9032", "030516D9037"],
            &["131052-308U", "131352-308T", "131052/308T", "010594Z9032"],
        );
        truth(&DENMARK_CPR, &["211062-5629"], &["211362-5629", "211062-0000"]);
        truth(&ICELAND_KENNITALA, &["120174-3399"], &["120174-3389", "120174-3391"]);
    }

    #[test]
    fn numbers_of_the_east() {
        truth(
            &POLAND_PESEL,
            &["44051401458", "02070803628"],
            &["44051401459", "44131401458"],
        );
        truth(&POLAND_NIP, &["123-456-32-18", "1234563218"], &["123-456-32-19"]);
        truth(
            &CZECH_BIRTH,
            &["710319/2745", "7103192745"],
            &["710319/2746", "711319/2745"],
        );
        truth(&ROMANIA_CNP, &["1800101221144"], &["1800101221145", "1801301221144"]);
        truth(
            &BULGARIA_EGN,
            &["7523169263", "8032056031"],
            &["7523169264", "7573169263"],
        );
        truth(&CROATIA_OIB, &["33392005961"], &["33392005962"]);
        truth(&GREECE_AMKA, &["01013099997"], &["01013099998", "32013099997"]);
        truth(&HUNGARY_TAJ, &["123 456 788", "123456788"], &["123 456 789"]);
        truth(
            &BALTIC_PERSONAL,
            &["36805280109", "38703181745"],
            &["36805280108", "36813280109"],
        );
        truth(&TURKEY_ID, &["10000000146"], &["10000000147", "00000000146"]);
    }
}
