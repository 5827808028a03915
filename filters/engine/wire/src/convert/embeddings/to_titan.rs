//! Texts as Amazon's Titan embedding models take them from Bedrock's `InvokeModel`:
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>.

use serde_json::{Map, Value};

use super::{Input, Request};
use crate::convert::Losses;

/// Writes the body. Titan takes one text at a time: further ones are a loss, and so are tokens of another maker's
/// vocabulary, and a number of dimensions for the first version.
#[must_use]
pub fn write(request: &Request, model: &str, losses: &mut Losses) -> Value {
    let mut body = Map::new();
    for input in &request.inputs {
        match &input.value {
            Input::Text(text) if body.is_empty() => {
                body.insert("inputText".to_owned(), text.clone().into());
            }
            Input::Text(_) | Input::Tokens(_) => losses.note(&input.place),
        }
    }
    if let Some(dimensions) = &request.dimensions {
        if model.contains("titan-embed-text-v1") {
            losses.note(&dimensions.place);
        } else {
            body.insert("dimensions".to_owned(), dimensions.value.into());
        }
    }
    if let Some(user) = &request.user {
        losses.tell(&user.place);
    }
    Value::Object(body)
}
