//! Texts as Gemini's `batchEmbedContents` takes them: <https://ai.google.dev/api/embeddings>.

use serde_json::{Map, Value, json};

use super::{Input, Request};
use crate::convert::Losses;

/// Writes the body. Tokens of another maker's vocabulary are a loss.
#[must_use]
pub fn write(request: &Request, model: &str, losses: &mut Losses) -> Value {
    let model = if model.contains('/') {
        model.to_owned()
    } else {
        format!("models/{model}")
    };
    let mut requests = Vec::with_capacity(request.inputs.len());
    for input in &request.inputs {
        let Input::Text(text) = &input.value else {
            losses.note(&input.place);
            continue;
        };
        let mut one = Map::new();
        one.insert("model".to_owned(), model.clone().into());
        one.insert("content".to_owned(), json!({"parts": [{"text": text}]}));
        if let Some(dimensions) = &request.dimensions {
            one.insert("outputDimensionality".to_owned(), dimensions.value.into());
        }
        requests.push(Value::Object(one));
    }
    if let Some(user) = &request.user {
        losses.tell(&user.place);
    }
    json!({"requests": requests})
}
