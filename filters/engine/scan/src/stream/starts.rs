//! Which regexes may match from a byte on, asked for each byte once.

use std::collections::BTreeMap;

use crate::dfa::Before;
use crate::pattern::Pattern;

const BYTES: usize = 256;

/// By what stands before a byte, and the byte: the patterns of which a match may begin there.
#[derive(Debug, Default)]
pub(super) struct Starts {
    /// Places in `lists`; empty if no list has a pattern.
    cells: Vec<u16>,
    lists: Vec<Vec<usize>>,
}

impl Starts {
    /// Of the patterns with these numbers.
    pub(super) fn of(patterns: &[Pattern], numbers: &[usize]) -> Self {
        if numbers.is_empty() {
            return Self::default();
        }
        let mut known = BTreeMap::new();
        let mut starts = Self::default();
        for before in Before::ALL {
            for byte in 0..=u8::MAX {
                let begins = |number: &usize| {
                    let pattern = patterns.get(*number);
                    pattern.is_some_and(|pattern| pattern.begins(before, byte))
                };
                let list: Vec<usize> = numbers.iter().copied().filter(begins).collect();
                let cell = *known.entry(list.clone()).or_insert_with(|| {
                    starts.lists.push(list);
                    // INVARIANT: there are 1,280 cells, so never more lists.
                    u16::try_from(starts.lists.len() - 1).unwrap_or(u16::MAX)
                });
                starts.cells.push(cell);
            }
        }
        starts
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The patterns of which a match may begin with `byte` after that.
    pub(super) fn at(&self, before: Before, byte: u8) -> &[usize] {
        let cell = self.cells.get(before as usize * BYTES + usize::from(byte));
        let list = cell.and_then(|cell| self.lists.get(usize::from(*cell)));
        list.map(Vec::as_slice).unwrap_or_default()
    }
}
