use std::ops::Range;

use crate::dfa::Before;
use crate::fold::fold;

/// What is needed to tell where an occurrence of a literal begins, and whether it is made of whole words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Bytes other than spaces.
    letters: usize,
    has_spaces: bool,
    pub(crate) starts_in_word: bool,
    pub(crate) ends_in_word: bool,
    /// Of a hint without spaces: whether matches begin with it, and never in the middle of a word.
    pub(crate) at_edge: bool,
}

impl Shape {
    pub(crate) fn of(literal: &[u8]) -> Self {
        Self {
            letters: literal.iter().filter(|byte| **byte != b' ').count(),
            has_spaces: literal.contains(&b' '),
            starts_in_word: literal.first().is_some_and(u8::is_ascii_alphanumeric),
            ends_in_word: literal.last().is_some_and(u8::is_ascii_alphanumeric),
            at_edge: false,
        }
    }

    /// Whether no match begins with the hint that ends at `end`, as it stands within a word. Most do in prose: hints may be
    /// short.
    pub(crate) fn is_within_word(self, text: &[u8], end: usize) -> bool {
        let before = || text.get(end.checked_sub(self.letters + 1)?);
        self.at_edge && Before::of(before().copied()) == Before::Word
    }

    /// Where the occurrence that ends at `end` begins.
    pub(crate) fn start(self, text: &[u8], end: usize) -> Option<usize> {
        if !self.has_spaces {
            return end.checked_sub(self.letters).filter(|_| self.letters > 0);
        }
        let before = text.get(..end)?.iter().enumerate().rev();
        let mut letters = before.filter(|(_, byte)| fold(**byte) != b' ');
        letters.nth(self.letters.checked_sub(1)?).map(|(start, _)| start)
    }

    /// Where the occurrence that ends at `end` is, if it is made of whole words.
    ///
    /// Only ASCII letters and digits make a longer word: text in a script without spaces, put right beside a phrase,
    /// must not hide it.
    pub(crate) fn locate(self, text: &[u8], end: usize) -> Option<Range<usize>> {
        let in_word = |at: usize| text.get(at).is_some_and(u8::is_ascii_alphanumeric);
        if self.ends_in_word && in_word(end) {
            return None;
        }
        let start = self.start(text, end)?;
        let continues = self.starts_in_word && start.checked_sub(1).is_some_and(in_word);
        (!continues).then_some(start..end)
    }
}
