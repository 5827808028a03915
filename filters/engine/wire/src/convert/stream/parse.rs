use serde_json::Value;

use crate::BodyError;
use crate::convert::fields::wrong_type;
use crate::convert::neutral::{Place, StreamError};
use crate::json::Reader;

/// The object that an event's data is.
pub(super) fn object(data: &str) -> Result<Value, BodyError> {
    match serde_json::from_str(data) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Ok(other) => Err(wrong_type(&Place::root(), "an object", &other)),
        Err(_) => Err(not_json(data)),
    }
}

/// What is wrong with data that is not JSON, and where.
fn not_json(data: &str) -> BodyError {
    let read = || {
        let mut reader = Reader::new(data.as_bytes())?;
        while reader.read()?.is_some() {}
        Ok(())
    };
    match read() {
        Err(error) => BodyError::Json(error),
        Ok(()) => wrong_type(&Place::root(), "an object", &Value::Null),
    }
}

/// A string taken out of an object; null and absence are none.
///
/// # Errors
/// When the member is something else.
pub(super) fn string(object: &mut Value, name: &'static str) -> Result<Option<String>, BodyError> {
    match object.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong_type(&Place::root().member(name), "a string", &other)),
    }
}

/// A list taken out of an object; null and absence are empty.
///
/// # Errors
/// When the member is something else.
pub(super) fn list(object: &mut Value, name: &'static str) -> Result<Vec<Value>, BodyError> {
    match object.get_mut(name).map(Value::take) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items),
        Some(other) => Err(wrong_type(&Place::root().member(name), "an array", &other)),
    }
}

/// What kind of failure an error told in the middle of a stream is.
pub(super) fn failure(error: &Value) -> StreamError {
    let words = [error.get("type"), error.get("code"), error.get("status")];
    let is = |word: &str| words.iter().flatten().any(|value| value.as_str() == Some(word));
    let code = error.get("code").and_then(Value::as_u64);
    if is("overloaded_error") || is("server_overloaded") || code == Some(503) || code == Some(529) {
        StreamError::Overloaded
    } else if is("rate_limit_error") || is("rate_limit_exceeded") || is("insufficient_quota") || code == Some(429) {
        StreamError::Limited
    } else {
        StreamError::Failed
    }
}
