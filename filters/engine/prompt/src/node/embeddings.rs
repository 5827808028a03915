//! OpenAI's embeddings.
//!
//! <https://platform.openai.com/docs/api-reference/embeddings>

use super::common::{OPAQUE, OTHER, USAGE, WORD};
use super::{Node, Scope, Shape, StringRule};
use crate::{SpanKind, Unscannable};

pub(super) static REQUEST: Shape = Shape {
    member: Some(|_, key| match key {
        "input" => Node::new(&INPUT, SpanKind::Message),
        "model" | "encoding_format" => WORD,
        _ => OTHER,
    }),
    may_be_null: false,
    required: Some("input"),
    scope: Scope::Required("a string or an array"),
    ..Shape::OBJECT
};

/// One text, its tokens, or an array of either.
static INPUT: Shape = Shape {
    element: Some(|kind| Node::new(&ENTRY, kind)),
    member: None,
    expected: Some("a string or an array"),
    may_be_null: false,
    ..Shape::ANY
};

static ENTRY: Shape = Shape {
    number: Some(Unscannable::Tokens),
    element: Some(|_| Node::of(&TOKEN)),
    member: None,
    expected: Some("a string, a token or an array of tokens"),
    may_be_null: false,
    ..Shape::ANY
};

static TOKEN: Shape = Shape {
    string: StringRule::Refused,
    number: Some(Unscannable::Tokens),
    element: None,
    member: None,
    expected: Some("a token"),
    may_be_null: false,
    ..Shape::ANY
};

pub(super) static ANSWER: Shape = Shape {
    member: Some(|_, key| match key {
        "data" => Node::of(&VECTORS),
        "usage" => USAGE,
        "object" | "model" | "id" => WORD,
        _ => OTHER,
    }),
    may_be_null: false,
    ..Shape::OBJECT
};

static VECTORS: Shape = Shape {
    element: Some(|_| Node::of(&VECTOR)),
    ..Shape::ANY
};

static VECTOR: Shape = Shape {
    member: Some(|_, key| match key {
        "embedding" => OPAQUE,
        "object" => WORD,
        _ => OTHER,
    }),
    ..Shape::ANY
};
