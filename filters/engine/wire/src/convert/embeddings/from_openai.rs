//! Embeddings as OpenAI, Azure OpenAI and the servers compatible with them answer.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Answer, vector};
use crate::BodyError;
use crate::convert::count::Count;
use crate::convert::fields::{Fields, wrong_type};
use crate::convert::neutral::Place;

/// Reads an answer; vectors are put in the order of their `index`, where they have one.
///
/// # Errors
/// When it is none: without `data`, or with something in it that is no vector.
pub fn read(body: Value) -> Result<Answer, BodyError> {
    let mut body = Fields::new(body, Place::root())?;
    if body.peek("data").is_none() {
        return Err(body.missing("data", "an array"));
    }
    let mut numbered = Vec::new();
    for (position, (value, place)) in body.list("data")?.into_iter().enumerate() {
        let mut entry = Fields::new(value, place)?;
        let index = entry.count("index")?.unwrap_or(position as u64);
        let place = entry.place_of("embedding");
        let Some(vector) = entry.take("embedding") else {
            return Err(entry.missing("embedding", "an array"));
        };
        numbered.push((index, vector_of(vector, &place)?));
    }
    numbered.sort_by_key(|(index, _)| *index);
    Ok(Answer {
        model: body.string("model")?.unwrap_or_default(),
        vectors: numbered.into_iter().map(|(_, vector)| vector).collect(),
        input_tokens: body
            .take("usage")
            .and_then(|usage| match Count::of(&usage, "prompt_tokens") {
                Count::Of(tokens) => Some(tokens),
                Count::Absent | Count::Absurd => None,
            }),
    })
}

fn vector_of(value: Value, place: &Place) -> Result<Vec<f64>, BodyError> {
    match value {
        Value::Array(_) => vector::read(&value, place),
        Value::String(text) => match STANDARD.decode(&text) {
            Ok(bytes) if bytes.len() % 4 == 0 => {
                let (numbers, _) = bytes.as_chunks::<4>();
                Ok(numbers
                    .iter()
                    .map(|bytes| f64::from(f32::from_le_bytes(*bytes)))
                    .collect())
            }
            _ => Err(wrong_type(place, "base64 of numbers", &Value::String(text))),
        },
        other => Err(wrong_type(place, "an array", &other)),
    }
}
