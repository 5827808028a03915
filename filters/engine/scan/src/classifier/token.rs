//! Text to tokens: words, or pairs of characters where a script has no spaces, each with a hash and a concept.

use super::letter::{ASCII, Letter};
use super::lexicon::{Lexicon, exact, stem};

/// A word, or two neighbouring characters of a script without spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    /// Hash of the folded letters.
    pub(super) hash: u32,
    /// What the lexicon says the token is about; 0 is nothing.
    pub(super) concept: u8,
    /// First byte of the token.
    pub(super) start: usize,
    /// First byte after it.
    pub(super) end: usize,
}

/// Letters after which a stem may end.
pub(super) const STEM: std::ops::RangeInclusive<u32> = 4..=9;
/// Characters of the longest lexicon entry in a script without spaces.
const LONGEST: usize = 4;
pub(super) const SEED: u32 = 0x811C_9DC5;

pub(super) const fn step(hash: u32, letter: u32) -> u32 {
    (hash ^ letter).wrapping_mul(0x0100_0193)
}

/// Calls `emit` for each token of `text`, in order.
pub(super) fn tokens(text: &str, lexicon: &Lexicon, mut emit: impl FnMut(Token)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match ASCII.get(usize::from(*byte)) {
            Some(0) => at += 1,
            Some(_) => at = word(text, at, lexicon, &mut emit),
            None => match character(text, at) {
                (Letter::Word(_), _) => at = word(text, at, lexicon, &mut emit),
                (Letter::Unspaced(_), _) => at = run(text, at, lexicon, &mut emit),
                (Letter::Skip | Letter::Break, length) => at += length,
            },
        }
    }
}

/// The character at `at`, and its bytes.
fn character(text: &str, at: usize) -> (Letter, usize) {
    let character = text.get(at..).and_then(|rest| rest.chars().next());
    character.map_or((Letter::Break, 1), |character| {
        (Letter::of(character), character.len_utf8())
    })
}

/// Emits the word that begins at `start`; returns where it ends.
fn word(text: &str, start: usize, lexicon: &Lexicon, emit: &mut impl FnMut(Token)) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut hash, mut letters, mut concept) = (start, SEED, 0, 0);
    while let Some(byte) = bytes.get(at) {
        let (letter, length) = match ASCII.get(usize::from(*byte)) {
            Some(0) if *byte == b'\'' => (Letter::Skip, 1),
            Some(0) => break,
            Some(letter) => (Letter::Word(u32::from(*letter)), 1),
            None => character(text, at),
        };
        match letter {
            Letter::Word(letter) => {
                hash = step(hash, letter);
                letters += 1;
                if STEM.contains(&letters) {
                    concept = lexicon.find(stem(hash)).unwrap_or(concept);
                }
            }
            Letter::Skip => {}
            Letter::Unspaced(_) | Letter::Break => break,
        }
        at += length;
    }
    concept = lexicon.find(exact(hash)).unwrap_or(concept);
    emit(Token {
        hash,
        concept,
        start,
        end: at,
    });
    at
}

/// Emits the tokens of a run of characters of a script without spaces: each with the one before it.
fn run(text: &str, start: usize, lexicon: &Lexicon, emit: &mut impl FnMut(Token)) -> usize {
    let mut at = start;
    let mut before = [0_u32; LONGEST];
    let mut previous = start;
    loop {
        let (letter, length) = character(text, at);
        match letter {
            Letter::Unspaced(letter) => {
                before = [before[1], before[2], before[3], letter];
                let end = at + length;
                emit(Token {
                    hash: before[2..].iter().fold(SEED, |hash, letter| step(hash, *letter)),
                    concept: ending(&before, lexicon),
                    start: previous,
                    end,
                });
                previous = at;
                at = end;
            }
            Letter::Skip if at < text.len() => at += length,
            Letter::Skip | Letter::Word(_) | Letter::Break => return at,
        }
    }
}

/// The concept of the longest entry that ends with these characters.
fn ending(before: &[u32; LONGEST], lexicon: &Lexicon) -> u8 {
    let mut concept = 0;
    for length in 2..=LONGEST {
        let entry = before.get(LONGEST - length..).unwrap_or_default();
        if entry.first() != Some(&0) {
            let hash = entry.iter().fold(SEED, |hash, letter| step(hash, *letter));
            concept = lexicon.find(exact(hash)).unwrap_or(concept);
        }
    }
    concept
}
