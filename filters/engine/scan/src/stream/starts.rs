//! Which regexes may match from a byte on, asked of all at once: a look at the first few bytes rules out nearly all.

use crate::dfa::{AHEAD, Before};
use crate::pattern::Pattern;

/// The bytes from a place on, as far as they are known.
pub(super) type Ahead = [Option<u8>; 1 + AHEAD];

const BYTES: usize = 256;
const BITS: usize = u64::BITS as usize;

/// Sets of patterns, a bit for each, by what stands where.
#[derive(Debug, Default)]
pub(super) struct Starts {
    /// By bit: the number of the pattern.
    numbers: Vec<usize>,
    /// Words in a set.
    words: usize,
    /// By what stands before, and the byte: of which patterns a match may begin.
    first: Vec<u64>,
    /// By place and byte: of which patterns a match may have that byte so far after its first.
    ahead: Vec<u64>,
}

impl Starts {
    /// Of the patterns with these numbers.
    pub(super) fn of(patterns: &[Pattern], numbers: Vec<usize>) -> Self {
        let words = numbers.len().div_ceil(BITS);
        let mut starts = Self {
            words,
            first: vec![0; Before::ALL.len() * BYTES * words],
            ahead: vec![0; AHEAD * BYTES * words],
            numbers,
        };
        for (bit, pattern) in starts.numbers.iter().map(|number| patterns.get(*number)).enumerate() {
            let Some(pattern) = pattern else { continue };
            for byte in 0..=u8::MAX {
                let mut beginnings = pattern.beginnings(byte);
                while beginnings != 0 {
                    let place = beginnings.trailing_zeros() as usize;
                    let (sets, place) = match place.checked_sub(Before::ALL.len()) {
                        None => (&mut starts.first, place),
                        Some(place) => (&mut starts.ahead, place),
                    };
                    if let Some(word) = sets.get_mut(at(place, byte, words) + bit / BITS) {
                        *word |= 1 << (bit % BITS);
                    }
                    beginnings &= beginnings - 1;
                }
            }
        }
        starts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The patterns of which a match may begin with the first of these bytes, after that.
    pub(super) fn at(&self, before: Before, bytes: Ahead) -> impl Iterator<Item = usize> {
        (0..self.words).flat_map(move |word| {
            let mut set = self.set(before, bytes, word).unwrap_or(0);
            std::iter::from_fn(move || {
                let bit = set.trailing_zeros() as usize;
                set &= set.checked_sub(1)?;
                self.numbers.get(word * BITS + bit).copied()
            })
        })
    }

    fn set(&self, before: Before, [first, rest @ ..]: Ahead, word: usize) -> Option<u64> {
        let mut set = *self.first.get(at(before as usize, first?, self.words) + word)?;
        for (place, byte) in rest.into_iter().enumerate() {
            match byte {
                Some(byte) if set != 0 => set &= self.ahead.get(at(place, byte, self.words) + word)?,
                Some(_) | None => break,
            }
        }
        Some(set)
    }
}

/// Where the set for a byte at a place begins.
fn at(place: usize, byte: u8, words: usize) -> usize {
    (place * BYTES + usize::from(byte)) * words
}
