//! Text that reads like an order to the model, in the judgement of the [classifier](crate::classifier).
//!
//! Its model comes with the pack; without one nothing is found. The finding is the most suspicious window of the text.

use std::ops::Range;

use bartizan_verdict::Role;

use crate::classifier::{Kind, Model};
use crate::score::Score;

/// None: every text is looked at.
pub const TRIGGERS: &[&str] = &[];

pub use super::nothing as detect;

/// Finds the most suspicious window of a text, however little suspicious it is.
pub fn detect_with(model: &Model, text: &str, role: Role, found: &mut dyn FnMut(Range<usize>, Score)) {
    let Some(verdict) = model.judge(text, Kind::of(text, role)) else {
        return;
    };
    if verdict.score > Score::NONE {
        found(verdict.range, verdict.score);
    }
}
