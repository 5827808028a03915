//! Every place where a request or an answer can have text, in every API that is served, and every place that has
//! something else.
//!
//! The tests put the same attacks into every cell of this matrix and expect the same verdicts; `docs/surfaces.md` is
//! what it says, written by `cargo run -p bartizan-surface-tests --example page`.
#![deny(missing_docs)]

mod body;
mod flows;
mod page;
mod parts;

pub use body::Position;
pub use flows::{Arrival, FLOWS, Flow};
pub use page::page;
pub use parts::{BLIND, Blind, PARTS, Part, Place, Side, Surface};
