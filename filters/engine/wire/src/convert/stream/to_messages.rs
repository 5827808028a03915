//! To Anthropic's messages: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.
//!
//! Why the answer ended is told with the usage, in the last event but one, as both are there.

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
    /// Each part's block.
    blocks: Vec<Block>,
    next_block: u64,
    has_refusal: bool,
    finish: Finish,
    usage: Option<Counts>,
}

/// The block of a part.
#[derive(Clone, Copy, Debug)]
struct Block {
    number: u64,
    is_thinking: bool,
}

// === impl Writer ===

impl Writer {
    /// A writer at the start of a stream.
    #[must_use]
    pub const fn new(context: Context) -> Self {
        Self {
            context,
            blocks: Vec::new(),
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
            Event::PartEnd { choice: 0, part } => {
                if let Some(block) = self.block(*part) {
                    close(out, block.number);
                }
            }
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
        if self.blocks.len() as u64 != u64::from(part) {
            return;
        }
        let block = match start {
            PartStart::Text => json!({"type": "text", "text": "", "citations": null}),
            PartStart::Refusal => {
                self.has_refusal = true;
                json!({"type": "text", "text": "", "citations": null})
            }
            PartStart::Thinking => json!({"type": "thinking", "thinking": "", "signature": ""}),
            PartStart::RedactedThinking { data } => json!({"type": "redacted_thinking", "data": data}),
            PartStart::ToolCall { id, name, signature } => {
                if let Some(signature) = signature {
                    let block = self.open(&to_messages::signature_block(signature), out);
                    close(out, block);
                }
                json!({"type": "tool_use", "id": id, "name": name, "input": {}})
            }
        };
        let number = self.open(&block, out);
        let is_thinking = *start == PartStart::Thinking;
        self.blocks.push(Block { number, is_thinking });
    }

    fn open(&mut self, block: &Value, out: &mut Vec<u8>) -> u64 {
        let number = self.next_block;
        self.next_block += 1;
        let start = json!({"type": "content_block_start", "index": number, "content_block": block});
        lines::named(out, "content_block_start", &start);
        number
    }

    fn grow(&self, part: u32, delta: &Delta, out: &mut Vec<u8>) {
        let Some(Block {
            number: block,
            is_thinking,
        }) = self.block(part)
        else {
            return;
        };
        match delta {
            Delta::Text(text) if is_thinking => delta_event(out, block, "thinking_delta", "thinking", text),
            Delta::Text(text) => delta_event(out, block, "text_delta", "text", text),
            Delta::Arguments(text) => delta_event(out, block, "input_json_delta", "partial_json", text),
            Delta::Signature(text) => delta_event(out, block, "signature_delta", "signature", text),
            Delta::Citation(told) => {
                let delta = json!({"type": "citations_delta", "citation": citation::to_anthropic(told)});
                let event = json!({"type": "content_block_delta", "index": block, "delta": delta});
                lines::named(out, "content_block_delta", &event);
            }
        }
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

    fn block(&self, part: u32) -> Option<Block> {
        self.blocks.get(usize::try_from(part).ok()?).copied()
    }
}

fn close(out: &mut Vec<u8>, block: u64) {
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
