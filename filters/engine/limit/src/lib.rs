//! How much a tenant may do, as arithmetic on (state, now, cost); nothing here reads a clock or keeps anything.
//!
//! - [`gcra`]: requests per window, tokens per window; a reservation is settled once the true cost is known.
//! - [`concurrency`]: requests at once, as leases that heal by themselves when the program that held one died.
//! - [`TenantState`]: all of a tenant's state in one value of fixed size, so that one compare-and-swap decides.
//! - [`tell`]: what a client is told of its limits, in either dialect.
//!
//! Times are nanoseconds since the Unix epoch, lengths of time are nanoseconds; all arithmetic is exact or saturates
//! towards refusing. A clock that steps back never lets more through; one that steps forward lets through what that
//! much waiting would have.
//!
//! ```
//! use bartizan_limit::{Admission, Lease, Quota, TenantLimits, TenantState};
//! use bartizan_verdict::Reason;
//!
//! const SECOND: u64 = 1_000_000_000;
//! let limits = TenantLimits { requests: Quota::new(2, 60 * SECOND), ..TenantLimits::default() };
//! let lease = Lease::outliving(600 * SECOND);
//! let now = 1_800_000_000 * SECOND;
//!
//! let mut state = TenantState::default();
//! for _ in 0..2 {
//!     match state.admit(&limits, lease, now) {
//!         Admission::Admitted { state: after, .. } => state = after,
//!         Admission::Refused { .. } => unreachable!("two requests fit"),
//!     }
//! }
//! let third = state.admit(&limits, lease, now);
//! assert_eq!(third, Admission::Refused { reason: Reason::RequestsLimited, retry_after: Some(30 * SECOND) });
//! ```
//!
//! What it cannot do: limit across several Envoys; each holds its own state.
#![deny(missing_docs)]
#![deny(clippy::arithmetic_side_effects)]

pub mod concurrency;
pub mod gcra;

mod headers;
mod quota;
mod tenant;

pub use concurrency::{Lease, Permit};
pub use headers::{Snapshot, tell};
pub use quota::{MAX_LIMIT, MAX_WINDOW, Quota};
pub use tenant::{Admission, Reservation, StateError, TenantLimits, TenantState};
