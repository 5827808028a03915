//! Numbers of western and southern Europe.

use super::checksum::{at, digit, is_day, is_uniform, luhn, mod_11_10, number, weighted};
use super::form::Form;

/// National insurance number of the United Kingdom: letters that are in use.
pub(super) const UK_NINO: Form = Form {
    telling: &[
        "AA 99 99 99 A",
        "AA-99-99-99-A",
        "AA 999999 A",
        "AA999999A",
        "AA999999 A",
    ],
    shapes: &[],
    check: |all| {
        let letters = all.get(..2).unwrap_or_default();
        let unused = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"];
        !letters.iter().any(|letter| b"DFIQUV".contains(letter))
            && all.get(1) != Some(&b'O')
            && !unused.iter().any(|pair| *pair == letters)
            && matches!(all.get(8), Some(b'A'..=b'D'))
    },
};

/// Number of the National Health Service of the United Kingdom.
pub(super) const UK_NHS: Form = Form {
    telling: &[],
    shapes: &["999 999 9999", "999-999-9999", "9999999999"],
    check: |digits| {
        let check = 11 - weighted(digits, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        !is_uniform(digits) && check % 11 == at(digits, 9)
    },
};

/// Driving licence of Great Britain: surname, date of birth (51 to 62 for the months of women), initials, checks.
pub(super) const UK_DRIVING_LICENCE: Form = Form {
    telling: &["XXXXX999999XX9AA", "XXXXX 999999 XX9AA"],
    shapes: &[],
    check: |all| {
        let surname = all.get(..5).unwrap_or_default();
        let letters = surname.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let padded = surname.iter().skip(letters).all(|byte| *byte == b'9');
        let month = number(all, 6..8);
        letters > 0 && padded && is_day(if month > 50 { month - 50 } else { month }, number(all, 8..10))
    },
};

/// Tax identification of Germany: no digit more than three times in the first ten, ISO/IEC 7064.
pub(super) const GERMANY_TAX_ID: Form = Form {
    telling: &[],
    shapes: &["99 999 999 999", "99999999999"],
    check: |digits| {
        let body = digits.get(..10).unwrap_or_default();
        let times = |wanted: &u8| body.iter().filter(|byte| *byte == wanted).count();
        !digits.starts_with(b"0") && body.iter().all(|byte| times(byte) <= 3) && mod_11_10(digits)
    },
};

/// Number of identity card or passport of Germany with its check digit: letters that cannot be taken for others.
pub(super) const GERMANY_ID_CARD: Form = Form {
    telling: &[],
    shapes: &["XXXXXXXXX9", "XXXXXXXXX"],
    check: |all| {
        let (serial, check) = all.split_at_checked(9).unwrap_or((all, &[]));
        let sum: u32 = (serial.iter().zip([7, 3, 1].into_iter().cycle()))
            .map(|(byte, weight)| alphanumeric(*byte) * weight)
            .sum();
        let letters = |byte: &u8| b"CFGHJKLMNPRTVWXYZ".contains(byte);
        let digits = serial.iter().filter(|byte| byte.is_ascii_digit()).count();
        let is_serial = serial.iter().all(|byte| byte.is_ascii_digit() || letters(byte));
        // The serial alone has no check digit; the old kind is T and digits.
        serial.first().is_some_and(|first| letters(first) || *first == b'T')
            && is_serial
            && digits >= 3
            && check.first().is_none_or(|check| digit(*check) == sum % 10)
    },
};

/// Pension insurance number of Germany: area, date of birth, first letter of the name at birth, serial, check digit.
pub(super) const GERMANY_PENSION: Form = Form {
    telling: &["99999999A999", "99 999999 A 999"],
    shapes: &[],
    check: |all| {
        let mut digits: Vec<u8> = all.get(..8).unwrap_or_default().to_vec();
        digits.extend(two_digits(all.get(8)));
        digits.extend(all.get(9..11).unwrap_or_default());
        let sum: u32 = (digits.iter().zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]))
            .map(|(byte, weight)| digit(*byte) * weight)
            .map(|product| product / 10 + product % 10)
            .sum();
        is_day(number(all, 4..6), number(all, 2..4)) && sum % 10 == at(all, 11)
    },
};

