//! To Anthropic's messages: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.
//!
//! Blocks come one after the other, as SDKs count on it: a part that begins while another is open waits for its end. Why
//! the answer ended is told with the usage, in the last event but one, as both are there.

use std::collections::VecDeque;

use serde_json::{Value, json};

use super::lines;
use crate::convert::{
    Context,
    answer::{id, to_messages},
    citation,
    neutral::{Counts, Delta, Event, Finish, PartStart},
};

/// Writes events. Of several choices it is the first.
#[derive(Clone, Debug)]
pub struct Writer {
    context: Context,
    /// How many parts there are.
    parts: u32,
    open: Option<Block>,
    waiting: VecDeque<Waiting>,
    next_block: u64,
    has_refusal: bool,
    finish: Finish,
    usage: Option<Counts>,
}

/// The block that is open.
#[derive(Clone, Copy, Debug)]
struct Block {
    part: u32,
    number: u64,
    is_thinking: bool,
}

/// A part that has begun, but not its block.
#[derive(Clone, Debug)]
struct Waiting {
    part: u32,
    start: PartStart,
    deltas: Vec<Delta>,
    is_whole: bool,
}

// === impl Writer ===

impl Writer {
    /// A writer at the start of a stream.
    #[must_use]
    pub const fn new(context: Context) -> Self {
        Self {
            context,
            parts: 0,
            open: None,
            waiting: VecDeque::new(),
            next_block: 0,
            has_refusal: false,
            finish: Finish::Stop,
            usage: None,
        }
    }

