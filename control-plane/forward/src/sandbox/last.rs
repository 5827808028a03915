//! Who spoke last, and what was said.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// The end of a conversation.
#[derive(Debug)]
pub(super) enum Last {
    User(String),
    ToolResult(String),
    Other,
}

/// A message of a chat, or an item of OpenAI's responses.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
}

impl Last {
    /// The end of an array of messages; text by itself is the user's. `None` if there are none.
    pub(super) fn of(said: &RawValue) -> Result<Option<Self>, serde_json::Error> {
        if let Ok(text) = serde_json::from_str::<String>(said.get()) {
            return Ok(Some(Self::User(text)));
        }
        let messages: Vec<Message<'_>> = serde_json::from_str(said.get())?;
        Ok(messages.last().map(Self::of_message))
    }

    fn of_message(message: &Message<'_>) -> Self {
        let content = value(message.content);
        let result = content.as_array().and_then(|parts| {
            parts
                .iter()
                .find(|part| part.get("type").is_some_and(|kind| kind == "tool_result"))
        });
        let is_output = message.kind.as_deref().is_some_and(|kind| kind.ends_with("_output"));
        match (message.role.as_deref(), result) {
            (Some("user"), Some(result)) => Self::ToolResult(text_of(result.get("content").unwrap_or(&Value::Null))),
            (Some("user"), None) => Self::User(text_of(&content)),
            (Some("tool"), _) => Self::ToolResult(text_of(&content)),
            (None, _) if is_output => Self::ToolResult(text_of(&value(message.output))),
            _ => Self::Other,
        }
    }
}

fn value(raw: Option<&RawValue>) -> Value {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// The text of a message's content: a string, or the text of its parts joined by line breaks.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}
