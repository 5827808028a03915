//! Configures Envoys: policies in, Envoy's own configuration out, over delta ADS.
//!
//! Three layers, the first two pure:
//!
//! 1. [`snapshot`] turns a compiled policy into named resources, each with a version that is a hash of its content.
//! 2. [`session`] follows what one Envoy has on one stream, and decides what it is sent next.
//! 3. `service` carries that over gRPC, and the role ([`bind`]) feeds it policies and forwarders.
//!
//! Beside them, [`bootstrap`] writes the few lines that an Envoy needs to find this control plane, and
//! [`static_config`] writes a whole configuration for an Envoy that has none.
//!
//! Only delta ADS is served. There is no authentication of Envoys: the address must only be reachable by them, because
//! the token by which forwarders recognise an Envoy is among what is sent.
#![deny(missing_docs)]

pub mod bootstrap;
pub mod session;
pub mod snapshot;
pub mod static_config;

mod artefact;
mod directory;
mod forwarders;
mod metrics;
mod proto;
mod resource;
mod role;
mod service;
mod text;

pub use artefact::{ArtefactError, WasmDelivery};
pub use resource::{Resource, ResourceType, Snapshot};
pub use role::{BindError, Bound, Config, ServeError, bind};
pub use snapshot::AccessLog;
pub use text::{Format, RenderError};
