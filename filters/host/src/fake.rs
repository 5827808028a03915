//! A host in memory and an Envoy to drive it, so that a filter's whole behaviour is tested natively.
//!
//! [`World`] is what all workers of one Envoy share; it may be cloned into threads. [`Exchange`] is one request: it
//! calls the filter as Envoy does (pieces, trailers, cumulative bodies, its own reply coming back as a response) and
//! panics where Envoy would hang or the SDK would: a header read or set after the headers went on, an answer's body
//! replaced while `content-length` is still there, a second reply.

mod exchange;
mod wire;
mod world;

pub use exchange::{Ending, Exchange, Message};
pub use world::World;
