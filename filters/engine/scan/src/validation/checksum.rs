//! Arithmetic that check digits are made of. Input is ASCII; what is not a digit counts as 0, since forms see to shape.

/// The value of an ASCII digit.
pub(super) fn digit(byte: u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0')).min(9) * u32::from(byte.is_ascii_digit())
}

/// The number that digits write; of the longest ones only the low bits.
pub(super) fn value(digits: &[u8]) -> u32 {
    let mut value = 0_u32;
    for byte in digits {
        value = value.wrapping_mul(10).wrapping_add(digit(*byte));
    }
    value
}

/// The number that the digits of a range write.
pub(super) fn number(digits: &[u8], range: core::ops::Range<usize>) -> u32 {
    value(digits.get(range).unwrap_or_default())
}

/// The check digit of payment cards and much else, ISO/IEC 7812-1 annex B.
pub(super) fn luhn(digits: &[u8]) -> bool {
    luhn_sum(digits).is_multiple_of(10)
}

/// The digits added up, every second one from the right doubled and its digits added.
pub(super) fn luhn_sum(digits: &[u8]) -> u32 {
    let (mut sum, mut doubles) = (0, false);
    for byte in digits.iter().rev() {
        let value = digit(*byte) << u32::from(doubles);
        sum += if value > 9 { value - 9 } else { value };
        doubles = !doubles;
    }
    sum
}

/// The check digit of ISO/IEC 7064, mod 11,10.
pub(super) fn mod_11_10(digits: &[u8]) -> bool {
    let Some((last, body)) = digits.split_last() else {
        return false;
    };
    let product = body.iter().fold(10, |product, byte| {
        let sum = (product + digit(*byte)) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (product + digit(*last)) % 10 == 1
}

/// The check digit after Verhoeff: multiplication and permutation in the dihedral group of order ten.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    let mut check = 0;
    for (place, byte) in digits.iter().rev().enumerate() {
        let mut value = digit(*byte);
        for _ in 0..place % 8 {
            value = permuted(value);
        }
        check = multiplied(check, value);
    }
    check == 0
}

fn permuted(value: u32) -> u32 {
    const PERMUTATION: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    PERMUTATION.get(value as usize).copied().unwrap_or(0)
}

/// The product in the dihedral group: 0 to 4 are rotations, 5 to 9 reflections.
fn multiplied(left: u32, right: u32) -> u32 {
    let (turn, other) = (left % 5, right % 5);
    match (left < 5, right < 5) {
        (true, true) => (turn + other) % 5,
        (true, false) => (turn + other) % 5 + 5,
        (false, true) => (turn + 5 - other) % 5 + 5,
        (false, false) => (turn + 5 - other) % 5,
    }
}

/// Whether a month has that day in some year.
pub(super) fn is_day(month: u32, day: u32) -> bool {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Whether all digits are the same.
pub(super) fn is_uniform(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| pair.first() == pair.last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_pass_and_neighbours_fail() {
        for (check, right, wrong) in [
            (luhn as fn(&[u8]) -> bool, "79927398713", "79927398710"),
            (mod_11_10, "07945", "07946"),
            (verhoeff, "2363", "2366"),
            (verhoeff, "758722", "758272"),
        ] {
            assert!(check(right.as_bytes()), "{right}");
            assert!(!check(wrong.as_bytes()), "{wrong}");
        }
    }

    #[test]
    fn verhoeff_notices_every_single_mistake_and_swap() {
        let right = b"123456789012".map(|byte| byte);
        let body: Vec<u8> = right.to_vec();
        let check = (b'0'..=b'9').find(|last| {
            let mut whole = body.clone();
            whole.push(*last);
            verhoeff(&whole)
        });
        let mut whole = body;
        whole.push(check.unwrap());
        for place in 0..whole.len() {
            for other in b'0'..=b'9' {
                let mut changed = whole.clone();
                changed[place] = other;
                assert_eq!(verhoeff(&changed), other == whole[place]);
            }
        }
        for place in 1..whole.len() {
            let mut swapped = whole.clone();
            swapped.swap(place - 1, place);
            assert_eq!(verhoeff(&swapped), swapped == whole);
        }
    }

    #[test]
    fn days_are_those_of_a_calendar() {
        assert!(is_day(2, 29) && is_day(12, 31));
        assert!(!is_day(2, 30) && !is_day(13, 1) && !is_day(4, 31) && !is_day(1, 0));
    }
}
