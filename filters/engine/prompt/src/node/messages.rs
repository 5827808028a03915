//! Anthropic's messages, and the counting of their tokens.
//!
//! <https://docs.anthropic.com/en/api/messages>, <https://docs.anthropic.com/en/api/messages-count-tokens>

use super::common::{CONTAINER, CREDENTIALS, KEPT, LINKED, OTHER, TOOLS, USAGE, WORD, free, free_member, part};
use super::{Node, Roles, Scope, Shape, StringRule};
use crate::{Role, SpanKind};

pub(super) static REQUEST: Shape = Shape {
    member: Some(|_, key| {
        named! { key;
            "messages" => Node::of(&MESSAGES),
            "system" => Node::new(&SYSTEM, SpanKind::Message),
            "model" | "service_tier" | "inference_geo" | "speed" => WORD,
            "tools" => TOOLS,
            "output_config" | "output_format" => free(SpanKind::ToolDefinition),
            "mcp_servers" => Node::new(&SERVERS, SpanKind::ToolDefinition),
            "container" => CONTAINER,
            "thread" => Node::of(&THREAD),
        }
    }),
    may_be_null: false,
    required: Some("messages"),
    scope: Scope::Required("an array"),
    ..Shape::OBJECT
};

pub(super) static ANSWER: Shape = Shape {
    member: Some(|_, key| {
        named! { key;
            "content" => Node::new(&CONTENT, SpanKind::Message),
            "id" | "type" | "role" | "model" | "service_tier" | "stop_reason" => WORD,
            "container" => Node::of(&MADE),
            "usage" => USAGE,
        }
    }),
    may_be_null: false,
    ..Shape::OBJECT
};

static MESSAGES: Shape = Shape {
    element: Some(|_| Node::of(&MESSAGE)),
    may_be_null: false,
    ..Shape::ARRAY
};

static MESSAGE: Shape = Shape {
    member: Some(|_, key| {
        named! { key;
            "role" => Node::of(&ROLE),
            "content" => Node::new(&CONTENT, SpanKind::Message),
        }
    }),
    may_be_null: false,
    scope: Scope::Message,
    ..Shape::OBJECT
};

static ROLE: Shape = Shape {
    string: StringRule::Role(&ROLES),
    expected: Some("a role"),
    may_be_null: false,
    ..Shape::STRING
};

static ROLES: Roles = Roles {
    names: &[
        ("user", Role::User),
        ("assistant", Role::Assistant),
        ("system", Role::System),
    ],
    expected: "`user`, `assistant` or `system`",
};

static CONTENT: Shape = Shape {
    element: Some(|_| part(SpanKind::Message)),
    member: None,
    expected: Some("a string or an array"),
    may_be_null: false,
    ..Shape::ANY
};

static SYSTEM: Shape = Shape {
    element: Some(|_| part(SpanKind::Message)),
    member: None,
    expected: Some("a string or an array"),
    role: Some(Role::System),
    ..Shape::ANY
};

/// MCP servers that the provider calls.
static SERVERS: Shape = Shape {
    element: Some(|kind| Node::new(&SERVERS, kind)),
    member: Some(|kind, key| match key {
        "url" => LINKED,
        "authorization_token" => CREDENTIALS,
        _ => free_member(kind, key),
    }),
    role: Some(Role::Tool),
    ..Shape::ANY
};

/// An earlier conversation that goes on.
static THREAD: Shape = Shape {
    member: Some(|_, key| match key {
        "type" => WORD,
        "previous_message_id" => KEPT,
        _ => OTHER,
    }),
    ..Shape::ANY
};

/// The container that an answer was made in; what came out of it is in the answer.
static MADE: Shape = Shape {
    member: Some(|_, key| match key {
        "id" => WORD,
        _ => OTHER,
    }),
    ..Shape::ANY
};
