//! xds
mod resource;
pub mod session;
pub use resource::{Resource, ResourceType, Snapshot};
