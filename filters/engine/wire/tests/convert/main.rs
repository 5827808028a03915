//! Conversions between dialects and providers' formats: what they say, what they lose, and that nothing breaks them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "tests"
)]

mod arbitrary;
mod cloud;
mod embeddings;
mod gather;
mod generated;
mod golden;
mod losses;
mod nothing_panics;
mod requests;
mod round_trip;
mod streamed_as_whole;
mod streams;
mod table;
mod written_streams;
