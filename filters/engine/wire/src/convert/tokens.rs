//! Counting the tokens of a prompt, as Anthropic's `/v1/messages/count_tokens` does, for providers that are not Anthropic.
//!
//! Where a provider counts, `to_*` has `fn write(request: &Request, model: &str, losses: &mut Losses) -> Value` and
//! `from_*` has `fn read(body: Value) -> Result<u64, BodyError>`. Elsewhere the number is an [`estimate()`], and the
//! forwarder says so in a header: the body has no place for it.

pub mod from_converse;
pub mod from_gemini;

mod estimate;

use serde_json::{Value, json};

pub use estimate::estimate;

/// The answer that the client gets.
#[must_use]
pub fn write(input_tokens: u64) -> Value {
    json!({"input_tokens": input_tokens})
}
