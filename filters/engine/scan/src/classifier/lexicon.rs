//! Words to concepts: that `disregard`, `ignoriere` and `忽略` are about the same.

use super::model::ModelError;

/// Slots that are tried for an entry.
pub(crate) const PROBES: usize = 32;
/// Sets the stems of words apart from whole words.
const STEM: u32 = 0x5bd1_e995;

/// A hash table of words, without the words.
#[derive(Clone, Debug)]
pub(crate) struct Lexicon {
    /// By slot: 24 bits of the entry's hash, and its concept; 0 is free.
    slots: Box<[u32]>,
    /// A bit for each key that may have an entry; few others have one, so that most words are done with at once.
    present: Box<[u64; WORDS]>,
}

/// Words of 64 bits that say which keys may have an entry.
const WORDS: usize = 512;

/// The word of a key, and its bit.
const fn bit(key: u32) -> (usize, u64) {
    ((key >> 6) as usize % WORDS, 1 << (key & 63))
}

/// Bits of the most slots a lexicon may have.
const MOST_BITS: u32 = 16;

const fn mix(hash: u32) -> u32 {
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
    mixed ^ (mixed >> 13)
}

/// The key of a whole word.
pub(crate) const fn exact(hash: u32) -> u32 {
    mix(hash)
}

/// The key of the beginning of words.
pub(crate) const fn stem(hash: u32) -> u32 {
    mix(hash ^ STEM)
}

impl Lexicon {
    /// What an entry of this key is about.
    #[inline]
    pub(crate) fn find(&self, key: u32) -> Option<u8> {
        if self.may_have(key) { self.probe(key) } else { None }
    }

    /// Whether there may be an entry of this key.
    #[inline(always)]
    pub(crate) fn may_have(&self, key: u32) -> bool {
        let (word, bit) = bit(key >> 8);
        self.present.get(word).is_some_and(|word| word & bit != 0)
    }

    /// What an entry of this key is about, if there [may be](Self::may_have) one.
    pub(crate) fn probe(&self, key: u32) -> Option<u8> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut slot = (key >> 8) as usize & mask;
        for _ in 0..PROBES {
            let entry = *self.slots.get(slot)?;
            if entry == 0 {
                return None;
            }
            if entry >> 8 == key >> 8 {
                return Some((entry & 0xFF) as u8);
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    /// Reads the slots of a model.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ModelError> {
        let (slots, rest) = bytes.as_chunks::<4>();
        if !slots.len().is_power_of_two() || slots.len() > 1 << MOST_BITS || !rest.is_empty() {
            return Err(ModelError::Inconsistent);
        }
        let slots: Box<[u32]> = slots.iter().map(|slot| u32::from_le_bytes(*slot)).collect();
        let mut present = Box::new([0; WORDS]);
        for entry in slots.iter().filter(|entry| **entry != 0) {
            let (word, bit) = bit(entry >> 8);
            if let Some(word) = present.get_mut(word) {
                *word |= bit;
            }
        }
        Ok(Self { slots, present })
    }
}
