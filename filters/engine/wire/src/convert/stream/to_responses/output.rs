//! Events of a response, numbered.

use serde_json::{Map, Value, json};

use super::summary;
use crate::convert::{
    Context,
    answer::{
        arguments,
        to_responses::{State, item},
    },
    citation,
    neutral::{Content, Part},
    stream::{Collector, lines},
};

/// An item under way.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) id: String,
    /// Its place in the output.
    pub(super) number: usize,
    pub(super) kind: Kind,
    /// Numbers of its parts.
    pub(super) parts: Vec<u32>,
    /// How many of them are not whole.
    pub(super) open: usize,
    /// Whether another began after it.
    pub(super) is_superseded: bool,
    is_done: bool,
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Reasoning,
    Call,
}

/// Writes events, and counts them.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) context: Context,
    sequence: u64,
}

// === impl Item ===

impl Item {
    /// Whether what is said next belongs to it.
    pub(super) fn takes_more(&self) -> bool {
        self.kind == Kind::Message && !self.is_superseded && !self.is_done
    }
}

// === impl Output ===

impl Output {
    pub(super) const fn new(context: Context) -> Self {
        Self { context, sequence: 0 }
    }

    pub(super) const fn next_number(&self) -> u64 {
        self.sequence
    }

    /// An event, of an object.
    pub(super) fn event(&mut self, out: &mut Vec<u8>, kind: &str, data: Value) {
        let mut event = Map::new();
        event.insert("type".to_owned(), kind.into());
        event.insert("sequence_number".to_owned(), self.sequence.into());
        if let Value::Object(members) = data {
            event.extend(members);
        }
        self.sequence += 1;
        lines::named(out, kind, &Value::Object(event));
    }

    /// An item begins.
    pub(super) fn begin_item(&mut self, out: &mut Vec<u8>, number: usize, kind: Kind, part: &Part) -> Item {
        let mut value = match kind {
            Kind::Message => item::message(number, &[], State::InProgress, &self.context),
            Kind::Reasoning | Kind::Call => {
                item::item(number, part, State::InProgress, &self.context).unwrap_or_default()
            }
        };
        if kind == Kind::Call
            && let Some(members) = value.as_object_mut()
        {
            members.insert("arguments".to_owned(), "".into());
        }
        let item = Item::new(number, kind, &value);
        self.event(
            out,
            "response.output_item.added",
            json!({"output_index": number, "item": value}),
        );
        item
    }

    /// An item begins and ends at once.
    pub(super) fn whole_item(&mut self, out: &mut Vec<u8>, number: usize, value: &Value) -> Item {
        let item = Item {
            is_done: true,
            is_superseded: true,
            ..Item::new(number, Kind::Reasoning, value)
        };
        let data = json!({"output_index": number, "item": value});
        self.event(out, "response.output_item.added", data.clone());
        self.event(out, "response.output_item.done", data);
        item
    }

    /// An item is whole; said once.
    pub(super) fn end_item(&mut self, out: &mut Vec<u8>, item: &mut Item, state: State, collector: &Collector) {
        if std::mem::replace(&mut item.is_done, true) {
            return;
        }
        let parts = item.parts.iter().filter_map(|number| collector.part(0, *number));
        let value = match item.kind {
            Kind::Message => {
                let parts: Vec<Part> = parts.cloned().collect();
                Some(item::message(item.number, &parts, state, &self.context))
            }
            Kind::Reasoning | Kind::Call => {
                let mut parts = parts;
                parts
                    .next()
                    .and_then(|part| item::item(item.number, part, state, &self.context))
            }
        };
        let data = json!({"output_index": item.number, "item": value});
        self.event(out, "response.output_item.done", data);
    }

    /// A part of a message begins, or is whole.
    pub(super) fn content_part(&mut self, out: &mut Vec<u8>, kind: &str, item: &Item, position: usize, part: &Part) {
        let data = json!({
            "item_id": item.id,
            "output_index": item.number,
            "content_index": position,
            "part": item::content(part),
        });
        self.event(out, kind, data);
    }

