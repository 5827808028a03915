//! Numbers of northern and eastern Europe.

use super::checksum::{at, is_day, is_uniform, luhn, mod_11_10, number, weighted};
use super::form::Form;

/// Personal identity number of Sweden: date of birth, serial, Luhn; with or without the century. The day of a
/// coordination number is 60 more.
pub(super) const SWEDEN_PERSONAL: Form = Form {
    telling: &["99999999-9999", "999999-9999", "999999+9999"],
    shapes: &["999999999999", "9999999999"],
    check: |digits| {
        let Some(short) = digits.len().checked_sub(10).and_then(|century| digits.get(century..)) else {
            return false;
        };
        let century = digits.len() == 10 || matches!(number(digits, 0..2), 18..=20);
        let day = number(short, 4..6);
        century && is_day(number(short, 2..4), if day > 60 { day - 60 } else { day }) && luhn(short)
    },
};

/// Number of an organisation in Sweden, which for a sole trader is the personal number.
pub(super) const SWEDEN_ORGANISATION: Form = Form {
    telling: &[],
    shapes: &["999999-9999", "9999999999"],
    check: |digits| number(digits, 2..4) >= 20 && luhn(digits),
};

/// National identity number of Norway: date of birth (the day of a D-number is 40 more), serial, two check digits.
pub(super) const NORWAY_NATIONAL: Form = Form {
    telling: &["999999 99999", "999999-99999"],
    shapes: &["99999999999"],
    check: |digits| {
        let day = number(digits, 0..2);
        let first = (11 - weighted(digits, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11;
        let second = (11 - weighted(digits, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        is_day(number(digits, 2..4), if day > 40 { day - 40 } else { day })
            && first == at(digits, 9)
            && second == at(digits, 10)
    },
};

/// Personal identity code of Finland: date of birth, a sign for the century, serial, and the rest by 31.
pub(super) const FINLAND_PERSONAL: Form = Form {
    telling: &["999999-999X", "999999+999X", "999999A999X"],
    shapes: &[],
    check: |all| {
        let is_sign = |sign: &u8| b"ABCDEFYXWVU".contains(sign);
        // Of the signs, only letters are among the characters that are kept.
        let serial = if all.len() == 11 { 7 } else { 6 };
        let sign = all.len() == 10 || all.get(6).is_some_and(is_sign);
        let check = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
        let rest = (number(all, 0..6) * 1000 + number(all, serial..serial + 3)) % 31;
        let expected = usize::try_from(rest).ok().and_then(|rest| check.get(rest));
        sign && is_day(number(all, 2..4), number(all, 0..2)) && all.last() == expected
    },
};

/// Civil register number of Denmark: date of birth and serial. Since 2007 not all have a check digit.
pub(super) const DENMARK_CPR: Form = Form {
    telling: &[],
    shapes: &["999999-9999", "999999 9999", "9999999999"],
    check: |digits| is_day(number(digits, 2..4), number(digits, 0..2)) && number(digits, 6..10) > 0,
};

/// Personal identity number of Iceland: date of birth, serial with check digit, century.
pub(super) const ICELAND_KENNITALA: Form = Form {
    telling: &[],
    shapes: &["999999-9999", "9999999999"],
    check: |digits| {
        let check = (11 - weighted(digits, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        is_day(number(digits, 2..4), number(digits, 0..2))
            && check == at(digits, 8)
            && matches!(digits.last(), Some(b'0' | b'8' | b'9'))
    },
};

/// Register number of people in Poland (PESEL): date of birth with the century in the month, serial, check digit.
pub(super) const POLAND_PESEL: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    check: |digits| {
        let check = (10 - weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10) % 10;
        is_day(number(digits, 2..4) % 20, number(digits, 4..6)) && check == at(digits, 10)
    },
};

/// Taxpayer number of Poland (NIP).
pub(super) const POLAND_NIP: Form = Form {
    telling: &[],
    shapes: &["999-999-99-99", "999-99-99-999", "9999999999"],
    check: |digits| !is_uniform(digits) && weighted(digits, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == at(digits, 9),
};

/// Birth number of the Czech Republic and Slovakia: date of birth (50 more for the months of women), divisible by 11.
pub(super) const CZECH_BIRTH: Form = Form {
    telling: &["999999/9999"],
    shapes: &["9999999999"],
    check: |digits| {
        let month = match number(digits, 2..4) {
            month @ 71.. => month - 70,
            month @ 51.. => month - 50,
            month @ 21.. => month - 20,
            month => month,
        };
        let rest = number(digits, 0..9) % 11 % 10;
        is_day(month, number(digits, 4..6)) && rest == u64::from(at(digits, 9))
    },
};

/// Personal code of Romania: sex and century, date of birth, county, serial, check digit.
pub(super) const ROMANIA_CNP: Form = Form {
    telling: &[],
    shapes: &["9999999999999"],
    check: |digits| {
        let rest = weighted(digits, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
        let check = if rest == 10 { 1 } else { rest };
        !digits.starts_with(b"0")
            && is_day(number(digits, 3..5), number(digits, 5..7))
            && matches!(number(digits, 7..9), 1..=52 | 70 | 80)
            && check == at(digits, 12)
    },
};

/// Uniform civil number of Bulgaria: date of birth with the century in the month, serial, check digit.
pub(super) const BULGARIA_EGN: Form = Form {
    telling: &[],
    shapes: &["9999999999"],
    check: |digits| {
        let month = number(digits, 2..4);
        let check = weighted(digits, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
        month < 60 && is_day(month % 20, number(digits, 4..6)) && check == at(digits, 9)
    },
};

/// Personal identification number of Croatia, ISO/IEC 7064.
pub(super) const CROATIA_OIB: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    check: |digits| !is_uniform(digits) && mod_11_10(digits),
};

/// Social security number of Greece (AMKA): date of birth, serial, Luhn.
pub(super) const GREECE_AMKA: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    check: |digits| is_day(number(digits, 2..4), number(digits, 0..2)) && luhn(digits),
};

/// Social security number of Hungary.
pub(super) const HUNGARY_TAJ: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999-999-999", "999999999"],
    check: |digits| !is_uniform(digits) && weighted(digits, &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == at(digits, 8),
};

/// Personal code of Estonia and Lithuania: sex and century, date of birth, serial, check digit.
pub(super) const BALTIC_PERSONAL: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    check: |digits| {
        let check = match weighted(digits, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11 {
            10 => weighted(digits, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10,
            check => check,
        };
        matches!(digits.first(), Some(b'1'..=b'8'))
            && is_day(number(digits, 3..5), number(digits, 5..7))
            && check == at(digits, 10)
    },
};

/// Identity number of Turkey, with two check digits.
pub(super) const TURKEY_ID: Form = Form {
    telling: &[],
    shapes: &["99999999999", "999 999 999 99"],
    check: |digits| {
        let odd = [0, 2, 4, 6, 8].iter().map(|place| at(digits, *place)).sum::<u32>();
        let even = [1, 3, 5, 7].iter().map(|place| at(digits, *place)).sum::<u32>();
        !digits.starts_with(b"0")
            && (odd * 7 + 100 - even) % 10 == at(digits, 9)
            && (odd + even + at(digits, 9)) % 10 == at(digits, 10)
    },
};

#[cfg(test)]
mod tests {
    use super::super::form::tests::truth;
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
