//! Embeddings as OpenAI, Azure OpenAI and the servers compatible with them take them.

use serde_json::{Map, Value};

use super::{Input, Request};
use crate::convert::Losses;

/// Writes the body of `POST …/embeddings`. Nothing is lost.
///
/// Vectors are always asked for as numbers: not every compatible server knows base64, and the client gets the form that
/// it wants from our own hand.
#[must_use]
pub fn write(request: &Request, model: &str, _losses: &mut Losses) -> Value {
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    let inputs = request.inputs.iter().map(|input| match &input.value {
        Input::Text(text) => Value::from(text.as_str()),
        Input::Tokens(tokens) => Value::from(tokens.as_slice()),
    });
    body.insert("input".to_owned(), inputs.collect());
    body.insert("encoding_format".to_owned(), "float".into());
    if let Some(dimensions) = &request.dimensions {
        body.insert("dimensions".to_owned(), dimensions.value.into());
    }
    if let Some(user) = &request.user {
        body.insert("user".to_owned(), user.value.clone().into());
    }
    Value::Object(body)
}
