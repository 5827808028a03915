//! Shares and their confidence.

/// `found` of `all`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) found: usize,
    pub(crate) all: usize,
}

impl Share {
    /// How many of `values` are above `threshold`.
    pub(crate) fn above<T: PartialOrd + Copy>(values: &[T], threshold: T) -> Self {
        Self {
            found: values.iter().filter(|value| **value > threshold).count(),
            all: values.len(),
        }
    }

    /// The share, 0 to 1; 0 of nothing.
    pub(crate) fn of_one(self) -> f64 {
        self.found as f64 / self.all.max(1) as f64
    }

    /// The 95 % interval after Wilson.
    pub(crate) fn interval(self) -> (f64, f64) {
        const Z: f64 = 1.96;
        let (all, share) = (self.all.max(1) as f64, self.of_one());
        let middle = share + Z * Z / (2.0 * all);
        let half = Z * (share * (1.0 - share) / all + Z * Z / (4.0 * all * all)).sqrt();
        let scale = 1.0 + Z * Z / all;
        (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
    }
}

/// The mean of shares, each counting the same.
pub(crate) fn mean(shares: &[Share]) -> f64 {
    shares.iter().map(|share| share.of_one()).sum::<f64>() / shares.len().max(1) as f64
}

/// The value that `share` of `values`, which are in falling order, exceed.
pub(crate) fn threshold<T: Copy>(values: &[T], share: f64) -> Option<T> {
    let place = (values.len() as f64 * share) as usize;
    values.get(place.min(values.len().saturating_sub(1))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_hold_the_share_and_narrow_with_more_texts() {
        let few = Share { found: 1, all: 10 };
        let many = Share { found: 100, all: 1000 };
        for share in [few, many, Share { found: 0, all: 5 }, Share { found: 5, all: 5 }] {
            let (low, high) = share.interval();
            assert!(low <= share.of_one() && share.of_one() <= high, "{share:?}");
        }
        assert!(many.interval().1 - many.interval().0 < few.interval().1 - few.interval().0);
    }

    #[test]
    fn a_threshold_leaves_its_share_above() {
        let values: Vec<i32> = (0..1000).rev().collect();
        let threshold = threshold(&values, 0.01).unwrap();
        assert_eq!(Share::above(&values, threshold).found, 10);
    }
}
