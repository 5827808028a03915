//! To OpenAI's chat completions: <https://platform.openai.com/docs/api-reference/chat-streaming>.
//!
//! Lists within a delta have an `index` in each item, by which OpenAI's Python SDK puts them together. Its JavaScript
//! SDK keeps the last of those that it does not know, so they come once, whole, before the end of a choice: citations,
//! and thoughts with their signatures.

use std::collections::{BTreeMap, btree_map::Entry};

use serde_json::{Map, Value, json};

use super::lines;
use crate::convert::{
    Context,
    answer::{id, to_chat},
    neutral::{Citation, Content, Counts, Delta, Event, Finish, PartStart},
};

/// Writes chunks.
#[derive(Clone, Debug)]
pub struct Writer {
    context: Context,
    /// The beginning of each chunk, up to the number of its choice.
    head: Vec<u8>,
    /// By number, of which a provider may leave out some.
    choices: BTreeMap<u32, Choice>,
    usage: Option<Counts>,
}

/// What is known of a choice.
#[derive(Clone, Debug, Default)]
struct Choice {
    parts: BTreeMap<u32, Part>,
    tool_calls: u32,
    /// Told at the end, by name.
    lists: Map<String, Value>,
    has_refusal: bool,
    /// Characters of text in parts that are whole.
    length: u64,
}

/// What is known of a part that is not whole yet.
#[derive(Clone, Debug)]
enum Part {
    Text { length: u64, citations: Vec<Citation> },
    Refusal,
    Thinking { text: String, signature: Option<String> },
    RedactedThinking,
    ToolCall { index: u32, has_arguments: bool },
}

// === impl Writer ===

impl Writer {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(context: Context) -> Self {
        let mut writer = Self {
            context,
            head: Vec::new(),
            choices: BTreeMap::new(),
            usage: None,
        };
        writer.set_head("", "");
        writer
    }

