//! Where in a text regexes that need digits can match.

use std::ops::Range;

use crate::pack::Gate;
use crate::pattern::{Exhausted, Pattern};

/// Digits that are remembered, which is the most a gate can ask for.
pub(crate) const MOST_DIGITS: u8 = 32;

/// The patterns that need digits.
#[derive(Debug)]
pub(crate) struct Digits {
    needs: Vec<Need>,
    /// The fewest digits that any pattern needs, and the most bytes in which any does. Where there are not so many in
    /// so few, which is nearly everywhere, no pattern is asked.
    least: usize,
    widest: usize,
}

#[derive(Clone, Copy, Debug)]
struct Need {
    pattern: usize,
    digits: usize,
    /// Bytes in which they must all be.
    within: usize,
}

impl Digits {
    pub(crate) fn new(patterns: &[Pattern]) -> Self {
        let need = |(number, pattern): (usize, &Pattern)| match pattern.gate {
            Gate::Digits { minimum } => Some(Need {
                pattern: number,
                digits: usize::from(minimum.clamp(1, MOST_DIGITS)),
                within: pattern.longest,
            }),
            Gate::Prefix | Gate::Literal { .. } | Gate::Near { .. } | Gate::Always => None,
        };
        let needs: Vec<Need> = patterns.iter().enumerate().filter_map(need).collect();
        let least = needs.iter().map(|need| need.digits).min().unwrap_or(usize::MAX);
        let widest = needs.iter().map(|need| need.within).max().unwrap_or(0);
        Self { needs, least, widest }
    }

    /// Calls `widen(pattern, starts)` for each place with digits enough for a pattern, in order of the text.
    ///
    /// A match has its first digits d1 … dn within its own length, so it begins after dn less the longest match, and not
    /// after d1.
    pub(crate) fn windows(
        &self,
        text: &[u8],
        mut widen: impl FnMut(usize, Range<usize>) -> Result<(), Exhausted>,
    ) -> Result<(), Exhausted> {
        if self.needs.is_empty() || count(text) < self.least {
            return Ok(());
        }
        let mut places = Places::default();
        for (block, chunk) in text.chunks(BLOCK).enumerate() {
            if count(chunk) == 0 {
                continue;
            }
            for (offset, _) in chunk.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
                let last = block * BLOCK + offset;
                places.note(last);
                for (need, first) in self.met(&places) {
                    let start = (last + 1).saturating_sub(need.within);
                    widen(need.pattern, start..first + 1)?;
                }
            }
        }
        Ok(())
    }

    /// Whether no pattern needs digits.
    pub(crate) fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// The patterns for which the last digit noted makes digits enough.
    pub(crate) fn patterns(&self, places: &Places) -> impl Iterator<Item = usize> {
        self.met(places).map(|(need, _)| need.pattern)
    }

    /// Needs that the last digits meet, and where the first of those stands.
    fn met(&self, places: &Places) -> impl Iterator<Item = (&Need, usize)> {
        let way = move |digits: usize| {
            let first = places.back(digits)?;
            places.back(1).map(|last| (last - first, first))
        };
        let some = way(self.least).is_some_and(|(way, _)| way < self.widest);
        let needs = if some { self.needs.as_slice() } else { &[] };
        needs.iter().filter_map(move |need| {
            let (way, first) = way(need.digits)?;
            (way < need.within).then_some((need, first))
        })
    }
}

/// Where the last digits of a text stand.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    places: [usize; RING],
    seen: usize,
}

impl Places {
    pub(crate) fn note(&mut self, at: usize) {
        if let Some(slot) = self.places.get_mut(self.seen % RING) {
            *slot = at;
        }
        self.seen += 1;
    }

    /// Where the last digit stands, or the nth last.
    fn back(&self, nth: usize) -> Option<usize> {
        self.places.get(self.seen.checked_sub(nth)? % RING).copied()
    }
}

/// Where the first digit of a text stands.
pub(crate) fn first(text: &[u8]) -> Option<usize> {
    let mut blocks = text.chunks(BLOCK).enumerate();
    let (block, chunk) = blocks.find(|(_, chunk)| count(chunk) > 0)?;
    let offset = chunk.iter().position(u8::is_ascii_digit)?;
    Some(block * BLOCK + offset)
}

const BLOCK: usize = 128;
const RING: usize = MOST_DIGITS as usize;

/// How many ASCII digits there are; in blocks that the compiler turns into vector instructions.
fn count(text: &[u8]) -> usize {
    let in_block = |block: &[u8]| {
        block
            .iter()
            .map(|byte| u8::from(byte.wrapping_sub(b'0') < 10))
            .sum::<u8>()
    };
    text.chunks(BLOCK).map(|block| usize::from(in_block(block))).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_stretch_with_digits_enough_begins_in_a_window(
            text in "[0-9a ]{0,300}",
            digits in 1_usize..5,
            within in 1_usize..12,
        ) {
            let windows = Digits { needs: vec![Need { pattern: 0, digits, within }], least: digits, widest: within };
            let mut found = Vec::new();
            windows.windows(text.as_bytes(), |_, window| { found.push(window); Ok(()) }).unwrap();
            for start in 0..text.len() {
                for end in start..=text.len().min(start + within) {
                    if count(&text.as_bytes()[start..end]) >= digits {
                        let inside = found.iter().any(|window| window.contains(&start));
                        prop_assert!(inside, "{}..{} of {:?}: {:?}", start, end, text, found);
                    }
                }
            }
            prop_assert!(found.is_sorted_by_key(|window| window.start));
        }
    }
}
