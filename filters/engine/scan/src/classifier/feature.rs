//! Tokens to features: hashed words, pairs of words, and concepts in order.

use super::lexicon::Lexicon;
use super::token::{Token, tokens};
use super::window::{Tally, Window};

/// Bits of the number of a feature.
pub const BITS: u32 = 14;
/// How many features there are.
pub const FEATURES: usize = 1 << BITS;
/// Tokens after which a concept no longer belongs with the next.
const REACH: usize = 8;

/// The features that a token adds to its window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    start: usize,
    end: usize,
    /// The word, and the pair it makes with the one before.
    words: [u16; 2],
    /// The concept, and its pair and triple with those before; as many as `count` says.
    concepts: [u16; 3],
    count: usize,
}

const fn number(hash: u32) -> u16 {
    (hash.wrapping_mul(0x846C_A68B) >> (32 - BITS)) as u16
}

const fn pair(first: u32, second: u32) -> u32 {
    first.rotate_left(11).wrapping_mul(0x9E37_79B1) ^ second
}

/// The concepts met so far.
#[derive(Default)]
struct Trail {
    /// The last two concepts, the latest first.
    last: [u8; 2],
    /// Tokens since the latest.
    since: usize,
}

impl Step {
    fn push(&mut self, hash: u32) {
        if let Some(slot) = self.concepts.get_mut(self.count) {
            *slot = number(hash);
            self.count += 1;
        }
    }

    /// The features that are about concepts.
    #[inline]
    fn concepts(&self) -> &[u16] {
        self.concepts.get(..self.count).unwrap_or_default()
    }
}

impl Trail {
    #[inline]
    fn add(&mut self, token: &Token, step: &mut Step) {
        self.since += 1;
        if self.since > REACH {
            self.last = [0; 2];
        }
        if token.concept != 0 && token.concept != self.last[0] {
            self.meet(token, step);
        }
    }

    fn meet(&mut self, token: &Token, step: &mut Step) {
        let concept = |concept: u8| 0xC0DE_0000 | u32::from(concept);
        let latest = concept(token.concept);
        step.push(latest);
        if self.last[0] != 0 {
            step.push(pair(concept(self.last[0]), latest));
        }
        if self.last[1] != 0 {
            step.push(pair(pair(concept(self.last[1]), concept(self.last[0])), latest));
        }
        self.last = [token.concept, self.last[0]];
        self.since = 0;
    }
}

impl Step {
    /// Moves a window over the token.
    #[inline]
    pub(super) fn enter<T: Tally>(&self, window: &mut Window<T>) {
        window.advance(self.start, self.end);
        for feature in self.words {
            window.meet(feature);
        }
        for feature in self.concepts() {
            window.meet(*feature);
        }
    }
}

/// Calls `emit` with the features of each token of `text`, in order.
pub(super) fn steps(text: &str, lexicon: &Lexicon, mut emit: impl FnMut(&Step)) {
    let mut before = 0;
    let mut trail = Trail::default();
    tokens(text, lexicon, |token| {
        let mut step = Step {
            start: token.start,
            end: token.end,
            words: [number(token.hash), number(pair(before, token.hash))],
            concepts: [0; 3],
            count: 0,
        };
        before = token.hash;
        trail.add(&token, &mut step);
        emit(&step);
    });
}
