//! Tests that hold the shape of the workspace: who may import whom, what may enter a wasm module, that every crate
//! obeys the workspace's lints, and that the README's map leads to places that exist.
//!
//! Run them with `cargo test -p bartizan-architecture-tests`. A failure names the crate and the line of the table
//! it broke; widen the table only together with the reason.

#[cfg(test)]
mod imports;
#[cfg(test)]
mod lints;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod wasm;
#[cfg(test)]
mod workspace;
