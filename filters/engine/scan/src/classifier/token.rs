//! Text to tokens: words, or pairs of characters where a script has no spaces, each with a hash and a concept.

use super::letter::{BEYOND, FOLDED, Letter};
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
pub(super) const STEM: [usize; 3] = [4, 5, 7];
// `Spelling::concept` has the states after so many letters by name.
const _: () = assert!(matches!(STEM, [4, 5, 7]));
/// Characters of the longest lexicon entry in a script without spaces.
const LONGEST: usize = 4;
pub(super) const SEED: u64 = 0x811C_9DC5;

/// The state of a hash after one more letter.
///
/// Letters of ASCII differ in their low five bits, so that twelve fit into the state side by side; others are mixed.
#[inline]
pub(super) const fn step(state: u64, letter: u32) -> u64 {
    let joined = state.rotate_left(5) ^ letter as u64;
    if letter < 0x80 {
        joined
    } else {
        joined.wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

/// The hash of the letters so far.
#[inline]
pub(super) const fn finish(state: u64) -> u32 {
    (state.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 32) as u32
}

/// The tokens of a text, in order.
pub(super) struct Tokens<'a> {
    text: &'a str,
    lexicon: &'a Lexicon,
    at: usize,
    /// The last characters of a run of a script without spaces, and where the latest of them begins.
    run: Option<([u32; LONGEST], usize)>,
}

impl<'a> Tokens<'a> {
    pub(super) const fn new(text: &'a str, lexicon: &'a Lexicon) -> Self {
        Self {
            text,
            lexicon,
            at: 0,
            run: None,
        }
    }

    #[inline(always)]
    pub(super) fn next(&mut self) -> Option<Token> {
        loop {
            let byte = self.text.as_bytes().get(self.at)?;
            match folded(*byte) {
                0 => {
                    self.at += 1;
                    self.run = None;
                }
                1..BEYOND => return Some(self.word()),
                BEYOND.. => {
                    if let Some(token) = self.beyond_ascii() {
                        return Some(token);
                    }
                }
            }
        }
    }

    /// The word that begins here.
    #[inline(always)]
    fn word(&mut self) -> Token {
        let (start, bytes) = (self.at, self.text.as_bytes());
        let mut spelling = Spelling::default();
        let end = spelling.plain(bytes, start);
        let end = match bytes.get(end) {
            Some(b'\'' | 0x80..) => spelling.any(self.text, end),
            _ => end,
        };
        (self.at, self.run) = (end, None);
        Token {
            hash: finish(spelling.state),
            concept: spelling.concept(self.lexicon),
            start,
            end,
        }
    }

    /// The token that begins with the character here, or is it and the one before; none if the character is no letter.
    #[cold]
    fn beyond_ascii(&mut self) -> Option<Token> {
        let at = self.at;
        let (letter, length) = character(self.text, at);
        match letter {
            Letter::Word(_) => return Some(self.word()),
            Letter::Skip => {}
            Letter::Break => self.run = None,
            Letter::Unspaced(letter) => {
                let (before, previous) = self.run.unwrap_or(([0; LONGEST], at));
                let before = [before[1], before[2], before[3], letter];
                (self.at, self.run) = (at + length, Some((before, at)));
                return Some(Token {
                    hash: hash(before.get(LONGEST - 2..).unwrap_or_default()),
                    concept: ending(&before, self.lexicon),
                    start: previous,
                    end: at + length,
                });
            }
        }
        self.at += length;
        None
    }
}

/// The character at `at`, and its bytes.
fn character(text: &str, at: usize) -> (Letter, usize) {
    let character = text.get(at..).and_then(|rest| rest.chars().next());
    character.map_or((Letter::Break, 1), |character| {
        (Letter::of(character), character.len_utf8())
    })
}

#[inline(always)]
fn folded(byte: u8) -> u8 {
    FOLDED.get(usize::from(byte)).copied().unwrap_or(BEYOND)
}

/// The letters of a word so far.
struct Spelling {
    state: u64,
    /// The state after each of the first letters, as far as stems can end there.
    states: [u64; 8],
    letters: usize,
}

impl Default for Spelling {
    fn default() -> Self {
        Self {
            state: SEED,
            states: [0; 8],
            letters: 0,
        }
    }
}

impl Spelling {
    #[inline]
    fn push(&mut self, letter: u32) {
        self.state = step(self.state, letter);
        // The last is of no use to a stem, and so is there for all further letters.
        if let Some(slot) = self.states.get_mut(self.letters.min(7)) {
            *slot = self.state;
        }
        self.letters += 1;
    }

    /// Reads letters of ASCII; returns where they end.
    #[inline]
    fn plain(&mut self, bytes: &[u8], start: usize) -> usize {
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            let letter = folded(*byte);
            if !(1..BEYOND).contains(&letter) {
                break;
            }
            self.push(u32::from(letter));
            at += 1;
        }
        at
    }

    /// Reads letters of any kind; returns where they end.
    #[cold]
    fn any(&mut self, text: &str, start: usize) -> usize {
        let mut at = start;
        while let Some(byte) = text.as_bytes().get(at) {
            let (letter, length) = match folded(*byte) {
                0 if *byte == b'\'' => (Letter::Skip, 1),
                0 => break,
                letter @ 1..BEYOND => (Letter::Word(u32::from(letter)), 1),
                BEYOND.. => character(text, at),
            };
            match letter {
                Letter::Word(letter) => self.push(letter),
                Letter::Skip => {}
                Letter::Unspaced(_) | Letter::Break => break,
            }
            at += length;
        }
        at
    }

    /// What the word is about: the whole of it if the lexicon has that, else its longest stem.
    #[inline]
    fn concept(&self, lexicon: &Lexicon) -> u8 {
        let [_, _, _, four, five, _, seven, _] = self.states;
        let stemmed = |state| stem(finish(state));
        let [shortest, middle, longest] = STEM;
        let keys = [
            (0, exact(finish(self.state))),
            (longest, stemmed(seven)),
            (middle, stemmed(five)),
            (shortest, stemmed(four)),
        ];
        for (length, key) in keys {
            if (length <= self.letters) & lexicon.may_have(key)
                && let Some(concept) = lexicon.probe(key)
            {
                return concept;
            }
        }
        0
    }
}

/// The concept of the longest entry that ends with these characters.
fn ending(before: &[u32; LONGEST], lexicon: &Lexicon) -> u8 {
    let mut concept = 0;
    for length in 2..=LONGEST {
        let entry = before.get(LONGEST - length..).unwrap_or_default();
        if entry.first() != Some(&0) {
            concept = lexicon.find(exact(hash(entry))).unwrap_or(concept);
        }
    }
    concept
}

fn hash(letters: &[u32]) -> u32 {
    finish(letters.iter().fold(SEED, |state, letter| step(state, *letter)))
}
