//! Vectors as Gemini's `batchEmbedContents` answers with them.

use serde_json::Value;

use super::{Answer, vector};
use crate::BodyError;
use crate::convert::count::Count;
use crate::convert::fields::Fields;
use crate::convert::neutral::Place;

/// Reads the answer.
///
/// # Errors
/// When it is none.
pub fn read(body: Value) -> Result<Answer, BodyError> {
    let mut body = Fields::new(body, Place::root())?;
    if body.peek("embeddings").is_none() {
        return Err(body.missing("embeddings", "an array"));
    }
    let mut vectors = Vec::new();
    for (value, place) in body.list("embeddings")? {
        vectors.push(vector::of(&mut Fields::new(value, place)?, "values")?);
    }
    let usage = body.take("usageMetadata");
    let tokens = usage.and_then(|usage| Count::of(&usage, "promptTokenCount").sane()?);
    Ok(Answer {
        model: String::new(),
        vectors,
        input_tokens: tokens,
    })
}
