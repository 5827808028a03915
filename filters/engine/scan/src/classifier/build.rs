//! What only the training needs: a lexicon from words, and the features of windows.

use std::collections::BTreeSet;
use std::ops::Range;

use super::feature::slide;
use super::letter::{BEYOND, FOLDED, Letter};
use super::lexicon::{Lexicon, exact, stem};
use super::token::{SEED, STEM, finish, step};
use super::window::{Before, Met, Tally, Window};

/// Words with what they are about.
#[derive(Clone, Debug)]
pub struct Words {
    slots: Vec<u8>,
    lexicon: Lexicon,
}

/// Why a line of a lexicon cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// A stem must have this many letters to be found.
    #[error("the stem `{0}` must have 4, 5 or 7 letters")]
    Stem(String),
    /// Nothing is left of the word when it is folded, or it is more than one word.
    #[error("`{0}` is not one word")]
    Word(String),
    /// Too many words with like hashes.
    #[error("`{0}` finds no place in the lexicon")]
    Full(String),
}

impl Words {
    /// A lexicon of words, each with its concept, which is not 0. A word that ends in `*` stands for all that begin so.
    /// Of entries that fold to one the first holds.
    ///
    /// # Errors
    /// A word that no text can have as a token.
    pub fn new<'a>(words: impl IntoIterator<Item = (&'a str, u8)>) -> Result<Self, WordError> {
        let keyed = words.into_iter().map(|(word, concept)| Ok((word, key(word)?, concept)));
        let slots = slots(keyed.collect::<Result<Vec<_>, _>>()?)?;
        let lexicon = Lexicon::decode(&slots).map_err(|_| WordError::Full(String::new()))?;
        Ok(Self { slots, lexicon })
    }

    /// As a model stores it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.slots
    }

    /// Calls `emit` for each window of so many bytes of `text`: where it is, and its features.
    pub fn windows(&self, text: &str, window: usize, emit: impl FnMut(Range<usize>, &BTreeSet<u16>)) {
        let mut window = Window::new(window, Collect::new(emit));
        slide(text, &self.lexicon, &mut window);
    }
}

/// The slots of a lexicon of words, each with its key and concept. Of entries with one key the first holds.
pub(crate) fn slots<'a>(words: impl IntoIterator<Item = (&'a str, u32, u8)>) -> Result<Vec<u8>, WordError> {
    let words: Vec<_> = words.into_iter().collect();
    let count = (words.len() * 2).next_power_of_two();
    let mut slots = vec![0_u32; count];
    for (word, key, concept) in words {
        let entry = key & !0xFF | u32::from(concept);
        let mut places = (0..super::lexicon::PROBES).map(|probe| ((key >> 8) as usize + probe) & (count - 1));
        let held = |place: &usize| slots.get(*place).copied().unwrap_or_default();
        let place = places.find(|place| held(place) == 0 || held(place) >> 8 == key >> 8);
        match place.and_then(|place| slots.get_mut(place)) {
            Some(slot) if *slot == 0 => *slot = entry,
            Some(_) => {}
            None => return Err(WordError::Full(word.to_owned())),
        }
    }
    Ok(slots.iter().flat_map(|slot| slot.to_le_bytes()).collect())
}

/// The key of a word of a lexicon.
fn key(word: &str) -> Result<u32, WordError> {
    let letters = word.strip_suffix('*').unwrap_or(word);
    let mut state = SEED;
    let mut count = 0_usize;
    for character in letters.chars() {
        let letter = match u8::try_from(character)
            .ok()
            .and_then(|byte| FOLDED.get(usize::from(byte)))
            .filter(|letter| **letter != BEYOND)
        {
            Some(0) if character == '\'' => continue,
            Some(0) => return Err(WordError::Word(word.to_owned())),
            Some(letter) => u32::from(*letter),
            None => match Letter::of(character) {
                Letter::Word(letter) | Letter::Unspaced(letter) => letter,
                Letter::Skip => continue,
                Letter::Break => return Err(WordError::Word(word.to_owned())),
            },
        };
        state = step(state, letter);
        count += 1;
    }
    match (word.ends_with('*'), count) {
        (_, 0) => Err(WordError::Word(word.to_owned())),
        (true, count) if !STEM.contains(&count) => Err(WordError::Stem(word.to_owned())),
        (true, _) => Ok(stem(finish(state))),
        (false, _) => Ok(exact(finish(state))),
    }
}

/// Keeps the features of a window.
pub(crate) struct Collect<F> {
    earlier: BTreeSet<u16>,
    block: BTreeSet<u16>,
    emit: F,
}

impl<F> Collect<F> {
    pub(crate) fn new(emit: F) -> Self {
        Self {
            earlier: BTreeSet::new(),
            block: BTreeSet::new(),
            emit,
        }
    }
}

impl<F: FnMut(Range<usize>, &BTreeSet<u16>)> Tally for Collect<F> {
    fn meet(&mut self, feature: u16, _: Met) {
        self.block.insert(feature);
    }

    fn look(&mut self, range: Range<usize>) {
        (self.emit)(range, &self.earlier.union(&self.block).copied().collect());
    }

    fn turn(&mut self, before: Before) {
        self.earlier = std::mem::take(&mut self.block);
        if before == Before::Empty {
            self.earlier.clear();
        }
    }
}
