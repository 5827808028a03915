use core::num::NonZeroU32;

use bartizan_verdict::Reason;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::concurrency::{self, Lease, Permit};
use crate::gcra::{self, Outcome};
use crate::{Quota, Snapshot};

/// What a tenant may do; whatever is `None` is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantLimits {
    /// Requests per window.
    pub requests: Option<Quota>,
    /// Tokens, of prompts and answers together, per window.
    pub tokens: Option<Quota>,
    /// Requests at once.
    pub concurrent_requests: Option<NonZeroU32>,
}

/// All that is remembered of a tenant. The default is one that has used nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TenantState {
    requests: gcra::State,
    tokens: gcra::State,
    concurrency: concurrency::State,
}

/// What became of a request at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It runs.
    Admitted {
        /// The state to keep.
        state: TenantState,
        /// What to give back at its end, if requests at once are limited.
        permit: Option<Permit>,
    },
    /// It does not; the state stays as it is.
    Refused {
        /// Which limit it met.
        reason: Reason,
        /// Nanoseconds until it is worth another try; `None` where only another request's end can tell.
        retry_after: Option<u64>,
    },
}

/// What became of an attempt to reserve tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// They are set aside in the state to keep.
    Reserved(TenantState),
    /// They are not; the state stays as it is.
    Refused {
        /// [`Reason::TokensLimited`] or, where the cost is more than a whole window holds,
        /// [`Reason::TokensUnpayable`].
        reason: Reason,
        /// Nanoseconds until they will be there; `None` if never.
        retry_after: Option<u64>,
    },
}

/// Bytes that are no [`TenantState`]: decide as if the state could not be read at all, that is, refuse.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum StateError {
    /// Not [`TenantState::BYTES`] long.
    #[error("the state is {0} bytes long")]
    Length(usize),
    /// Another layout, or no state at all.
    #[error("the state has an unknown layout")]
    Layout,
    /// Its checksum does not match.
    #[error("the state is damaged")]
    Damaged,
}

impl TenantState {
    /// Length of the encoded state: a mark (4), a checksum (4), both rates (16 each), running requests (32).
    pub const BYTES: usize = 72;

    const MARK: [u8; 4] = *b"BzL1";

    /// Judges the start of a request: its rate and how many run. Both are counted, or neither.
    #[must_use]
    pub fn admit(&self, limits: &TenantLimits, lease: Lease, now: u64) -> Admission {
        let mut state = *self;
        let mut permit = None;
        if let Some(quota) = limits.requests {
            let decision = gcra::decide(self.requests, now, quota, 1);
            match decision.outcome {
                Outcome::Admitted => state.requests = decision.state,
                Outcome::Refused { retry_after } => {
                    return Admission::Refused {
                        reason: Reason::RequestsLimited,
                        retry_after: Some(retry_after),
                    };
                }
                Outcome::Unpayable => {
                    return Admission::Refused {
                        reason: Reason::RequestsLimited,
                        retry_after: None,
                    };
                }
            }
        }
        if let Some(limit) = limits.concurrent_requests {
            let Some((concurrency, taken)) = self.concurrency.acquire(lease, now, limit) else {
                return Admission::Refused {
                    reason: Reason::ConcurrencyLimited,
                    retry_after: None,
                };
            };
            state.concurrency = concurrency;
            permit = Some(taken);
        }
        Admission::Admitted { state, permit }
    }

    /// Sets `cost` tokens aside for a request whose true cost is not known yet.
    #[must_use]
    pub fn reserve(&self, limits: &TenantLimits, now: u64, cost: u64) -> Reservation {
        let Some(quota) = limits.tokens else {
            return Reservation::Reserved(*self);
        };
        let decision = gcra::decide(self.tokens, now, quota, cost);
        match decision.outcome {
            Outcome::Admitted => Reservation::Reserved(Self {
                tokens: decision.state,
                ..*self
            }),
            Outcome::Refused { retry_after } => Reservation::Refused {
                reason: Reason::TokensLimited,
                retry_after: Some(retry_after),
            },
            Outcome::Unpayable => Reservation::Refused {
                reason: Reason::TokensUnpayable,
                retry_after: None,
            },
        }
    }

