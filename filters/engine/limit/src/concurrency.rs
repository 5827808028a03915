//! How many requests run at once.
//!
//! Each running request holds a lease, counted in the bucket of time in which it started. It is given back to that
//! bucket; if the program that held it died, the bucket is forgotten once the longest request that could be in it has
//! ended. Four buckets over one and a half times the longest duration: a lost lease is held at least 1.125 and at most
//! 1.5 times that long.

use core::num::NonZeroU32;

const BUCKETS: usize = 4;
const BUCKETS_WIDE: u64 = 4;

/// How long a lease can be held before it counts as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Nanoseconds; never zero.
    bucket: u64,
}

impl Lease {
    /// A lease for requests that last at most `longest` nanoseconds.
    #[must_use]
    pub fn outliving(longest: u64) -> Self {
        // 1.5 / 4 = 3 / 8, rounded up.
        let bucket = longest.div_ceil(8).saturating_mul(3).max(1);
        Self { bucket }
    }

    fn epoch(self, now: u64) -> u64 {
        now.checked_div(self.bucket).unwrap_or(0)
    }
}

/// Proof that a request is counted; given back with [`State::release`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a permit that is not released stays counted until it expires"]
pub struct Permit {
    epoch: u64,
    bucket: u64,
}

/// Counts of running requests by when they started. The default counts none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Length of a bucket in nanoseconds; zero before the first lease.
    pub(crate) bucket: u64,
    /// Number of the newest bucket since the Unix epoch.
    pub(crate) newest: u64,
    /// Running requests; a bucket's place is its number modulo four.
    pub(crate) counts: [u32; BUCKETS],
}

impl State {
    /// How many requests run at `now`.
    #[must_use]
    pub fn running(&self, lease: Lease, now: u64) -> u32 {
        self.at(lease, now).total()
    }

    /// Counts one more request if fewer than `limit` run; gives the state to keep.
    #[must_use]
    pub fn acquire(&self, lease: Lease, now: u64, limit: NonZeroU32) -> Option<(Self, Permit)> {
        let mut state = self.at(lease, now);
        if state.total() >= limit.get() {
            return None;
        }
        let count = state.count_mut(state.newest)?;
        *count = count.saturating_add(1);
        Some((
            state,
            Permit {
                epoch: state.newest,
                bucket: lease.bucket,
            },
        ))
    }

    /// Takes a request out of the count. A permit that has expired, or that was given under another lease, changes
    /// nothing: its bucket has been or will be forgotten.
    #[must_use]
    pub fn release(&self, permit: Permit) -> Self {
        let mut state = *self;
        let age = state.newest.checked_sub(permit.epoch);
        let held = permit.bucket == state.bucket && age.is_some_and(|age| age < BUCKETS_WIDE);
        if held && let Some(count) = state.count_mut(permit.epoch) {
            *count = count.saturating_sub(1);
        }
        state
    }

    /// The state as of `now`, without the buckets that have expired.
    fn at(&self, lease: Lease, now: u64) -> Self {
        let epoch = lease.epoch(now);
        let oldest_clock = self.newest.saturating_sub(BUCKETS_WIDE);
        if self.bucket != lease.bucket || (epoch <= oldest_clock && self.newest > 0) {
            // Another lease length, or a clock that stepped far back: everything counted starts its time anew.
            let mut state = Self {
                bucket: lease.bucket,
                newest: epoch,
                counts: [0; BUCKETS],
            };
            let total = self.total();
            if let Some(count) = state.count_mut(epoch) {
                *count = total;
            }
            return state;
        }
        let mut state = *self;
        while state.newest < epoch {
            if epoch.saturating_sub(state.newest) > BUCKETS_WIDE {
                state.newest = epoch.saturating_sub(BUCKETS_WIDE);
            }
            state.newest = state.newest.saturating_add(1);
            if let Some(count) = state.count_mut(state.newest) {
                *count = 0;
            }
        }
        state
    }

