//! JSON-RPC of the Model Context Protocol: a message, or several in an array.
//!
//! A client sends the model's calls of tools, and answers to what the server asked. Whatever a server sends is a tool's
//! word: descriptions, results, prompts, and what it would have the client's own model asked.
//!
//! <https://modelcontextprotocol.io/specification>

use super::common::{OTHER, WHAT, WORD, free, free_member, sealable, text};
use super::{Node, Scope, Shape, StringRule};
use crate::{Role, SpanKind, Unscannable};

pub(super) static REQUEST: Shape = Shape {
    element: Some(|_| Node::of(&CLIENT_MESSAGE)),
    expected: Some("an object or an array"),
    ..FROM_CLIENT
};

pub(super) static ANSWER: Shape = Shape {
    element: Some(|_| Node::of(&SERVER_MESSAGE)),
    expected: Some("an object or an array"),
    ..FROM_SERVER
};

static CLIENT_MESSAGE: Shape = FROM_CLIENT;
static SERVER_MESSAGE: Shape = FROM_SERVER;

const FROM_CLIENT: Shape = Shape {
    member: Some(|_, key| match key {
        "params" => Node::new(&CALL, SpanKind::ToolCall),
        "result" | "error" => Node::new(&REPLY, SpanKind::Message),
        _ => envelope_member(key),
    }),
    may_be_null: false,
    ..Shape::OBJECT
};

const FROM_SERVER: Shape = Shape {
    member: Some(|_, key| match key {
        "result" | "params" | "error" => Node::new(&WORD_OF_SERVER, SpanKind::ToolResult),
        _ => envelope_member(key),
    }),
    may_be_null: false,
    ..Shape::OBJECT
};

static METHOD: Shape = Shape {
    string: StringRule::Label,
    ..Shape::STRING
};

static CALL: Shape = Shape {
    member: Some(|kind, key| match key {
        "arguments" => Node::new(&CALL_ARGUMENTS, kind),
        "inputResponses" => Node::new(&REPLY, SpanKind::Message),
        "protocolVersion" | "cursor" | "taskId" | "requestId" | "level" => WORD,
        _ => free(kind),
    }),
    expected: Some("an object or an array"),
    string: StringRule::Refused,
    role: Some(Role::Assistant),
    ..Shape::ANY
};

static CALL_ARGUMENTS: Shape = Shape {
    member: Some(|kind, _| free(kind)),
    ..Shape::OBJECT
};

/// What the user or the model answers to a server.
static REPLY: Shape = Shape {
    element: Some(|kind| Node::new(&REPLY, kind)),
    member: Some(|kind, key| match key {
        "role" | "model" | "stopReason" | "action" => WORD,
        "content" => Node::new(&REPLY_CONTENT, kind),
        _ => Node::new(&REPLY, kind),
    }),
    role: Some(Role::User),
    ..Shape::ANY
};

/// Parts, or the fields of a form by any name.
static REPLY_CONTENT: Shape = Shape {
    element: Some(|kind| Node::new(&REPLY_CONTENT, kind)),
    member: Some(|kind, key| match key {
        "type" => WHAT,
        "data" => sealable(kind),
        "mimeType" => WORD,
        _ => free(kind),
    }),
    scope: Scope::Part,
    ..Shape::ANY
};

static WORD_OF_SERVER: Shape = Shape {
    element: Some(free),
    member: Some(|kind, key| match key {
        "content" => Node::new(&CONTENT, kind),
        "contents" => Node::new(&RESOURCE, SpanKind::Document),
        "messages" => Node::new(&MESSAGES, kind),
        "tools" | "prompts" | "resources" | "resourceTemplates" | "instructions" | "serverInfo" | "capabilities" => {
            free(SpanKind::ToolDefinition)
        }
        "protocolVersion" | "nextCursor" | "resultType" | "cacheScope" | "taskId" | "level" => WORD,
        "_meta" => OTHER,
        _ => free(kind),
    }),
    role: Some(Role::Tool),
    ..Shape::ANY
};

/// Messages that a server offers as a prompt, or would have sampled: its words, whoever it says they are of.
static MESSAGES: Shape = Shape {
    element: Some(|kind| Node::new(&MESSAGES, kind)),
    member: Some(|kind, key| match key {
        "role" => WORD,
        "content" => Node::new(&CONTENT, kind),
        _ => free_member(kind, key),
    }),
    ..Shape::ANY
};

static CONTENT: Shape = Shape {
    element: Some(|kind| Node::new(&CONTENT, kind)),
    member: Some(|kind, key| match key {
        "type" => WHAT,
        "text" => text(kind),
        "data" => sealable(kind),
        "mimeType" | "toolUseId" => WORD,
        "resource" => Node::new(&RESOURCE, SpanKind::Document),
        "content" => Node::new(&CONTENT, kind),
        _ => free(kind),
    }),
    scope: Scope::Part,
    ..Shape::ANY
};

static RESOURCE: Shape = Shape {
    element: Some(|kind| Node::new(&RESOURCE, kind)),
    member: Some(|kind, key| match key {
        "mimeType" => WORD,
        "text" => text(kind),
        "blob" => Node::new(&BLOB, kind),
        _ => free(kind),
    }),
    ..Shape::ANY
};

static BLOB: Shape = Shape {
    string: StringRule::Binary(Unscannable::File),
    ..Shape::ANY
};

fn envelope_member(key: &str) -> Node {
    match key {
        "jsonrpc" | "id" => WORD,
        "method" => Node::of(&METHOD),
        _ => OTHER,
    }
}
