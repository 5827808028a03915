//! What stands where in a body: the shape of requests and answers, as far as it decides whose text is whose.
//!
//! A [`Node`] is a value of known meaning. Each surface has its own in a file of its own, and they share those of
//! [`common`]. They are strict only where text has to be found: there, a value of another type is an error, as a provider
//! might read something that we did not. Elsewhere any type will do.

use core::fmt;

use crate::{Role, SpanKind, Surface, Unscannable};

/// The meaning of a member by its name, which is of no known meaning if it is none of these. Written as a `match`, but a
/// table: that is less code for each shape, and of code that a body runs through once it counts how much there is.
macro_rules! named {
    ($key:expr; $($($name:literal)|+ => $node:expr,)+) => {
        $crate::node::named(const { &[$($(($name, $node),)+)+] }, $key)
    };
}

mod chat;
mod common;
mod embeddings;
mod json;
mod mcp;
mod messages;
mod responses;
mod word;

pub(crate) use chat::{ANSWER_MESSAGE, CHOICE, FUNCTION};
pub(crate) use common::{ARGUMENTS, CITATIONS, IMAGE_DATA, LOGPROBS, WORD, free, part, text};
pub(crate) use responses::ANSWER_ITEM;
pub(crate) use word::Word;

/// The meaning of a value.
#[derive(Clone, Copy)]
pub(crate) struct Node {
    pub(crate) shape: &'static Shape,
    /// What the strings in it are, where they are text.
    pub(crate) kind: SpanKind,
}

/// What may stand in a place, and what becomes of it.
pub(crate) struct Shape {
    /// What a string is here.
    pub(crate) string: StringRule,
    /// Whether the keys of an object here are words of a closed set, however long.
    pub(crate) has_label_keys: bool,
    /// What a number is here, if it says something.
    pub(crate) number: Option<Unscannable>,
    /// The meaning of the elements, if an array may stand here.
    pub(crate) element: Option<fn(SpanKind) -> Node>,
    /// The meaning of the members, if an object may stand here.
    pub(crate) member: Option<fn(SpanKind, &str) -> Node>,
    /// What belongs here, for messages; `None` if any value will do that is no object or array.
    pub(crate) expected: Option<&'static str>,
    /// Whether `null` may stand here although something else is expected: it says nothing.
    pub(crate) may_be_null: bool,
    /// Whose texts are in this value, if not those of whoever the rest is of.
    pub(crate) role: Option<Role>,
    /// A member that has to be there, or whose being there matters at the end.
    pub(crate) required: Option<&'static str>,
    /// What is settled when an object ends.
    pub(crate) scope: Scope,
}

/// What a string is.
#[derive(Clone, Copy)]
pub(crate) enum StringRule {
    /// Text.
    Text,
    /// Text, given a second time with one level of escapes undone.
    Json,
    /// Not text if it looks like a word of a closed set.
    Label,
    /// The same, and it says what the object is that it is in.
    Type,
    /// The role of a message.
    Role(&'static Roles),
    /// An address: a `data:` URL, or else text, from where something is fetched.
    Link,
    /// Not text if it is base64 of something binary, plain or as a `data:` URL.
    Binary(Unscannable),
    /// Text, unless the `type` of the object says that it is base64.
    Sealable,
    /// The name of content that is kept elsewhere: not text if it looks like one.
    Reference(Unscannable),
    /// Sealed by the provider: not text if it is base64.
    Sealed(Option<Unscannable>),
    /// What lets in elsewhere: not text if it looks like that.
    Credential,
    /// Not text in an answer, which it repeats.
    Repeated,
    /// An error.
    Refused,
}

/// The roles that a message may name.
pub(crate) struct Roles {
    names: &'static [(&'static str, Role)],
    /// For errors.
    pub(crate) expected: &'static str,
}

/// What is settled when an object ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Nothing.
    None,
    /// That the required member was there; this is what belongs there.
    Required(&'static str),
    /// Whose the texts of a message are.
    Message,
    /// Whose the texts of an item of the responses API are, and what they are.
    Item(Side),
    /// What the texts of a part are, if its type says more than their places.
    Part,
    /// Whether a source's data is base64.
    Source,
    /// That it repeats an answer piece by piece.
    Logprobs,
}

