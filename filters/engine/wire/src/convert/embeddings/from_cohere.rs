//! Vectors as Cohere's embedding models answer with them: a list of them, or one for each type of number.

use serde_json::Value;

use super::{Answer, vector};
use crate::BodyError;
use crate::convert::fields::{Fields, numbered};
use crate::convert::neutral::Place;

/// Reads the answer. How many tokens there were is in a header of Bedrock's.
///
/// # Errors
/// When it is none.
pub fn read(body: Value) -> Result<Answer, BodyError> {
    let mut body = Fields::new(body, Place::root())?;
    let lists = match body.take("embeddings") {
        Some(Value::Array(lists)) => numbered(lists, &body.place_of("embeddings")),
        Some(by_type @ Value::Object(_)) => Fields::new(by_type, body.place_of("embeddings"))?.list("float")?,
        Some(other) => return Err(body.wrong("embeddings", "an array", &other)),
        None => return Err(body.missing("embeddings", "an array")),
    };
    let vectors = lists.iter().map(|(list, place)| vector::read(list, place));
    Ok(Answer {
        model: String::new(),
        vectors: vectors.collect::<Result<_, _>>()?,
        input_tokens: None,
    })
}
