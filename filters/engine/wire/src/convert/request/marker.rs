//! Cache markers: Anthropic's `cache_control`, which many take in chat completions too, and OpenAI's
//! `prompt_cache_breakpoint`.

use serde_json::Value;

use crate::{
    BodyError,
    convert::{Losses, fields::Fields, neutral::CacheMarker},
};

/// The name of a marker, and the member and word that it has to have.
const MARKERS: [(&str, &str, &str); 2] = [
    ("cache_control", "type", "ephemeral"),
    ("prompt_cache_breakpoint", "mode", "explicit"),
];

/// Takes the marker of a part or a tool.
pub(super) fn take(fields: &mut Fields, losses: &mut Losses) -> Result<Option<CacheMarker>, BodyError> {
    for (name, member, word) in MARKERS {
        if let Some(mut marker) = fields.object(name)? {
            marker.pass_over(member, |value| value == word);
            let lifetime = marker.string("ttl")?;
            marker.finish(losses);
            return Ok(Some(CacheMarker { lifetime }));
        }
    }
    Ok(None)
}

/// Whether a value says nothing: an empty list, object or text, or false.
pub(super) fn is_idle(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) | Value::Number(_) => false,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// Whether a value is one of these words.
pub(super) fn is_word(value: &Value, words: &[&str]) -> bool {
    value.as_str().is_some_and(|word| words.contains(&word))
}
