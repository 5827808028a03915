//! Payment cards, and what else has their check digit.

use core::ops::Range;

use super::checksum::{luhn as has_check_digit, number};
use super::number::{continues, ends};

const CARD_DIGITS: core::ops::RangeInclusive<usize> = 12..=19;

/// Digits of the shortest group on a card, but for the last one.
const SHORTEST_GROUP: usize = 4;

/// The check digit of payment cards over 12 to 19 digits with spaces or dashes between.
pub(super) fn luhn(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    longest(text, found, |_| true)
}

/// As [`luhn`], for numbers that an issuer of cards hands out, written without groups or in groups that cards have.
pub(super) fn payment_card(text: &[u8], found: Range<usize>) -> Option<Range<usize>> {
    let first_group = text.get(found.clone())?.iter().take_while(|byte| byte.is_ascii_digit());
    if first_group.count() < SHORTEST_GROUP || continues(text, found.start) {
        return None;
    }
    // After other digits only what is as long as most cards are, not the rest of something longer.
    let after_digits = matches!(text.get(..found.start), Some([.., digit, b' ']) if digit.is_ascii_digit());
    let issued = |digits: &[u8]| is_issued(digits) && (!after_digits || matches!(digits.len(), 15 | 16));
    longest(text, found, issued).filter(|card| ends(text, card.end) && in_groups(text.get(card.clone())))
}

/// The longest beginning of a match that ends with a group of digits and has the right check digit.
fn longest(text: &[u8], found: Range<usize>, issued: impl Fn(&[u8]) -> bool) -> Option<Range<usize>> {
    let matched = text.get(found.clone())?;
    let mut digits = [0_u8; *CARD_DIGITS.end()];
    let mut taken = 0;
    let mut accepted = None;
    for (at, byte) in matched.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
        let Some(slot) = digits.get_mut(taken) else { break };
        *slot = *byte;
        taken += 1;
        let so_far = digits.get(..taken).unwrap_or_default();
        let ends_a_group = matched.get(at + 1).is_none_or(|next| !next.is_ascii_digit());
        let any = so_far.iter().any(|byte| *byte != b'0');
        if ends_a_group && CARD_DIGITS.contains(&taken) && any && issued(so_far) && has_check_digit(so_far) {
            accepted = Some(found.start..found.start + at + 1);
        }
    }
    accepted
}

/// Whether an issuer has numbers that begin so and are as long.
fn is_issued(digits: &[u8]) -> bool {
    let beginning = number(digits, 0..4);
    match digits.len() {
        12 => matches!(beginning, 5018 | 5020 | 5038 | 5600..=5899 | 6304 | 6759 | 6761..=6763),
        13 => matches!(beginning, 4000..=4999 | 5018 | 5020 | 5038),
        14 => matches!(beginning, 3000..=3059 | 3095 | 3600..=3699 | 3800..=3999),
        15 => matches!(beginning, 3400..=3499 | 3700..=3799 | 1800 | 2131 | 2014 | 2149 | 8699 | 1220),
        16 => matches!(
            beginning,
            4000..=4999 | 5000..=5999 | 2200..=2204 | 2221..=2720 | 3528..=3589 | 6000..=6999 | 8100..=8199 | 9792
                | 3000..=3059 | 3095 | 3600..=3699 | 3800..=3999
        ),
        17..=19 => matches!(beginning, 4000..=4999 | 5018 | 5020 | 5038 | 5600..=6999 | 3528..=3589 | 8100..=8199),
        _ => false,
    }
}

/// Whether digits stand in groups as on cards: none at all, or each but the last of four or more.
fn in_groups(card: Option<&[u8]>) -> bool {
    let groups = card.unwrap_or_default().split(|byte| !byte.is_ascii_digit());
    let mut lengths = groups.map(<[u8]>::len).peekable();
    let mut separated = false;
    while let Some(length) = lengths.next() {
        let last = lengths.peek().is_none();
        if length < if last && separated { 1 } else { SHORTEST_GROUP } || (!last && length > 6) {
            return false;
        }
        separated = true;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: fn(&[u8], Range<usize>) -> Option<Range<usize>>, text: &str) -> Option<&str> {
        check(text.as_bytes(), 0..text.len()).map(|range| &text[range])
    }

    #[test]
    fn luhn_is_a_truth_table() {
        for (text, accepted) in [
            ("4111111111111111", Some("4111111111111111")),
            ("4111 1111 1111 1111", Some("4111 1111 1111 1111")),
            ("4111-1111-1111-1111 123", Some("4111-1111-1111-1111")),
            ("378282246310005", Some("378282246310005")),
            ("4111111111111112", None),
            ("0000000000000000", None),
            ("79927398713", None), // right sum, too short for a card
            ("41111111111111111111111", None),
            ("", None),
        ] {
            assert_eq!(found(luhn, text), accepted, "{text}");
        }
    }

    #[test]
    fn cards_are_those_of_an_issuer_in_groups_of_four_or_more() {
        for (text, accepted) in [
            ("5555555555554444", Some("5555555555554444")),
            ("3782-822463-10005", Some("3782-822463-10005")),
            ("3056 930902 5904", Some("3056 930902 5904")),
            ("4222222222222", Some("4222222222222")),
            ("6759649826438453", Some("6759649826438453")),
            ("4111 1111 1111 1111 9", Some("4111 1111 1111 1111")),
            ("1234567812345670", None), // no issuer
            ("41 11 11 11 11 11 11 11", None),
            ("4111 1111 1111 1111-9", None),
        ] {
            assert_eq!(found(payment_card, text), accepted, "{text}");
        }
        assert_eq!(payment_card(b"1-4111111111111111", 2..18), None);
        assert_eq!(payment_card(b"7 5678 9012 3456", 2..16), None);
    }
}
