//! What must hold over any sequence of events at any times.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

use bartizan_limit::concurrency::State as Concurrency;
use bartizan_limit::gcra::{DEBT_WINDOWS, Outcome, State, decide, level, settle};
use bartizan_limit::{Lease, MAX_LIMIT, MAX_WINDOW, Quota, TenantState};
use proptest::prelude::*;
use std::num::NonZeroU32;

const NOW: u64 = 1_800_000_000_000_000_000;

fn quotas() -> impl Strategy<Value = Quota> {
    let usual = (1_u64..50, 1_u64..2_000);
    let odd = (1_u64..=MAX_LIMIT, 1_u64..=MAX_WINDOW);
    prop_oneof![3 => usual, 1 => odd].prop_map(|(limit, window)| Quota::new(limit, window).unwrap())
}

/// Lengths of time around a window, as fractions of it in 64ths.
fn steps() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0_u64..16, 0_u64..200]
}

fn elapsed(quota: Quota, step: u64) -> u64 {
    u64::try_from(u128::from(quota.window()) * u128::from(step) / 64).unwrap()
}

fn share(quota: Quota, part: u64) -> u64 {
    u64::try_from(u128::from(quota.limit()) * u128::from(part) / 64).unwrap()
}

/// A token bucket that holds `limit * window` parts, refilled with `limit` parts a nanosecond: exact, and written in
/// another way than the algorithm under test.
struct Bucket {
    parts: i128,
    at: u64,
}

impl Bucket {
    fn full(quota: Quota) -> Self {
        Self {
            parts: i128::from(quota.limit()) * i128::from(quota.window()),
            at: NOW,
        }
    }

    fn refill(&mut self, quota: Quota, now: u64) {
        let whole = i128::from(quota.limit()) * i128::from(quota.window());
        self.parts = (self.parts + i128::from(now - self.at) * i128::from(quota.limit())).min(whole);
        self.at = now;
    }

    fn take(&mut self, quota: Quota, cost: u64) -> bool {
        let needed = i128::from(cost) * i128::from(quota.window());
        let enough = needed <= self.parts && cost <= quota.limit();
        if enough {
            self.parts -= needed;
        }
        enough
    }

    fn settle(&mut self, quota: Quota, reserved: u64, actual: u64) {
        let whole = i128::from(quota.limit()) * i128::from(quota.window());
        let difference = i128::from(reserved) - i128::from(actual);
        let parts = self.parts + difference * i128::from(quota.window());
        self.parts = parts.min(whole).max(-whole * i128::from(DEBT_WINDOWS));
    }
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Wait(u64),
    Use(u64),
    Settle(u64, u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        steps().prop_map(Event::Wait),
        (0_u64..80).prop_map(Event::Use),
        (0_u64..64, 0_u64..80).prop_map(|(reserved, actual)| Event::Settle(reserved, actual)),
    ];
    proptest::collection::vec(event, 0..60)
}

