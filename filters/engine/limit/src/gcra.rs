//! The generic cell rate algorithm (ITU-T I.371, annex A), with a burst of a whole window's limit.
//!
//! State is one moment: when the tenant will have its whole limit again (the "theoretical arrival time"). A cost moves
//! it `cost * window / limit` further away; what would move it more than a window from now is refused. Quotients are
//! kept exactly, as nanoseconds and a fraction over the limit, so any number of small costs adds up to precisely the
//! limit.
//!
//! Bounds, for admitted costs less refunds: at one moment `limit`; over any window less than twice the limit; from
//! the beginning to any moment `limit` and what that much time refills. A refund counts in full whenever it comes, so
//! within one window up to the sum of the refunds in it may be used besides.

use core::num::{NonZeroU64, NonZeroU128};

use crate::Quota;
use crate::quota::LowestTerms;

/// The last moment that is told from those after it (in the year 2262); the clock stands still there.
const LAST_MOMENT: u64 = u64::MAX / 2;

/// When the whole limit is there again. The default is a tenant that has used nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct State {
    /// Nanoseconds since the Unix epoch.
    pub(crate) full_at: u64,
    /// And this many `limit`-ths of a nanosecond; less than the limit.
    pub(crate) fraction: u64,
}

/// What became of a request to use something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may be used, and is counted in the new state.
    Admitted,
    /// Not now.
    Refused {
        /// Nanoseconds, exact: then it is admitted if nothing else is until then, and not a nanosecond earlier.
        retry_after: u64,
    },
    /// Never: the cost is more than the whole limit.
    Unpayable,
}

/// How much is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The whole limit.
    pub limit: u64,
    /// What could be used now, at once.
    pub remaining: u64,
    /// Nanoseconds until the whole limit is there again, if nothing is used.
    pub reset_after: u64,
}

/// An [`Outcome`] with the state to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Admitted or not.
    pub outcome: Outcome,
    /// The state to keep: unchanged unless admitted.
    pub state: State,
}

/// How many windows' worth of debt a charge beyond what was reserved can leave. Requests that run at once may together
/// use far more than was foreseen; deeper debts would also let a clock that stepped back lock a tenant out for longer.
pub const DEBT_WINDOWS: u64 = 10;

/// Decides whether `cost` may be used now, and reserves it if so.
#[must_use]
#[inline(never)]
pub fn decide(state: State, now: u64, quota: Quota, cost: u64) -> Decision {
    let now = now.min(LAST_MOMENT);
    let held = state.sane(now, quota);
    if cost > quota.limit() {
        return Decision {
            outcome: Outcome::Unpayable,
            state,
        };
    }
    let after = held.not_before(now).plus(cost, quota);
    let latest = now.saturating_add(quota.window());
    let full_at = after.rounded_up();
    if full_at <= latest {
        return Decision {
            outcome: Outcome::Admitted,
            state: after,
        };
    }
    Decision {
        outcome: Outcome::Refused {
            retry_after: full_at.saturating_sub(latest),
        },
        state,
    }
}

/// Replaces a reserved cost by the actual one: gives back what was not used, charges what was used beyond.
///
/// A refund never gives more than the whole limit. A charge may exceed what is left; the debt is at most
/// [`DEBT_WINDOWS`] windows' worth, and is paid by waiting.
#[must_use]
pub fn settle(state: State, now: u64, quota: Quota, reserved: u64, actual: u64) -> State {
    let now = now.min(LAST_MOMENT);
    let held = state.sane(now, quota);
    if actual <= reserved {
        let unused = reserved.saturating_sub(actual);
        held.minus(unused, quota).max(held.not_after(now))
    } else {
        let beyond = actual.saturating_sub(reserved);
        held.not_before(now).plus(beyond, quota).sane(now, quota)
    }
}

/// What is left at a moment.
#[must_use]
#[inline(never)]
pub fn level(state: State, now: u64, quota: Quota) -> Level {
    let now = now.min(LAST_MOMENT);
    let held = state.sane(now, quota);
    let limit = quota.limit();
    let full_at = held.rounded_up();
    if full_at <= now {
        return Level {
            limit,
            remaining: limit,
            reset_after: 0,
        };
    }
    let latest = now.saturating_add(quota.window());
    let free = latest.saturating_sub(full_at);
    // The fraction left over by rounding up, in limit-ths of a nanosecond.
    let spare = if held.fraction == 0 || held.full_at >= latest {
        0
    } else {
        limit.saturating_sub(held.fraction)
    };
    let remaining = amount_of(free, spare, quota);
    Level {
        limit,
        remaining,
        reset_after: full_at.saturating_sub(now),
    }
}

