//! To Anthropic's messages: <https://docs.anthropic.com/en/api/messages>.

use serde_json::{Map, Value, json};

use super::{arguments, id};
use crate::convert::{
    Context, citation,
    neutral::{Answer, Content, Counts, Finish, Part, Source},
    returned,
};

/// Writes an answer as a message. Of several choices it is the first.
#[must_use]
pub fn write(answer: &Answer, context: &Context) -> Value {
    let choice = answer.choices.first();
    let mut blocks = Vec::new();
    for part in choice.map_or(&[][..], |choice| &choice.parts) {
        self::blocks(part, &mut blocks);
    }
    let finish = choice.map_or(&Finish::Stop, |choice| &choice.finish);
    let has_refusal = choice.is_some_and(|choice| has_refusal(&choice.parts));
    let (reason, sequence) = stop(finish, has_refusal);
    json!({
        "id": id::id("msg_", &answer.id, context),
        "type": "message",
        "role": "assistant",
        "model": id::model(&answer.model, context),
        "content": blocks,
        "stop_reason": reason,
        "stop_sequence": sequence,
        "usage": usage(&answer.usage.unwrap_or_default()),
    })
}

/// Tokens used. Here the input is what was neither read from the cache nor written to it.
pub(in crate::convert) fn usage(counts: &Counts) -> Value {
    let cached = counts.cached.saturating_add(counts.cache_written);
    let mut usage = Map::new();
    usage.insert("input_tokens".to_owned(), counts.input.saturating_sub(cached).into());
    usage.insert("cache_creation_input_tokens".to_owned(), counts.cache_written.into());
    usage.insert("cache_read_input_tokens".to_owned(), counts.cached.into());
    usage.insert("output_tokens".to_owned(), counts.output.into());
    if let Some(reasoning) = counts.reasoning {
        usage.insert(
            "output_tokens_details".to_owned(),
            json!({"thinking_tokens": reasoning}),
        );
    }
    Value::Object(usage)
}

/// The word for why an answer ended, and the text that ended it.
pub(in crate::convert) fn stop(finish: &Finish, has_refusal: bool) -> (&'static str, Option<&str>) {
    match finish {
        Finish::Stop if has_refusal => ("refusal", None),
        Finish::Stop => ("end_turn", None),
        Finish::StopSequence(sequence) => ("stop_sequence", sequence.as_deref()),
        Finish::Length => ("max_tokens", None),
        Finish::ToolCalls => ("tool_use", None),
        Finish::ContentFilter | Finish::Refusal => ("refusal", None),
        Finish::Pause => ("pause_turn", None),
        Finish::ContextWindow => ("model_context_window_exceeded", None),
    }
}

/// Whether the model said why it does not answer.
pub(in crate::convert) fn has_refusal(parts: &[Part]) -> bool {
    parts.iter().any(|part| matches!(part.content, Content::Refusal(_)))
}

/// The block before a tool call that keeps the signature which the provider wants to see again.
pub(in crate::convert) fn signature_block(signature: &str) -> Value {
    json!({"type": "redacted_thinking", "data": returned::call(signature)})
}

fn blocks(part: &Part, blocks: &mut Vec<Value>) {
    let block = match &part.content {
        Content::Text { text, citations } if citations.is_empty() => {
            json!({"type": "text", "text": text, "citations": null})
        }
        Content::Text { text, citations } => {
            let citations: Vec<Value> = citations.iter().map(citation::to_anthropic).collect();
            json!({"type": "text", "text": text, "citations": citations})
        }
        Content::Refusal(text) => json!({"type": "text", "text": text, "citations": null}),
        Content::Thinking { text, signature } => {
            json!({"type": "thinking", "thinking": text, "signature": signature.as_deref().unwrap_or_default()})
        }
        Content::RedactedThinking { data } => json!({"type": "redacted_thinking", "data": data}),
        Content::ToolCall {
            id,
            name,
            arguments,
            signature,
        } => {
            blocks.extend(signature.as_ref().map(|signature| signature_block(&signature.value)));
            json!({"type": "tool_use", "id": id, "name": name, "input": arguments::object(arguments)})
        }
        Content::Image {
            source: Source::Base64 { media_type, data },
            ..
        } => {
            json!({"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}})
        }
        Content::Image {
            source: Source::Url(url),
            ..
        } => json!({"type": "image", "source": {"type": "url", "url": url}}),
        // No model answers with them.
        Content::Image { .. } | Content::Audio { .. } | Content::Document(_) | Content::ToolResult { .. } => return,
    };
    blocks.push(block);
}
