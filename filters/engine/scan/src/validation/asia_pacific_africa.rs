//! Numbers of Asia, the Pacific and Africa.

use super::checksum::{at, digit, is_day, is_uniform, luhn, number, verhoeff, weighted};
use super::form::Form;

/// Aadhaar number of India: twelve digits after Verhoeff; none begins with 0 or 1.
pub(super) const INDIA_AADHAAR: Form = Form {
    telling: &[],
    shapes: &["9999 9999 9999", "9999-9999-9999", "9999:9999:9999", "999999999999"],
    check: |digits| !matches!(digits.first(), Some(b'0' | b'1')) && !is_uniform(digits) && verhoeff(digits),
};

/// Permanent account number of India: the fourth letter is the kind of taxpayer.
pub(super) const INDIA_PAN: Form = Form {
    telling: &["AAAAA9999A"],
    shapes: &[],
    check: |all| all.get(3).is_some_and(|kind| b"ABCFGHJLPT".contains(kind)) && number(all, 5..9) > 0,
};

/// Resident identity number of China: region, date of birth, serial, and ISO/IEC 7064 mod 11,2, X being ten.
pub(super) const CHINA_RESIDENT: Form = Form {
    telling: &["99999999999999999X"],
    shapes: &[],
    check: |all| {
        let sum = weighted(all, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]);
        let check = match (12 - sum % 11) % 11 {
            10 => b'X',
            other => u8::try_from(other).map_or(0, |other| b'0' + other),
        };
        matches!(number(all, 0..2), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
            && matches!(number(all, 6..8), 18..=20)
            && is_day(number(all, 10..12), number(all, 12..14))
            && all.last() == Some(&check)
    },
};

/// Identity card of Hong Kong: letters, six digits, and a check digit in parentheses.
pub(super) const HONG_KONG_ID: Form = Form {
    telling: &["A999999(X)", "AA999999(X)"],
    shapes: &[],
    check: |all| {
        let letter = |byte: &u8| u32::from(byte.saturating_sub(b'A')) + 10;
        let (letters, digits) = all.split_at_checked(all.len().saturating_sub(7)).unwrap_or((all, &[]));
        let first = match letters {
            [one] => 36 * 9 + letter(one) * 8,
            [one, two] => letter(one) * 9 + letter(two) * 8,
            _ => return false,
        };
        let check = (11 - (first + weighted(digits, &[7, 6, 5, 4, 3, 2])) % 11) % 11;
        match digits.last() {
            Some(b'A') => check == 10,
            Some(last) => last.is_ascii_digit() && check == digit(*last),
            None => false,
        }
    },
};

