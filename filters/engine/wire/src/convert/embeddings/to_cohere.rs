//! Texts as Cohere's embedding models take them from Bedrock's `InvokeModel`:
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>.

use serde_json::{Map, Value};

use super::{Input, Request};
use crate::convert::Losses;

/// What the vectors are for, which Cohere asks for and OpenAI's dialect has no word for: to be searched.
const PURPOSE: &str = "search_document";

/// Writes the body. Tokens of another maker's vocabulary are a loss, and so is a number of dimensions for models before
/// version 4.
#[must_use]
pub fn write(request: &Request, model: &str, losses: &mut Losses) -> Value {
    let mut texts = Vec::with_capacity(request.inputs.len());
    for input in &request.inputs {
        match &input.value {
            Input::Text(text) => texts.push(Value::from(text.as_str())),
            Input::Tokens(_) => losses.note(&input.place),
        }
    }
    let mut body = Map::new();
    body.insert("texts".to_owned(), texts.into());
    body.insert("input_type".to_owned(), PURPOSE.into());
    if let Some(dimensions) = &request.dimensions {
        if model.contains("-v3") {
            losses.note(&dimensions.place);
        } else {
            body.insert("output_dimension".to_owned(), dimensions.value.into());
        }
    }
    if let Some(user) = &request.user {
        losses.tell(&user.place);
    }
    Value::Object(body)
}
