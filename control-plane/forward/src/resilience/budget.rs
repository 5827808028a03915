//! How many attempts may be repeated, in proportion to the requests. Time is an argument.

use tokio::time::Instant;

/// A retry, in the unit of the balance: one request in a hundred earns one of these.
const RETRY: u64 = 100;
/// What is there without any request, and comes back within a minute: ten retries.
const RESERVE: u64 = 10 * RETRY;
/// The most that requests can earn: a hundred retries.
const MOST: u64 = 100 * RETRY;
/// Milliseconds in which one hundredth of a retry of the reserve comes back.
const RESERVE_PACE: u128 = 60;

/// A balance of retries, to which every request adds.
#[derive(Debug)]
pub(super) struct Budget {
    balance: u64,
    /// Up to when the reserve has come back.
    refilled: Instant,
}

impl Budget {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            balance: RESERVE,
            refilled: now,
        }
    }

    /// A request was sent for the first time; `percent` of a retry are earned.
    pub(super) fn earn(&mut self, percent: u32) {
        self.balance = (self.balance + u64::from(percent)).min(MOST);
    }

    /// Takes a retry, if there is one.
    pub(super) fn take(&mut self, now: Instant) -> bool {
        self.refill(now);
        let is_there = self.balance >= RETRY;
        if is_there {
            self.balance -= RETRY;
        }
        is_there
    }

    fn refill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.refilled);
        self.refilled = now;
        if self.balance < RESERVE {
            let back = u64::try_from(elapsed.as_millis() / RESERVE_PACE).unwrap_or(u64::MAX);
            self.balance = self.balance.saturating_add(back).min(RESERVE);
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Duration;

    use super::*;

    fn takes(budget: &mut Budget, now: Instant) -> u64 {
        let mut taken = 0;
        while budget.take(now) {
            taken += 1;
        }
        taken
    }

    #[test]
    fn retries_are_a_share_of_requests_and_a_few_a_minute() {
        let began = Instant::now();
        let mut budget = Budget::new(began);
        assert_eq!(takes(&mut budget, began), 10);
        for _ in 0..100 {
            budget.earn(20);
        }
        assert_eq!(takes(&mut budget, began), 20);
        assert_eq!(takes(&mut budget, began + Duration::from_secs(30)), 5);
        assert_eq!(takes(&mut budget, began + Duration::from_secs(3600)), 10);
        for _ in 0..10_000 {
            budget.earn(100);
        }
        assert_eq!(takes(&mut budget, began + Duration::from_secs(3600)), 100);
        assert_eq!(takes(&mut budget, began), 0);
    }

    #[test]
    fn a_share_of_nothing_leaves_the_few() {
        let began = Instant::now();
        let mut budget = Budget::new(began);
        for _ in 0..1000 {
            budget.earn(0);
        }
        assert_eq!(takes(&mut budget, began), 10);
    }
}