impl State {
    /// Bounds what a clock that stepped back, a changed quota or bytes from elsewhere may have left.
    ///
    /// Beyond the deepest debt there is, a moment is a clock's doing, and bringing it nearer still leaves nothing to use
    /// for [`DEBT_WINDOWS`] windows.
    fn sane(self, now: u64, quota: Quota) -> Self {
        let deepest = now.saturating_add(quota.window().saturating_mul(DEBT_WINDOWS.saturating_add(1)));
        let fraction = self.fraction.min(quota.limit().saturating_sub(1));
        Self { fraction, ..self }.not_after(deepest)
    }

    fn not_before(self, moment: u64) -> Self {
        if self.full_at < moment { Self::at(moment) } else { self }
    }

    fn not_after(self, moment: u64) -> Self {
        if self.full_at < moment { self } else { Self::at(moment) }
    }

    const fn at(moment: u64) -> Self {
        Self {
            full_at: moment,
            fraction: 0,
        }
    }

    fn plus(self, cost: u64, quota: Quota) -> Self {
        let (whole, part) = time_of(cost, quota);
        let full_at = self.full_at.saturating_add(whole);
        let fraction = self.fraction.saturating_add(part);
        match fraction.checked_sub(quota.limit()) {
            Some(rest) => Self {
                full_at: full_at.saturating_add(1),
                fraction: rest,
            },
            None => Self { full_at, fraction },
        }
    }

    fn minus(self, cost: u64, quota: Quota) -> Self {
        let (whole, part) = time_of(cost, quota);
        let (borrowed, fraction) = match self.fraction.checked_sub(part) {
            Some(fraction) => (0, fraction),
            None => (1, self.fraction.saturating_add(quota.limit()).saturating_sub(part)),
        };
        match self
            .full_at
            .checked_sub(whole)
            .and_then(|full_at| full_at.checked_sub(borrowed))
        {
            Some(full_at) => Self { full_at, fraction },
            None => Self::default(),
        }
    }

    fn rounded_up(self) -> u64 {
        self.full_at.saturating_add(u64::from(self.fraction > 0))
    }
}

/// `cost * window / limit`: whole nanoseconds, and `limit`-ths of one.
fn time_of(cost: u64, quota: Quota) -> (u64, u64) {
    let LowestTerms { limit, window, divisor } = quota.lowest();
    // WHY: in wasm a division of 128 bits is a loop, and hardly anything needs it.
    let (whole, part) = if fits(cost, window) {
        let product = cost.wrapping_mul(window.get());
        (product / limit, product % limit)
    } else {
        let (product, limit) = (wide(cost, window), NonZeroU128::from(limit));
        (narrow(product / limit), narrow(product % limit))
    };
    // Less than the limit, as the rest is less than what the divisor makes the limit.
    (whole, part.saturating_mul(divisor.get()))
}

/// `(time * limit + spare) / window`, whole. The spare is less than the limit.
fn amount_of(time: u64, spare: u64, quota: Quota) -> u64 {
    let LowestTerms { limit, window, divisor } = quota.lowest();
    // What is less than the divisor makes no difference to a quotient that is whole.
    let spare = spare / divisor;
    // Half of 64 bits are far more than any spare needs.
    if fits(time.saturating_mul(2), limit) {
        time.wrapping_mul(limit.get()).saturating_add(spare) / window
    } else {
        narrow(wide(time, limit).saturating_add(u128::from(spare)) / NonZeroU128::from(window))
    }
}

/// Whether a product surely fits into 64 bits, by the bits of its factors.
const fn fits(one: u64, other: NonZeroU64) -> bool {
    one.leading_zeros().saturating_add(other.leading_zeros()) >= u64::BITS
}

fn wide(one: u64, other: NonZeroU64) -> u128 {
    u128::from(one).saturating_mul(u128::from(other.get()))
}

fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]

    use proptest::strategy::Strategy as _;

    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const NOW: u64 = 1_800_000_000 * SECOND;

    fn quota(limit: u64, window: u64) -> Quota {
        Quota::new(limit, window).unwrap()
    }

    #[test]
    fn simultaneous_arrivals_get_exactly_the_limit() {
        for (limit, window) in [
            (1, 1),
            (5, 60 * SECOND),
            (7, SECOND),
            (1_000_003, 60 * SECOND),
            (3, 2),
            (10, 3),
        ] {
            let quota = quota(limit, window);
            let mut state = State::default();
            for used in 0..limit {
                let decision = decide(state, NOW, quota, 1);
                assert_eq!(decision.outcome, Outcome::Admitted, "{used} of {limit} per {window}");
                assert_eq!(level(decision.state, NOW, quota).remaining, limit - used - 1);
                state = decision.state;
            }
            assert_ne!(
                decide(state, NOW, quota, 1).outcome,
                Outcome::Admitted,
                "{limit} per {window}"
            );
        }
    }

    #[test]
    fn a_refusal_says_when_to_come_back() {
        let quota = quota(5, 60 * SECOND);
        let spent = decide(State::default(), NOW, quota, 5);
        assert_eq!(
            level(spent.state, NOW, quota),
            Level {
                limit: 5,
                remaining: 0,
                reset_after: 60 * SECOND
            }
        );
        let refused = decide(spent.state, NOW + SECOND, quota, 2);
        assert_eq!(
            refused.outcome,
            Outcome::Refused {
                retry_after: 23 * SECOND
            }
        );
        assert_eq!(refused.state, spent.state);
        assert_eq!(
            decide(spent.state, NOW + 24 * SECOND, quota, 2).outcome,
            Outcome::Admitted
        );
    }

    #[test]
    fn a_cost_over_the_whole_limit_is_never_payable() {
        let quota = quota(100, SECOND);
        assert_eq!(decide(State::default(), NOW, quota, 101).outcome, Outcome::Unpayable);
        assert_eq!(
            decide(State::default(), NOW, quota, u64::MAX).outcome,
            Outcome::Unpayable
        );
        assert_eq!(decide(State::default(), NOW, quota, 100).outcome, Outcome::Admitted);
    }

    #[test]
    fn settling_gives_back_or_charges_the_difference() {
        let quota = quota(1_000, 60 * SECOND);
        let reserved = decide(State::default(), NOW, quota, 700).state;
        let left = |state| level(state, NOW, quota).remaining;
        assert_eq!(left(reserved), 300);
        assert_eq!(left(settle(reserved, NOW, quota, 700, 100)), 900);
        assert_eq!(left(settle(reserved, NOW, quota, 700, 700)), 300);
        assert_eq!(left(settle(reserved, NOW, quota, 700, 900)), 100);
        assert_eq!(left(settle(reserved, NOW, quota, 700, 0)), 1_000);
        assert_eq!(left(settle(reserved, NOW, quota, u64::MAX, 0)), 1_000);
    }

    #[test]
    fn a_debt_is_at_most_ten_windows() {
        let quota = quota(1_000, 60 * SECOND);
        let state = settle(State::default(), NOW, quota, 0, u64::MAX);
        assert_eq!(
            level(state, NOW, quota),
            Level {
                limit: 1_000,
                remaining: 0,
                reset_after: 660 * SECOND
            }
        );
        assert_eq!(
            decide(state, NOW, quota, 1).outcome,
            Outcome::Refused {
                retry_after: 600 * SECOND + SECOND * 6 / 100
            }
        );
    }

    #[test]
    fn a_clock_that_steps_back_lets_nothing_more_through_and_heals() {
        let quota = quota(5, 60 * SECOND);
        let spent = decide(State::default(), NOW, quota, 5).state;
        let back = NOW - 3600 * SECOND;
        assert_eq!(
            decide(spent, back, quota, 1).outcome,
            Outcome::Refused {
                retry_after: 612 * SECOND
            }
        );
        assert_eq!(level(spent, back, quota).remaining, 0);
    }

    #[test]
    fn state_of_another_quota_is_bounded_by_the_new_one() {
        let spent = decide(State::default(), NOW, quota(7, 3600 * SECOND), 6).state;
        assert_eq!(level(spent, NOW, quota(5, SECOND)).reset_after, 11 * SECOND);
    }

    proptest::proptest! {
        #[test]
        fn quotients_are_those_of_128_bits(
            (limit, window) in quotas(),
            (cost, cost_bits) in (0..=u64::MAX, 0_u32..64),
            (time, time_bits) in (0..=u64::MAX, 0_u32..64),
            spare in 0..=u64::MAX,
        ) {
            let quota = quota(limit, window);
            let (cost, time, spare) = (cost >> cost_bits, time >> time_bits, spare % limit);
            let product = u128::from(cost) * u128::from(window);
            let expected = (narrow(product / u128::from(limit)), narrow(product % u128::from(limit)));
            proptest::prop_assert_eq!(time_of(cost, quota), expected);
            let parts = u128::from(time) * u128::from(limit) + u128::from(spare);
            proptest::prop_assert_eq!(amount_of(time, spare, quota), narrow(parts / u128::from(window)));
        }
    }

    /// Any, and those that people write: round numbers by the second, minute, hour and day.
    fn quotas() -> impl proptest::strategy::Strategy<Value = (u64, u64)> {
        use proptest::{prop_oneof, sample::select};

        let any = (1..=crate::MAX_LIMIT, 1..=crate::MAX_WINDOW);
        let small = (1_u64..1_000, 1_u64..1_000);
        let round = (
            select(vec![1, 5, 60, 1_000, 1_000_000, 1_000_003, 1_000_000_000]),
            select(vec![1, 60, 3_600, 86_400]).prop_map(|seconds| seconds * SECOND),
        );
        prop_oneof![any, small, round]
    }
}
