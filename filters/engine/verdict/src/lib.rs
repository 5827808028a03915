//! Words that every Bartizan crate shares: dialects, endpoints, categories, actions, and the one table of refusals.
//!
//! Nothing here decides anything. A filter or the forwarder that refuses a request names a [`Reason`]; the table in
//! [`reason`] says what the client is then told: HTTP status, stable code, public text and the error type of the
//! dialect it called.
//!
//! ```
//! use bartizan_verdict::{Dialect, Reason};
//!
//! let reason = Reason::UnknownModel;
//! assert_eq!(reason.status(), 404);
//! assert_eq!(reason.code(), "model_not_found");
//! assert_eq!(reason.error_type(Dialect::Anthropic), "not_found_error");
//! ```
#![deny(missing_docs)]

pub mod header;
pub mod order;
pub mod reason;

mod category;
mod endpoint;
mod route;

pub use category::{Action, Category, Mode, Role};
pub use endpoint::{Dialect, Endpoint, HasAnthropicVersion, RouteError};
pub use reason::Reason;
pub use route::{JobCall, JobFamily, JobVerb, Route};
