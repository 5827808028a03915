//! A window that slides over a text by half of itself, and what is in it.
//!
//! The text is cut into blocks of half a window; a window is two neighbouring blocks. Each feature remembers the block
//! it was last met in. So what is in both blocks is known as it is met, and nothing ever has to be taken out.

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

/// Blocks are numbered from [`FIRST`] to this, and then anew.
const LAST: u8 = u8::MAX;
const FIRST: u8 = 2;

/// The place in a text, and the block in which each feature was last met.
pub(crate) struct Window<T> {
    pub(crate) tally: T,
    /// Bytes of a block.
    stride: usize,
    seen: [u8; FEATURES],
    /// The number of the block.
    block: u8,
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
            seen: [0; FEATURES],
            block: FIRST,
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
    #[inline]
    pub(crate) fn meet(&mut self, feature: u16) {
        let Some(seen) = self.seen.get_mut(usize::from(feature) % FEATURES) else {
            return;
        };
        let met = Met {
            new: *seen != self.block,
            before: *seen == self.block - 1,
        };
        *seen = self.block;
        self.tally.meet(feature, met);
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
        self.number(before);
    }

    /// Gives the block a number, which is next to that of the block before only if that counts.
    fn number(&mut self, before: Before) {
        let next = match before {
            Before::Counts => self.block.checked_add(1),
            Before::Empty => self.block.checked_add(2),
        };
        if let Some(next) = next {
            self.block = next;
            return;
        }
        for seen in &mut self.seen {
            // 1 is the number before the first.
            *seen = u8::from(before == Before::Counts && *seen == LAST);
        }
        self.block = FIRST;
    }

    /// Looks at what is in the window now.
    pub(crate) fn look(&mut self) {
        if let Some(first) = self.earlier.or(self.first) {
            self.tally.look(first..self.end);
        }
    }
}
