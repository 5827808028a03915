//! Tokens to features: what is on its own, and what stands in a row.

use super::kind::START;
use super::token::{Token, Tokens};
use super::words::Words;
use crate::classifier::{Tally, Window};

/// Bits of the number of a feature.
pub const BITS: u32 = 12;
/// How many features there are.
pub const FEATURES: usize = 1 << BITS;

/// The feature of a known word that is spelt in upper and lower case at random.
const DISGUISED: u16 = number(0xD15);

/// The features of the last tokens.
#[derive(Default)]
struct Trail {
    fine: u32,
    /// The kinds of the last three tokens, the latest first.
    coarse: [u32; 3],
}

const fn pair(first: u32, second: u32) -> u32 {
    (first.rotate_left(11) ^ second).wrapping_mul(0x9E37_79B1)
}

/// The number of a feature from its hash.
const fn number(hash: u32) -> u16 {
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x846C_A68B);
    (mixed >> (32 - BITS)) as u16
}

impl Trail {
    /// What a token adds: itself, and rows of two to four tokens that end with it.
    fn add(&mut self, token: &Token) -> [u16; 5] {
        let [first, second, third] = self.coarse;
        let two = pair(first, token.coarse);
        let three = pair(second, two);
        let four = pair(third, three);
        let features = [
            token.fine,
            pair(self.fine, token.fine ^ 0x5851),
            two ^ 0x1000_0000,
            three ^ 0x2000_0000,
            four ^ 0x3000_0000,
        ];
        self.fine = token.fine;
        self.coarse = [token.coarse, first, second];
        features.map(number)
    }
}

/// Moves a window over the tokens of `text`.
pub(super) fn slide<T: Tally>(text: &str, words: &Words, window: &mut Window<T>) {
    let mut tokens = Tokens::new(text, words);
    let mut trail = Trail::default();
    while let Some(token) = tokens.next() {
        window.advance(token.start, token.end);
        let features = trail.add(&token);
        // That a value begins says something of what comes next, and nothing by itself.
        if token.coarse != START {
            for feature in features {
                window.meet(feature);
            }
        }
        if token.disguised {
            window.meet(DISGUISED);
        }
    }
    window.look();
}
