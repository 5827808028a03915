//! Tokens to features: hashed words, pairs of words, and concepts in order.

use super::lexicon::Lexicon;
use super::token::{Token, Tokens};
use super::window::{Tally, Window};

/// Bits of the number of a feature.
pub const BITS: u32 = 14;
/// How many features there are.
pub const FEATURES: usize = 1 << BITS;
/// Tokens after which a concept no longer belongs with the next.
const REACH: usize = 8;

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

impl Trail {
    /// Adds a token's features that are about concepts: its own, and its pair and triple with those before.
    #[inline]
    fn add<T: Tally>(&mut self, token: &Token, window: &mut Window<T>) {
        self.since += 1;
        if self.since > REACH {
            self.last = [0; 2];
        }
        if token.concept != 0 && token.concept != self.last[0] {
            self.meet(token.concept, window);
        }
    }

    #[inline(never)]
    fn meet<T: Tally>(&mut self, concept: u8, window: &mut Window<T>) {
        let hash = |concept: u8| 0xC0DE_0000 | u32::from(concept);
        let ([second, first], latest) = (self.last, hash(concept));
        window.meet(number(latest));
        if second != 0 {
            window.meet(number(pair(hash(second), latest)));
        }
        if first != 0 {
            window.meet(number(pair(pair(hash(first), hash(second)), latest)));
        }
        self.last = [concept, second];
        self.since = 0;
    }
}

/// Moves a window over the tokens of `text`.
pub(super) fn slide<T: Tally>(text: &str, lexicon: &Lexicon, window: &mut Window<T>) {
    let mut tokens = Tokens::new(text, lexicon);
    let (mut before, mut trail) = (0, Trail::default());
    while let Some(token) = tokens.next() {
        window.advance(token.start, token.end);
        window.meet(number(token.hash));
        window.meet(number(pair(before, token.hash)));
        before = token.hash;
        trail.add(&token, window);
    }
    window.look();
}