/// Health insurance number of Germany, which never changes: a letter, eight digits, a check digit.
pub(super) const GERMANY_HEALTH: Form = Form {
    telling: &[],
    shapes: &["A999999999"],
    check: |all| {
        let digits = two_digits(all.first());
        let digits = digits.iter().chain(all.get(1..9).unwrap_or_default());
        let sum: u32 = (digits.zip([1, 2].into_iter().cycle()))
            .map(|(byte, weight)| digit(*byte) * weight)
            .map(|product| product / 10 + product % 10)
            .sum();
        sum % 10 == at(all, 9)
    },
};

/// A letter as its place in the alphabet, 01 to 26.
fn two_digits(letter: Option<&u8>) -> [u8; 2] {
    let place = letter.map_or(0, |letter| letter.saturating_sub(b'A') + 1);
    [b'0' + place / 10 % 10, b'0' + place % 10]
}

/// The value of a digit or letter, A being ten.
fn alphanumeric(byte: u8) -> u32 {
    match byte {
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        other => digit(other),
    }
}

/// Register number of France (NIR): sex, year, month, department, commune, serial and a key modulo 97.
pub(super) const FRANCE_NIR: Form = Form {
    telling: &[
        "9 99 99 99 999 999 99",
        "9 99 99 9X 999 999 99",
        "9 99 99 99 999 999 | 99",
        "9999999999999 99",
        "999999999999999",
        "999999A99999999",
    ],
    shapes: &[],
    check: |all| {
        let month = number(all, 3..5);
        let (body, corsica) = match all.get(5..7) {
            Some(b"2A") => (19, true),
            Some(b"2B") => (18, true),
            Some(department) => (number(department, 0..2), department.iter().any(u8::is_ascii_alphabetic)),
            None => return false,
        };
        let plain = all
            .iter()
            .enumerate()
            .all(|(place, byte)| place == 6 || byte.is_ascii_digit());
        let whole = (number(all, 0..5) * 100 + body) * 1_000_000 + number(all, 7..13);
        plain
            && (!corsica || body < 20)
            && matches!(all.first(), Some(b'1' | b'2' | b'7' | b'8'))
            && matches!(month, 1..=12 | 20..=42 | 50..=99)
            && 97 - whole % 97 == number(all, 13..15)
    },
};

const SPANISH: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// Identity number of citizens of Spain (DNI, NIF): the letter is the rest by 23.
pub(super) const SPAIN_DNI: Form = Form {
    telling: &["99999999A", "99999999-A", "99.999.999-A", "99.999.999A"],
    shapes: &[],
    check: |all| spanish(number(all, 0..8), all.get(8)) && !is_uniform(all.get(..8).unwrap_or_default()),
};

/// Identity number of foreigners in Spain (NIE).
pub(super) const SPAIN_NIE: Form = Form {
    telling: &["A9999999A", "A9999999-A", "A-9999999-A"],
    shapes: &[],
    check: |all| {
        let first = match all.first() {
            Some(b'X') => 0,
            Some(b'Y') => 1,
            Some(b'Z') => 2,
            _ => return false,
        };
        spanish(first * 10_000_000 + number(all, 1..8), all.get(8))
    },
};

fn spanish(number: u64, letter: Option<&u8>) -> bool {
    usize::try_from(number % 23).is_ok_and(|rest| SPANISH.get(rest) == letter)
}

