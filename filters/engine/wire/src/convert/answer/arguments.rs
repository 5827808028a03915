//! Arguments of tool calls.

use serde_json::{Map, Value};

/// As JSON text: an object without members where there is nothing.
pub(in crate::convert) fn text(arguments: &str) -> &str {
    if arguments.trim().is_empty() { "{}" } else { arguments }
}

/// As an object. What is none, such as arguments that were cut short, is told as it came under `INVALID_JSON`, as
/// Anthropic proposes.
pub(in crate::convert) fn object(arguments: &str) -> Value {
    if arguments.trim().is_empty() {
        return Value::Object(Map::new());
    }
    match serde_json::from_str(arguments) {
        Ok(Value::Object(members)) => Value::Object(members),
        Ok(Value::Null) => Value::Object(Map::new()),
        Ok(_) | Err(_) => serde_json::json!({ "INVALID_JSON": arguments }),
    }
}