    /// Writes what an event comes to.
    pub fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, usage } => {
                self.set_head(id, model);
                self.usage = *usage;
                self.begin(0, out);
            }
            Event::PartStart { choice, part, start } => self.start(*choice, *part, start, out),
            Event::PartDelta { choice, part, delta } => self.grow(*choice, *part, delta, out),
            Event::PartEnd { choice, part } => self.end_part(*choice, *part, out),
            Event::Finish { choice, finish } => self.finish(*choice, finish, out),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Ping => out.extend_from_slice(lines::COMMENT),
            Event::End => self.end(out),
            // The forwarder says what went wrong.
            Event::Error(_) => {}
        }
    }

    fn set_head(&mut self, id: &str, model: &str) {
        self.head.clear();
        self.head.extend_from_slice(b"data: {\"id\":");
        lines::string(&mut self.head, &id::id("chatcmpl-", id, &self.context));
        self.head
            .extend_from_slice(b",\"object\":\"chat.completion.chunk\",\"created\":");
        lines::number(&mut self.head, self.context.now);
        self.head.extend_from_slice(b",\"model\":");
        lines::string(&mut self.head, id::model(model, &self.context));
        self.head.extend_from_slice(b",\"choices\":[");
    }

    /// Begins a choice: who speaks is said first, once.
    fn begin(&mut self, choice: u32, out: &mut Vec<u8>) {
        if let Entry::Vacant(new) = self.choices.entry(choice) {
            new.insert(Choice::default());
            self.chunk(
                choice,
                br#"{"role":"assistant","content":"","refusal":null}"#,
                None,
                out,
            );
        }
    }

    fn start(&mut self, choice: u32, part: u32, start: &PartStart, out: &mut Vec<u8>) {
        self.begin(choice, out);
        let Some(state) = self.choices.get_mut(&choice) else {
            return;
        };
        let (begun, delta) = match start {
            PartStart::Text => {
                let citations = Vec::new();
                (Part::Text { length: 0, citations }, None)
            }
            PartStart::Refusal => {
                state.has_refusal = true;
                (Part::Refusal, None)
            }
            PartStart::Thinking => {
                let (text, signature) = (String::new(), None);
                (Part::Thinking { text, signature }, None)
            }
            PartStart::RedactedThinking { data } => {
                let content = Content::RedactedThinking { data: data.clone() };
                state.keep("thinking_blocks", to_chat::thinking_block(&content));
                (Part::RedactedThinking, None)
            }
            PartStart::ToolCall { id, name, signature } => {
                let index = state.tool_calls;
                state.tool_calls = index.saturating_add(1);
                let function = json!({"name": name, "arguments": ""});
                let mut call = json!({"index": index, "id": id, "type": "function", "function": function});
                if let (Some(signature), Some(call)) = (signature, call.as_object_mut()) {
                    call.insert("extra_content".to_owned(), to_chat::extra_content(signature));
                }
                let has_arguments = false;
                (
                    Part::ToolCall { index, has_arguments },
                    Some(json!({"tool_calls": [call]})),
                )
            }
        };
        state.parts.insert(part, begun);
        self.value(choice, delta.as_ref(), out);
    }

    fn grow(&mut self, choice: u32, part: u32, delta: &Delta, out: &mut Vec<u8>) {
        let state = self.choices.get_mut(&choice);
        let Some(part) = state.and_then(|state| state.parts.get_mut(&part)) else {
            return;
        };
        let mut written = Vec::new();
        match (part, delta) {
            (Part::Text { length, .. }, Delta::Text(text)) => {
                *length += text.chars().count() as u64;
                member(&mut written, b"{\"content\":", text, b"}");
            }
            (Part::Refusal, Delta::Text(text)) => member(&mut written, b"{\"refusal\":", text, b"}"),
            (Part::Thinking { text, .. }, Delta::Text(more)) => {
                text.push_str(more);
                member(&mut written, b"{\"reasoning_content\":", more, b"}");
            }
            (Part::ToolCall { index, has_arguments }, Delta::Arguments(text)) => {
                *has_arguments |= !text.trim_ascii().is_empty();
                arguments(&mut written, *index, text);
            }
            (Part::Thinking { signature, .. }, Delta::Signature(given)) => *signature = Some(given.clone()),
            (Part::Text { citations, .. }, Delta::Citation(citation)) => citations.push((**citation).clone()),
            _ => {}
        }
        if !written.is_empty() {
            self.chunk(choice, &written, None, out);
        }
    }

    fn end_part(&mut self, choice: u32, part: u32, out: &mut Vec<u8>) {
        let Some(state) = self.choices.get_mut(&choice) else {
            return;
        };
        match state.parts.remove(&part) {
            Some(Part::Text { length, citations }) => {
                for told in &citations {
                    let (list, cited) = to_chat::cited(told, state.length, length);
                    state.keep(list, Some(cited));
                }
                state.length += length;
            }
            Some(Part::Thinking { text, signature }) => {
                let block = to_chat::thinking_block(&Content::Thinking { text, signature });
                state.keep("thinking_blocks", block);
            }
            Some(Part::ToolCall {
                index,
                has_arguments: false,
            }) => {
                let mut written = Vec::new();
                arguments(&mut written, index, "{}");
                self.chunk(choice, &written, None, out);
            }
            Some(Part::ToolCall { .. } | Part::Refusal | Part::RedactedThinking) | None => {}
        }
    }

    fn finish(&mut self, choice: u32, finish: &Finish, out: &mut Vec<u8>) {
        self.begin(choice, out);
        let Some(state) = self.choices.get_mut(&choice) else {
            return;
        };
        let has_refusal = state.has_refusal;
        let lists = std::mem::take(&mut state.lists);
        if !lists.is_empty() {
            self.value(choice, Some(&Value::Object(lists)), out);
        }
        self.chunk(choice, b"{}", Some(to_chat::finish_reason(finish, has_refusal)), out);
    }

    fn end(&self, out: &mut Vec<u8>) {
        if let Some(usage) = self.usage.filter(|_| self.context.wants_usage) {
            out.extend_from_slice(&self.head);
            out.extend_from_slice(b"],\"usage\":");
            lines::json(out, &to_chat::usage(&usage));
            out.extend_from_slice(b"}\n\n");
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn value(&self, choice: u32, delta: Option<&Value>, out: &mut Vec<u8>) {
        if let Some(delta) = delta {
            let mut written = Vec::new();
            lines::json(&mut written, delta);
            self.chunk(choice, &written, None, out);
        }
    }

    fn chunk(&self, choice: u32, delta: &[u8], finish_reason: Option<&str>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head);
        out.extend_from_slice(b"{\"index\":");
        lines::number(out, u64::from(choice));
        out.extend_from_slice(b",\"delta\":");
        out.extend_from_slice(delta);
        out.extend_from_slice(b",\"logprobs\":null,\"finish_reason\":");
        match finish_reason {
            Some(reason) => lines::string(out, reason),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(b"}]");
        if self.context.wants_usage {
            out.extend_from_slice(b",\"usage\":null");
        }
        out.extend_from_slice(b"}\n\n");
    }
}

// === impl Choice ===

impl Choice {
    /// Keeps an item of a list until the end.
    fn keep(&mut self, list: &str, item: Option<Value>) {
        let Some(mut item) = item else { return };
        let items = self.lists.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        if let (Some(members), Some(items)) = (item.as_object_mut(), items.as_array_mut()) {
            members.insert("index".to_owned(), items.len().into());
            items.push(item);
        }
    }
}

fn member(out: &mut Vec<u8>, before: &[u8], text: &str, after: &[u8]) {
    out.extend_from_slice(before);
    lines::string(out, text);
    out.extend_from_slice(after);
}

fn arguments(out: &mut Vec<u8>, index: u32, text: &str) {
    out.extend_from_slice(b"{\"tool_calls\":[{\"index\":");
    lines::number(out, u64::from(index));
    member(out, b",\"function\":{\"arguments\":", text, b"}}]}");
}
