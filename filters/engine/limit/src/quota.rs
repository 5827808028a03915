use core::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// The largest limit: 10^15 a window.
pub const MAX_LIMIT: u64 = 1_000_000_000_000_000;

/// The longest window: 366 days, in nanoseconds.
pub const MAX_WINDOW: u64 = 366 * 24 * 3600 * 1_000_000_000;

/// So much per window; all of it may be used at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "(u64, u64)", into = "(u64, u64)")]
pub struct Quota {
    limit: NonZeroU64,
    window: NonZeroU64,
}

impl Quota {
    /// `limit` (1 to [`MAX_LIMIT`]) per `window` (nanoseconds, 1 to [`MAX_WINDOW`]); `None` outside of these.
    #[must_use]
    pub fn new(limit: u64, window: u64) -> Option<Self> {
        if limit > MAX_LIMIT || window > MAX_WINDOW {
            return None;
        }
        Some(Self {
            limit: NonZeroU64::new(limit)?,
            window: NonZeroU64::new(window)?,
        })
    }

    /// How much a window holds.
    #[must_use]
    pub const fn limit(self) -> u64 {
        self.limit.get()
    }

    /// Length of the window in nanoseconds.
    #[must_use]
    pub const fn window(self) -> u64 {
        self.window.get()
    }
}

impl TryFrom<(u64, u64)> for Quota {
    type Error = &'static str;

    fn try_from((limit, window): (u64, u64)) -> Result<Self, Self::Error> {
        Self::new(limit, window).ok_or("a limit or window is zero or too large")
    }
}

impl From<Quota> for (u64, u64) {
    fn from(quota: Quota) -> Self {
        (quota.limit(), quota.window())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_windows_have_bounds() {
        for (limit, window) in [(1, 1), (MAX_LIMIT, MAX_WINDOW), (5, 60)] {
            assert_eq!(Quota::new(limit, window).map(<(u64, u64)>::from), Some((limit, window)));
        }
        for (limit, window) in [
            (0, 1),
            (1, 0),
            (MAX_LIMIT + 1, 1),
            (1, MAX_WINDOW + 1),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(Quota::new(limit, window), None, "{limit} per {window}");
        }
    }
}