    /// Replaces a reserved number of tokens by the actual one; gives the state to keep.
    #[must_use]
    pub fn settle(&self, limits: &TenantLimits, now: u64, reserved: u64, actual: u64) -> Self {
        let Some(quota) = limits.tokens else { return *self };
        Self {
            tokens: gcra::settle(self.tokens, now, quota, reserved, actual),
            ..*self
        }
    }

    /// Takes an ended request out of the count of running ones; gives the state to keep.
    #[must_use]
    pub fn release(&self, permit: Permit) -> Self {
        Self {
            concurrency: self.concurrency.release(permit),
            ..*self
        }
    }

    /// How many requests run at `now`, as far as they are limited.
    #[must_use]
    pub fn running(&self, lease: Lease, now: u64) -> u32 {
        self.concurrency.running(lease, now)
    }

    /// What is left of each limit at `now`.
    #[must_use]
    pub fn snapshot(&self, limits: &TenantLimits, now: u64) -> Snapshot {
        Snapshot {
            requests: limits.requests.map(|quota| gcra::level(self.requests, now, quota)),
            tokens: limits.tokens.map(|quota| gcra::level(self.tokens, now, quota)),
        }
    }

    /// The state as bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::BYTES] {
        let concurrency::State { bucket, newest, counts } = self.concurrency;
        let [first, second, third, fourth] = counts;
        let words = [
            pair(u32::from_le_bytes(Self::MARK), 0),
            self.requests.full_at,
            self.requests.fraction,
            self.tokens.full_at,
            self.tokens.fraction,
            bucket,
            newest,
            pair(first, second),
            pair(third, fourth),
        ];
        let mut bytes = [0; Self::BYTES];
        for (place, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *place = word.to_le_bytes();
        }
        let checksum = checksum(&bytes).to_le_bytes();
        if let Some(place) = bytes.as_chunks_mut::<4>().0.get_mut(1) {
            *place = checksum;
        }
        bytes
    }

    /// Reads what [`TenantState::encode`] wrote.
    ///
    /// # Errors
    /// [`StateError`] for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().map_err(|_| StateError::Length(bytes.len()))?;
        let (mark, rest) = bytes.split_first_chunk::<4>().ok_or(StateError::Layout)?;
        let (stored, rest) = rest.split_first_chunk::<4>().ok_or(StateError::Layout)?;
        if *mark != Self::MARK {
            return Err(StateError::Layout);
        }
        if u32::from_le_bytes(*stored) != checksum(bytes) {
            return Err(StateError::Damaged);
        }
        let (words, rest) = rest.split_first_chunk::<48>().ok_or(StateError::Layout)?;
        let mut words = words.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        let mut next = || words.next().ok_or(StateError::Layout);
        let requests = gcra::State {
            full_at: next()?,
            fraction: next()?,
        };
        let tokens = gcra::State {
            full_at: next()?,
            fraction: next()?,
        };
        let (bucket, newest) = (next()?, next()?);
        let mut counts = [0; 4];
        for (count, stored) in counts.iter_mut().zip(rest.as_chunks::<4>().0) {
            *count = u32::from_le_bytes(*stored);
        }
        Ok(Self {
            requests,
            tokens,
            concurrency: concurrency::State { bucket, newest, counts },
        })
    }
}

/// A word of which the first number is the lower half.
const fn pair(lower: u32, upper: u32) -> u64 {
    lower as u64 | (upper as u64) << 32
}

