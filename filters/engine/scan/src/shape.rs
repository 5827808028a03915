use std::ops::Range;

use crate::fold::fold;

/// What is needed to tell where an occurrence of a literal begins, and whether it is made of whole words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Bytes other than spaces.
    letters: usize,
    pub(crate) starts_in_word: bool,
    pub(crate) ends_in_word: bool,
}

impl Shape {
    pub(crate) fn of(literal: &[u8]) -> Self {
        Self {
            letters: literal.iter().filter(|byte| **byte != b' ').count(),
            starts_in_word: literal.first().is_some_and(u8::is_ascii_alphanumeric),
            ends_in_word: literal.last().is_some_and(u8::is_ascii_alphanumeric),
        }
    }

    /// Where the occurrence that ends at `end` begins.
    pub(crate) fn start(self, text: &[u8], end: usize) -> Option<usize> {
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