/// Tax code of people in Italy: consonants of the name, date of birth, place, and a check letter.
///
/// Where two people would have the same code, digits become letters.
pub(super) const ITALY_TAX_CODE: Form = Form {
    telling: &["AAAAAAXXAXXAXXXA"],
    shapes: &[],
    check: |all| {
        const ODD: [u32; 26] = [
            1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
        ];
        let value = |byte: u8| match byte {
            b'0'..=b'9' => usize::from(byte - b'0'),
            other => usize::from(other.saturating_sub(b'A')),
        };
        let sum: u32 = (all.iter().take(15).enumerate())
            .map(|(place, byte)| match place % 2 {
                0 => ODD.get(value(*byte)).copied().unwrap_or(0),
                _ => u32::try_from(value(*byte)).unwrap_or(0),
            })
            .sum();
        let stands_for_digit =
            |place: &usize| (all.get(*place)).is_some_and(|byte| byte.is_ascii_digit() || b"LMNPQRSTUV".contains(byte));
        [6, 7, 9, 10, 12, 13, 14].iter().all(stands_for_digit)
            && all.get(8).is_some_and(|month| b"ABCDEHLMPRST".contains(month))
            && all
                .get(15)
                .is_some_and(|check| u32::from(check.saturating_sub(b'A')) == sum % 26)
    },
};

/// Value added tax number of Italy, which sole traders have too.
pub(super) const ITALY_VAT: Form = Form {
    telling: &[],
    shapes: &["99999999999"],
    check: |digits| number(digits, 0..7) > 0 && luhn(digits),
};

/// Taxpayer number of Portugal.
pub(super) const PORTUGAL_NIF: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999999999"],
    check: |digits| {
        let check = 11 - weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        !matches!(digits.first(), Some(b'0' | b'4')) && check % 11 % 10 == at(digits, 8)
    },
};

/// Citizen service number of the Netherlands: divisible by eleven with weights 9 to 2 and -1.
pub(super) const NETHERLANDS_BSN: Form = Form {
    telling: &[],
    shapes: &["999999999", "9999.99.999", "9999 99 999", "999 999 999"],
    check: |digits| {
        let sum = weighted(digits, &[9, 8, 7, 6, 5, 4, 3, 2]) + 11 * 9 - at(digits, 8);
        !is_uniform(digits) && sum.is_multiple_of(11)
    },
};

/// National register number of Belgium: date of birth, serial, and a key modulo 97.
pub(super) const BELGIUM_NATIONAL: Form = Form {
    telling: &["99.99.99-999.99", "99.99.99-999-99"],
    shapes: &["99 99 99 999 99", "99999999999"],
    check: |digits| {
        let body = number(digits, 0..9);
        let key = number(digits, 9..11);
        let born = is_day(number(digits, 2..4), number(digits, 4..6));
        // With 2 before it for those born from the year 2000 on.
        born && (97 - body % 97 == key || 97 - (2_000_000_000 + body) % 97 == key)
    },
};

/// Social insurance number of Austria: serial with a check digit, date of birth.
pub(super) const AUSTRIA_SOCIAL: Form = Form {
    telling: &[],
    shapes: &["9999 999999", "9999-999999", "9999999999"],
    check: |digits| {
        let sum = weighted(digits, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]);
        !digits.starts_with(b"0") && is_day(number(digits, 6..8), number(digits, 4..6)) && sum % 11 == at(digits, 3)
    },
};

/// Social insurance number of Switzerland: a bar code of the country 756.
pub(super) const SWITZERLAND_AHV: Form = Form {
    telling: &["756.9999.9999.99", "756 9999 9999 99"],
    shapes: &["7569999999999"],
    check: |digits| weighted(digits, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10),
};

/// Personal public service number of Ireland: seven digits, a check letter, and often another letter.
pub(super) const IRELAND_PPS: Form = Form {
    telling: &[],
    shapes: &["9999999A", "9999999AA"],
    check: |all| {
        let second = match all.get(8) {
            None | Some(b'W') => 0,
            Some(letter @ b'A'..=b'I') => u32::from(letter - b'A') + 1,
            Some(_) => return false,
        };
        let rest = (weighted(all, &[8, 7, 6, 5, 4, 3, 2]) + 9 * second) % 23;
        let expected = if rest == 0 {
            b'W'
        } else {
            u8::try_from(rest).map_or(0, |rest| b'A' + rest - 1)
        };
        all.get(7) == Some(&expected)
    },
};

#[cfg(test)]
mod tests {
    use super::super::form::tests::truth;
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
