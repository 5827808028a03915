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
        let mut places = [0_usize; RING];
        let mut seen = 0_usize;
        for (block, chunk) in text.chunks(BLOCK).enumerate() {
            if count(chunk) == 0 {
                continue;
            }
            for (offset, _) in chunk.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
                let last = block * BLOCK + offset;
                if let Some(slot) = places.get_mut(seen % RING) {
                    *slot = last;
                }
                seen += 1;
                let nearest = places.get(seen.saturating_sub(self.least) % RING).copied().unwrap_or(0);
                if seen < self.least || last - nearest >= self.widest {
                    continue;
                }
                for need in self.needs.iter().filter(|need| need.digits <= seen) {
                    let first = places.get((seen - need.digits) % RING).copied().unwrap_or(0);
                    if last - first < need.within {
                        let start = (last + 1).saturating_sub(need.within);
                        widen(need.pattern, start..first + 1)?;
                    }
                }
            }
        }
        Ok(())
    }
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