    /// Thoughts begin, or are whole.
    pub(super) fn summary(&mut self, out: &mut Vec<u8>, kind: &str, item: &Item, member: &str, value: &Value) {
        let data = json!({
            "item_id": item.id,
            "output_index": item.number,
            "summary_index": 0,
            member: value,
        });
        self.event(out, kind, data);
    }

    /// A part is whole.
    pub(super) fn end_part(&mut self, out: &mut Vec<u8>, item: &Item, position: usize, part: &Part) {
        match &part.content {
            Content::Text { text, citations } => {
                let length = if citations.is_empty() {
                    0
                } else {
                    text.chars().count() as u64
                };
                for (number, told) in citations.iter().enumerate() {
                    let data = json!({
                        "item_id": item.id,
                        "output_index": item.number,
                        "content_index": position,
                        "annotation_index": number,
                        "annotation": citation::to_annotation(told, 0, length),
                    });
                    self.event(out, "response.output_text.annotation.added", data);
                }
                let data = json!({
                    "item_id": item.id,
                    "output_index": item.number,
                    "content_index": position,
                    "text": text,
                    "logprobs": [],
                });
                self.event(out, "response.output_text.done", data);
                self.content_part(out, "response.content_part.done", item, position, part);
            }
            Content::Refusal(text) => {
                let data = json!({
                    "item_id": item.id,
                    "output_index": item.number,
                    "content_index": position,
                    "refusal": text,
                });
                self.event(out, "response.refusal.done", data);
                self.content_part(out, "response.content_part.done", item, position, part);
            }
            Content::Thinking { text, .. } if !text.is_empty() => {
                self.summary(
                    out,
                    "response.reasoning_summary_text.done",
                    item,
                    "text",
                    &text.as_str().into(),
                );
                self.summary(
                    out,
                    "response.reasoning_summary_part.done",
                    item,
                    "part",
                    &summary(text),
                );
            }
            Content::ToolCall { arguments: text, .. } => {
                let whole = arguments::text(text);
                if text.trim().is_empty() {
                    self.text_delta(out, "response.function_call_arguments.delta", item, None, whole);
                }
                let data = json!({"item_id": item.id, "output_index": item.number, "arguments": whole});
                self.event(out, "response.function_call_arguments.done", data);
            }
            _ => {}
        }
    }

    /// A part grows; written straight, as there are many of them. `position` is that in a message.
    pub(super) fn text_delta(
        &mut self,
        out: &mut Vec<u8>,
        kind: &str,
        item: &Item,
        position: Option<usize>,
        delta: &str,
    ) {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\ndata: {\"type\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.extend_from_slice(b"\",\"item_id\":");
        lines::string(out, &item.id);
        out.extend_from_slice(b",\"output_index\":");
        lines::number(out, item.number as u64);
        if let Some(position) = position {
            out.extend_from_slice(b",\"content_index\":");
            lines::number(out, position as u64);
        } else if kind.starts_with("response.reasoning") {
            out.extend_from_slice(b",\"summary_index\":0");
        }
        out.extend_from_slice(b",\"delta\":");
        lines::string(out, delta);
        if kind == "response.output_text.delta" {
            out.extend_from_slice(b",\"logprobs\":[]");
        }
        out.extend_from_slice(b",\"sequence_number\":");
        lines::number(out, self.sequence);
        out.extend_from_slice(b"}\n\n");
        self.sequence += 1;
    }
}

impl Item {
    fn new(number: usize, kind: Kind, value: &Value) -> Self {
        let id = value.get("id").and_then(Value::as_str).unwrap_or_default();
        Self {
            id: id.to_owned(),
            number,
            kind,
            parts: Vec::new(),
            open: 0,
            is_superseded: false,
            is_done: false,
        }
    }
}
