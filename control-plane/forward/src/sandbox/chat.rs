//! Replies in the format of OpenAI's chat completions.
//!
//! <https://platform.openai.com/docs/api-reference/chat/object>, <https://platform.openai.com/docs/api-reference/chat/streaming>

use std::fmt::Write;

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};

use super::{
    ask::{Ask, Delivery},
    reply::{Call, Content, Finish, Reply},
    server::Stamp,
};

/// The answer in one piece.
pub(super) fn whole(ask: &Ask<'_>, reply: &Reply, stamp: Stamp) -> Bytes {
    let message = match &reply.content {
        Content::Text(pieces) => json!({"role": "assistant", "content": pieces.concat(), "refusal": null}),
        Content::Calls(calls) => {
            let calls: Vec<Value> = calls
                .iter()
                .zip(0..)
                .map(|(call, index)| tool_call(call, stamp, index))
                .collect();
            json!({"role": "assistant", "content": null, "refusal": null, "tool_calls": calls})
        }
    };
    let choices: Vec<Value> = (0..ask.choices)
        .map(|index| json!({"index": index, "message": message, "logprobs": null, "finish_reason": finish(reply.finish)}))
        .collect();
    let answer = json!({
        "id": format!("chatcmpl-sandbox-{}", stamp.number),
        "object": "chat.completion",
        "created": stamp.seconds,
        "model": ask.model,
        "choices": choices,
        "usage": usage(ask, reply),
        "system_fingerprint": null,
    });
    answer.to_string().into()
}

/// The answer as the events of a stream, `[DONE]` last.
pub(super) fn events(ask: &Ask<'_>, reply: &Reply, stamp: Stamp) -> Vec<Bytes> {
    let mut writer = EventWriter::new(ask, stamp);
    for index in 0..ask.choices {
        writer.delta(index, r#"{"role":"assistant","content":"","refusal":null}"#, "null");
        match &reply.content {
            Content::Text(pieces) => {
                for piece in pieces {
                    writer.delta(
                        index,
                        &format!(r#"{{"content":{}}}"#, Value::from(piece.as_str())),
                        "null",
                    );
                }
            }
            Content::Calls(calls) => {
                for (call, place) in calls.iter().zip(0..) {
                    writer.call(index, place, call, stamp);
                }
            }
        }
        writer.delta(index, "{}", &format!(r#""{}""#, finish(reply.finish)));
    }
    if ask.delivery == Delivery::StreamWithUsage {
        writer.event("[]", &usage(ask, reply).to_string());
    }
    writer.done()
}

/// An error of this status.
pub(super) fn error(kind: &str, message: &str) -> Bytes {
    json!({"error": {"message": message, "type": kind, "param": null, "code": null}})
        .to_string()
        .into()
}

struct EventWriter {
    head: String,
    /// What every event but the usage chunk says of usage: nothing, or `null` when usage was asked for.
    tail: &'static str,
    buffer: BytesMut,
    events: Vec<Bytes>,
}

impl EventWriter {
    fn new(ask: &Ask<'_>, stamp: Stamp) -> Self {
        let head = format!(
            r#"data: {{"id":"chatcmpl-sandbox-{}","object":"chat.completion.chunk","created":{},"model":{},"system_fingerprint":null,"choices":"#,
            stamp.number,
            stamp.seconds,
            Value::from(ask.model.as_ref()),
        );
        let tail = match ask.delivery {
            Delivery::StreamWithUsage => "null",
            Delivery::Whole | Delivery::Stream => "",
        };
        Self {
            head,
            tail,
            buffer: BytesMut::new(),
            events: Vec::new(),
        }
    }

    fn event(&mut self, choices: &str, usage: &str) {
        let separator = if usage.is_empty() { "" } else { r#","usage":"# };
        // Writing to memory does not fail.
        let _ = write!(self.buffer, "{}{choices}{separator}{usage}}}\n\n", self.head);
        self.events.push(self.buffer.split().freeze());
    }

    fn delta(&mut self, index: u8, delta: &str, finish: &str) {
        let choice = format!(r#"[{{"index":{index},"delta":{delta},"logprobs":null,"finish_reason":{finish}}}]"#);
        self.event(&choice, self.tail);
    }

    /// The name first, then the arguments in two parts, as providers send them.
    fn call(&mut self, index: u8, place: usize, call: &Call, stamp: Stamp) {
        let opening = json!({"tool_calls": [{
            "index": place,
            "id": call_id(stamp, place),
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }]});
        self.delta(index, &opening.to_string(), "null");
        for part in halves(&call.arguments) {
            let delta = json!({"tool_calls": [{"index": place, "function": {"arguments": part}}]});
            self.delta(index, &delta.to_string(), "null");
        }
    }

    fn done(mut self) -> Vec<Bytes> {
        self.events.push(Bytes::from_static(b"data: [DONE]\n\n"));
        self.events
    }
}

/// Text in two parts, cut at a character.
pub(super) fn halves(text: &str) -> [&str; 2] {
    let middle = (0..=text.len() / 2).rev().find(|&place| text.is_char_boundary(place));
    text.split_at(middle.unwrap_or_default()).into()
}

fn tool_call(call: &Call, stamp: Stamp, place: usize) -> Value {
    json!({
        "id": call_id(stamp, place),
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    })
}

fn call_id(stamp: Stamp, place: usize) -> String {
    format!("call_sandbox_{}_{place}", stamp.number)
}

fn usage(ask: &Ask<'_>, reply: &Reply) -> Value {
    let output = reply.output_tokens.saturating_mul(ask.choices.into());
    json!({
        "prompt_tokens": ask.input_tokens,
        "completion_tokens": output,
        "total_tokens": ask.input_tokens.saturating_add(output),
    })
}

const fn finish(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
    }
}
