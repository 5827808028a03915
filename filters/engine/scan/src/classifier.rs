//! A linear classifier of hashed words, pairs of words and concepts, over windows of a text.
//!
//! What it looks at and how it was trained is in `DESIGN.md`.

use std::ops::Range;

#[cfg(feature = "compile")]
pub mod build;
mod feature;
mod letter;
pub(crate) mod lexicon;
mod model;
mod token;
mod window;

pub use feature::{BITS, FEATURES};
pub use model::{Model, ModelError, Profile};

use bartizan_verdict::Role;

use crate::score::Score;
use crate::vector::{Set, count};
use feature::slide;
pub(crate) use window::{Before, Met, Tally, Window};

/// Kinds of text, which are looked at in windows of different sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What a person writes to a model.
    Prose,
    /// What comes from elsewhere: documents, results of tools. An order may be a small part of it.
    Embedded,
    /// Text of which much is code, whoever sent it.
    Code,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Prose, Self::Embedded, Self::Code];

    /// The kind of a text that comes from that role.
    #[must_use]
    pub fn of(text: &str, role: Role) -> Self {
        if is_code(text) {
            return Self::Code;
        }
        match role {
            Role::System | Role::User | Role::Assistant => Self::Prose,
            Role::Tool | Role::Document => Self::Embedded,
        }
    }
}

/// Bytes of the shortest text that is taken for code.
const SHORTEST_CODE: usize = 200;
/// One byte in this many is a sign of code, in code.
const SIGNS: usize = 25;

/// Whether much of a text is made of what code is made of.
fn is_code(text: &str) -> bool {
    if text.len() < SHORTEST_CODE {
        return false;
    }
    let signs = count(text.as_bytes(), |bytes| bytes.among(&const { Set::of(b"{}();=<>_[]") }));
    signs * SIGNS > text.len()
}

/// The most suspicious window of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How suspicious it is.
    pub score: Score,
    /// Where it is, in bytes of the text.
    pub range: Range<usize>,
}

impl Model {
    /// The most suspicious window of `text`, which is of this kind; none if it has no words.
    ///
    /// Linear in the text; allocates nothing.
    #[must_use]
    pub fn judge(&self, text: &str, kind: Kind) -> Option<Verdict> {
        let profile = self.profile(kind);
        let (raw, range) = self.raw(text, usize::from(profile.window))?;
        Some(Verdict {
            score: profile.score(raw),
            range,
        })
    }

    /// The highest raw score of a window of so many bytes, and where that is.
    fn raw(&self, text: &str, window: usize) -> Option<(i32, Range<usize>)> {
        let sum = Sum {
            model: self,
            earlier: Block::default(),
            block: Block::default(),
            both: Block::default(),
            best: None,
        };
        let mut window = Window::new(window, sum);
        slide(text, &self.lexicon, &mut window);
        window.tally.best
    }
}

/// Raw scores are this many times the sum of weights over the root of the number of features.
pub const SCALE: f32 = 32.0;
/// Added to the number of features, so that two or three words alone do not say much.
pub const FLOOR: u32 = 4;

/// The sum of weights of some features in the upper half, and how many there are in the lower: one addition for both.
#[derive(Clone, Copy, Default)]
struct Block(i64);

impl Block {
    const fn of(weight: i64) -> Self {
        Self((weight << 32) + 1)
    }

    /// Adds `other` if `counts`, without a branch.
    fn add(&mut self, other: Self, counts: bool) {
        self.0 += other.0 * i64::from(counts);
    }
}

/// Sums up the weights of a window's features.
struct Sum<'a> {
    model: &'a Model,
    earlier: Block,
    block: Block,
    /// The features that both blocks have.
    both: Block,
    best: Option<(i32, Range<usize>)>,
}

impl Tally for Sum<'_> {
    // Without branches: whether a word is new is anyone's guess.
    #[inline]
    fn meet(&mut self, feature: u16, met: Met) {
        let weight = self.model.weights.get(usize::from(feature) % FEATURES);
        let feature = Block::of(weight.map_or(0, |weight| i64::from(*weight)));
        self.block.add(feature, met.new);
        self.both.add(feature, met.before);
    }

    // Conversion, root, product and quotient are exactly rounded everywhere, so that native and wasm agree.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "far below 2^23 but for absurd windows"
    )]
    fn look(&mut self, range: Range<usize>) {
        let window = self.earlier.0 + self.block.0 - self.both.0;
        let (sum, features) = (window >> 32, window & 0xFFFF_FFFF);
        let raw = (sum as f32 * SCALE / (features as f32 + FLOOR as f32).sqrt()) as i32;
        if self.best.as_ref().is_none_or(|(best, _)| raw > *best) {
            self.best = Some((raw, range));
        }
    }

    fn turn(&mut self, before: Before) {
        self.earlier = match before {
            Before::Counts => self.block,
            Before::Empty => Block::default(),
        };
        self.block = Block::default();
        self.both = Block::default();
    }
}
