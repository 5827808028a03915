//! A window that slides over a text, and the features that are in it.

use std::ops::Range;

use super::feature::{FEATURES, PER_TOKEN, Step};

/// How large windows are, and how often one is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Bytes of text in a window, at most.
    pub window: usize,
    /// Bytes from the end of one window to the end of the next.
    pub stride: usize,
}

/// Tokens in a window at most; of more, the earliest leave.
const TOKENS: usize = 512;

/// What is summed up over the features of a window. Integers, so that what leaves takes away just what it brought.
pub(super) trait Tally {
    /// A feature that was not in the window now is.
    fn enter(&mut self, feature: u16);
    /// A feature is no longer in the window.
    fn leave(&mut self, feature: u16);
    /// The window is looked at.
    fn look(&mut self, range: Range<usize>);
}

/// A token of the window.
#[derive(Clone, Copy)]
struct Held {
    start: usize,
    features: [u16; PER_TOKEN],
    count: usize,
}

/// The tokens of a window, with how many of them have a feature.
pub(super) struct Window<T> {
    pub(super) tally: T,
    frame: Frame,
    counts: [u16; FEATURES],
    ring: [Held; TOKENS],
    /// Tokens that ever entered, and that ever left.
    entered: usize,
    left: usize,
    /// Where the next window ends.
    due: usize,
    end: usize,
}

impl<T: Tally> Window<T> {
    pub(super) fn new(frame: Frame, tally: T) -> Self {
        let held = Held {
            start: 0,
            features: [0; PER_TOKEN],
            count: 0,
        };
        Self {
            tally,
            frame,
            counts: [0; FEATURES],
            ring: [held; TOKENS],
            entered: 0,
            left: 0,
            due: frame.window,
            end: 0,
        }
    }

    /// Moves the window over the next token.
    pub(super) fn add(&mut self, step: &Step) {
        if step.end > self.due {
            self.look();
            let strides = (step.end - self.due).div_ceil(self.frame.stride.max(1));
            self.due += strides * self.frame.stride.max(1);
        }
        let begin = step.end.saturating_sub(self.frame.window);
        while self.entered - self.left >= TOKENS || self.first().is_some_and(|held| held.start < begin) {
            self.drop_first();
        }
        for feature in step.features.iter().take(step.count) {
            if let Some(count) = self.counts.get_mut(usize::from(*feature)) {
                *count += 1;
                if *count == 1 {
                    self.tally.enter(*feature);
                }
            }
        }
        if let Some(held) = self.ring.get_mut(self.entered % TOKENS) {
            *held = Held {
                start: step.start,
                features: step.features,
                count: step.count,
            };
        }
        self.entered += 1;
        self.end = step.end;
    }

    /// Looks at what is in the window now.
    pub(super) fn look(&mut self) {
        if let Some(first) = self.first() {
            self.tally.look(first.start..self.end);
        }
    }

    fn first(&self) -> Option<Held> {
        let held = self.ring.get(self.left % TOKENS).copied();
        held.filter(|_| self.left < self.entered)
    }

    fn drop_first(&mut self) {
        let Some(first) = self.first() else { return };
        for feature in first.features.iter().take(first.count) {
            if let Some(count) = self.counts.get_mut(usize::from(*feature)) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.tally.leave(*feature);
                }
            }
        }
        self.left += 1;
    }
}
