//! What only the training needs: the list of words, and the features of windows.

use std::collections::BTreeSet;
use std::ops::Range;

use super::feature::slide;
use super::words::{Words, hash};
use crate::classifier::Window;
use crate::classifier::build::{Collect, WordError, slots};

/// Words with their classes.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    slots: Vec<u8>,
    words: Words,
}

impl Vocabulary {
    /// A list of words, each with its class, which is not 0. Words of class 1 compare, as `=` does.
    ///
    /// # Errors
    /// Too many words with like hashes.
    pub fn new<'a>(words: impl IntoIterator<Item = (&'a str, u8)>) -> Result<Self, WordError> {
        let words: Vec<_> = words.into_iter().collect();
        let slots = slots(words.iter().map(|(word, class)| (*word, hash(word.as_bytes()), *class)))?;
        let words = Words::decode(&slots).map_err(|_| WordError::Full(String::new()))?;
        Ok(Self { slots, words })
    }

    /// As a model stores it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.slots
    }

    /// Calls `emit` for each window of so many bytes of `text`: where it is, and its features.
    pub fn windows(&self, text: &str, window: usize, emit: impl FnMut(Range<usize>, &BTreeSet<u16>)) {
        slide(text, &self.words, &mut Window::new(window, Collect::new(emit)));
    }

    /// The tokens of a text, as the training shows them.
    #[must_use]
    pub fn spell(&self, text: &str) -> String {
        let mut tokens = super::token::Tokens::new(text, &self.words);
        let mut spelt = String::new();
        while let Some(token) = tokens.next() {
            spelt += &format!(
                "{:x}[{}] ",
                token.coarse,
                text.get(token.start..token.end).unwrap_or("?")
            );
        }
        spelt
    }
}
