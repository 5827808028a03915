//! A server of the Model Context Protocol that has something of everything and does nothing.
//!
//! | tool | what it does |
//! |---|---|
//! | `echo` | answers with `text` |
//! | `echo_streamed` | the same, as a stream: word of its progress, then the answer |
//!
//! <https://modelcontextprotocol.io/specification>

use bartizan_verdict::Dialect;
use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{
    script::{Script, Step},
    server::respond,
};

/// The version that is spoken with clients that name none.
const VERSION: &str = "2025-11-25";
const GREETING: &str = "Greet the person warmly.";
const RESOURCE: &str = "sandbox://readme";

/// Answers one message, or several in an array.
pub(super) fn answer(body: &[u8]) -> Response<Script> {
    let Ok(message) = serde_json::from_slice::<Value>(body) else {
        return json_answer(StatusCode::BAD_REQUEST, &error_value(&Value::Null, -32_700, "not JSON"));
    };
    if let Value::Array(messages) = &message {
        let answers: Vec<Value> = messages.iter().filter_map(answer_to).collect();
        return if answers.is_empty() {
            accepted()
        } else {
            json_answer(StatusCode::OK, &Value::Array(answers))
        };
    }
    let Some(answer) = answer_to(&message) else {
        return accepted();
    };
    if message
        .pointer("/params/name")
        .is_some_and(|name| name == "echo_streamed")
    {
        return streamed(&answer);
    }
    json_answer(StatusCode::OK, &answer)
}

/// An error that is no answer to anything.
pub(super) fn error(message: &str) -> Bytes {
    error_value(&Value::Null, -32_600, message).to_string().into()
}

/// `None` to what needs no answer: notifications, and answers to questions that nobody here asked.
fn answer_to(message: &Value) -> Option<Value> {
    let id = message.get("id")?;
    let method = message.get("method")?.as_str()?;
    let none = Value::Null;
    let params = message.get("params").unwrap_or(&none);
    Some(match result(method, params) {
        Some(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        None => error_value(id, -32_601, "The sandbox has nothing of that kind."),
    })
}

fn result(method: &str, params: &Value) -> Option<Value> {
    let text = |name: &str| params.get("arguments")?.get(name)?.as_str();
    Some(match method {
        "initialize" => json!({
            "protocolVersion": params.get("protocolVersion").and_then(Value::as_str).unwrap_or(VERSION),
            "capabilities": {"tools": {}, "prompts": {}, "resources": {}},
            "serverInfo": {"name": "sandbox", "version": env!("CARGO_PKG_VERSION")},
        }),
        "ping" => json!({}),
        "tools/list" => json!({"tools": [tool("echo"), tool("echo_streamed")]}),
        "tools/call"
            if ["echo", "echo_streamed"]
                .iter()
                .any(|tool| params.get("name").is_some_and(|name| name == tool)) =>
        {
            json!({"content": [{"type": "text", "text": text("text").unwrap_or_default()}], "isError": false})
        }
        "prompts/list" => json!({"prompts": [{"name": "greet", "description": GREETING}]}),
        "prompts/get" => json!({"messages": [{"role": "user", "content": {"type": "text", "text": GREETING}}]}),
        "resources/list" => json!({"resources": [{"uri": RESOURCE, "name": "readme", "mimeType": "text/plain"}]}),
        "resources/read" => json!({"contents": [
            {"uri": RESOURCE, "mimeType": "text/plain", "text": "Nothing is stored in the sandbox."}]}),
        _ => return None,
    })
}

fn tool(name: &str) -> Value {
    json!({
        "name": name,
        "description": "Answers with the text it is given.",
        "inputSchema": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]},
    })
}

fn streamed(answer: &Value) -> Response<Script> {
    let progress = json!({"jsonrpc": "2.0", "method": "notifications/message",
        "params": {"level": "info", "data": "The sandbox is answering."}});
    let event = |data: &Value| Step::Send(format!("event: message\ndata: {data}\n\n").into());
    let script = Script::new([event(&progress), event(answer)]);
    respond(StatusCode::OK, "text/event-stream", Dialect::Mcp, script)
}

fn json_answer(status: StatusCode, answer: &Value) -> Response<Script> {
    let script = Script::whole(answer.to_string().into());
    respond(status, "application/json", Dialect::Mcp, script)
}

fn accepted() -> Response<Script> {
    respond(StatusCode::ACCEPTED, "application/json", Dialect::Mcp, Script::new([]))
}

fn error_value(id: &Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}