proptest! {
    #[test]
    fn decisions_are_those_of_an_exact_token_bucket(quota in quotas(), events in events()) {
        let (mut now, mut state, mut bucket) = (NOW, State::default(), Bucket::full(quota));
        for event in events {
            match event {
                Event::Wait(step) => now += elapsed(quota, step),
                Event::Use(part) => {
                    let cost = share(quota, part).max(1);
                    bucket.refill(quota, now);
                    let decision = decide(state, now, quota, cost);
                    prop_assert_eq!(decision.outcome == Outcome::Admitted, bucket.take(quota, cost));
                    state = decision.state;
                }
                Event::Settle(reserved, actual) => {
                    bucket.refill(quota, now);
                    let (reserved, actual) = (share(quota, reserved), share(quota, actual));
                    bucket.settle(quota, reserved, actual);
                    state = settle(state, now, quota, reserved, actual);
                }
            }
            bucket.refill(quota, now);
            let left = u64::try_from(bucket.parts.max(0) / i128::from(quota.window())).unwrap();
            prop_assert_eq!(level(state, now, quota).remaining, left);
        }
    }

    #[test]
    fn no_window_admits_twice_the_limit(quota in quotas(), uses in proptest::collection::vec((steps(), 0_u64..70), 0..80)) {
        let (mut now, mut state, mut admitted) = (NOW, State::default(), Vec::new());
        for (step, part) in uses {
            now += elapsed(quota, step);
            let cost = share(quota, part).max(1);
            let decision = decide(state, now, quota, cost);
            if decision.outcome == Outcome::Admitted {
                admitted.push((now, u128::from(cost)));
            }
            state = decision.state;
        }
        for (first, _) in &admitted {
            let within = |length: u64| {
                let inside = admitted.iter().filter(|(at, _)| at >= first && at - first < length);
                inside.map(|(_, cost)| cost).sum::<u128>()
            };
            prop_assert!(within(quota.window()) < 2 * u128::from(quota.limit()));
            prop_assert!(within(1) <= u128::from(quota.limit()));
        }
    }

    #[test]
    fn a_refusal_tells_the_first_moment_that_works(quota in quotas(), first in 0_u64..=64, step in steps(), part in 0_u64..=64) {
        let cost = share(quota, part).max(1);
        let state = decide(State::default(), NOW, quota, share(quota, first).max(1)).state;
        let now = NOW + elapsed(quota, step);
        if let Outcome::Refused { retry_after } = decide(state, now, quota, cost).outcome {
            prop_assert!(retry_after > 0);
            prop_assert_eq!(decide(state, now + retry_after, quota, cost).outcome, Outcome::Admitted);
            prop_assert_ne!(decide(state, now + retry_after - 1, quota, cost).outcome, Outcome::Admitted);
        }
    }

    #[test]
    fn the_reset_tells_the_first_moment_at_which_all_is_there(quota in quotas(), part in 0_u64..=64) {
        let state = decide(State::default(), NOW, quota, share(quota, part).max(1)).state;
        let left = level(state, NOW, quota);
        prop_assert!(left.reset_after > 0);
        prop_assert_eq!(level(state, NOW + left.reset_after, quota).remaining, quota.limit());
        prop_assert_ne!(decide(state, NOW + left.reset_after - 1, quota, quota.limit()).outcome, Outcome::Admitted);
    }

    #[test]
    fn what_was_reserved_and_given_back_leaves_no_trace(quota in quotas(), used in 0_u64..=64, reserved in 0_u64..=64) {
        let before = decide(State::default(), NOW, quota, share(quota, used).max(1)).state;
        let cost = share(quota, reserved);
        let decision = decide(before, NOW, quota, cost);
        if decision.outcome == Outcome::Admitted {
            prop_assert_eq!(settle(decision.state, NOW, quota, cost, 0), before);
            prop_assert_eq!(settle(decision.state, NOW, quota, cost, cost), decision.state);
        }
    }

    #[test]
    fn over_all_time_use_is_the_limit_and_what_time_refills(quota in quotas(), events in events()) {
        let (mut now, mut state, mut used) = (NOW, State::default(), 0_i128);
        let mut outstanding: Vec<u64> = Vec::new();
        for event in events {
            match event {
                Event::Wait(step) => now += elapsed(quota, step),
                Event::Use(part) => {
                    let cost = share(quota, part).max(1);
                    let decision = decide(state, now, quota, cost);
                    if decision.outcome == Outcome::Admitted {
                        used += i128::from(cost);
                        outstanding.push(cost);
                    }
                    state = decision.state;
                }
                Event::Settle(_, part) => {
                    let Some(reserved) = outstanding.pop() else { continue };
                    let actual = share(quota, part).min(reserved);
                    used -= i128::from(reserved - actual);
                    state = settle(state, now, quota, reserved, actual);
                }
            }
            let refilled = i128::from(now - NOW) * i128::from(quota.limit()) / i128::from(quota.window());
            prop_assert!(used <= i128::from(quota.limit()) + refilled);
        }
    }

    #[test]
    fn a_clock_that_jumps_gives_no_more_than_it_moved_forward(
        quota in quotas(),
        uses in proptest::collection::vec((-200_i64..200, 1_u64..64), 0..60),
    ) {
        let (mut now, mut state, mut used, mut forward) = (NOW, State::default(), 0_u128, 0_u128);
        for (step, part) in uses {
            let length = elapsed(quota, step.unsigned_abs()).min(NOW / 64);
            if step < 0 {
                now -= length;
            } else {
                now += length;
                forward += u128::from(length);
            }
            let cost = share(quota, part).max(1);
            let decision = decide(state, now, quota, cost);
            used += if decision.outcome == Outcome::Admitted { u128::from(cost) } else { 0 };
            state = decision.state;
            let refilled = forward * u128::from(quota.limit()) / u128::from(quota.window());
            prop_assert!(used <= u128::from(quota.limit()) + refilled);
        }
    }

    #[test]
    fn nothing_overflows(
        quota in quotas(),
        calls in proptest::collection::vec((any::<u64>(), any::<u64>(), any::<u64>()), 0..20),
    ) {
        let mut state = State::default();
        for (now, one, other) in calls {
            state = decide(state, now, quota, one).state;
            state = settle(state, now, quota, one, other);
            let left = level(state, now, quota);
            prop_assert!(left.remaining <= left.limit && left.reset_after <= (DEBT_WINDOWS + 1) * quota.window());
        }
    }

    #[test]
    fn running_requests_are_counted_exactly_while_the_clock_runs_on(
        limit in 1_u32..5,
        events in proptest::collection::vec((0_u64..30, any::<bool>(), any::<prop::sample::Index>()), 0..80),
    ) {
        const LONGEST: u64 = 80_000;
        let lease = Lease::outliving(LONGEST);
        let limit = NonZeroU32::new(limit).unwrap();
        let (mut now, mut state, mut running) = (NOW, Concurrency::default(), Vec::new());
        for (step, starts, which) in events {
            now += step * 1_000;
            // No request runs longer than the longest: the oldest end first.
            while let Some(at) = running.iter().position(|(start, _)| now - start > LONGEST) {
                let (_, permit) = running.remove(at);
                state = state.release(permit);
            }
            if starts {
                match state.acquire(lease, now, limit) {
                    Some((after, permit)) => {
                        prop_assert!(running.len() < limit.get() as usize);
                        state = after;
                        running.push((now, permit));
                    }
                    None => prop_assert_eq!(running.len(), limit.get() as usize),
                }
            } else if !running.is_empty() {
                let (_, permit) = running.remove(which.index(running.len()));
                state = state.release(permit);
            }
            prop_assert_eq!(state.running(lease, now) as usize, running.len());
        }
    }

    #[test]
    fn no_clock_lets_more_run_than_the_limit_unless_leases_expire(
        limit in 1_u32..5,
        steps in proptest::collection::vec(-100_i64..20, 0..60),
    ) {
        let lease = Lease::outliving(80_000);
        let limit = NonZeroU32::new(limit).unwrap();
        let (mut now, mut state, mut running, mut latest) = (NOW, Concurrency::default(), 0, NOW);
        for step in steps {
            now = now.checked_add_signed(step * 1_000).unwrap();
            latest = latest.max(now);
            // Stay within the time in which no lease can have expired.
            prop_assume!(latest - NOW < 80_000);
            if let Some((after, _permit)) = state.acquire(lease, now, limit) {
                state = after;
                running += 1;
            }
            prop_assert!(running <= limit.get());
        }
    }

    #[test]
    fn any_bytes_are_a_state_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        prop_assert!(TenantState::decode(&bytes).is_err());
    }
}
