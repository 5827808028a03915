//! Process plumbing that every role shares: draining, readiness, signals, secrets, logging and named tasks.
//!
//! Each module is small and knows nothing of the others, nor of what Bartizan does.
//!
//! ```
//! use bartizan_platform::{drain, readiness::Readiness};
//!
//! let (trigger, watch) = drain::channel();
//! let readiness = Readiness::default();
//! let task = readiness.register("xds");
//! assert_eq!(readiness.pending(), ["xds"]);
//! task.ready();
//! assert!(readiness.pending().is_empty());
//! # drop((trigger, watch));
//! ```
#![deny(missing_docs)]

pub mod drain;
pub mod logging;
pub mod readiness;
pub mod secret;
pub mod signal;
pub mod tasks;
