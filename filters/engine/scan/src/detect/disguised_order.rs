//! Orders to the model under a disguise: what the [classifier](crate::classifier) takes for one, decoded or put right.
//!
//! Text that is meant to be read is not encoded, and of a hundred benign texts two or three have anything to undo at
//! all. So an order that shows only when a disguise is undone is no talk about orders, and scores higher than one that
//! stands in the open: see `raised`. Views in which only what machines write was undone do not count.

use std::ops::Range;

use bartizan_verdict::Role;

use super::injection_classifier;
use crate::classifier::Model;
use crate::score::Score;

/// None: views are few, and each is looked at.
pub const TRIGGERS: &[&str] = &[];

/// Finds nothing: there is no model.
pub fn detect(_: &str, _: Role, _: &mut dyn FnMut(Range<usize>, Score)) {}

/// Finds the most suspicious window of a text that was disguised.
pub fn detect_with(model: &Model, text: &str, role: Role, found: &mut dyn FnMut(Range<usize>, Score)) {
    injection_classifier::detect_with(model, text, role, &mut |range, score| found(range, raised(score)));
}

/// From here on a score is raised: two benign texts in a hundred exceed it.
const LEAST: u8 = 40;
/// By how much: the step from one benign text in a hundred to one in a thousand. That so few have a disguise would
/// justify half as much again.
const RAISE: u8 = 40;

/// The score of a disguised order, by that of the same order in the open.
fn raised(score: Score) -> Score {
    match score.hundredths() {
        ..LEAST => score,
        hundredths => Score::new(hundredths + RAISE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_reported_in_the_open_is_acted_upon() {
        for (open, disguised) in [(0, 0), (39, 39), (40, 80), (50, 90), (61, 100), (100, 100)] {
            assert_eq!(raised(Score::new(open)).hundredths(), disguised, "{open}");
        }
        assert!(raised(Score::AUDIT) >= Score::ACT);
    }
}
