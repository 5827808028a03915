//! From a view back to the text it was made of.

use std::ops::Range;

use super::look::Ranges;

/// Where the bytes of a view stand in the original text.
#[derive(Clone, Copy, Debug)]
pub struct Map<'a> {
    pieces: &'a [Piece],
    /// Bytes of the view.
    length: u32,
    /// The map of the view that this one was made of; none if it was made of the original text.
    parent: Option<&'a Self>,
}

/// Bytes of the pieces, on average, of a view that is not as it was.
const LONGEST: usize = 10;

/// A stretch of a view, up to the next piece, and the bytes it was made of.
///
/// INVARIANT: the pieces of a view stand in the text either all in the order of the view or all in the opposite order.
/// So the first and the last piece of a range enclose all that it was made of.
#[derive(Clone, Copy, Debug)]
struct Piece {
    start: u32,
    from: u32,
    length: u32,
    shape: Shape,
}

/// How the bytes of a piece go with those they were made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Byte by byte.
    Forward,
    /// Byte by byte, from the end.
    Backward,
    /// Any of them with all of them.
    Whole,
}

/// A view while it is written.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    text: String,
    pieces: Vec<Piece>,
}

// === impl Map ===

impl Map<'_> {
    /// The bytes of the original text that a range of the view was made of.
    ///
    /// On character boundaries, if the range is on those of the view; never outside of what all of the view was made of.
    /// Where a run was decoded as a whole, that is the whole run.
    #[must_use]
    pub fn raw(&self, range: Range<usize>) -> Range<usize> {
        let raw = self.lead_back(range);
        if !raw.is_empty() {
            return raw;
        }
        // What was put where something had been removed may come out beyond that, and the view end before it.
        let whole = self.lead_back(0..self.length as usize);
        let at = raw.start.max(whole.start).min(whole.end);
        at..at
    }

    /// Whether much of the view is not as it was: it was made of half as many bytes again, or of many pieces, close to
    /// each other and no fewer than `fewest`.
    pub(crate) fn is_thorough(&self, fewest: usize) -> bool {
        let length = self.length as usize;
        let raw = self.raw(0..length).len();
        raw * 2 > length * 3 || self.pieces.len() >= fewest && self.pieces.len() * LONGEST >= length
    }

    fn lead_back(&self, range: Range<usize>) -> Range<usize> {
        let range = self.step(range);
        match self.parent {
            Some(parent) => parent.lead_back(range),
            None => range,
        }
    }

    fn step(&self, range: Range<usize>) -> Range<usize> {
        let length = self.length as usize;
        let end = range.end.min(length);
        let start = range.start.min(end);
        let first = self.part(start, start..end);
        let last = self.part(end.saturating_sub(1).max(start), start..end);
        first.start.min(last.start)..first.end.max(last.end)
    }

    /// What the piece at `at` has of a range.
    fn part(&self, at: usize, range: Range<usize>) -> Range<usize> {
        let after = self.pieces.partition_point(|piece| piece.start as usize <= at);
        let Some(piece) = after.checked_sub(1).and_then(|number| self.pieces.get(number)) else {
            return 0..0;
        };
        let end = self.pieces.get(after).map_or(self.length, |next| next.start) as usize;
        let first = range.start.saturating_sub(piece.start as usize);
        let last = range.end.min(end).saturating_sub(piece.start as usize);
        let (from, length) = (piece.from as usize, piece.length as usize);
        match piece.shape {
            Shape::Forward => from + first.min(length)..from + last.min(length),
            Shape::Backward => from + length.saturating_sub(last)..from + length.saturating_sub(first),
            // What was put between two characters was made of nothing.
            Shape::Whole if range.is_empty() => from..from,
            Shape::Whole => from..from + length,
        }
    }
}

// === impl Draft ===

