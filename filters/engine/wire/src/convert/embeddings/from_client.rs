//! The client's request for embeddings.

use serde_json::Value;

use super::{Encoding, Input, Request};
use crate::BodyError;
use crate::convert::Losses;
use crate::convert::fields::{Fields, numbered, wrong_type};
use crate::convert::neutral::{Place, Placed};

/// Reads the body of `POST /v1/embeddings`; `model` is the caller's to know.
///
/// # Errors
/// When a member has the wrong type, or there is no input.
pub fn read(body: Value, losses: &mut Losses) -> Result<Request, BodyError> {
    let mut body = Fields::new(body, Place::root())?;
    body.take("model");
    let place = body.place_of("input");
    let Some(input) = body.take("input") else {
        return Err(body.missing("input", "a string or an array"));
    };
    let request = Request {
        inputs: inputs(input, &place)?,
        dimensions: body.placed("dimensions", Fields::count)?,
        encoding: encoding(&mut body)?,
        user: body.placed("user", Fields::string)?,
    };
    body.finish(losses);
    Ok(request)
}

/// A text, the tokens of one, or a list of either.
fn inputs(value: Value, place: &Place) -> Result<Vec<Placed<Input>>, BodyError> {
    match value {
        Value::Array(items) if !items.is_empty() && items.iter().all(Value::is_number) => {
            Ok(vec![Placed::new(tokens(items, place)?, place.clone())])
        }
        Value::Array(items) if !items.is_empty() => {
            let inputs = numbered(items, place).into_iter().map(|(item, place)| match item {
                Value::String(text) => Ok(Placed::new(Input::Text(text), place)),
                Value::Array(items) => Ok(Placed::new(tokens(items, &place)?, place)),
                other => Err(wrong_type(&place, "a string or an array", &other)),
            });
            inputs.collect()
        }
        Value::String(text) => Ok(vec![Placed::new(Input::Text(text), place.clone())]),
        other => Err(wrong_type(place, "a string or a filled array", &other)),
    }
}

fn tokens(items: Vec<Value>, place: &Place) -> Result<Input, BodyError> {
    let tokens = items.into_iter().enumerate().map(|(number, item)| match item.as_u64() {
        Some(token) => Ok(token),
        None => Err(wrong_type(&place.item(number), "a whole number", &item)),
    });
    Ok(Input::Tokens(tokens.collect::<Result<_, _>>()?))
}

fn encoding(body: &mut Fields) -> Result<Encoding, BodyError> {
    match body.take("encoding_format") {
        None => Ok(Encoding::Floats),
        Some(word) if word == "float" => Ok(Encoding::Floats),
        Some(word) if word == "base64" => Ok(Encoding::Base64),
        Some(other) => Err(body.wrong("encoding_format", "`float` or `base64`", &other)),
    }
}
