//! What LLM clients and providers send: JSON bodies, event streams, errors and token counts, in every dialect.
//!
//! - [`json`] reads a body token by token, strictly, and patches it without touching other bytes.
//! - [`skim`](fn@skim) finds the facts that routing turns on, [`demand`](fn@demand) those that limits turn on.
//! - [`Refusal`] writes errors in the dialect of whoever called.
//! - [`binary`] tells images and files from text.
//! - [`sse`] reads event streams, [`usage`] the token counts in them.
//! - `convert` turns requests and answers of one dialect into another's (feature `convert`; filters do without).
//!
//! Nothing here knows what a text means: which parts of a body are text, and whose, is for `bartizan-prompt`.
//!
//! ```
//! use bartizan_verdict::Dialect;
//! use bartizan_wire::{Refusal, skim};
//!
//! let error = skim(br#"{"model": 7}"#).unwrap_err();
//! assert_eq!(error.to_string(), "$.model: expected a string, found a number");
//!
//! let answer = Refusal::new(error.reason()).message(&error.to_string()).place(error.path()).body(Dialect::OpenAi);
//! assert!(answer.starts_with(br#"{"error":{"message":"$.model: expected a string"#));
//! ```
#![deny(missing_docs)]

pub mod binary;
#[cfg(feature = "convert")]
pub mod convert;
pub mod json;
pub mod skim;
pub mod sse;
pub mod usage;

mod body;
mod demand;
mod refusal;

pub use body::BodyError;
pub use demand::{Demand, demand};
pub use refusal::Refusal;
pub use skim::{RequestFacts, skim};