impl Draft {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.pieces.clear();
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn map<'a>(&'a self, parent: Option<&'a Map<'a>>) -> Map<'a> {
        Map {
            pieces: &self.pieces,
            length: number(self.text.len()),
            parent,
        }
    }

    /// Copies bytes that begin at `from` as they are.
    pub(crate) fn copy(&mut self, text: &str, from: usize) {
        let (start, length) = (self.text.len(), text.len());
        self.text.push_str(text);
        self.forward(start, from, length);
    }

    /// Writes one ASCII character in place of another.
    pub(crate) fn swap(&mut self, byte: u8, from: usize) {
        let start = self.text.len();
        self.text.push(char::from(byte & 0x7f));
        self.forward(start, from, 1);
    }

    /// Writes what was made of some bytes as a whole.
    pub(crate) fn put(&mut self, text: &str, from: Range<usize>) {
        if !text.is_empty() {
            self.piece(self.text.len(), from.start, from.len(), Shape::Whole);
            self.text.push_str(text);
        }
    }

    /// As [`Self::put`], of a single character.
    pub(crate) fn put_char(&mut self, character: char, from: Range<usize>) {
        self.piece(self.text.len(), from.start, from.len(), Shape::Whole);
        self.text.push(character);
    }

    /// Writes a text that begins at `from`, its last character first.
    pub(crate) fn reverse(&mut self, text: &str, from: usize) {
        for (offset, character) in text.char_indices().rev() {
            let (start, length) = (self.text.len(), character.len_utf8());
            self.text.push(character);
            let from = from + offset;
            match self.pieces.last_mut() {
                Some(last) if last.shape == Shape::Backward && length == 1 && last.from as usize == from + 1 => {
                    last.from -= 1;
                    last.length += 1;
                }
                Some(_) | None if length == 1 => self.piece(start, from, 1, Shape::Backward),
                Some(_) | None => self.piece(start, from, length, Shape::Whole),
            }
        }
    }

    /// Writes a short text that begins at `from` as [`Self::reverse`] does, among others that are not turned around.
    pub(crate) fn turn(&mut self, text: &str, from: usize) {
        // The order of the pieces must not change back, so each letter is taken for all.
        let turned: String = text.chars().rev().collect();
        self.put(&turned, from..from + text.len());
    }

    /// Adds the parts of the view that are not as they were, or that were apart.
    pub(crate) fn fresh(&self, ranges: &mut Ranges) {
        ranges.clear();
        let ends = self
            .pieces
            .iter()
            .skip(1)
            .map(|piece| piece.start as usize)
            .chain([self.text.len()]);
        for (number, (piece, end)) in self.pieces.iter().zip(ends).enumerate() {
            let start = piece.start as usize;
            match piece.shape {
                Shape::Forward if number == 0 => {}
                Shape::Forward => ranges.push(start.saturating_sub(1)..start + 1),
                Shape::Backward | Shape::Whole => ranges.push(start.saturating_sub(1)..end + 1),
            }
        }
    }

    fn forward(&mut self, start: usize, from: usize, length: usize) {
        match self.pieces.last_mut() {
            Some(last) if last.shape == Shape::Forward && (last.from + last.length) as usize == from => {
                last.length += number(length);
            }
            Some(_) | None if length > 0 => self.piece(start, from, length, Shape::Forward),
            Some(_) | None => {}
        }
    }

    fn piece(&mut self, start: usize, from: usize, length: usize, shape: Shape) {
        self.pieces.push(Piece {
            start: number(start),
            from: number(from),
            length: number(length),
            shape,
        });
    }
}

/// INVARIANT: no text longer than `u32::MAX` gets here, so nothing is lost.
fn number(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_led_back_through_every_kind_of_piece() {
        let text = "ab%63d ZZZZ é!";
        let mut draft = Draft::default();
        draft.copy("ab", 0);
        draft.put_char('c', 2..5);
        draft.copy("d ", 5);
        draft.put("xyz", 7..11);
        draft.copy(" é!", 11);
        assert_eq!(draft.text(), "abcd xyz é!");
        let map = draft.map(None);
        for (range, raw) in [
            (0..1, "a"),
            (1..3, "b%63"),
            (2..3, "%63"),
            (2..4, "%63d"),
            (4..6, " ZZZZ"),
            (6..7, "ZZZZ"),
            (9..12, "é!"),
            (0..12, text),
        ] {
            assert_eq!(&text[map.raw(range.clone())], raw, "{range:?}");
        }

        let mut turned = Draft::default();
        turned.reverse(draft.text(), 0);
        assert_eq!(turned.text(), "!é zyx dcba");
        let turned = turned.map(Some(&map));
        for (range, raw) in [
            (0..1, "!"),
            (1..3, "é"),
            (4..5, "ZZZZ"),
            (8..10, "%63d"),
            (10..12, "ab"),
            (0..12, text),
        ] {
            assert_eq!(&text[turned.raw(range.clone())], raw, "{range:?}");
        }
    }

    #[test]
    fn a_name_of_some_joined_words_is_no_disguise() {
        let joined = |words: usize| {
            let mut draft = Draft::default();
            for number in 0..words {
                draft.copy("word", number * 5);
                if number + 1 < words {
                    draft.put(" ", number * 5 + 4..number * 5 + 5);
                }
            }
            draft.map(None).is_thorough(9)
        };
        assert!(!joined(4));
        assert!(joined(5));
    }

    #[test]
    fn a_range_outside_the_view_stays_inside_the_text() {
        let mut draft = Draft::default();
        assert_eq!(draft.map(None).raw(3..9), 0..0);
        draft.copy("abc", 4);
        assert_eq!(draft.map(None).raw(1..900), 5..7);
        assert_eq!(draft.map(None).raw(900..901), 7..7);
    }
}
