//! Evidence added up.
//!
//! A piece of evidence is a reason to take a place of a text for an attack, with a weight in hundredths: about how sure
//! that reason alone makes us. Pieces near each other are of one attempt. Their weights are put together as if each were
//! right or wrong independently of the others, so two halves make three quarters and none is ever more than all. Of one
//! kind only the heaviest counts: saying the same thing twice proves nothing.

use std::ops::Range;

use crate::score::Score;

/// Bytes between two pieces of evidence of one attempt, at most.
const REACH: usize = 160;

/// What weighs less altogether is not told.
const FAINT: u8 = 20;

/// Kinds of evidence that a detector can have.
pub(super) const KINDS: usize = 24;

/// The score of a sum of evidence.
///
/// Of some 9,600 benign texts (chat, documents, code in a dozen languages) about one in a thousand reaches a sum of 0.50
/// in any one detector, and one in ten thousand 0.80. That would allow for higher scores than these; but who writes of
/// attacks is hardly among the writers of those texts.
fn score(sum: u8) -> Score {
    Score::new(match sum {
        0..50 => sum,
        50..80 => 50 + (sum - 50) * 4 / 3,
        _ => 90 + (sum - 80) / 2,
    })
}

/// Gathers evidence from the beginning of a text to its end, and tells of what it amounts to.
pub(super) struct Tally<'t, 'f> {
    text: &'t str,
    found: &'f mut dyn FnMut(Range<usize>, Score),
    weights: [u8; KINDS],
    range: Range<usize>,
}

impl<'t, 'f> Tally<'t, 'f> {
    pub(super) fn new(text: &'t str, found: &'f mut dyn FnMut(Range<usize>, Score)) -> Self {
        Self {
            text,
            found,
            weights: [0; KINDS],
            range: 0..0,
        }
    }

    /// Adds a piece of evidence of a kind (its number), found at a place.
    pub(super) fn add(&mut self, kind: usize, range: Range<usize>, weight: u8) {
        if weight == 0 {
            return;
        }
        if range.start > self.range.end.saturating_add(REACH) {
            self.tell();
        }
        if self.range.is_empty() {
            self.range = range;
        } else {
            self.range = self.range.start.min(range.start)..self.range.end.max(range.end);
        }
        if let Some(heaviest) = self.weights.get_mut(kind) {
            *heaviest = weight.min(99).max(*heaviest);
        }
    }

    /// What has been found within reach of a place so far, in hundredths.
    pub(super) fn near(&self, at: usize) -> u8 {
        if self.range.is_empty() || at > self.range.end.saturating_add(REACH) {
            return 0;
        }
        self.sum()
    }

    /// The same, but for evidence of one kind.
    pub(super) fn near_besides(&self, kind: usize, at: usize) -> u8 {
        let weight = self.weights.get(kind).copied().unwrap_or(0);
        if self.weights.iter().all(|other| *other == 0 || *other == weight) && weight > 0 {
            return 0;
        }
        self.near(at)
    }

    /// Tells of what is left. To be called at the end.
    pub(super) fn finish(mut self) {
        self.tell();
    }

    fn sum(&self) -> u8 {
        let doubt = self
            .weights
            .iter()
            .fold(10_000_u32, |doubt, weight| doubt * (100 - u32::from(*weight)) / 100);
        u8::try_from((10_000 - doubt) / 100).unwrap_or(100)
    }

    fn tell(&mut self) {
        let sum = self.sum();
        if sum >= FAINT {
            let start = self.text.floor_char_boundary(self.range.start);
            let end = self.text.ceil_char_boundary(self.range.end);
            (self.found)(start..end, score(sum));
        }
        self.weights = [0; KINDS];
        self.range = 0..0;
    }
}
