//! How kinds of numbers are written down, and how they are packed: native only.

use core::ops::{Range, RangeInclusive};

use super::number::{TELLING, step};

/// A kind of number.
#[derive(Debug)]
pub(super) struct Form {
    /// How it is written where that alone tells what it is; see [`Number`](super::number::Number) for what the characters mean.
    pub(super) telling: &'static [&'static str],
    /// How else it is written: as much else is too, so that the words around it must tell.
    pub(super) shapes: &'static [&'static str],
    /// What must hold for its digits and letters, those in upper case; all of it.
    pub(super) steps: &'static [Step],
}

/// Something that must hold, or is done for what comes after. Places count from 0.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// The number that these digits write lies in one of the ranges, ends included.
    Value(Range<u8>, &'static [(u16, u16)]),
    /// So many of these characters are among the given ones.
    Count(Range<u8>, &'static [u8], RangeInclusive<u8>),
    /// The number does not begin so.
    Unlike(&'static [u8]),
    /// These characters are not all the same.
    Varied(Range<u8>),
    /// No character occurs more often than this in these.
    AtMost(Range<u8>, u8),
    /// Two digits are a month, and two are a day it has.
    Date {
        month: u8,
        day: u8,
        /// What may have been added to the month; the most that is less than it is taken off.
        months: &'static [u8],
        /// The same for the day.
        days: &'static [u8],
    },
    /// The next step counts only if there stands one of these.
    If(u8, &'static [u8]),
    /// From here on the number is only its last characters. What stands before, if anything, is in one of the ranges.
    Last(u8, &'static [(u16, u16)]),
    /// A shorter number is filled up with this in front.
    PadFront(u8, u8),
    /// A shorter number is filled up with this at the end.
    PadEnd(u8, u8),
    /// The character becomes the two digits of its value.
    Spell(u8),
    /// From here on digits and letters have these values, and not 0 to 35.
    Values(&'static [u8; 36]),
    /// The sum is that of the values from a place on, each times its weight.
    Weigh(u8, &'static [u8]),
    /// The same is added to the sum.
    WeighMore(u8, &'static [u8]),
    /// As `Weigh`, with the digits of each product added up.
    WeighDigits(u8, &'static [u8]),
    /// At a place stands the character that the sum modulo their number says; `-` where no number has that sum. With
    /// `+` among them, this decides, but for the sums of which the steps after it decide.
    Check(u8, &'static [u8]),
    /// The sum and one of the summands can be divided by this.
    Divisible(u8, &'static [u8]),
    /// The check digit of payment cards, once this is added to the sum.
    Luhn(u8),
    /// The check digit of ISO/IEC 7064, mod 11,10.
    Mod1110,
    /// The check digit after Verhoeff.
    Verhoeff,
}

/// The number begins with one of these.
pub(super) const fn first(characters: &'static [u8]) -> Step {
    Step::Count(0..1, characters, 1..=1)
}

/// None of these characters stands there.
pub(super) const fn none(places: Range<u8>, characters: &'static [u8]) -> Step {
    Step::Count(places, characters, 0..=0)
}

/// The digits are not all 0.
pub(super) const fn some(places: Range<u8>) -> Step {
    Step::Count(places, b"123456789", 1..=u8::MAX)
}

/// Month and day at these places, and nothing added to them.
pub(super) const fn date(month: u8, day: u8) -> Step {
    Step::Date {
        month,
        day,
        months: &[],
        days: &[],
    }
}

/// The powers of ten modulo a number, down to 1: the weights of digits that write a number of which the rest is wanted.
pub(super) const fn powers<const COUNT: usize>(modulus: u32) -> [u8; COUNT] {
    let mut powers = [0; COUNT];
    let mut power = 1;
    let mut rest: &mut [u8] = &mut powers;
    while let Some((last, before)) = rest.split_last_mut() {
        *last = low_byte(power);
        power = power * 10 % modulus;
        rest = before;
    }
    powers
}

/// The values of the digits, 0 to 9, and those of the letters.
pub(super) const fn values(letters: [u8; 26]) -> [u8; 36] {
    let mut values = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let (_, slots) = values.split_at_mut(10);
    slots.copy_from_slice(&letters);
    values
}

#[expect(clippy::cast_possible_truncation, reason = "the low byte is meant")]
const fn low_byte(number: u32) -> u8 {
    number as u8
}

impl Form {
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut packed = Vec::new();
        for (telling, shapes) in [(TELLING, self.telling), (0, self.shapes)] {
            for shape in shapes {
                packed.push(length(shape.as_bytes()) | telling);
                packed.extend_from_slice(shape.as_bytes());
            }
        }
        packed.push(0);
        for step in self.steps {
            let (name, operands) = step.pack();
            packed.extend_from_slice(&[name, length(&operands)]);
            packed.extend_from_slice(&operands);
        }
        packed
    }

    #[cfg(test)]
    pub(super) fn number(&self) -> super::number::Number {
        super::number::Number::load(&self.pack()).unwrap()
    }
}

impl Step {
    /// Its name, and what it asks for.
    fn pack(&self) -> (u8, Vec<u8>) {
        let with = |head: &[u8], rest: &[u8]| [head, rest].concat();
        match self {
            Self::Value(places, ranges) => (step::VALUE, with(&[places.start, places.end], &pairs(ranges))),
            Self::Count(places, characters, times) => (
                step::COUNT,
                with(&[places.start, places.end, *times.start(), *times.end()], characters),
            ),
            Self::Unlike(beginning) => (step::UNLIKE, beginning.to_vec()),
            Self::Varied(places) => (step::VARIED, vec![places.start, places.end]),
            Self::AtMost(places, times) => (step::AT_MOST, vec![places.start, places.end, *times]),
            Self::Date {
                month,
                day,
                months,
                days,
            } => (step::DATE, with(&[*month, *day, length(months)], &with(months, days))),
            Self::If(place, characters) => (step::IF, with(&[*place], characters)),
            Self::Last(count, ranges) => (step::LAST, with(&[*count], &pairs(ranges))),
            Self::PadFront(count, byte) => (step::PAD_FRONT, vec![*count, *byte]),
            Self::PadEnd(count, byte) => (step::PAD_END, vec![*count, *byte]),
            Self::Spell(place) => (step::SPELL, vec![*place]),
            Self::Values(values) => (step::VALUES, values.to_vec()),
            Self::Weigh(from, weights) => (step::WEIGH, with(&[*from], weights)),
            Self::WeighMore(from, weights) => (step::WEIGH_MORE, with(&[*from], weights)),
            Self::WeighDigits(from, weights) => (step::WEIGH_DIGITS, with(&[*from], weights)),
            Self::Check(place, characters) => (step::CHECK, with(&[*place], characters)),
            Self::Divisible(divisor, summands) => (step::DIVISIBLE, with(&[*divisor], summands)),
            Self::Luhn(summand) => (step::LUHN, vec![*summand]),
            Self::Mod1110 => (step::MOD_11_10, Vec::new()),
            Self::Verhoeff => (step::VERHOEFF, Vec::new()),
        }
    }
}

fn pairs(ranges: &[(u16, u16)]) -> Vec<u8> {
    let bytes = ranges
        .iter()
        .map(|(least, most)| [least.to_le_bytes(), most.to_le_bytes()].concat());
    bytes.flatten().collect()
}

/// A length in a byte. Longer things are none that a number has; they are cut where they are read.
fn length(bytes: &[u8]) -> u8 {
    u8::try_from(bytes.len()).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_ten_are_those_of_the_places() {
        assert_eq!(powers::<4>(7), [6, 2, 3, 1]);
        assert_eq!(powers::<2>(97), [10, 1]);
    }
}
