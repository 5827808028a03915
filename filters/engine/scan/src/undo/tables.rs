//! What undoing knows of characters and words. It comes with the pack, for it would be a good part of the filter.

#[cfg(any(feature = "compile", test))]
use serde::Serialize;

use super::characters::Characters;
use super::vocabulary::Vocabulary;

/// Which characters look like which, and the words of orders and of common English.
///
/// By default nothing is known: encodings and escapes are undone, but not what depends on words and on other letters.
#[derive(Debug, Default)]
pub struct Tables {
    pub(crate) characters: Characters,
    pub(crate) vocabulary: Vocabulary,
}

/// The same as a pack has it.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(any(feature = "compile", test), derive(Serialize))]
pub(crate) struct PackedTables<'a> {
    /// Words of orders, each with a space after it.
    pub(crate) telling: &'a [u8],
    /// Common words, the most frequent first.
    pub(crate) common: &'a [u8],
    /// See [`Characters::load`].
    pub(crate) characters: &'a [u8],
}

impl Tables {
    pub(crate) fn load(packed: &PackedTables<'_>) -> Self {
        Self {
            characters: Characters::load(packed.characters),
            vocabulary: Vocabulary::load(packed.telling, packed.common),
        }
    }

    /// Those that every pack has.
    #[cfg(any(feature = "compile", test))]
    #[must_use]
    pub fn built_in() -> Self {
        Self::load(&PackedTables::built_in(&Characters::packed()))
    }
}

#[cfg(any(feature = "compile", test))]
impl<'a> PackedTables<'a> {
    /// Those that every pack has, with what [`Characters::packed`] gives.
    pub(crate) fn built_in(characters: &'a [u8]) -> Self {
        let [telling, common] = super::vocabulary::LISTS.map(str::as_bytes);
        Self {
            telling,
            common,
            characters,
        }
    }
}