/// Identity card of Taiwan: a letter for the place, the sex, serial, check digit.
pub(super) const TAIWAN_ID: Form = Form {
    telling: &[],
    shapes: &["A999999999"],
    check: |all| {
        // The numbers of the letters, which follow their alphabet only in part.
        let numbers = b"ABCDEFGHJKLMNPQRSTUVXYWZIO";
        let place = all
            .first()
            .and_then(|letter| numbers.iter().position(|other| other == letter));
        let place = place.and_then(|place| u32::try_from(place + 10).ok()).unwrap_or(0);
        let digits = all.get(1..).unwrap_or_default();
        let sum = place / 10 + place % 10 * 9 + weighted(digits, &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
        matches!(digits.first(), Some(b'1' | b'2' | b'8' | b'9')) && sum.is_multiple_of(10)
    },
};

/// Individual number of Japan (My Number).
pub(super) const JAPAN_MY_NUMBER: Form = Form {
    telling: &[],
    shapes: &["9999 9999 9999", "9999-9999-9999", "999999999999"],
    check: |digits| {
        let check = match weighted(digits, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        };
        !is_uniform(digits) && check == at(digits, 11)
    },
};

/// Resident and foreigner registration number of South Korea: date of birth, sex with century, serial.
///
/// Those given out since 2020 have no check digit.
pub(super) const KOREA_RESIDENT: Form = Form {
    telling: &["999999-9999999"],
    shapes: &["9999999999999"],
    check: |digits| is_day(number(digits, 2..4), number(digits, 4..6)) && matches!(digits.get(6), Some(b'1'..=b'8')),
};

/// Identity number of Singapore (NRIC, FIN): the check letter depends on the first letter.
pub(super) const SINGAPORE_NRIC: Form = Form {
    telling: &["A9999999A"],
    shapes: &[],
    check: |all| {
        let sum = weighted(all.get(1..).unwrap_or_default(), &[2, 7, 6, 5, 4, 3, 2]);
        let (letters, more) = match all.first() {
            Some(b'S') => (b"JZIHGFEDCBA", 0),
            Some(b'T') => (b"JZIHGFEDCBA", 4),
            Some(b'F') => (b"XWUTRQPNMLK", 0),
            Some(b'G') => (b"XWUTRQPNMLK", 4),
            Some(b'M') => (b"KLJNPQRTUWX", 3),
            _ => return false,
        };
        letters.get(((sum + more) % 11) as usize) == all.last()
    },
};

/// Identity card of Malaysia: date of birth, place of birth, serial.
pub(super) const MALAYSIA_MYKAD: Form = Form {
    telling: &["999999-99-9999"],
    shapes: &["999999999999"],
    check: |digits| {
        is_day(number(digits, 2..4), number(digits, 4..6))
            && matches!(number(digits, 6..8), 1..=16 | 21..=59 | 60..=68 | 71 | 72 | 74..=79 | 82..=93 | 98 | 99)
    },
};

/// Identity number of Thailand: kind, place, serial, check digit.
pub(super) const THAILAND_ID: Form = Form {
    telling: &["9-9999-99999-99-9", "9 9999 99999 99 9"],
    shapes: &["9999999999999"],
    check: |digits| {
        let check = (11 - weighted(digits, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
        matches!(digits.first(), Some(b'1'..=b'8')) && number(digits, 1..3) >= 10 && check == at(digits, 12)
    },
};

/// Identity number of Indonesia (NIK): place, date of birth (40 more for the days of women), serial.
pub(super) const INDONESIA_NIK: Form = Form {
    telling: &[],
    shapes: &["9999999999999999", "999999 999999 9999"],
    check: |digits| {
        let day = number(digits, 6..8);
        let day = if day > 40 { day - 40 } else { day };
        matches!(number(digits, 0..2), 11..=99) && is_day(number(digits, 8..10), day) && number(digits, 12..16) > 0
    },
};

/// Identity card of Pakistan (CNIC): place, family, sex.
pub(super) const PAKISTAN_CNIC: Form = Form {
    telling: &["99999-9999999-9"],
    shapes: &[],
    check: |digits| matches!(digits.first(), Some(b'1'..=b'8')) && !is_uniform(digits),
};

/// Identity number of the United Arab Emirates: the country, year of birth, serial, Luhn.
pub(super) const EMIRATES_ID: Form = Form {
    telling: &["784-9999-9999999-9", "784 9999 9999999 9"],
    shapes: &["784999999999999"],
    check: |digits| matches!(number(digits, 3..5), 19 | 20) && luhn(digits),
};

/// Identity number of citizens (1) and residents (2) of Saudi Arabia, Luhn.
pub(super) const SAUDI_ID: Form = Form {
    telling: &[],
    shapes: &["9999999999"],
    check: |digits| matches!(digits.first(), Some(b'1' | b'2')) && luhn(digits),
};

/// Identity number of Israel, Luhn.
pub(super) const ISRAEL_ID: Form = Form {
    telling: &[],
    shapes: &["999999999", "99999999-9"],
    check: |digits| !is_uniform(digits) && luhn(digits),
};

/// Tax file number of Australia.
pub(super) const AUSTRALIA_TFN: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999-999-999", "999999999"],
    check: |digits| !is_uniform(digits) && weighted(digits, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11),
};

/// Medicare number of Australia: eight digits, a check digit, the issue of the card.
pub(super) const AUSTRALIA_MEDICARE: Form = Form {
    telling: &[],
    shapes: &["9999 99999 9", "9999-99999-9", "9999999999"],
    check: |digits| {
        matches!(digits.first(), Some(b'2'..=b'6'))
            && weighted(digits, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == at(digits, 8)
            && at(digits, 9) > 0
    },
};

/// Business number of Australia, which sole traders have too: divisible by 89 once 1 is taken from the first digit.
pub(super) const AUSTRALIA_ABN: Form = Form {
    telling: &[],
    shapes: &["99 999 999 999", "99999999999"],
    check: |digits| {
        let sum = weighted(digits, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]);
        !digits.starts_with(b"0") && (sum + 89 - 10).is_multiple_of(89)
    },
};

/// Company number of Australia.
pub(super) const AUSTRALIA_ACN: Form = Form {
    telling: &[],
    shapes: &["999 999 999", "999999999"],
    check: |digits| {
        let check = (10 - weighted(digits, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10;
        number(digits, 0..9) > 0 && check == at(digits, 8)
    },
};

/// Identity number of South Africa: date of birth, serial, citizenship, Luhn.
pub(super) const SOUTH_AFRICA_ID: Form = Form {
    telling: &[],
    shapes: &["999999 9999 999", "9999999999999"],
    check: |digits| {
        is_day(number(digits, 2..4), number(digits, 4..6))
            && matches!(digits.get(10), Some(b'0'..=b'2'))
            && luhn(digits)
    },
};

/// National number of Egypt: century, date of birth, governorate, serial.
pub(super) const EGYPT_NATIONAL: Form = Form {
    telling: &[],
    shapes: &["99999999999999"],
    check: |digits| {
        matches!(digits.first(), Some(b'2' | b'3'))
            && is_day(number(digits, 3..5), number(digits, 5..7))
            && matches!(number(digits, 7..9), 1..=4 | 11..=19 | 21..=29 | 31..=35 | 88)
    },
};

#[cfg(test)]
mod tests {
    use super::super::form::tests::truth;
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
