//! Numbers that authorities hand out: the ways they are written, and what their digits must add up to.
//!
//! A kind of number is data that travels in the pack: its shapes, then steps, run by one loop over the characters of a
//! number. What the steps are called and how they are written is in [`form`](super::form).

use core::ops::Range;

use super::Accepted;
use super::checksum::{is_day, is_uniform, luhn_sum, mod_11_10, value, verhoeff};
use crate::claim::Groups;

/// Characters of the longest number.
pub(super) const LONGEST: usize = 24;
/// In the length of a shape: a number so written says by itself what it is.
pub(super) const TELLING: u8 = 0x80;

/// What a step does. Places count from 0, and a range of places is two of them.
pub(super) mod step {
    /// Range, pairs of least and most in two bytes each: the number that the digits write lies between two of them.
    pub(in super::super) const VALUE: u8 = 0;
    /// Range, least, most, characters: so many in the range are among the characters.
    pub(in super::super) const COUNT: u8 = 1;
    /// Characters: the number does not begin with them.
    pub(in super::super) const UNLIKE: u8 = 2;
    /// Range: not all its characters are the same.
    pub(in super::super) const VARIED: u8 = 3;
    /// Range, times: no character occurs more often in it.
    pub(in super::super) const AT_MOST: u8 = 4;
    /// Places of month and day, how many of the following are for months: what is added to months, and to days.
    pub(in super::super) const DATE: u8 = 5;
    /// Place, characters: unless one of them stands there, the next step is skipped.
    pub(in super::super) const IF: u8 = 6;
    /// Count, pairs as in `VALUE`: the number is its last characters; if there are more, they lie between two of them.
    pub(in super::super) const LAST: u8 = 7;
    /// Count, character: a shorter number is filled up with it in front.
    pub(in super::super) const PAD_FRONT: u8 = 8;
    /// Count, character: a shorter number is filled up with it at the end.
    pub(in super::super) const PAD_END: u8 = 9;
    /// Place: the character becomes the two digits of its value.
    pub(in super::super) const SPELL: u8 = 10;
    /// Values of the ten digits and the letters; by default 0 to 35.
    pub(in super::super) const VALUES: u8 = 11;
    /// Place, weights: the values from there on, each times its weight, are the sum.
    pub(in super::super) const WEIGH: u8 = 12;
    /// As `WEIGH`, added to the sum there is.
    pub(in super::super) const WEIGH_MORE: u8 = 13;
    /// As `WEIGH`, with the two digits of each product added up.
    pub(in super::super) const WEIGH_DIGITS: u8 = 14;
    /// Place, characters: there stands the one that the sum, divided by how many they are, leaves. With [`NEXT`] among
    /// them the number is right if so; where that is left, the following steps decide.
    pub(in super::super) const CHECK: u8 = 15;
    /// Divisor, summands: the sum and one of them can be divided.
    pub(in super::super) const DIVISIBLE: u8 = 16;
    /// Summand: the check digit after Luhn, once this is added.
    pub(in super::super) const LUHN: u8 = 17;
    /// The check digit of ISO/IEC 7064, mod 11,10.
    pub(in super::super) const MOD_11_10: u8 = 18;
    /// The check digit after Verhoeff.
    pub(in super::super) const VERHOEFF: u8 = 19;

    /// Among the characters of `CHECK`: nothing is known yet.
    pub(in super::super) const NEXT: u8 = b'+';
}

/// A kind of number, as it travels: its shapes, each after its length with [`TELLING`], 0, and its steps, each after its
/// name and the length of what it asks for.
///
/// In a shape `9` is a digit, `A` an ASCII letter, `X` either, `*` one of A to F and U to Y that is no part of the number,
/// all else itself. Bytes that make no sense accept nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    shapes: Vec<u8>,
    steps: Vec<u8>,
}

impl Number {
    pub(crate) fn load(packed: &[u8]) -> Option<Self> {
        let mut rest = Reader(packed);
        while !rest.part(!TELLING)?.1.is_empty() {}
        let steps = rest.0;
        let shapes = packed.get(..packed.len() - steps.len())?;
        Some(Self {
            shapes: shapes.to_vec(),
            steps: steps.to_vec(),
        })
    }

