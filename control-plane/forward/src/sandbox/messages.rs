//! Replies in the format of Anthropic's messages.
//!
//! <https://docs.anthropic.com/en/api/messages>, <https://docs.anthropic.com/en/docs/build-with-claude/streaming>

use std::fmt::Write;

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};

use super::{
    ask::Ask,
    chat::halves,
    reply::{Call, Content, Finish, Reply},
    server::Stamp,
};

/// The answer in one piece.
pub(super) fn whole(ask: &Ask<'_>, reply: &Reply, stamp: Stamp) -> Bytes {
    let content: Vec<Value> = match &reply.content {
        Content::Text(pieces) => vec![json!({"type": "text", "text": pieces.concat()})],
        Content::Calls(calls) => calls
            .iter()
            .zip(0..)
            .map(|(call, place)| {
                let input: Value = serde_json::from_str(&call.arguments).unwrap_or_default();
                tool_use(call, stamp, place, &input)
            })
            .collect(),
    };
    let stop = Value::from(stop_reason(reply.finish));
    message(ask, stamp, &content, &stop, reply.output_tokens)
        .to_string()
        .into()
}

/// The answer to a count of tokens.
pub(super) fn count(ask: &Ask<'_>) -> Bytes {
    json!({"input_tokens": ask.input_tokens}).to_string().into()
}

/// The answer as the events of a stream, `message_stop` last.
pub(super) fn events(ask: &Ask<'_>, reply: &Reply, stamp: Stamp) -> Vec<Bytes> {
    let mut writer = EventWriter::default();
    writer.event(
        "message_start",
        &format!(r#""message":{}"#, message(ask, stamp, &[], &Value::Null, 1)),
    );
    match &reply.content {
        Content::Text(pieces) => {
            writer.start(0, &json!({"type": "text", "text": ""}));
            writer.event("ping", "");
            for piece in pieces {
                writer.delta(
                    0,
                    &format!(r#"{{"type":"text_delta","text":{}}}"#, Value::from(piece.as_str())),
                );
            }
            writer.stop(0);
        }
        Content::Calls(calls) => {
            for (call, place) in calls.iter().zip(0..) {
                writer.start(place, &tool_use(call, stamp, place, &json!({})));
                for part in halves(&call.arguments) {
                    let delta = json!({"type": "input_json_delta", "partial_json": part});
                    writer.delta(place, &delta.to_string());
                }
                writer.stop(place);
            }
        }
    }
    let stop = stop_reason(reply.finish);
    let ending = format!(
        r#""delta":{{"stop_reason":"{stop}","stop_sequence":null}},"usage":{{"output_tokens":{}}}"#,
        reply.output_tokens
    );
    writer.event("message_delta", &ending);
    writer.event("message_stop", "");
    writer.events
}

/// An error of this type.
pub(super) fn error(kind: &str, message: &str) -> Bytes {
    json!({"type": "error", "error": {"type": kind, "message": message}})
        .to_string()
        .into()
}

#[derive(Default)]
struct EventWriter {
    buffer: BytesMut,
    events: Vec<Bytes>,
}

impl EventWriter {
    fn event(&mut self, name: &str, fields: &str) {
        let separator = if fields.is_empty() { "" } else { "," };
        // Writing to memory does not fail.
        let _ = write!(
            self.buffer,
            "event: {name}\ndata: {{\"type\":\"{name}\"{separator}{fields}}}\n\n"
        );
        self.events.push(self.buffer.split().freeze());
    }

    fn start(&mut self, index: usize, block: &Value) {
        self.event(
            "content_block_start",
            &format!(r#""index":{index},"content_block":{block}"#),
        );
    }

    fn delta(&mut self, index: usize, delta: &str) {
        self.event("content_block_delta", &format!(r#""index":{index},"delta":{delta}"#));
    }

    fn stop(&mut self, index: usize) {
        self.event("content_block_stop", &format!(r#""index":{index}"#));
    }
}

fn message(ask: &Ask<'_>, stamp: Stamp, content: &[Value], stop_reason: &Value, output_tokens: u64) -> Value {
    json!({
        "id": format!("msg_sandbox_{}", stamp.number),
        "type": "message",
        "role": "assistant",
        "model": ask.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": {"input_tokens": ask.input_tokens, "output_tokens": output_tokens},
    })
}

fn tool_use(call: &Call, stamp: Stamp, place: usize, input: &Value) -> Value {
    json!({
        "type": "tool_use",
        "id": format!("toolu_sandbox_{}_{place}", stamp.number),
        "name": call.name,
        "input": input,
    })
}

const fn stop_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
    }
}