    /// Writes what an event comes to.
    pub fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start { id, model, usage } => self.start(id, model, *usage, out),
            Event::PartStart { choice: 0, part, start } => self.start_part(*part, start, out),
            Event::PartDelta { choice: 0, part, delta } => self.grow(*part, delta, out),
            Event::PartEnd { choice: 0, part } => self.end_part(*part, out),
            Event::Finish { choice: 0, finish } => finish.clone_into(&mut self.finish),
            Event::Usage(usage) => self.usage = Some(*usage),
            Event::Ping => lines::named(out, "ping", &json!({"type": "ping"})),
            Event::End => self.end(out),
            // Choices that nobody can ask for in this dialect; and what went wrong, which the forwarder says.
            Event::PartStart { .. }
            | Event::PartDelta { .. }
            | Event::PartEnd { .. }
            | Event::Finish { .. }
            | Event::Error(_) => {}
        }
    }

    fn start(&mut self, id: &str, model: &str, usage: Option<Counts>, out: &mut Vec<u8>) {
        self.usage = usage;
        let message = json!({
            "id": id::id("msg_", id, &self.context),
            "type": "message",
            "role": "assistant",
            "model": id::model(model, &self.context),
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": to_messages::usage(&usage.unwrap_or_default()),
        });
        lines::named(
            out,
            "message_start",
            &json!({"type": "message_start", "message": message}),
        );
    }

    fn start_part(&mut self, part: u32, start: &PartStart, out: &mut Vec<u8>) {
        if part != self.parts {
            return;
        }
        self.parts = self.parts.saturating_add(1);
        if self.open.is_none() {
            self.begin(part, start, out);
            return;
        }
        self.waiting.push_back(Waiting {
            part,
            start: start.clone(),
            deltas: Vec::new(),
            is_whole: false,
        });
    }

    fn grow(&mut self, part: u32, delta: &Delta, out: &mut Vec<u8>) {
        match self.open {
            Some(block) if block.part == part => write_delta(out, block, delta),
            Some(_) | None => {
                if let Some(waiting) = self.waiting(part) {
                    waiting.deltas.push(delta.clone());
                }
            }
        }
    }

    fn end_part(&mut self, part: u32, out: &mut Vec<u8>) {
        match self.open {
            Some(block) if block.part == part => self.close(block, out),
            Some(_) | None => {
                if let Some(waiting) = self.waiting(part) {
                    waiting.is_whole = true;
                }
            }
        }
    }

    fn waiting(&mut self, part: u32) -> Option<&mut Waiting> {
        // They are numbered without gaps.
        let first = self.waiting.front()?.part;
        self.waiting.get_mut(usize::try_from(part.checked_sub(first)?).ok()?)
    }

    /// Ends the open block, and writes those that waited for it.
    fn close(&mut self, block: Block, out: &mut Vec<u8>) {
        stop(out, block.number);
        self.open = None;
        while let Some(next) = self.waiting.pop_front() {
            let block = self.begin(next.part, &next.start, out);
            next.deltas.iter().for_each(|delta| write_delta(out, block, delta));
            if !next.is_whole {
                return;
            }
            stop(out, block.number);
            self.open = None;
        }
    }

    fn begin(&mut self, part: u32, start: &PartStart, out: &mut Vec<u8>) -> Block {
        let value = match start {
            PartStart::Text => json!({"type": "text", "text": "", "citations": null}),
            PartStart::Refusal => {
                self.has_refusal = true;
                json!({"type": "text", "text": "", "citations": null})
            }
            PartStart::Thinking => json!({"type": "thinking", "thinking": "", "signature": ""}),
            PartStart::RedactedThinking { data } => json!({"type": "redacted_thinking", "data": data}),
            PartStart::ToolCall { id, name, signature } => {
                if let Some(signature) = signature {
                    let number = self.open(&to_messages::signature_block(signature), out);
                    stop(out, number);
                }
                json!({"type": "tool_use", "id": id, "name": name, "input": {}})
            }
        };
        let block = Block {
            part,
            number: self.open(&value, out),
            is_thinking: *start == PartStart::Thinking,
        };
        self.open = Some(block);
        block
    }

    /// Writes that a block begins; tells its number.
    fn open(&mut self, block: &Value, out: &mut Vec<u8>) -> u64 {
        let number = self.next_block;
        self.next_block += 1;
        let start = json!({"type": "content_block_start", "index": number, "content_block": block});
        lines::named(out, "content_block_start", &start);
        number
    }

    fn end(&self, out: &mut Vec<u8>) {
        let (reason, sequence) = to_messages::stop(&self.finish, self.has_refusal);
        let delta = json!({
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": sequence},
            "usage": to_messages::usage(&self.usage.unwrap_or_default()),
        });
        lines::named(out, "message_delta", &delta);
        lines::named(out, "message_stop", &json!({"type": "message_stop"}));
    }
}

fn write_delta(out: &mut Vec<u8>, block: Block, delta: &Delta) {
    let number = block.number;
    match delta {
        Delta::Text(text) if block.is_thinking => delta_event(out, number, "thinking_delta", "thinking", text),
        Delta::Text(text) => delta_event(out, number, "text_delta", "text", text),
        Delta::Arguments(text) => delta_event(out, number, "input_json_delta", "partial_json", text),
        Delta::Signature(text) => delta_event(out, number, "signature_delta", "signature", text),
        Delta::Citation(told) => {
            let delta = json!({"type": "citations_delta", "citation": citation::to_anthropic(told)});
            let event = json!({"type": "content_block_delta", "index": number, "delta": delta});
            lines::named(out, "content_block_delta", &event);
        }
    }
}

fn stop(out: &mut Vec<u8>, block: u64) {
    lines::named(
        out,
        "content_block_stop",
        &json!({"type": "content_block_stop", "index": block}),
    );
}

fn delta_event(out: &mut Vec<u8>, block: u64, kind: &str, member: &str, text: &str) {
    out.extend_from_slice(b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":");
    lines::number(out, block);
    out.extend_from_slice(b",\"delta\":{\"type\":\"");
    out.extend_from_slice(kind.as_bytes());
    out.extend_from_slice(b"\",\"");
    out.extend_from_slice(member.as_bytes());
    out.extend_from_slice(b"\":");
    lines::string(out, text);
    out.extend_from_slice(b"}}\n\n");
}