    /// Each shape, and whether it is telling.
    fn shapes(&self) -> impl Iterator<Item = (bool, &[u8])> {
        let mut rest = Reader(&self.shapes);
        core::iter::from_fn(move || {
            let (length, shape) = rest.part(!TELLING)?;
            (!shape.is_empty()).then_some((length & TELLING != 0, shape))
        })
    }

    /// The part of a match that is such a number: the longest shape that fits, telling ones first, and not in the middle
    /// of a longer number.
    pub(super) fn accepted(&self, text: &[u8], found: &Range<usize>) -> Option<Accepted> {
        if continues(text, found.start) {
            return None;
        }
        let mut best = None;
        for (telling, shape) in self.shapes() {
            let this = Some((telling, shape.len()));
            if this > best && self.fits(shape, text, found) {
                best = this;
            }
        }
        best.map(|(telling, length)| Accepted {
            range: found.start..found.start + length,
            telling,
        })
    }

    /// The groups of digits in its shapes; none if a shape has other characters, so that anything must be tried.
    pub(crate) fn groups(&self) -> Vec<Groups> {
        let mut groups = Vec::new();
        for (_, shape) in self.shapes() {
            if shape.iter().any(|byte| b"AX*".contains(byte)) {
                return Vec::new();
            }
            groups.push(Groups::of(shape));
        }
        groups
    }

    fn fits(&self, shape: &[u8], text: &[u8], found: &Range<usize>) -> bool {
        let end = found.start + shape.len();
        let Some(written) = text.get(found.start..end).filter(|_| end <= found.end) else {
            return false;
        };
        let mut characters = Characters::default();
        for (wanted, byte) in shape.iter().zip(written) {
            let fits = match wanted {
                b'9' => byte.is_ascii_digit(),
                b'A' => byte.is_ascii_alphabetic(),
                b'X' => byte.is_ascii_alphanumeric(),
                b'*' => matches!(byte.to_ascii_uppercase(), b'A'..=b'F' | b'U'..=b'Y'),
                other => byte == other,
            };
            if !fits {
                return false;
            }
            if byte.is_ascii_alphanumeric() && *wanted != b'*' {
                characters.push(byte.to_ascii_uppercase());
            }
        }
        ends(text, end) && holds(Reader(&self.steps), characters).unwrap_or(false)
    }
}

/// Reads bytes that no one has checked.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A length and as many bytes as its bits under a mask say.
    fn part(&mut self, mask: u8) -> Option<(u8, &'a [u8])> {
        let length = self.byte()?;
        let (part, rest) = self.0.split_at_checked(usize::from(length & mask))?;
        self.0 = rest;
        Some((length, part))
    }
}

/// The digits and letters of a number, these in upper case.
#[derive(Clone, Copy, Default)]
struct Characters {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Characters {
    fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.length) {
            *slot = byte;
            self.length += 1;
        }
    }

    fn all(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// Those from one place to another, as far as there are any.
    fn part(&self, from: u8, to: u8) -> &[u8] {
        let to = usize::from(to).min(self.length);
        self.bytes.get(usize::from(from)..to).unwrap_or_default()
    }

    fn at(&self, place: u8) -> Option<&u8> {
        self.all().get(usize::from(place))
    }
}

