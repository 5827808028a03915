//! Attacks on tools: text that would change the query, page, command or path that it is put into.
//!
//! A linear model over hashed tokens, by themselves and in rows of up to four, in windows of a text. It says of each
//! window how much it looks like each of four attacks. What it looks at and how it was trained is in `DESIGN.md`.

#[cfg(feature = "compile")]
pub mod build;
mod feature;
mod kind;
mod model;
mod token;
mod words;

pub use feature::{BITS, FEATURES};
pub use model::{Model, Steps};

use std::ops::Range;

use bartizan_verdict::Role;

use crate::classifier::{Before, FLOOR, Kind, Met, SCALE, Tally, Verdict, Window};
use crate::score::Score;
use crate::vector::{Set, count};

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// On a query.
    Sql,
    /// On a page.
    Script,
    /// On a command line, or what runs code or a template.
    Command,
    /// On a path or an address.
    File,
}

/// How many attacks are told apart.
pub const ATTACKS: usize = 4;

impl Attack {
    /// Every attack, in the order of a model.
    pub const ALL: [Self; ATTACKS] = [Self::Sql, Self::Script, Self::Command, Self::File];
}

impl Model {
    /// By attack: the window of `text`, which comes from that role, that looks most like it.
    ///
    /// A text without a sign that breaks out of a value, or leads somewhere, looks like none: words alone are what they
    /// say. Linear in the text; allocates nothing.
    #[must_use]
    pub fn judge(&self, text: &str, role: Role) -> [Verdict; ATTACKS] {
        if !has_sign(text) {
            return [const {
                Verdict {
                    score: Score::NONE,
                    range: 0..0,
                }
            }; ATTACKS];
        }
        let sum = Sum {
            weights: &self.weights,
            earlier: Block::default(),
            block: Block::default(),
            both: Block::default(),
            best: [const { (i32::MIN, 0..0) }; ATTACKS],
        };
        let mut window = Window::new(usize::from(self.window), sum);
        feature::slide(text, &self.words, &mut window);
        let code = Kind::of(text, role) == Kind::Code;
        let mut attacks = Attack::ALL.iter();
        window.tally.best.map(|(raw, range)| Verdict {
            score: attacks
                .next()
                .map_or(Score::NONE, |attack| self.score(*attack, code, raw)),
            range,
        })
    }
}

/// Bytes that are looked at before it is asked whether there was a sign among them.
const STRETCH: usize = 64;
/// Signs of some syntax.
const SIGNS: Set = Set::of(b"'\"`;|&$()<>={}%/\\*#");

/// Whether a text has what no attack does without: a sign of some syntax, a comment, a step up a path, or bytes in figures.
fn has_sign(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has_sign = |stretch| count(stretch, |bytes| bytes.among(&SIGNS)) > 0;
    bytes.chunks(STRETCH).any(has_sign) || bytes.windows(2).any(|pair| matches!(pair, b"--" | b".." | b"0x"))
}

/// By attack the sum of weights of some features, and how many there are.
#[derive(Clone, Copy, Default)]
struct Block {
    sums: [i32; ATTACKS],
    count: i32,
}

impl Block {
    /// Adds a feature if it counts, without a branch.
    #[inline]
    fn add(&mut self, weights: [i8; ATTACKS], counts: bool) {
        for (sum, weight) in self.sums.iter_mut().zip(weights) {
            *sum += i32::from(weight) * i32::from(counts);
        }
        self.count += i32::from(counts);
    }
}

/// Sums up the weights of a window's features.
struct Sum<'a> {
    weights: &'a [[i8; ATTACKS]],
    earlier: Block,
    block: Block,
    /// The features that both blocks have.
    both: Block,
    best: [(i32, Range<usize>); ATTACKS],
}

impl Tally for Sum<'_> {
    #[inline]
    fn meet(&mut self, feature: u16, met: Met) {
        let weights = self.weights.get(usize::from(feature)).copied().unwrap_or_default();
        self.block.add(weights, met.new);
        self.both.add(weights, met.before);
    }

    // Conversion, root, product and quotient are exactly rounded everywhere, so that native and wasm agree.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "far below 2^23 but for absurd windows"
    )]
    #[inline(never)]
    fn look(&mut self, range: Range<usize>) {
        let count = self.earlier.count + self.block.count - self.both.count;
        if count == 0 {
            return;
        }
        let root = (count as f32 + FLOOR as f32).sqrt();
        let sums = self.earlier.sums.iter().zip(self.block.sums).zip(self.both.sums);
        for (((earlier, block), both), best) in sums.zip(&mut self.best) {
            let raw = ((earlier + block - both) as f32 * SCALE / root) as i32;
            if raw > best.0 {
                *best = (raw, range.clone());
            }
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
