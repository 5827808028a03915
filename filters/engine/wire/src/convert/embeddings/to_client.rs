//! The client's answer of embeddings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{Answer, Encoding};
use crate::convert::Context;

/// Writes the answer, each vector as the client wanted it.
///
/// Tokens that the provider does not tell are zero here, as the member has to be there; the forwarder tells an estimate
/// in its own header.
#[must_use]
pub fn write(answer: &Answer, encoding: Encoding, context: &Context) -> Value {
    let vectors = answer.vectors.iter().enumerate().map(|(index, vector)| {
        let vector = match encoding {
            Encoding::Floats => vector.iter().copied().collect(),
            Encoding::Base64 => Value::String(base64(vector)),
        };
        json!({"object": "embedding", "index": index, "embedding": vector})
    });
    let tokens = answer.input_tokens.unwrap_or_default();
    let model = if answer.model.is_empty() {
        &context.model
    } else {
        &answer.model
    };
    json!({
        "object": "list",
        "data": vectors.collect::<Vec<_>>(),
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })
}

/// As 32-bit floats, the least significant byte first.
fn base64(vector: &[f64]) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the format has 32 bits; rounding is meant"
    )]
    let bytes: Vec<u8> = vector
        .iter()
        .flat_map(|number| (*number as f32).to_le_bytes())
        .collect();
    STANDARD.encode(bytes)
}