/// Whether the characters of a number are as the steps say; nothing if one makes no sense.
fn holds(mut steps: Reader<'_>, mut number: Characters) -> Option<bool> {
    let (mut sum, mut values) = (0, &[][..]);
    while let Some(name) = steps.byte() {
        let (_, operands) = steps.part(u8::MAX)?;
        let holds = match (name, operands) {
            (step::VALUE, [from, to, ranges @ ..]) => lies_in(value(number.part(*from, *to)), ranges),
            (step::COUNT, [from, to, least, most, wanted @ ..]) => {
                let part = number.part(*from, *to).iter();
                let count = part.filter(|byte| wanted.contains(byte)).count();
                (usize::from(*least)..=usize::from(*most)).contains(&count)
            }
            (step::UNLIKE, beginning) => !number.all().starts_with(beginning),
            (step::VARIED, [from, to]) => !is_uniform(number.part(*from, *to)),
            (step::AT_MOST, [from, to, times]) => {
                let part = number.part(*from, *to);
                let count = |wanted: &u8| part.iter().filter(|byte| *byte == wanted).count();
                part.iter().all(|byte| count(byte) <= usize::from(*times))
            }
            (step::DATE, [month, day, months, added @ ..]) => {
                let (months, days) = added.split_at_checked(usize::from(*months))?;
                let plain = |place: u8, added: &[u8]| {
                    let value = value(number.part(place, place.saturating_add(2)));
                    let added = added.iter().map(|added| u32::from(*added));
                    value - added.filter(|added| *added < value).max().unwrap_or(0)
                };
                is_day(plain(*month, months), plain(*day, days))
            }
            (step::IF, [place, wanted @ ..]) => {
                if !number.at(*place).is_some_and(|byte| wanted.contains(byte)) {
                    steps.byte()?;
                    steps.part(u8::MAX)?;
                }
                true
            }
            (step::LAST, [count, ranges @ ..]) => {
                let more = number.length.saturating_sub(usize::from(*count));
                let (before, last) = number.all().split_at_checked(more)?;
                let holds = more == 0 || lies_in(value(before), ranges);
                let mut short = Characters::default();
                for byte in last {
                    short.push(*byte);
                }
                number = short;
                holds
            }
            (step::PAD_FRONT, [count, pad]) => {
                let mut padded = Characters::default();
                for _ in number.length..usize::from(*count) {
                    padded.push(*pad);
                }
                for byte in number.all() {
                    padded.push(*byte);
                }
                number = padded;
                true
            }
            (step::PAD_END, [count, pad]) => {
                while number.length < usize::from(*count).min(LONGEST) {
                    number.push(*pad);
                }
                true
            }
            (step::SPELL, [place]) => {
                let spelt = value_of(*number.at(*place)?, values);
                let mut whole = Characters::default();
                for (at, byte) in (0..).zip(number.all()) {
                    if at == *place {
                        whole.push(b'0' + spelt / 10 % 10);
                        whole.push(b'0' + spelt % 10);
                    } else {
                        whole.push(*byte);
                    }
                }
                number = whole;
                true
            }
            (step::VALUES, table) => {
                values = table;
                true
            }
            (step::WEIGH | step::WEIGH_MORE | step::WEIGH_DIGITS, [from, weights @ ..]) => {
                sum = if name == step::WEIGH_MORE { sum } else { 0 };
                for (byte, weight) in number.part(*from, u8::MAX).iter().zip(weights) {
                    let product = u32::from(value_of(*byte, values)) * u32::from(*weight);
                    sum += if name == step::WEIGH_DIGITS {
                        product / 10 + product % 10
                    } else {
                        product
                    };
                }
                true
            }
            (step::CHECK, [place, table @ ..]) => {
                let rest = sum.checked_rem(u32::try_from(table.len()).ok()?)?;
                let expected = table.get(rest as usize);
                // A number of a kind that has two lengths may end before.
                let right = number.at(*place).is_none_or(|byte| Some(byte) == expected);
                if expected != Some(&step::NEXT) && table.contains(&step::NEXT) {
                    return Some(right);
                }
                right || expected == Some(&step::NEXT)
            }
            (step::DIVISIBLE, [divisor, summands @ ..]) => {
                let mut sums = summands.iter().map(|summand| sum + u32::from(*summand));
                sums.any(|sum| sum.is_multiple_of(u32::from(*divisor)))
            }
            (step::LUHN, [summand]) => (luhn_sum(number.all()) + u32::from(*summand)).is_multiple_of(10),
            (step::MOD_11_10, []) => mod_11_10(number.all()),
            (step::VERHOEFF, []) => verhoeff(number.all()),
            _ => return None,
        };
        if !holds {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether a value lies between two of some, each in two bytes, low one first.
fn lies_in(value: u32, ranges: &[u8]) -> bool {
    ranges.chunks_exact(4).any(|range| match range {
        [least, least_high, most, most_high] => {
            let least = u16::from_le_bytes([*least, *least_high]);
            (u32::from(least)..=u32::from(u16::from_le_bytes([*most, *most_high]))).contains(&value)
        }
        _ => false,
    })
}

/// The value of a character by a table of those of digits and letters, which are 0 to 35 without one; of others 36.
fn value_of(byte: u8, values: &[u8]) -> u8 {
    let place = match byte {
        b'0'..=b'9' => byte - b'0',
        b'A'..=b'Z' => byte - b'A' + 10,
        _ => 36,
    };
    values.get(usize::from(place)).copied().unwrap_or(place)
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
    use proptest::prelude::*;

    use super::super::form::{Form, Step, first};
    use super::*;

    /// What of a text, all of which has matched, is accepted.
    pub(crate) fn accepted<'t>(form: &Form, text: &'t str) -> Option<&'t str> {
        let accepted = form.number().accepted(text.as_bytes(), &(0..text.len()));
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
        const FORM: Form = Form {
            telling: &["999-999"],
            shapes: &["999999", "999"],
            steps: &[first(b"1")],
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
            assert_eq!(accepted(&FORM, text), expected, "{text}");
        }
        let number = FORM.number();
        for before in ["+", "7-", "7.", "a"] {
            let text = format!("{before}123456");
            let accepted = number.accepted(text.as_bytes(), &(before.len()..text.len()));
            assert_eq!(accepted, None, "{text}");
        }
        let text = "7 123456";
        let accepted = number.accepted(text.as_bytes(), &(2..text.len()));
        assert_eq!(accepted, Some(Accepted::unsure(2..8)));
        assert!(
            number
                .accepted(b"123-456", &(0..7))
                .is_some_and(|accepted| accepted.telling)
        );
        assert_eq!(
            number.groups(),
            ["999-999", "999999", "999"].map(|shape| Groups::of(shape.as_bytes()))
        );
    }

    #[test]
    fn each_step_is_what_it_says() {
        const STEPS: &[(&[Step], &str, &str)] = &[
            (&[Step::Value(1..3, &[(7, 9), (20, 21)])], "5200", "5220"),
            (&[Step::Count(0..4, b"AB", 2..=3)], "A1B2", "ABAB"),
            (&[Step::Unlike(b"12")], "1322", "1234"),
            (&[Step::Varied(1..4)], "5511", "5111"),
            (&[Step::AtMost(0..4, 2)], "5511", "5551"),
            (
                &[Step::Date {
                    month: 0,
                    day: 2,
                    months: &[20],
                    days: &[40],
                }],
                "3271",
                "3272",
            ),
            (&[Step::If(0, b"A"), first(b"B")], "1234", "A234"),
            (&[Step::Last(3, &[(2, 3)]), first(b"9")], "2999", "4999"),
            (&[Step::PadFront(5, b'0'), first(b"0")], "1234", ""),
            (&[Step::PadEnd(5, b'7'), Step::Count(4..5, b"7", 1..=1)], "1234", ""),
            (&[Step::Spell(0), Step::Value(0..3, &[(123, 123)])], "C345", "D345"),
            (
                &[
                    Step::Weigh(0, &[3, 1]),
                    Step::WeighMore(2, &[1]),
                    Step::Check(3, b"0123456"),
                ],
                "4121",
                "4122",
            ),
            (
                &[Step::WeighDigits(0, &[9, 1]), Step::Divisible(7, &[1, 5])],
                "4400",
                "4300",
            ),
            (
                &[Step::Weigh(0, &[1]), Step::Check(1, b"01+"), first(b"5")],
                "5000",
                "2000",
            ),
            (&[Step::Luhn(0)], "2600", "2601"),
        ];
        for (steps, right, wrong) in STEPS {
            let form = Form {
                telling: &[],
                shapes: &["XXXX"],
                steps,
            };
            assert!(accepted(&form, right).is_some(), "{steps:?} {right}");
            assert!(accepted(&form, wrong).is_none(), "{steps:?} {wrong}");
        }
    }

    proptest! {
        #[test]
        fn bytes_that_make_no_sense_accept_nothing_and_break_nothing(
            packed in proptest::collection::vec(prop_oneof![0_u8..24, any::<u8>()], 0..60),
            text in "[0-9A-Z]{0,24}",
        ) {
            let packed = [b"\x04XXXX\x0299\x01X\0".as_slice(), &packed].concat();
            if let Some(number) = Number::load(&packed) {
                let _ = number.accepted(text.as_bytes(), &(0..text.len()));
            }
            let _ = Number::load(&packed[11..]);
        }
    }
}
