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
    lowest: LowestTerms,
}

/// A limit and a window without what divides both, and that. What is round for people is small so, and its products with
/// a cost or a length of time nearly always fit into 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LowestTerms {
    pub(crate) limit: NonZeroU64,
    pub(crate) window: NonZeroU64,
    pub(crate) divisor: NonZeroU64,
}

impl Quota {
    /// `limit` (1 to [`MAX_LIMIT`]) per `window` (nanoseconds, 1 to [`MAX_WINDOW`]); `None` outside of these.
    #[must_use]
    pub fn new(limit: u64, window: u64) -> Option<Self> {
        if limit > MAX_LIMIT || window > MAX_WINDOW {
            return None;
        }
        let (limit, window) = (NonZeroU64::new(limit)?, NonZeroU64::new(window)?);
        let divisor = greatest_common_divisor(limit, window);
        let lowest = LowestTerms {
            limit: NonZeroU64::new(limit.get() / divisor)?,
            window: NonZeroU64::new(window.get() / divisor)?,
            divisor,
        };
        Some(Self { limit, window, lowest })
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

    pub(crate) const fn lowest(self) -> LowestTerms {
        self.lowest
    }
}

/// Euclid's algorithm.
fn greatest_common_divisor(one: NonZeroU64, other: NonZeroU64) -> NonZeroU64 {
    let (mut divisor, mut rest) = (one, other.get());
    while let Some(next) = NonZeroU64::new(rest) {
        rest = divisor.get() % next;
        divisor = next;
    }
    divisor
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
    fn lowest_terms_are_prime_to_each_other() {
        for (limit, window, expected) in [
            (1_000_000, 86_400_000_000_000, (1, 86_400_000, 1_000_000)),
            (7, 60, (7, 60, 1)),
            (60, 60, (1, 1, 60)),
            (MAX_LIMIT, 1, (MAX_LIMIT, 1, 1)),
        ] {
            let LowestTerms { limit, window, divisor } = Quota::new(limit, window).unwrap().lowest();
            assert_eq!((limit.get(), window.get(), divisor.get()), expected);
        }
    }

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
