//! Words that mean something to a database, a browser, a shell or a file system, each with its class.

use crate::classifier::ModelError;
use crate::classifier::lexicon::{Lexicon, exact};

/// The class of words that compare, as `=` does: the first of the list.
pub(super) const COMPARES: u8 = 1;

/// Words with their classes, without the words.
#[derive(Clone, Debug)]
pub(super) struct Words(Lexicon);

/// The hash of a word in any case.
pub(super) fn hash(word: &[u8]) -> u32 {
    let state = word.iter().fold(0x811C_9DC5_u32, |state, byte| {
        (state ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193)
    });
    exact(state)
}

impl Words {
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        Lexicon::decode(bytes).map(Self)
    }

    /// The hash of a word, and its class; 0 is none.
    pub(super) fn find(&self, word: &[u8]) -> (u32, u8) {
        let hash = hash(word);
        (hash, self.0.find(hash).unwrap_or(0))
    }
}
