//! Counts as providers report them.

use serde_json::Value;

/// Counts above this are taken for a provider's mistake rather than for usage.
const MAX: u64 = 1_000_000_000;

/// A count of a provider's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// Nothing is said.
    Absent,
    /// So many.
    Of(u64),
    /// What cannot be right: negative, fractional, no number, or over a thousand million.
    Absurd,
}

// === impl Count ===

impl Count {
    /// A member of an object.
    pub(super) fn of(object: &Value, name: &str) -> Self {
        match object.get(name) {
            None | Some(Value::Null) => Self::Absent,
            Some(value) => value
                .as_u64()
                .filter(|count| *count <= MAX)
                .map_or(Self::Absurd, Self::Of),
        }
    }

    /// `None` for what cannot be right.
    pub(super) const fn sane(self) -> Option<Option<u64>> {
        match self {
            Self::Absent => Some(None),
            Self::Of(count) => Some(Some(count)),
            Self::Absurd => None,
        }
    }
}
