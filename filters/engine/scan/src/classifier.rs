//! A linear classifier of hashed words, pairs of words and concepts, over windows of a text.
//!
//! What it looks at and how it was trained is in `DESIGN.md`.

use std::ops::Range;

#[cfg(feature = "compile")]
pub mod build;
mod feature;
mod letter;
mod lexicon;
mod model;
mod token;
mod window;

pub use feature::{BITS, FEATURES};
pub use model::{Model, ModelError, Profile};
pub use window::Frame;

use bartizan_verdict::Role;

use crate::score::Score;
use feature::steps;
use window::{Tally, Window};

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

/// One byte in this many is a sign of code, in code.
const SIGNS: usize = 25;

/// Whether much of a text is made of what code is made of.
fn is_code(text: &str) -> bool {
    let sign = |byte: &&u8| {
        matches!(
            byte,
            b'{' | b'}' | b'(' | b')' | b';' | b'=' | b'<' | b'>' | b'_' | b'[' | b']'
        )
    };
    text.len() >= SHORTEST_CODE && text.as_bytes().iter().filter(sign).count() * SIGNS > text.len()
}

/// Bytes of the shortest text that is taken for code.
const SHORTEST_CODE: usize = 200;

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
        let (raw, range) = self.raw(text, profile.frame)?;
        Some(Verdict {
            score: profile.score(raw),
            range,
        })
    }

    /// The highest raw score of a window of `text`, and where that is.
    #[must_use]
    pub fn raw(&self, text: &str, frame: Frame) -> Option<(i32, Range<usize>)> {
        let sum = Sum {
            model: self,
            sum: 0,
            features: 0,
            best: None,
        };
        let mut window = Window::new(frame, sum);
        steps(text, &self.lexicon, |step| window.add(step));
        window.look();
        window.tally.best
    }
}

/// Raw scores are this many times the sum of weights over the root of the number of features.
pub const SCALE: f32 = 32.0;
/// Added to the number of features, so that two or three words alone do not say much.
pub const FLOOR: u32 = 4;

/// Sums up the weights of a window's features.
struct Sum<'a> {
    model: &'a Model,
    sum: i32,
    features: u32,
    best: Option<(i32, Range<usize>)>,
}

impl Sum<'_> {
    fn weight(&self, feature: u16) -> i32 {
        self.model
            .weights
            .get(usize::from(feature))
            .map_or(0, |weight| i32::from(*weight))
    }
}

impl Tally for Sum<'_> {
    fn enter(&mut self, feature: u16) {
        self.sum += self.weight(feature);
        self.features += 1;
    }

    fn leave(&mut self, feature: u16) {
        self.sum -= self.weight(feature);
        self.features -= 1;
    }

    // Conversion, root, product and quotient are exactly rounded everywhere, so that native and wasm agree.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "far below 2^23"
    )]
    fn look(&mut self, range: Range<usize>) {
        let raw = (self.sum as f32 * SCALE / ((self.features + FLOOR) as f32).sqrt()) as i32;
        if self.best.as_ref().is_none_or(|(best, _)| raw > *best) {
            self.best = Some((raw, range));
        }
    }
}
