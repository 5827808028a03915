//! To OpenAI's chat completions: <https://platform.openai.com/docs/api-reference/chat-streaming>.
//!
//! Lists within a delta have an `index` in each item, by which SDKs put them together. What is only known at the end of
//! a part follows it in a chunk of its own: citations, and thoughts with their signature.

use std::collections::{BTreeMap, btree_map::Entry};

use serde_json::{Value, json};

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
    thinking_blocks: u32,
    annotations: u32,
    citations: u32,
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
                (Part::RedactedThinking, state.thinking_block(&content))
            }
            PartStart::ToolCall { id, name, signature } => {
                let index = next(&mut state.tool_calls);
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
                let deltas: Vec<Value> = citations.iter().map(|told| state.cited(told, length)).collect();
                state.length += length;
                for delta in &deltas {
                    self.value(choice, Some(delta), out);
                }
            }
            Some(Part::Thinking { text, signature }) => {
                let block = state.thinking_block(&Content::Thinking { text, signature });
                self.value(choice, block.as_ref(), out);
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
        let has_refusal = self.choices.get(&choice).is_some_and(|state| state.has_refusal);
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
    fn thinking_block(&mut self, content: &Content) -> Option<Value> {
        let block = numbered(to_chat::thinking_block(content)?, next(&mut self.thinking_blocks));
        Some(json!({"thinking_blocks": [block]}))
    }

    fn cited(&mut self, citation: &Citation, length: u64) -> Value {
        let (list, cited) = to_chat::cited(citation, self.length, length);
        let count = match list {
            "annotations" => &mut self.annotations,
            _ => &mut self.citations,
        };
        let cited = numbered(cited, next(count));
        json!({ list: [cited] })
    }
}

fn next(count: &mut u32) -> u32 {
    let number = *count;
    *count += 1;
    number
}

fn numbered(mut item: Value, index: u32) -> Value {
    if let Some(members) = item.as_object_mut() {
        members.insert("index".to_owned(), index.into());
    }
    item
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
