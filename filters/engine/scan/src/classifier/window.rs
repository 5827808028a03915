//! A window that slides over a text by half of itself, and what is in it.
//!
//! The text is cut into blocks of half a window; a window is two neighbouring blocks. The features of both are remembered,
//! a bit for each. So what is in both blocks is known as it is met, and nothing ever has to be taken out.

use std::ops::Range;

use super::feature::FEATURES;

/// What is kept of the features of a window.
pub(crate) trait Tally {
    /// A feature is met.
    fn meet(&mut self, feature: u16, met: Met);
    /// The block is at its end; with the one before, it is the window of `range`.
    fn look(&mut self, range: Range<usize>);
    /// A new block begins.
    fn turn(&mut self, before: Before);
}

/// Where a feature was met already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Met {
    /// Not in this block.
    pub(crate) new: bool,
    /// In the block before, and not in this one.
    pub(crate) before: bool,
}

/// The block before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Before {
    /// It makes a window with this one.
    Counts,
    /// It is too far away.
    Empty,
}

/// A bit for each feature.
type Features = [u64; FEATURES / 64];

/// The place in a text, and the features met in this block and in the one before.
pub(crate) struct Window<T> {
    pub(crate) tally: T,
    /// Bytes of a block.
    stride: usize,
    here: Features,
    before: Features,
    /// First byte of the block, of its first token, and of that of the block before.
    start: usize,
    first: Option<usize>,
    earlier: Option<usize>,
    end: usize,
}

impl<T: Tally> Window<T> {
    pub(crate) fn new(window: usize, tally: T) -> Self {
        Self {
            tally,
            stride: (window / 2).max(1),
            here: [0; _],
            before: [0; _],
            start: 0,
            first: None,
            earlier: None,
            end: 0,
        }
    }

    /// Moves the window to the next token.
    #[inline]
    pub(crate) fn advance(&mut self, start: usize, end: usize) {
        if start - self.start >= self.stride {
            self.turn(start);
        }
        self.first.get_or_insert(start);
        self.end = end;
    }

    /// The token has a feature.
    #[inline(always)]
    pub(crate) fn meet(&mut self, feature: u16) {
        let (word, bit) = (usize::from(feature) % FEATURES / 64, 1 << (feature % 64));
        let (Some(here), Some(before)) = (self.here.get_mut(word), self.before.get(word)) else {
            return;
        };
        let new = *here & bit == 0;
        let before = new & (*before & bit != 0);
        *here |= bit;
        self.tally.meet(feature, Met { new, before });
    }

    /// Begins the block that has the token which begins at `start`.
    #[cold]
    fn turn(&mut self, start: usize) {
        let blocks = (start - self.start) / self.stride;
        // The first block alone is no window yet.
        if self.earlier.is_some() || blocks > 1 {
            self.look();
        }
        self.start += blocks * self.stride;
        let before = if blocks == 1 { Before::Counts } else { Before::Empty };
        self.earlier = self.first.filter(|_| before == Before::Counts);
        self.first = None;
        self.tally.turn(before);
        self.before = match before {
            Before::Counts => self.here,
            Before::Empty => [0; _],
        };
        self.here = [0; _];
    }

    /// Looks at what is in the window now.
    pub(crate) fn look(&mut self) {
        if let Some(first) = self.earlier.or(self.first) {
            self.tally.look(first..self.end);
        }
    }
}