/// Who sends a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Answer,
}

fn named(members: &[(&str, Node)], key: &str) -> Node {
    find(members, key).unwrap_or(common::OTHER)
}

/// What goes by a name.
fn find<T: Copy>(named: &[(&str, T)], name: &str) -> Option<T> {
    let found = named.iter().find(|(known, _)| **known == *name);
    found.map(|(_, what)| *what)
}

// === impl Roles ===

impl Roles {
    /// The role of that name.
    pub(crate) fn of(&self, name: &str) -> Option<Role> {
        find(self.names, name)
    }
}

// === impl Node ===

impl Node {
    pub(crate) const fn new(shape: &'static Shape, kind: SpanKind) -> Self {
        Self { shape, kind }
    }

    /// A node whose place says enough.
    pub(crate) const fn of(shape: &'static Shape) -> Self {
        Self::new(shape, SpanKind::Other)
    }

    /// A whole body.
    pub(crate) const fn body(surface: Surface, side: Side) -> Self {
        match (surface, side) {
            (Surface::Chat, Side::Request) => Self::of(&chat::REQUEST),
            (Surface::Chat, Side::Answer) => Self::of(&chat::ANSWER),
            (Surface::Responses, Side::Request) => Self::of(&responses::REQUEST),
            (Surface::Responses, Side::Answer) => Self::of(&responses::ANSWER),
            (Surface::Embeddings, Side::Request) => Self::of(&embeddings::REQUEST),
            (Surface::Embeddings, Side::Answer) => Self::of(&embeddings::ANSWER),
            (Surface::Messages, Side::Request) => Self::of(&messages::REQUEST),
            (Surface::Messages, Side::Answer) => Self::of(&messages::ANSWER),
            (Surface::Mcp, Side::Request) => Self::of(&mcp::REQUEST),
            (Surface::Mcp, Side::Answer) => Self::of(&mcp::ANSWER),
            (Surface::Json, _) => Self::new(&json::ANYTHING, SpanKind::Message),
        }
    }

    /// Whose texts are in a body, where nothing in it says otherwise.
    pub(crate) const fn body_role(surface: Surface, side: Side) -> Role {
        match (surface, side) {
            (_, Side::Request) => Role::User,
            // Whatever an MCP server says, it is no more than a tool.
            (Surface::Mcp, Side::Answer) => Role::Tool,
            (_, Side::Answer) => Role::Assistant,
        }
    }

    /// The meaning of the elements, if an array may stand here.
    pub(crate) fn element(self) -> Option<Self> {
        self.shape.element.map(|element| element(self.kind))
    }

    /// Whether an object may stand here.
    pub(crate) const fn may_be_object(self) -> bool {
        self.shape.member.is_some()
    }

    /// What belongs here, for messages.
    pub(crate) const fn expected(self) -> &'static str {
        match self.shape.expected {
            Some(expected) => expected,
            None => "another value",
        }
    }

    /// The meaning of a member.
    pub(crate) fn member(self, key: &str) -> Self {
        match self.shape.member {
            Some(member) => member(self.kind, key),
            None => common::free(self.kind),
        }
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {:?}", self.expected(), self.kind)
    }
}

// === impl Shape ===

impl Shape {
    /// Any value: whatever its strings say is text.
    pub(crate) const ANY: Self = Self {
        string: StringRule::Text,
        has_label_keys: false,
        number: None,
        element: Some(common::free),
        member: Some(common::free_member),
        expected: None,
        may_be_null: true,
        role: None,
        required: None,
        scope: Scope::None,
    };

    /// Nothing but an object.
    pub(crate) const OBJECT: Self = Self {
        string: StringRule::Refused,
        element: None,
        expected: Some("an object"),
        ..Self::ANY
    };

    /// Nothing but an array.
    pub(crate) const ARRAY: Self = Self {
        string: StringRule::Refused,
        member: None,
        expected: Some("an array"),
        ..Self::ANY
    };

    /// Nothing but a string.
    pub(crate) const STRING: Self = Self {
        element: None,
        member: None,
        expected: Some("a string"),
        ..Self::ANY
    };
}
