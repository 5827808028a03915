//! Replies in the format of OpenAI's responses.
//!
//! <https://platform.openai.com/docs/api-reference/responses/object>,
//! <https://platform.openai.com/docs/api-reference/responses-streaming>

use bytes::Bytes;
use serde_json::{Value, json};

use super::{
    ask::Ask,
    chat::halves,
    reply::{Call, Content, Finish, Reply},
    server::Stamp,
};

/// The answer in one piece.
pub(super) fn whole(ask: &Ask<'_>, reply: &Reply, stamp: Stamp) -> Bytes {
    finished(ask, reply, stamp).to_string().into()
}

/// The answer as the events of a stream, `response.completed` or `response.incomplete` last.
pub(super) fn events(ask: &Ask<'_>, reply: &Reply, stamp: Stamp) -> Vec<Bytes> {
    let mut writer = EventWriter::default();
    let begun = response(ask, stamp, "in_progress", &[], None);
    writer.event("response.created", json!({"response": begun}));
    writer.event("response.in_progress", json!({"response": begun}));
    match &reply.content {
        Content::Text(pieces) => writer.message(pieces, stamp),
        Content::Calls(calls) => {
            for (call, index) in calls.iter().zip(0..) {
                writer.call(call, stamp, index);
            }
        }
    }
    let name = match reply.finish {
        Finish::Length => "response.incomplete",
        Finish::Stop | Finish::ToolCalls => "response.completed",
    };
    writer.event(name, json!({"response": finished(ask, reply, stamp)}));
    writer.events
}

#[derive(Default)]
struct EventWriter {
    events: Vec<Bytes>,
}

impl EventWriter {
    fn event(&mut self, name: &str, mut data: Value) {
        if let Some(members) = data.as_object_mut() {
            members.insert("type".to_owned(), name.into());
            members.insert("sequence_number".to_owned(), self.events.len().into());
        }
        self.events.push(format!("event: {name}\ndata: {data}\n\n").into());
    }

    fn message(&mut self, pieces: &[String], stamp: Stamp) {
        let id = message_id(stamp);
        let text = pieces.concat();
        let place = |mut data: Value| {
            if let Some(members) = data.as_object_mut() {
                members.insert("item_id".to_owned(), id.as_str().into());
                members.insert("output_index".to_owned(), 0.into());
                members.insert("content_index".to_owned(), 0.into());
            }
            data
        };
        let begun = json!({"output_index": 0, "item": message(stamp, "in_progress", &[])});
        self.event("response.output_item.added", begun);
        self.event("response.content_part.added", place(json!({"part": part("")})));
        for piece in pieces {
            self.event(
                "response.output_text.delta",
                place(json!({"delta": piece, "logprobs": []})),
            );
        }
        self.event(
            "response.output_text.done",
            place(json!({"text": text, "logprobs": []})),
        );
        self.event("response.content_part.done", place(json!({"part": part(&text)})));
        let ended = json!({"output_index": 0, "item": message(stamp, "completed", &[part(&text)])});
        self.event("response.output_item.done", ended);
    }

    fn call(&mut self, call: &Call, stamp: Stamp, index: usize) {
        let id = call_id(stamp, index);
        let begun = json!({"output_index": index, "item": function_call(call, stamp, index, "in_progress", "")});
        self.event("response.output_item.added", begun);
        for half in halves(&call.arguments) {
            let delta = json!({"item_id": id, "output_index": index, "delta": half});
            self.event("response.function_call_arguments.delta", delta);
        }
        let done = json!({"item_id": id, "output_index": index, "name": call.name, "arguments": call.arguments});
        self.event("response.function_call_arguments.done", done);
        let item = function_call(call, stamp, index, "completed", &call.arguments);
        self.event(
            "response.output_item.done",
            json!({"output_index": index, "item": item}),
        );
    }
}

fn finished(ask: &Ask<'_>, reply: &Reply, stamp: Stamp) -> Value {
    let output: Vec<Value> = match &reply.content {
        Content::Text(pieces) => vec![message(stamp, "completed", &[part(&pieces.concat())])],
        Content::Calls(calls) => calls
            .iter()
            .zip(0..)
            .map(|(call, index)| function_call(call, stamp, index, "completed", &call.arguments))
            .collect(),
    };
    let status = match reply.finish {
        Finish::Length => "incomplete",
        Finish::Stop | Finish::ToolCalls => "completed",
    };
    response(ask, stamp, status, &output, Some(reply.output_tokens))
}

fn response(ask: &Ask<'_>, stamp: Stamp, status: &str, output: &[Value], output_tokens: Option<u64>) -> Value {
    let usage = output_tokens.map(|output| {
        json!({
            "input_tokens": ask.input_tokens,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": ask.input_tokens.saturating_add(output),
        })
    });
    let incomplete = (status == "incomplete").then(|| json!({"reason": "max_output_tokens"}));
    json!({
        "id": format!("resp_sandbox_{}", stamp.number),
        "object": "response",
        "created_at": stamp.seconds,
        "status": status,
        "error": null,
        "incomplete_details": incomplete,
        "instructions": null,
        "metadata": {},
        "model": ask.model,
        "output": output,
        "parallel_tool_calls": true,
        "previous_response_id": null,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": usage,
    })
}

fn message(stamp: Stamp, status: &str, content: &[Value]) -> Value {
    json!({"id": message_id(stamp), "type": "message", "role": "assistant", "status": status, "content": content})
}

fn part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

fn function_call(call: &Call, stamp: Stamp, index: usize, status: &str, arguments: &str) -> Value {
    json!({
        "id": call_id(stamp, index),
        "type": "function_call",
        "status": status,
        "call_id": format!("call_sandbox_{}_{index}", stamp.number),
        "name": call.name,
        "arguments": arguments,
    })
}

fn message_id(stamp: Stamp) -> String {
    format!("msg_sandbox_{}", stamp.number)
}

fn call_id(stamp: Stamp, index: usize) -> String {
    format!("fc_sandbox_{}_{index}", stamp.number)
}
