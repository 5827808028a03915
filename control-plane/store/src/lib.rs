//! Adapters for the ports, and the loop that turns policy documents into the policy in force.
//!
//! [`Directory`] reads and watches policy files. [`Loader`] compiles what any [`PolicySource`] gives it, publishes what
//! is good, reports what is not, and never takes a good policy away. [`SqlJobs`] keeps jobs, in SQLite or PostgreSQL.
//! [`MemoryCache`] and [`RedisCache`] keep answers.
//!
//! [`PolicySource`]: bartizan_ports::PolicySource
#![deny(missing_docs)]

mod cache;
mod directory;
mod jobs;
mod loader;
mod metrics;

pub use cache::{MemoryCache, RedisAddressError, RedisCache};
pub use directory::Directory;
pub use jobs::{JobStoreAddress, OpenError, SqlJobs};
pub use loader::{LoadError, Loaded, Loader};
pub use metrics::Metrics;
