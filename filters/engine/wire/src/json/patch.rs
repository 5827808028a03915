use std::ops::Range;

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
    pub fn apply(mut self, body: &[u8]) -> Vec<u8> {
        self.changes.sort_by(|left, right| {
            left.range
                .start
                .cmp(&right.range.start)
                .then_with(|| right.range.end.cmp(&left.range.end))
        });
        let added: usize = self.changes.iter().map(|change| change.replacement.len()).sum();
        let mut out = Vec::with_capacity(body.len() + added);
        let mut copied = 0;
        for change in &self.changes {
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
}
