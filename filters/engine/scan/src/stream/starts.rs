//! Which regexes may match from a byte on, asked of all at once: a look at the first few bytes rules out nearly all.

use crate::dfa::{AHEAD, Before};
use crate::pattern::Pattern;

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

    /// How many patterns there are.
    pub(super) fn count(&self) -> usize {
        self.numbers.len()
    }

    /// Calls `found(offset, pattern)` where a match of a pattern may begin with one of the first `count` of `bytes`, after
    /// `before`.
    pub(super) fn each(&self, before: Option<u8>, bytes: &[u8], count: usize, found: &mut dyn FnMut(usize, usize)) {
        let mut before = Before::of(before);
        for (offset, byte) in bytes.iter().enumerate().take(count) {
            let rest = bytes.get(offset + 1..).unwrap_or_default();
            let sets = at(before as usize, *byte, self.words);
            for word in 0..self.words {
                let mut set = self.first.get(sets + word).copied().unwrap_or(0);
                if set == 0 {
                    continue;
                }
                for (place, byte) in rest.iter().take(AHEAD).enumerate() {
                    set &= self
                        .ahead
                        .get(at(place, *byte, self.words) + word)
                        .copied()
                        .unwrap_or(0);
                }
                while set != 0 {
                    if let Some(number) = self.numbers.get(word * BITS + set.trailing_zeros() as usize) {
                        found(offset, *number);
                    }
                    set &= set - 1;
                }
            }
            before = Before::of(Some(*byte));
        }
    }
}

/// Where the set for a byte at a place begins.
fn at(place: usize, byte: u8, words: usize) -> usize {
    (place * BYTES + usize::from(byte)) * words
}
