//! Where in a text regexes that need digits can match.

use std::ops::Range;

use bartizan_verdict::order::sort_by_key;

use crate::pack::Gate;
use crate::pattern::{Exhausted, Pattern};
use crate::vector;

/// Patterns whose numbers of digits are the same divided by this share a need.
const ALIKE: usize = 4;
/// Digits that are remembered, which is the most a gate can ask for.
pub(crate) const MOST_DIGITS: u8 = 32;

/// The patterns that need digits.
#[derive(Debug)]
pub(crate) struct Digits {
    /// From fewest to most digits.
    needs: Vec<Need>,
}

/// What some patterns with about as many digits need.
#[derive(Clone, Debug)]
struct Need {
    patterns: Vec<usize>,
    /// As many as the one with fewest.
    digits: usize,
    /// Bytes in which they must all be: as many as the one with most.
    within: usize,
    /// Bytes that can stand before the first of them: as many as in the one with most.
    lead: usize,
}

impl Digits {
    pub(crate) fn new(patterns: &[Pattern]) -> Self {
        let mut needs: Vec<Need> = Vec::new();
        for (number, pattern) in patterns.iter().enumerate() {
            let Gate::Digits { minimum, lead } = pattern.gate else {
                continue;
            };
            let lead = lead.map_or(pattern.longest, |lead| lead as usize);
            let (digits, within) = (usize::from(minimum.clamp(1, MOST_DIGITS)), pattern.longest);
            let alike = |need: &&mut Need| need.digits / ALIKE == digits / ALIKE;
            match needs.iter_mut().find(alike) {
                Some(need) => {
                    need.patterns.push(number);
                    (need.digits, need.within) = (need.digits.min(digits), need.within.max(within));
                    need.lead = need.lead.max(lead);
                }
                None => needs.push(Need {
                    patterns: vec![number],
                    digits,
                    within,
                    lead,
                }),
            }
        }
        sort_by_key(&mut needs, |need| need.digits);
        Self { needs }
    }

    /// Calls `widen(pattern, starts)` for the places with digits enough for a pattern, in order of the text.
    ///
    /// A match has its first digits d1 … dn within its own length, so it begins after dn less the longest match, not
    /// after d1, and not before it by more than the lead.
    pub(crate) fn windows(
        &self,
        text: &[u8],
        widen: &mut dyn FnMut(usize, Range<usize>) -> Result<(), Exhausted>,
    ) -> Result<(), Exhausted> {
        let least = self.needs.first().map_or(usize::MAX, |need| need.digits);
        if count(text) < least {
            return Ok(());
        }
        for need in &self.needs {
            need.windows(text, widen)?;
        }
        Ok(())
    }

    /// Whether there are digits enough for a pattern somewhere in a text.
    pub(crate) fn suffice(&self, text: &[u8]) -> bool {
        self.windows(text, &mut |_, _| Err(Exhausted)).is_err()
    }

    /// Whether no pattern needs digits.
    pub(crate) fn is_empty(&self) -> bool {
        self.needs.is_empty()
    }

    /// The patterns for which the last digit noted makes digits enough.
    pub(crate) fn patterns(&self, places: &Places) -> impl Iterator<Item = usize> {
        let met = |need: &&Need| need.first(places).is_some();
        self.needs
            .iter()
            .filter(met)
            .flat_map(|need| need.patterns.iter().copied())
    }
}

impl Need {
    /// Where the first of the last digits stands, if they are near enough to each other.
    fn first(&self, places: &Places) -> Option<usize> {
        let (first, last) = (places.back(self.digits)?, places.back(1)?);
        (last - first < self.within).then_some(first)
    }

    fn windows(
        &self,
        text: &[u8],
        widen: &mut dyn FnMut(usize, Range<usize>) -> Result<(), Exhausted>,
    ) -> Result<(), Exhausted> {
        let mut widen = |window: &Range<usize>| {
            let mut patterns = self.patterns.iter().filter(|_| !window.is_empty());
            patterns.try_for_each(|pattern| widen(*pattern, window.clone()))
        };
        let mut places = Places::default();
        // Windows that touch are one.
        let mut window = 0..0;
        for (block, chunk) in text.chunks(BLOCK).enumerate() {
            if count(chunk) == 0 {
                continue;
            }
            for (offset, _) in chunk.iter().enumerate().filter(|(_, byte)| byte.is_ascii_digit()) {
                let last = block * BLOCK + offset;
                places.note(last);
                let Some(first) = self.first(&places) else { continue };
                let start = usize::max((last + 1).saturating_sub(self.within), first.saturating_sub(self.lead));
                if start > window.end || window.is_empty() {
                    widen(&window)?;
                    window.start = start;
                }
                window.end = first + 1;
            }
        }
        widen(&window)
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

/// How many ASCII digits there are.
fn count(text: &[u8]) -> usize {
    vector::count(text, |bytes| bytes.within(b'0', 10))
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
            let windows = Digits { needs: vec![Need { patterns: vec![0], digits, within, lead: within }] };
            let mut found = Vec::new();
            windows.windows(text.as_bytes(), &mut |_, window| { found.push(window); Ok(()) }).unwrap();
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
