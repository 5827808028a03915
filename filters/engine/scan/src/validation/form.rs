//! Numbers that authorities hand out: the ways they are written, and what their digits must add up to.

use core::ops::Range;

use super::Accepted;
use crate::claim::Groups;

/// A kind of number.
#[derive(Debug)]
pub(super) struct Form {
    /// How it is written where that alone tells what it is: `9` is a digit, `A` an ASCII letter, `X` either, all else
    /// itself.
    pub(super) telling: &'static [&'static str],
    /// How else it is written: as much else is too, so that the words around it must tell.
    pub(super) shapes: &'static [&'static str],
    /// Whether the digits and letters, those in upper case, can be such a number.
    pub(super) check: fn(&[u8]) -> bool,
}

/// Digits and letters of the longest number.
const LONGEST: usize = 24;

impl Form {
    /// The part of a match that is such a number: the longest shape that fits, not in the middle of a longer number.
    pub(super) fn accepted(&self, text: &[u8], found: Range<usize>) -> Option<Accepted> {
        if continues(text, found.start) {
            return None;
        }
        let written = |shapes: &[&str]| {
            let fits = shapes.iter().filter(|shape| self.fits(shape.as_bytes(), text, &found));
            let longest = fits.map(|shape| shape.len()).max()?;
            Some(found.start..found.start + longest)
        };
        if let Some(range) = written(self.telling) {
            return Some(Accepted { range, telling: true });
        }
        written(self.shapes).map(Accepted::unsure)
    }

    /// The groups of digits in its shapes; none if a shape has other characters, so that anything must be tried.
    pub(super) fn groups(&self) -> Vec<Groups> {
        let shapes = || self.telling.iter().chain(self.shapes);
        if shapes().any(|shape| shape.contains(['A', 'X'])) {
            return Vec::new();
        }
        shapes().map(|shape| Groups::of(shape.as_bytes())).collect()
    }

    fn fits(&self, shape: &[u8], text: &[u8], found: &Range<usize>) -> bool {
        let end = found.start + shape.len();
        let Some(written) = text.get(found.start..end).filter(|_| end <= found.end) else {
            return false;
        };
        let mut compact = [0_u8; LONGEST];
        let mut slots = compact.iter_mut();
        for (wanted, byte) in shape.iter().zip(written) {
            let fits = match wanted {
                b'9' => byte.is_ascii_digit(),
                b'A' => byte.is_ascii_alphabetic(),
                b'X' => byte.is_ascii_alphanumeric(),
                other => byte == other,
            };
            if !fits {
                return false;
            }
            if byte.is_ascii_alphanumeric()
                && let Some(slot) = slots.next()
            {
                *slot = byte.to_ascii_uppercase();
            }
        }
        let taken = LONGEST - slots.len();
        ends(text, end) && compact.get(..taken).is_some_and(self.check)
    }
}

/// Whether what begins here goes on from digits before it, as in `2024-01-…`, or is the rest of a telephone number.
pub(super) fn continues(text: &[u8], start: usize) -> bool {
    let Some((joint, before)) = text.get(..start).and_then(<[u8]>::split_last) else {
        return false;
    };
    match joint {
        b'-' | b'.' | b'/' | b':' => before.last().is_some_and(u8::is_ascii_digit),
        b'+' => true,
        other => other.is_ascii_alphanumeric(),
    }
}

/// Whether what ends here does not go on: neither as a word nor, after a dash or the like, with more digits.
pub(super) fn ends(text: &[u8], end: usize) -> bool {
    let is_digit = |place: usize| text.get(place).is_some_and(u8::is_ascii_digit);
    match text.get(end) {
        None => true,
        Some(b'-' | b'.' | b'/' | b':') => !is_digit(end + 1),
        Some(byte) => !byte.is_ascii_alphanumeric(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What of a text, all of which has matched, is accepted.
    pub(crate) fn accepted<'t>(form: &Form, text: &'t str) -> Option<&'t str> {
        let accepted = form.accepted(text.as_bytes(), 0..text.len());
        accepted.map(|accepted| &text[accepted.range])
    }

    /// That a form takes each of some numbers whole, and none of others.
    pub(crate) fn truth(form: &Form, right: &[&str], wrong: &[&str]) {
        for text in right {
            assert_eq!(accepted(form, text), Some(*text));
        }
        for text in wrong {
            assert_eq!(accepted(form, text), None, "{text}");
        }
    }

    #[test]
    fn a_number_is_taken_in_the_shapes_it_has_and_not_from_a_longer_one() {
        let form = Form {
            telling: &["999-999"],
            shapes: &["999999", "999"],
            check: |digits| digits.starts_with(b"1"),
        };
        for (text, expected) in [
            ("123-456", Some("123-456")),
            ("123456", Some("123456")),
            ("123 456", Some("123")),
            ("223456", None),
            ("1234567", None),
            ("123-456-7", None),
            ("123-4567", None),
        ] {
            assert_eq!(accepted(&form, text), expected, "{text}");
        }
        for before in ["+", "7-", "7.", "a"] {
            let text = format!("{before}123456");
            assert_eq!(form.accepted(text.as_bytes(), before.len()..text.len()), None, "{text}");
        }
        let text = "7 123456";
        let accepted = form.accepted(text.as_bytes(), 2..text.len());
        assert_eq!(accepted, Some(Accepted::unsure(2..8)));
        assert!(form.accepted(b"123-456", 0..7).is_some_and(|accepted| accepted.telling));
        assert_eq!(
            form.groups(),
            ["999-999", "999999", "999"].map(|shape| Groups::of(shape.as_bytes()))
        );
    }
}
