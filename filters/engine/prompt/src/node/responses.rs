//! OpenAI's responses. Items of a request and of an answer are alike, and say what they are by a `type` that may come
//! last; what their members are called tells enough to read them before.
//!
//! <https://platform.openai.com/docs/api-reference/responses>

use super::common::{
    ARGUMENTS, DECLARED, ENCRYPTED, KEPT, LINKED, OPENAI_ROLES, OTHER, RESULT, TOOLS, USAGE, WHAT, WORD, free, nested,
    part, sealable,
};
use super::{Node, Scope, Shape, Side, StringRule};
use crate::{Role, SpanKind};

/// An item of an answer.
pub(crate) const ANSWER_ITEM: Node = Node::of(&MADE_ITEM);

pub(super) static REQUEST: Shape = Shape {
    member: Some(|_, key| match key {
        "input" => Node::new(&INPUT, SpanKind::Message),
        "instructions" => Node::new(&INSTRUCTIONS, SpanKind::Message),
        _ => shared_member(key),
    }),
    may_be_null: false,
    ..Shape::OBJECT
};

pub(super) static ANSWER: Shape = Shape {
    member: Some(|_, key| match key {
        "output" => Node::of(&OUTPUT),
        // A string, or the items that the request had in its place.
        "instructions" => Node::new(&ECHOED_INSTRUCTIONS, SpanKind::Message),
        "id" | "object" | "status" => WORD,
        "usage" => USAGE,
        "output_text" => free(SpanKind::Message),
        _ => shared_member(key),
    }),
    may_be_null: false,
    ..Shape::OBJECT
};

static INPUT: Shape = Shape {
    element: Some(|_| Node::of(&ITEM)),
    member: None,
    expected: Some("a string or an array"),
    ..Shape::ANY
};

static INSTRUCTIONS: Shape = Shape {
    role: Some(Role::System),
    ..Shape::STRING
};

static ECHOED_INSTRUCTIONS: Shape = Shape {
    element: Some(|_| nested(SpanKind::Message)),
    role: Some(Role::System),
    ..Shape::ANY
};

static OUTPUT: Shape = Shape {
    element: Some(|_| ANSWER_ITEM),
    ..Shape::ARRAY
};

static ITEM: Shape = Shape {
    member: Some(|_, key| match key {
        "role" => Node::of(&ROLE),
        _ => item_member(key),
    }),
    may_be_null: false,
    required: Some("content"),
    scope: Scope::Item(Side::Request),
    ..Shape::OBJECT
};

/// An answer is the model's, whatever it says of itself.
static MADE_ITEM: Shape = Shape {
    member: Some(|_, key| match key {
        "role" => WORD,
        _ => item_member(key),
    }),
    may_be_null: false,
    scope: Scope::Item(Side::Answer),
    ..Shape::OBJECT
};

static ROLE: Shape = Shape {
    string: StringRule::Role(&OPENAI_ROLES),
    expected: Some("a role"),
    may_be_null: false,
    ..Shape::STRING
};

static CONTENT: Shape = Shape {
    element: Some(|_| part(SpanKind::Message)),
    member: None,
    expected: Some("a string or an array"),
    ..Shape::ANY
};

/// What code printed, and images that it made.
static OUTPUTS: Shape = Shape {
    element: Some(|kind| Node::new(&OUTPUTS, kind)),
    member: Some(|kind, key| match key {
        "type" => WORD,
        "url" => LINKED,
        _ => free(kind),
    }),
    role: Some(Role::Tool),
    ..Shape::ANY
};

/// An image as base64, or what a program printed.
static MADE: Shape = Shape {
    role: Some(Role::Tool),
    ..*sealable(SpanKind::ToolResult).shape
};

static TOOL_TEXT: Shape = Shape {
    role: Some(Role::Tool),
    ..Shape::ANY
};

/// A prompt that the provider keeps, and what is put into it.
static PROMPT: Shape = Shape {
    member: Some(|_, key| match key {
        "id" => KEPT,
        "version" => WORD,
        "variables" => Node::of(&VARIABLES),
        _ => OTHER,
    }),
    ..Shape::ANY
};

static VARIABLES: Shape = Shape {
    member: Some(|_, _| nested(SpanKind::Message)),
    ..Shape::ANY
};

/// How the answer is to be written.
static FORMAT: Shape = Shape {
    member: Some(|_, key| match key {
        "verbosity" => WORD,
        _ => free(SpanKind::ToolDefinition),
    }),
    ..Shape::ANY
};

static WORDS: Shape = Shape {
    string: StringRule::Label,
    element: Some(|_| WORD),
    member: Some(|_, _| WORD),
    ..Shape::ANY
};

/// What requests and answers both have.
fn shared_member(key: &str) -> Node {
    named! { key;
        "model" | "service_tier" | "truncation" => WORD,
        "include" | "reasoning" | "stream_options" | "tool_choice" => Node::of(&WORDS),
        "tools" => TOOLS,
        "text" => Node::new(&FORMAT, SpanKind::ToolDefinition),
        "prompt" => Node::of(&PROMPT),
        "previous_response_id" | "conversation" => KEPT,
    }
}

fn item_member(key: &str) -> Node {
    named! { key;
        "type" => WHAT,
        "id" | "call_id" | "status" | "phase" | "container_id" | "approval_request_id" => WORD,
        "content" => Node::new(&CONTENT, SpanKind::Message),
        "summary" => nested(SpanKind::Reasoning),
        "encrypted_content" => ENCRYPTED,
        "arguments" => ARGUMENTS,
        "name" | "namespace" | "server_label" | "input" | "action" | "actions" | "operation" | "queries" | "code"
        | "revised_prompt" => free(SpanKind::ToolCall),
        "output" => RESULT,
        "outputs" => Node::new(&OUTPUTS, SpanKind::ToolResult),
        "result" => Node::new(&MADE, SpanKind::ToolResult),
        "results" => free(SpanKind::Document),
        "error" => Node::new(&TOOL_TEXT, SpanKind::ToolResult),
        "tools" => DECLARED,
    }
}
