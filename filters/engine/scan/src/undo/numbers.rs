//! Characters written as numbers, one after the other: hexadecimal, decimal, octal, binary, or places in the alphabet.

use super::escape::number_of;
use super::leading::leading;
use super::letters::{LANGUAGE, Reading};
use super::plausible::text_in;
use crate::undone::Step;

/// Numbers that are worth reading.
const FEWEST: usize = 5;
/// Bytes between two numbers, at most.
const WIDEST: usize = 3;
const PREFIXES: [&[u8]; 8] = [b"=", b"0x", b"0X", b"\\x", b"U+", b"u+", b"0b", b"0o"];

/// What a row of numbers spells, by the way in which they are read.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    hexadecimal: Spelling,
    decimal: Spelling,
    octal: Spelling,
    binary: Spelling,
    /// 1 for a, and so on.
    places: Spelling,
}

/// Text that is spelt by numbers, as long as all of them can be read in that way.
#[derive(Debug, Default)]
struct Spelling {
    text: String,
    broken: bool,
}

impl Spelling {
    fn clear(&mut self) {
        self.text.clear();
        self.broken = false;
    }

    fn add(&mut self, character: Option<char>) {
        match character.filter(|character| !character.is_control() || character.is_ascii_whitespace()) {
            Some(character) if !self.broken => self.text.push(character),
            Some(_) | None => self.broken = true,
        }
    }

    fn is_text(&self) -> bool {
        // Lists of figures often spell something, but not a language.
        let whole = text_in(self.text.as_bytes()).is_some_and(|(_, text)| text.len() == self.text.len());
        !self.broken && whole && (!self.text.is_ascii() || Reading::of(self.text.as_bytes()).forward() >= LANGUAGE - 3)
    }
}

impl Numbers {
    /// Reads the row of numbers at the start of `rest`: how many bytes it takes, and what it spells, if that is text.
    pub(crate) fn read(&mut self, rest: &[u8]) -> (usize, Option<(&str, Step)>) {
        for spelling in [
            &mut self.hexadecimal,
            &mut self.decimal,
            &mut self.octal,
            &mut self.binary,
            &mut self.places,
        ] {
            spelling.clear();
        }
        let (mut length, mut count) = (0, 0);
        let mut usual_gap: Option<&[u8]> = None;
        let mut at = 0;
        while let Some((digits, end)) = number(rest, at) {
            let gap = rest.get(length..at).unwrap_or_default();
            let border = count > 1 && usual_gap.is_some_and(|usual| usual != gap);
            if count == 1 {
                usual_gap = Some(gap);
            }
            self.add(digits, border);
            (length, count) = (end, count + 1);
            at = end + gap_at(rest, end);
        }
        let found = if count >= FEWEST { self.text() } else { None };
        (length, found)
    }

    fn add(&mut self, digits: &[u8], border: bool) {
        let value = |radix: u32, least: usize, most: usize| {
            let (value, count) = number_of(digits, radix, most)?;
            (count >= least && count == digits.len()).then_some(value)
        };
        let ascii = |value: u32| char::from_u32(value).filter(|_| value < 256);
        self.hexadecimal
            .add(value(16, 2, 6).filter(|_| digits.len() != 3).and_then(char::from_u32));
        self.decimal.add(value(10, 2, 3).and_then(ascii));
        self.octal.add(value(8, 2, 3).and_then(ascii));
        self.binary.add(value(2, 7, 8).and_then(ascii));
        let place = value(10, 1, 2).filter(|place| (1..=26).contains(place));
        if border {
            self.places.add(Some(' '));
        }
        self.places
            .add(place.and_then(|place| char::from_u32(u32::from(b'a') + place - 1)));
    }

    fn text(&self) -> Option<(&str, Step)> {
        let ways = [
            (&self.binary, Step::Binary),
            (&self.decimal, Step::CharacterCodes),
            (&self.hexadecimal, Step::Hex),
            (&self.octal, Step::CharacterCodes),
            (&self.places, Step::CharacterCodes),
        ];
        let found = ways.into_iter().find(|(spelling, _)| spelling.is_text());
        found.map(|(spelling, step)| (spelling.text.as_str(), step))
    }
}

/// The digits of the number at `at`, and where it ends.
fn number(rest: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let number = rest.get(at..)?;
    let prefix = PREFIXES
        .iter()
        .find(|prefix| number.starts_with(prefix))
        .map_or(0, |prefix| prefix.len());
    let digits = number.get(prefix..)?;
    let count = leading(digits, 9, &|byte| byte.is_ascii_hexdigit());
    let ends = digits.get(count).is_none_or(|next| !next.is_ascii_alphanumeric());
    let has_digit = digits.iter().take(count).any(u8::is_ascii_digit) || count == 2;
    let digits = digits
        .get(..count)
        .filter(|_| ends && has_digit && (1..9).contains(&count))?;
    Some((digits, at + prefix + count))
}

/// Bytes of what stands between a number and the next.
fn gap_at(rest: &[u8], end: usize) -> usize {
    let between = |byte| b" ,;:-|/\n\r._".contains(&byte);
    leading(rest.get(end..).unwrap_or_default(), WIDEST + 1, &between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_numbers_are_spelt_out() {
        for (row, expected) in [
            ("73 103 110 111 114 101", Some(("Ignore", Step::CharacterCodes))),
            (
                "73,103,110,111,114,101,32,97,108,108)",
                Some(("Ignore all", Step::CharacterCodes)),
            ),
            ("49 67 6e 6f 72 65", Some(("Ignore", Step::Hex))),
            ("49:67:6E:6F:72:65", Some(("Ignore", Step::Hex))),
            ("0x49, 0x67, 0x6e, 0x6f, 0x72, 0x65", Some(("Ignore", Step::Hex))),
            ("U+0049 U+0067 U+006E U+006F U+0072 U+0065", Some(("Ignore", Step::Hex))),
            ("111 147 156 157 162 145", Some(("Ignore", Step::CharacterCodes))),
            (
                "01001001 01100111 01101110 01101111 01110010 01100101",
                Some(("Ignore", Step::Binary)),
            ),
            ("9-7-14-15-18-5 1-12-12", Some(("ignore all", Step::CharacterCodes))),
            ("1 2 3 4 5 6 7 8", None),
            ("10, 20, 30, 40, 50, 60", None),
            ("192.168.0.1", None),
            ("2024-01-15 10:30:00", None),
            ("de:ad:be:ef:00:11", None),
            ("", None),
        ] {
            let mut numbers = Numbers::default();
            let (length, found) = numbers.read(row.as_bytes());
            assert!(length <= row.len());
            let expected = expected.map(|(text, step)| (text.to_owned(), step));
            assert_eq!(found.map(|(text, step)| (text.to_owned(), step)), expected, "{row}");
        }
    }
}