/// FNV-1a, 32 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>), over all after the mark and the checksum: enough to
/// notice bytes that are not ours.
fn checksum(bytes: &[u8; TenantState::BYTES]) -> u32 {
    bytes.iter().skip(8).fold(0x811c_9dc5, |hash: u32, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const NOW: u64 = 1_800_000_000 * SECOND;

    fn limits() -> TenantLimits {
        TenantLimits {
            requests: Quota::new(3, 60 * SECOND),
            tokens: Quota::new(1_000, 60 * SECOND),
            concurrent_requests: NonZeroU32::new(2),
        }
    }

    fn lease() -> Lease {
        Lease::outliving(600 * SECOND)
    }

    fn admit(state: &TenantState) -> (TenantState, Permit) {
        match state.admit(&limits(), lease(), NOW) {
            Admission::Admitted { state, permit } => (state, permit.unwrap()),
            Admission::Refused { reason, .. } => panic!("refused: {reason}"),
        }
    }

    #[test]
    fn a_request_is_counted_by_both_limits_or_by_neither() {
        let (state, first) = admit(&TenantState::default());
        let (state, _second) = admit(&state);
        let third = state.admit(&limits(), lease(), NOW);
        assert_eq!(
            third,
            Admission::Refused {
                reason: Reason::ConcurrencyLimited,
                retry_after: None
            }
        );
        assert_eq!(state.snapshot(&limits(), NOW).requests.unwrap().remaining, 1);
        let (state, _third) = admit(&state.release(first));
        let fourth = state.admit(&limits(), lease(), NOW);
        assert_eq!(
            fourth,
            Admission::Refused {
                reason: Reason::RequestsLimited,
                retry_after: Some(20 * SECOND)
            }
        );
        assert_eq!(state.running(lease(), NOW), 2);
    }

    #[test]
    fn tokens_are_reserved_and_settled() {
        let reserving = TenantState::default().reserve(&limits(), NOW, 800);
        let Reservation::Reserved(state) = reserving else {
            panic!("refused")
        };
        assert_eq!(state.snapshot(&limits(), NOW).tokens.unwrap().remaining, 200);
        let refused = state.reserve(&limits(), NOW, 800);
        assert_eq!(
            refused,
            Reservation::Refused {
                reason: Reason::TokensLimited,
                retry_after: Some(36 * SECOND)
            }
        );
        let unpayable = state.reserve(&limits(), NOW, 1_001);
        assert_eq!(
            unpayable,
            Reservation::Refused {
                reason: Reason::TokensUnpayable,
                retry_after: None
            }
        );
        assert_eq!(
            state
                .settle(&limits(), NOW, 800, 50)
                .snapshot(&limits(), NOW)
                .tokens
                .unwrap()
                .remaining,
            950
        );
    }

    #[test]
    fn what_is_not_limited_is_admitted_and_not_counted() {
        let none = TenantLimits::default();
        let state = TenantState::default();
        assert_eq!(
            state.admit(&none, lease(), NOW),
            Admission::Admitted { state, permit: None }
        );
        assert_eq!(state.reserve(&none, NOW, u64::MAX), Reservation::Reserved(state));
        assert_eq!(state.settle(&none, NOW, 0, u64::MAX), state);
        assert_eq!(
            state.snapshot(&none, NOW),
            Snapshot {
                requests: None,
                tokens: None
            }
        );
    }

    #[test]
    fn bytes_that_are_no_state_are_refused() {
        let (state, _) = admit(&TenantState::default());
        let good = state.encode();
        assert_eq!(TenantState::decode(&good), Ok(state));
        assert_eq!(TenantState::decode(&[]), Err(StateError::Length(0)));
        assert_eq!(TenantState::decode(&good[1..]), Err(StateError::Length(71)));
        assert_eq!(TenantState::decode(&[0; TenantState::BYTES]), Err(StateError::Layout));
        for place in 0..good.len() {
            let mut damaged = good;
            damaged[place] ^= 0x10;
            assert!(TenantState::decode(&damaged).is_err(), "byte {place}");
        }
    }
}
