//! The role over a real socket: what Envoy sends and gets, against the sandbox and against providers that misbehave.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "clippy exempts test functions, but not what they share"
)]

mod cache;
mod candidates;
mod clouds;
mod connections;
mod conversions;
mod edge;
mod endpoints;
mod failures;
mod faulty_store;
mod jobs;
mod keep_alive;
mod life;
mod mcp;
mod proxy;
mod resilience;
mod rotation;
mod routes;
mod sandbox;
mod secrets;
mod streams;
mod support;
mod telemetry;
mod tls;
mod upstream;