    fn count_mut(&mut self, epoch: u64) -> Option<&mut u32> {
        let place = usize::try_from(epoch.checked_rem(BUCKETS_WIDE)?).ok()?;
        self.counts.get_mut(place)
    }

    fn total(&self) -> u32 {
        self.counts.iter().fold(0, |total, count| total.saturating_add(*count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const NOW: u64 = 1_800_000_000 * SECOND;
    const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();

    fn lease() -> Lease {
        Lease::outliving(80 * SECOND)
    }

    #[test]
    fn no_more_than_the_limit_run_at_once() {
        let (state, first) = State::default().acquire(lease(), NOW, TWO).unwrap();
        let (state, second) = state.acquire(lease(), NOW + SECOND, TWO).unwrap();
        assert_eq!(state.acquire(lease(), NOW + SECOND, TWO), None);
        let state = state.release(first);
        let (state, third) = state.acquire(lease(), NOW + 2 * SECOND, TWO).unwrap();
        assert_eq!(
            state.release(second).release(third).running(lease(), NOW + 3 * SECOND),
            0
        );
    }

    #[test]
    fn a_lost_lease_heals_after_the_longest_request_has_ended() {
        for start in 0..30 {
            let start = NOW + start * SECOND;
            let (state, _lost) = State::default().acquire(lease(), start, TWO).unwrap();
            assert_eq!(state.running(lease(), start + 90 * SECOND - 1), 1);
            assert_eq!(state.running(lease(), start + 120 * SECOND), 0);
            assert_eq!(state.running(lease(), start + 86_400 * SECOND), 0);
        }
    }

    #[test]
    fn an_expired_permit_gives_nothing_back() {
        let (state, lost) = State::default().acquire(lease(), NOW, TWO).unwrap();
        let (state, _running) = state.acquire(lease(), NOW + 121 * SECOND, TWO).unwrap();
        assert_eq!(state.release(lost).running(lease(), NOW + 121 * SECOND), 1);
    }

    #[test]
    fn releasing_twice_or_without_state_never_counts_below_zero() {
        let (state, permit) = State::default().acquire(lease(), NOW, TWO).unwrap();
        assert_eq!(state.release(permit).release(permit).running(lease(), NOW), 0);
        assert_eq!(State::default().release(permit), State::default());
    }

    #[test]
    fn a_clock_that_steps_back_forgets_no_running_request() {
        let (state, permit) = State::default().acquire(lease(), NOW, TWO).unwrap();
        for back in [1, 30, 119, 3600] {
            let then = NOW - back * SECOND;
            assert_eq!(state.running(lease(), then), 1, "{back} s back");
            let (both, _) = state.acquire(lease(), then, TWO).unwrap();
            assert_eq!(both.acquire(lease(), then, TWO), None, "{back} s back");
            assert_eq!(both.running(lease(), then + 240 * SECOND), 0, "{back} s back");
        }
        assert_eq!(state.release(permit).running(lease(), NOW - SECOND), 0);
    }

    #[test]
    fn a_changed_lease_keeps_the_count() {
        let (state, permit) = State::default().acquire(lease(), NOW, TWO).unwrap();
        let longer = Lease::outliving(3600 * SECOND);
        let (state, _) = state.acquire(longer, NOW, TWO).unwrap();
        assert_eq!(state.running(longer, NOW), 2);
        assert_eq!(state.release(permit).running(longer, NOW), 2);
        assert_eq!(state.running(longer, NOW + 5400 * SECOND), 0);
    }

    #[test]
    fn a_lease_of_no_length_still_counts() {
        let instant = Lease::outliving(0);
        let (state, permit) = State::default().acquire(instant, NOW, TWO).unwrap();
        assert_eq!(state.running(instant, NOW), 1);
        assert_eq!(state.release(permit).running(instant, NOW), 0);
    }
}
