//! OpenAI's chat completions.
//!
//! <https://platform.openai.com/docs/api-reference/chat>

use super::common::{
    ARGUMENTS, CITATIONS, LOGPROBS, OPAQUE, OPENAI_ROLES, OTHER, SOUND, TOOLS, USAGE, WORD, free, nested, part, text,
};
use super::{Node, Scope, Shape, StringRule};
use crate::{Role, SpanKind};

/// The members of a message: in requests with a role, in answers with a word that says no more than is known.
macro_rules! message_member {
    ($key:expr, $role:expr) => {
        named! { $key;
            "role" => $role,
            "content" => Node::new(&CONTENT, SpanKind::Message),
            "refusal" | "reasoning_content" | "reasoning" => free(SpanKind::Reasoning),
            "thinking_blocks" => nested(SpanKind::Reasoning),
            // Pictures that some models answer with.
            "images" => nested(SpanKind::Message),
            "tool_calls" => Node::of(&TOOL_CALLS),
            "function_call" => FUNCTION,
            "audio" => SOUND,
            "tool_call_id" => WORD,
            "annotations" => CITATIONS,
        }
    };
}

/// One choice of an answer.
pub(crate) const CHOICE: Node = Node::of(&ONE_CHOICE);
/// The message of a choice.
pub(crate) const ANSWER_MESSAGE: Node = Node::of(&ANSWERED);
/// The function that a tool call names, with arguments.
pub(crate) const FUNCTION: Node = Node::of(&CALLED);

pub(super) static REQUEST: Shape = Shape {
    member: Some(|_, key| {
        named! { key;
            "messages" => Node::of(&MESSAGES),
            "model" | "service_tier" | "reasoning_effort" | "verbosity" => WORD,
            "tools" | "functions" => TOOLS,
            "response_format" => free(SpanKind::ToolDefinition),
            "prediction" => Node::of(&PREDICTION),
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
            "choices" => Node::of(&CHOICES),
            "usage" => USAGE,
            "id" | "object" | "model" | "service_tier" | "system_fingerprint" => WORD,
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
    member: Some(|_, key| message_member!(key, Node::of(&ROLE))),
    may_be_null: false,
    scope: Scope::Message,
    ..Shape::OBJECT
};

static ROLE: Shape = Shape {
    string: StringRule::Role(&OPENAI_ROLES),
    expected: Some("a role"),
    may_be_null: false,
    ..Shape::STRING
};

/// Null beside tool calls.
static CONTENT: Shape = Shape {
    element: Some(|_| part(SpanKind::Message)),
    member: None,
    expected: Some("a string or an array"),
    ..Shape::ANY
};

static TOOL_CALLS: Shape = Shape {
    element: Some(|_| Node::of(&TOOL_CALL)),
    ..Shape::ARRAY
};

static TOOL_CALL: Shape = Shape {
    member: Some(|_, key| {
        named! { key;
            "function" => FUNCTION,
            "id" | "type" => WORD,
            "custom" => free(SpanKind::ToolCall),
            "extra_content" => Node::of(&EXTRA),
        }
    }),
    ..Shape::OBJECT
};

/// What Google has beside a call.
static EXTRA: Shape = Shape {
    member: Some(|_, key| match key {
        "google" => Node::of(&EXTRA),
        "thought_signature" => OPAQUE,
        _ => OTHER,
    }),
    ..Shape::ANY
};

static CALLED: Shape = Shape {
    member: Some(|_, key| match key {
        "name" => text(SpanKind::ToolCall),
        "arguments" => ARGUMENTS,
        _ => OTHER,
    }),
    ..Shape::OBJECT
};

/// What the answer is expected to be.
static PREDICTION: Shape = Shape {
    member: Some(|_, key| match key {
        "type" => WORD,
        "content" => nested(SpanKind::Message),
        _ => OTHER,
    }),
    role: Some(Role::Assistant),
    ..Shape::ANY
};

static CHOICES: Shape = Shape {
    element: Some(|_| CHOICE),
    ..Shape::ARRAY
};

static ONE_CHOICE: Shape = Shape {
    member: Some(|_, key| {
        named! { key;
            "message" => ANSWER_MESSAGE,
            "finish_reason" => WORD,
            "logprobs" => LOGPROBS,
        }
    }),
    ..Shape::OBJECT
};

static ANSWERED: Shape = Shape {
    member: Some(|_, key| message_member!(key, WORD)),
    ..Shape::OBJECT
};
