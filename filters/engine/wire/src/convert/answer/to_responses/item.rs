//! Items of a response.

use serde_json::{Value, json};

use super::State;
use crate::convert::{
    Context,
    answer::arguments,
    citation,
    neutral::{Content, Part, Source},
    returned,
};

/// The items of an answer. All but the last are whole.
pub(in crate::convert) fn items(parts: &[Part], state: State, context: &Context) -> Vec<Value> {
    let mut items = Vec::new();
    let mut rest = parts;
    while let Some((part, after)) = rest.split_first() {
        let said = rest.iter().take_while(|part| is_said(part)).count();
        let (group, others) = rest.split_at_checked(said.max(1)).unwrap_or((rest, &[]));
        let state = if others.is_empty() { state } else { State::Completed };
        if said > 0 {
            items.push(message(items.len(), group, state, context));
            rest = others;
            continue;
        }
        if let Some(signature) = signature(part) {
            items.push(signature_item(items.len(), signature, context));
        }
        items.extend(item(items.len(), part, state, context));
        rest = after;
    }
    items
}

/// Whether a part belongs to a message.
pub(in crate::convert) const fn is_said(part: &Part) -> bool {
    matches!(part.content, Content::Text { .. } | Content::Refusal(_))
}

/// What the provider wants to see again with a call: it travels in an item of its own, before the call.
pub(in crate::convert) fn signature(part: &Part) -> Option<&str> {
    match &part.content {
        Content::ToolCall { signature, .. } => signature.as_ref().map(|signature| signature.value.as_str()),
        _ => None,
    }
}

/// The item of a call's signature.
pub(in crate::convert) fn signature_item(number: usize, signature: &str, context: &Context) -> Value {
    encrypted(number, &returned::call(signature), context)
}

/// A message of one or more parts.
pub(in crate::convert) fn message(number: usize, parts: &[Part], state: State, context: &Context) -> Value {
    let content: Vec<Value> = parts.iter().filter_map(content).collect();
    json!({
        "id": item_id("msg", number, context),
        "type": "message",
        "status": state.word(),
        "role": "assistant",
        "content": content,
    })
}

/// A part of a message.
pub(in crate::convert) fn content(part: &Part) -> Option<Value> {
    match &part.content {
        Content::Text { text, citations } => {
            let length = text.chars().count() as u64;
            let annotations = citations.iter().map(|told| citation::to_annotation(told, 0, length));
            let annotations: Vec<Value> = annotations.collect();
            Some(json!({"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}))
        }
        Content::Refusal(text) => Some(json!({"type": "refusal", "refusal": text})),
        _ => None,
    }
}

/// An item of one part.
pub(in crate::convert) fn item(number: usize, part: &Part, state: State, context: &Context) -> Option<Value> {
    Some(match &part.content {
        Content::Thinking { text, signature } => {
            let summary = if text.is_empty() {
                Vec::new()
            } else {
                vec![json!({"type": "summary_text", "text": text})]
            };
            json!({
                "id": item_id("rs", number, context),
                "type": "reasoning",
                "summary": summary,
                "encrypted_content": signature,
            })
        }
        Content::RedactedThinking { data } => encrypted(number, &returned::redacted(data), context),
        Content::ToolCall {
            id, name, arguments, ..
        } => json!({
            "id": item_id("fc", number, context),
            "type": "function_call",
            "status": state.word(),
            "call_id": id,
            "name": name,
            "arguments": arguments::text(arguments),
        }),
        Content::Image {
            source: Source::Base64 { data, .. },
            ..
        } => json!({
            "id": item_id("ig", number, context),
            "type": "image_generation_call",
            "status": "completed",
            "result": data,
        }),
        // Said in a message, or nothing that a model answers with.
        Content::Text { .. }
        | Content::Refusal(_)
        | Content::Image { .. }
        | Content::Audio { .. }
        | Content::Document(_)
        | Content::ToolResult { .. } => return None,
    })
}

/// The id of an item.
pub(in crate::convert) fn item_id(beginning: &str, number: usize, context: &Context) -> String {
    format!("{beginning}_{}_{number}", context.id)
}

fn encrypted(number: usize, content: &str, context: &Context) -> Value {
    json!({
        "id": item_id("rs", number, context),
        "type": "reasoning",
        "summary": [],
        "encrypted_content": content,
    })
}
