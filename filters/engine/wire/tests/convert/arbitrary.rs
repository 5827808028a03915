//! JSON that looks like what providers and clients send, with anything in any place.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Names that readers look for.
const NAMES: &[&str] = &[
    "id",
    "type",
    "model",
    "choices",
    "index",
    "message",
    "delta",
    "content",
    "text",
    "refusal",
    "tool_calls",
    "function",
    "function_call",
    "name",
    "arguments",
    "finish_reason",
    "stop_reason",
    "stop_sequence",
    "stop_details",
    "explanation",
    "usage",
    "prompt_tokens",
    "completion_tokens",
    "prompt_tokens_details",
    "cached_tokens",
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "output_tokens_details",
    "thinking_tokens",
    "content_block",
    "thinking",
    "signature",
    "data",
    "input",
    "partial_json",
    "citation",
    "citations",
    "error",
    "code",
    "reasoning",
    "reasoning_content",
    "annotations",
    "url_citation",
    "start_index",
    "end_index",
    "messages",
    "role",
    "system",
    "tools",
    "tool_choice",
    "parameters",
    "schema",
    "response_format",
    "json_schema",
    "strict",
    "stop",
    "max_tokens",
    "source",
    "media_type",
    "url",
    "file",
    "image_url",
    "tool_use_id",
    "tool_call_id",
    "cache_control",
    "ttl",
    "embedding",
    "dimensions",
    "encoding_format",
    "output_config",
    "effort",
    "format",
    "budget_tokens",
    "metadata",
    "user_id",
];

/// Words that readers know.
const WORDS: &[&str] = &[
    "",
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "image",
    "document",
    "message",
    "message_start",
    "message_delta",
    "message_stop",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "text_delta",
    "thinking_delta",
    "input_json_delta",
    "signature_delta",
    "citations_delta",
    "ping",
    "error",
    "overloaded_error",
    "function",
    "stop",
    "length",
    "tool_calls",
    "end_turn",
    "refusal",
    "user",
    "assistant",
    "system",
    "tool",
    "developer",
    "base64",
    "url",
    "json_schema",
    "json_object",
    "auto",
    "none",
    "any",
    "enabled",
    "adaptive",
    "ephemeral",
    "5m",
    "float",
    "data:image/png;base64,iVBORw0KGgo=",
    "AAAA",
    "{}",
    "{\"a\":",
    "[DONE]",
    "low",
    "é\u{1F600}",
];

/// Any value, a few levels deep.
pub(crate) fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(-1.0), Just(0.5), Just(2e9), Just(1e300)].prop_map(Value::from),
        (0_u64..4).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(WORDS).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..8).prop_map(|members| Value::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect()
            )),
        ]
    })
}

/// A body with one place somewhere replaced by anything.
pub(crate) fn mutated(body: Value) -> impl Strategy<Value = Value> {
    let places = pointers(&body);
    (prop::collection::vec((prop::sample::select(places), value()), 1..4)).prop_map(move |edits| {
        let mut body = body.clone();
        for (pointer, replacement) in edits {
            if let Some(place) = body.pointer_mut(&pointer) {
                *place = replacement;
            }
        }
        body
    })
}

fn pointers(value: &Value) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut todo = vec![(String::new(), value)];
    while let Some((at, value)) = todo.pop() {
        let members: Vec<(String, &Value)> = match value {
            Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(number, item)| (number.to_string(), item))
                .collect(),
            _ => continue,
        };
        for (name, member) in members {
            let at = format!("{at}/{name}");
            found.push(at.clone());
            todo.push((at, member));
        }
    }
    found
}

/// A stream of events that starts well.
pub(crate) fn events(start: &Value, inner: Vec<Value>) -> impl Strategy<Value = Vec<String>> + use<> {
    let start = start.to_string();
    let event = prop_oneof![
        3 => prop::sample::select(inner).prop_flat_map(mutated),
        1 => value(),
    ];
    prop::collection::vec(event, 0..12).prop_map(move |events| {
        let mut data = vec![start.clone()];
        data.extend(events.iter().map(Value::to_string));
        data
    })
}

/// An object of one member.
pub(crate) fn object(name: &str, value: Value) -> Value {
    let mut members = Map::new();
    members.insert(name.to_owned(), value);
    json!(members)
}
