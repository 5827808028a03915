//! To OpenAI's chat completions: <https://platform.openai.com/docs/api-reference/chat/object>.
//!
//! What the dialect has no place for stands where most clients look for it: thoughts in `reasoning_content`, and with
//! their signatures in `thinking_blocks`; pictures in `images`; documents cited in `citations`.

use serde_json::{Map, Value, json};

use super::{arguments, id};
use crate::convert::{
    Context, citation,
    neutral::{Answer, Choice, Citation, Content, Counts, Finish, Part, Source},
};

/// Writes an answer as a chat completion.
#[must_use]
pub fn write(answer: &Answer, context: &Context) -> Value {
    let choices = answer.choices.iter().enumerate();
    let choices: Vec<Value> = choices.map(|(number, choice)| self::choice(number, choice)).collect();
    let mut completion = json!({
        "id": id::id("chatcmpl-", &answer.id, context),
        "object": "chat.completion",
        "created": answer.created.unwrap_or(context.now),
        "model": id::model(&answer.model, context),
        "choices": choices,
    });
    if let (Some(usage), Some(members)) = (&answer.usage, completion.as_object_mut()) {
        members.insert("usage".to_owned(), self::usage(usage));
    }
    completion
}

/// Tokens used.
pub(in crate::convert) fn usage(counts: &Counts) -> Value {
    json!({
        "prompt_tokens": counts.input,
        "completion_tokens": counts.output,
        "total_tokens": counts.input.saturating_add(counts.output),
        "prompt_tokens_details": {
            "cached_tokens": counts.cached,
            "cache_write_tokens": counts.cache_written,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": counts.reasoning.unwrap_or(0),
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

/// The word for why an answer ended.
pub(in crate::convert) const fn finish_reason(finish: &Finish, has_refusal: bool) -> &'static str {
    match finish {
        Finish::Stop | Finish::StopSequence(_) | Finish::Pause => "stop",
        Finish::Length | Finish::ContextWindow => "length",
        Finish::ToolCalls => "tool_calls",
        Finish::Refusal if has_refusal => "stop",
        Finish::Refusal | Finish::ContentFilter => "content_filter",
    }
}

/// A block of thoughts that has to come back as it is; `None` for thoughts that nobody asks back.
pub(in crate::convert) fn thinking_block(content: &Content) -> Option<Value> {
    match content {
        Content::Thinking {
            text,
            signature: Some(signature),
        } => Some(json!({"type": "thinking", "thinking": text, "signature": signature})),
        Content::RedactedThinking { data } => Some(json!({"type": "redacted_thinking", "data": data})),
        _ => None,
    }
}

/// Where a citation belongs, and how it stands there.
pub(in crate::convert) fn cited(citation: &Citation, start: u64, length: u64) -> (&'static str, Value) {
    let Some(url) = &citation.url else {
        return ("citations", citation::to_anthropic(citation));
    };
    let (first, last) = citation::place_in_answer(citation, start, length);
    let page = json!({
        "start_index": first,
        "end_index": last,
        "title": citation.title.as_deref().unwrap_or_default(),
        "url": url,
    });
    ("annotations", json!({"type": "url_citation", "url_citation": page}))
}

/// Gemini's thought signature, where Google has it in this dialect.
pub(in crate::convert) fn extra_content(signature: &str) -> Value {
    json!({"google": {"thought_signature": signature}})
}

fn choice(number: usize, choice: &Choice) -> Value {
    let mut message = Message::default();
    for part in &choice.parts {
        message.add(part);
    }
    let finish_reason = finish_reason(&choice.finish, message.refusal.is_some());
    json!({
        "index": number,
        "message": message.into_value(),
        "logprobs": null,
        "finish_reason": finish_reason,
    })
}

#[derive(Default)]
struct Message {
    content: Option<String>,
    /// Characters of `content`.
    length: u64,
    refusal: Option<String>,
    reasoning: Option<String>,
    /// Lists that are told where they have something, by name.
    lists: Map<String, Value>,
}

// === impl Message ===

impl Message {
    fn add(&mut self, part: &Part) {
        match &part.content {
            Content::Text { text, citations } => self.add_text(text, citations),
            Content::Refusal(text) => self.refusal.get_or_insert_default().push_str(text),
            Content::Thinking { text, .. } => {
                if !text.is_empty() {
                    self.reasoning.get_or_insert_default().push_str(text);
                }
                self.extend("thinking_blocks", thinking_block(&part.content));
            }
            Content::RedactedThinking { .. } => self.extend("thinking_blocks", thinking_block(&part.content)),
            Content::ToolCall {
                id,
                name,
                arguments,
                signature,
            } => {
                let function = json!({"name": name, "arguments": arguments::text(arguments)});
                let mut call = json!({"id": id, "type": "function", "function": function});
                if let (Some(signature), Some(call)) = (signature, call.as_object_mut()) {
                    call.insert("extra_content".to_owned(), extra_content(&signature.value));
                }
                self.extend("tool_calls", Some(call));
            }
            Content::Image { source, .. } => {
                let image = address(source).map(|url| json!({"type": "image_url", "image_url": {"url": url}}));
                self.extend("images", image);
            }
            // No model answers with them.
            Content::Audio { .. } | Content::Document(_) | Content::ToolResult { .. } => {}
        }
    }

    fn add_text(&mut self, text: &str, citations: &[Citation]) {
        let length = text.chars().count() as u64;
        for citation in citations {
            let (list, citation) = cited(citation, self.length, length);
            self.extend(list, Some(citation));
        }
        self.content.get_or_insert_default().push_str(text);
        self.length = self.length.saturating_add(length);
    }

    fn extend(&mut self, list: &str, item: Option<Value>) {
        let Some(item) = item else { return };
        match self.lists.get_mut(list).and_then(Value::as_array_mut) {
            Some(items) => items.push(item),
            None => {
                self.lists.insert(list.to_owned(), Value::Array(vec![item]));
            }
        }
    }

    fn into_value(self) -> Value {
        let mut message = Map::new();
        message.insert("role".to_owned(), "assistant".into());
        message.insert("content".to_owned(), self.content.into());
        message.insert("refusal".to_owned(), self.refusal.into());
        if let Some(reasoning) = self.reasoning {
            message.insert("reasoning_content".to_owned(), reasoning.into());
        }
        message.extend(self.lists);
        Value::Object(message)
    }
}

/// The address of a picture; bytes become a `data:` address.
fn address(source: &Source) -> Option<String> {
    match source {
        Source::Base64 { media_type, data } => Some(format!("data:{media_type};base64,{data}")),
        Source::Url(url) => Some(url.clone()),
        Source::File(_) | Source::Text(_) => None,
    }
}
