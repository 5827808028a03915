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

use crate::Quota;

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

/// An [`Outcome`] with the state to keep and the level after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Admitted or not.
    pub outcome: Outcome,
    /// The state to keep: unchanged unless admitted.
    pub state: State,
    /// What is left in that state.
    pub level: Level,
}

/// How many windows' worth of debt a charge beyond what was reserved can leave. Requests that run at once may together
/// use far more than was foreseen; deeper debts would also let a clock that stepped back lock a tenant out for longer.
pub const DEBT_WINDOWS: u64 = 10;

/// Decides whether `cost` may be used now, and reserves it if so.
#[must_use]
pub fn decide(state: State, now: u64, quota: Quota, cost: u64) -> Decision {
    let now = now.min(LAST_MOMENT);
    let held = state.sane(now, quota);
    if cost > quota.limit() {
        return Decision {
            outcome: Outcome::Unpayable,
            state,
            level: level(state, now, quota),
        };
    }
    let after = held
        .max(State {
            full_at: now,
            fraction: 0,
        })
        .plus(cost, quota);
    let latest = now.saturating_add(quota.window());
    if after
        <= (State {
            full_at: latest,
            fraction: 0,
        })
    {
        return Decision {
            outcome: Outcome::Admitted,
            state: after,
            level: level(after, now, quota),
        };
    }
    let retry_after = after.rounded_up().saturating_sub(latest);
    Decision {
        outcome: Outcome::Refused { retry_after },
        state,
        level: level(state, now, quota),
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
    let full = State {
        full_at: now,
        fraction: 0,
    };
    if actual <= reserved {
        held.minus(reserved.saturating_sub(actual), quota).max(full.min(held))
    } else {
        held.max(full)
            .plus(actual.saturating_sub(reserved), quota)
            .sane(now, quota)
    }
}

/// What is left at a moment.
#[must_use]
pub fn level(state: State, now: u64, quota: Quota) -> Level {
    let now = now.min(LAST_MOMENT);
    let held = state.sane(now, quota);
    let limit = quota.limit();
    if held
        <= (State {
            full_at: now,
            fraction: 0,
        })
    {
        return Level {
            limit,
            remaining: limit,
            reset_after: 0,
        };
    }
    let latest = now.saturating_add(quota.window());
    let free = latest.saturating_sub(held.rounded_up());
    // The fraction left over by rounding up, in limit-ths of a nanosecond.
    let spare = if held.fraction == 0 || held.full_at >= latest {
        0
    } else {
        limit.saturating_sub(held.fraction)
    };
    let scaled = u128::from(free)
        .saturating_mul(u128::from(limit))
        .saturating_add(u128::from(spare));
    let remaining = narrow(scaled.checked_div(u128::from(quota.window())).unwrap_or(0));
    Level {
        limit,
        remaining,
        reset_after: held.rounded_up().saturating_sub(now),
    }
}

impl State {
    /// Bounds what a clock that stepped back, a changed quota or bytes from elsewhere may have left.
    ///
    /// Beyond the deepest debt there is, a moment is a clock's doing, and bringing it nearer still leaves nothing to use
    /// for [`DEBT_WINDOWS`] windows.
    fn sane(self, now: u64, quota: Quota) -> Self {
        let deepest = Self {
            full_at: now.saturating_add(quota.window().saturating_mul(DEBT_WINDOWS.saturating_add(1))),
            fraction: 0,
        };
        let fraction = self.fraction.min(quota.limit().saturating_sub(1));
        Self { fraction, ..self }.min(deepest)
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
    let (window, limit) = (quota.window(), quota.limit());
    // WHY: in wasm a division of 128 bits is a loop; costs of one request or a few thousand tokens rarely need it.
    if let Some(product) = cost.checked_mul(window) {
        return (
            product.checked_div(limit).unwrap_or(0),
            product.checked_rem(limit).unwrap_or(0),
        );
    }
    let product = u128::from(cost).saturating_mul(u128::from(window));
    let limit = u128::from(limit);
    (
        narrow(product.checked_div(limit).unwrap_or(0)),
        narrow(product.checked_rem(limit).unwrap_or(0)),
    )
}

fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
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
                assert_eq!(decision.level.remaining, limit - used - 1);
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
            spent.level,
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
}
