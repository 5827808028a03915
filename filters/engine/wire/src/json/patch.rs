use std::ops::Range;

use bartizan_verdict::order::sort_by_key;

/// Changes to a body that leave every other byte as it was.
///
/// ```
/// use bartizan_wire::json::Patch;
///
/// let mut patch = Patch::new();
/// patch.replace(10..11, b"2".to_vec());
/// assert_eq!(patch.apply(br#"{"a": 1, "b": 1}"#), br#"{"a": 1, "2": 1}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    changes: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    range: Range<usize>,
    replacement: Vec<u8>,
}

// === impl Patch ===

impl Patch {
    /// A patch that changes nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { changes: Vec::new() }
    }

    /// Whether the patch changes nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Writes `replacement` in place of the bytes of `range`; an empty range inserts.
    pub fn replace(&mut self, range: Range<usize>, replacement: Vec<u8>) {
        self.changes.push(Change { range, replacement });
    }

    /// Makes the changes of another patch too.
    pub fn extend(&mut self, other: Self) {
        self.changes.extend(other.changes);
    }

    /// The body with every change made.
    ///
    /// Changes that overlap become one: its range covers all of theirs, its replacement is that of the change that
    /// starts first (of two that start together, the longer). What lies outside the body counts as its end.
    #[must_use]
    pub fn apply(self, body: &[u8]) -> Vec<u8> {
        let order = self.order();
        let added: usize = self.changes.iter().map(|change| change.replacement.len()).sum();
        let mut out = Vec::with_capacity(body.len() + added);
        let mut copied = 0;
        for change in order
            .iter()
            .filter_map(|(_, number)| self.changes.get(*number as usize))
        {
            if change.range.start >= copied {
                let kept = copied.min(body.len())..change.range.start.min(body.len());
                out.extend_from_slice(body.get(kept).unwrap_or_default());
                out.extend_from_slice(&change.replacement);
            }
            copied = copied.max(change.range.end).max(change.range.start);
        }
        out.extend_from_slice(body.get(copied..).unwrap_or_default());
        out
    }

    /// The changes by where they start, longer ones first, equal ones as they were made. No body is 4 GiB
    /// long.
    fn order(&self) -> Vec<(u64, u32)> {
        let place = |at: usize| u64::from(u32::try_from(at).unwrap_or(u32::MAX));
        let ranges = self.changes.iter().map(|change| &change.range);
        let starts = ranges.map(|range| place(range.start) << 32 | (u64::from(u32::MAX) - place(range.end)));
        let mut order: Vec<_> = starts.zip(0..).collect();
        sort_by_key(&mut order, |place| *place);
        order
    }
}
