//! Streamed answers: what leaves, and that it does not depend on how anything was cut.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod cuts;
mod events;
mod support;
mod wholes;
