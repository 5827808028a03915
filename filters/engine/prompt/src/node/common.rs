//! Values that several surfaces have.

use super::{Node, Roles, Scope, Shape, StringRule};
use crate::{Role, SpanKind, Unscannable};

/// Any value of no known meaning.
pub(super) const OTHER: Node = free(SpanKind::Other);
/// A word of a closed set.
pub(crate) const WORD: Node = Node::of(&LABEL);
/// The `type` of an object.
pub(super) const WHAT: Node = Node::of(&TYPE);
/// An address from which something is fetched.
pub(super) const LINKED: Node = Node::of(&LINK);
/// What lets in elsewhere.
pub(super) const CREDENTIALS: Node = Node::of(&CREDENTIAL);
/// Ids of uploaded files.
pub(super) const FILE_IDS: Node = Node::of(&FILE_ID);
/// Ids of what the provider keeps.
pub(super) const KEPT: Node = Node::of(&STORED);
/// What the provider alone can decrypt.
pub(super) const ENCRYPTED: Node = Node::of(&SEALED);
/// Base64 that says nothing: what the provider signed to tell whether it was changed, or figures.
pub(super) const OPAQUE: Node = Node::of(&SIGNATURE);
/// Array of declarations of tools.
pub(super) const TOOLS: Node = Node::new(&TOOL_LIST, SpanKind::ToolDefinition);
/// What declares tools, in whatever form.
pub(super) const DECLARED: Node = Node::new(&OF_TOOLS, SpanKind::ToolDefinition);
/// Arguments of a call.
pub(crate) const ARGUMENTS: Node = Node::new(&CALL_ARGUMENTS, SpanKind::ToolCall);
/// What a tool gave back.
pub(super) const RESULT: Node = Node::new(&TOOL_RESULT, SpanKind::ToolResult);
/// Sound, and what is said in it.
pub(super) const SOUND: Node = Node::of(&AUDIO);
/// An image as base64.
pub(crate) const IMAGE_DATA: Node = Node::of(&IMAGE_BASE64);
/// A container at the provider, with files.
pub(super) const CONTAINER: Node = Node::new(&CONTAINING, SpanKind::ToolDefinition);
/// Where a text quotes from.
pub(crate) const CITATIONS: Node = Node::new(&CITATION, SpanKind::Document);
/// Counts of tokens, by names of a closed set.
pub(super) const USAGE: Node = Node::of(&COUNTS);
/// Repetition of an answer, with figures.
pub(crate) const LOGPROBS: Node = Node::of(&REPETITION);

/// The roles of OpenAI's chats.
pub(super) static OPENAI_ROLES: Roles = Roles {
    names: &[
        ("user", Role::User),
        ("assistant", Role::Assistant),
        ("system", Role::System),
        ("developer", Role::System),
        ("tool", Role::Tool),
        ("function", Role::Tool),
    ],
    expected: "`system`, `developer`, `user`, `assistant` or `tool`",
};

static FREE: Shape = Shape::ANY;

static TEXT: Shape = Shape::STRING;

static LABEL: Shape = Shape {
    string: StringRule::Label,
    ..Shape::ANY
};

static TYPE: Shape = Shape {
    string: StringRule::Type,
    ..Shape::ANY
};

static LINK: Shape = Shape {
    string: StringRule::Link,
    ..Shape::ANY
};

static CREDENTIAL: Shape = Shape {
    string: StringRule::Credential,
    element: Some(|_| CREDENTIALS),
    member: Some(|_, _| CREDENTIALS),
    ..Shape::ANY
};

static FILE_ID: Shape = Shape {
    string: StringRule::Reference(Unscannable::FileId),
    element: Some(|_| FILE_IDS),
    ..Shape::ANY
};

static STORED: Shape = Shape {
    string: StringRule::Reference(Unscannable::Stored),
    element: Some(|_| KEPT),
    member: Some(|_, key| if key == "id" { KEPT } else { OTHER }),
    ..Shape::ANY
};

static HEARD: Shape = Shape {
    string: StringRule::Reference(Unscannable::Audio),
    ..Shape::ANY
};

static CONNECTOR: Shape = Shape {
    string: StringRule::Reference(Unscannable::Remote),
    ..Shape::ANY
};

static SEALED: Shape = Shape {
    string: StringRule::Sealed(Some(Unscannable::Encrypted)),
    ..Shape::ANY
};

static SIGNATURE: Shape = Shape {
    string: StringRule::Sealed(None),
    ..Shape::ANY
};

static SEALABLE: Shape = Shape {
    string: StringRule::Sealable,
    ..Shape::ANY
};

static SOUND_DATA: Shape = Shape {
    string: StringRule::Binary(Unscannable::Audio),
    ..Shape::ANY
};

static IMAGE_BASE64: Shape = Shape {
    string: StringRule::Binary(Unscannable::Image),
    ..Shape::ANY
};

static FILE_DATA: Shape = Shape {
    string: StringRule::Binary(Unscannable::File),
    ..Shape::ANY
};

/// What is in a part: other types than text will do.
static NESTED: Shape = Shape {
    element: Some(nested),
    member: Some(part_member),
    scope: Scope::Part,
    ..Shape::ANY
};

static TOOL_RESULT: Shape = Shape {
    element: Some(nested),
    member: Some(part_member),
    role: Some(Role::Tool),
    scope: Scope::Part,
    ..Shape::ANY
};

static PART: Shape = Shape {
    member: Some(part_member),
    may_be_null: false,
    scope: Scope::Part,
    ..Shape::OBJECT
};

static CITATION: Shape = Shape {
    element: Some(|kind| Node::new(&CITATION, kind)),
    member: Some(|kind, key| match key {
        "type" | "file_id" | "container_id" => WORD,
        "encrypted_index" => OPAQUE,
        "url_citation" => Node::new(&CITATION, kind),
        _ => free(kind),
    }),
    ..Shape::ANY
};

/// Text that holds JSON, or JSON itself.
static CALL_ARGUMENTS: Shape = Shape {
    string: StringRule::Json,
    ..Shape::ANY
};

static OF_TOOLS: Shape = Shape {
    role: Some(Role::Tool),
    ..Shape::ANY
};

static TOOL_LIST: Shape = Shape {
    element: Some(|kind| Node::new(&TOOL, kind)),
    role: Some(Role::Tool),
    ..Shape::ARRAY
};

static TOOL: Shape = Shape {
    member: Some(|kind, key| match key {
        "authorization" | "headers" => CREDENTIALS,
        "server_url" => LINKED,
        "connector_id" | "tunnel_id" => Node::of(&CONNECTOR),
        "vector_store_ids" => KEPT,
        "container" | "environment" => CONTAINER,
        "input_image_mask" => part(kind),
        _ => free_member(kind, key),
    }),
    role: Some(Role::Tool),
    ..Shape::OBJECT
};

/// A container: its id, or what it is to be made of.
static CONTAINING: Shape = Shape {
    string: StringRule::Reference(Unscannable::Stored),
    element: Some(|kind| Node::new(&CONTAINING, kind)),
    member: Some(|kind, key| match key {
        "id" | "container_id" | "skill_id" => KEPT,
        "file_ids" => FILE_IDS,
        "skills" => Node::new(&CONTAINING, kind),
        "source" => Node::new(&SOURCE, SpanKind::Document),
        "domain_secrets" => CREDENTIALS,
        _ => free_member(kind, key),
    }),
    ..Shape::ANY
};

/// `image_url` of a part: an object, or the link itself.
static IMAGE: Shape = Shape {
    string: StringRule::Link,
    member: Some(|_, key| match key {
        "url" => LINKED,
        "detail" => WORD,
        _ => OTHER,
    }),
    ..Shape::ANY
};

static AUDIO: Shape = Shape {
    member: Some(|_, key| match key {
        "data" => Node::of(&SOUND_DATA),
        "transcript" => text(SpanKind::Message),
        "id" => Node::of(&HEARD),
        "format" => WORD,
        _ => OTHER,
    }),
    ..Shape::ANY
};

static FILE: Shape = Shape {
    member: Some(|_, key| file_member(key)),
    ..Shape::ANY
};

/// `source` of an image or a document; also where a search result comes from.
static SOURCE: Shape = Shape {
    member: Some(|_, key| match key {
        "type" => WHAT,
        "media_type" => WORD,
        "file_id" => FILE_IDS,
        "url" => Node::new(&LINK, SpanKind::Document),
        "data" => sealable(SpanKind::Document),
        "content" => nested(SpanKind::Document),
        _ => free(SpanKind::Document),
    }),
    scope: Scope::Source,
    ..Shape::ANY
};

static REPETITION: Shape = Shape {
    string: StringRule::Repeated,
    element: Some(|_| LOGPROBS),
    member: Some(|_, _| LOGPROBS),
    scope: Scope::Logprobs,
    ..Shape::ANY
};

static COUNTS: Shape = Shape {
    string: StringRule::Label,
    has_label_keys: true,
    element: Some(|_| USAGE),
    member: Some(|_, _| USAGE),
    ..Shape::ANY
};

/// Any value; its strings are text of this kind.
pub(crate) const fn free(kind: SpanKind) -> Node {
    Node::new(&FREE, kind)
}

pub(super) fn free_member(kind: SpanKind, key: &str) -> Node {
    match kind {
        SpanKind::ToolDefinition | SpanKind::Other if key == "type" => Node::new(&LABEL, kind),
        _ => free(kind),
    }
}

/// A string that is text of this kind.
pub(crate) const fn text(kind: SpanKind) -> Node {
    Node::new(&TEXT, kind)
}

/// Text of this kind, or base64, as the object's `type` says.
pub(super) const fn sealable(kind: SpanKind) -> Node {
    Node::new(&SEALABLE, kind)
}

/// A string, an object with text of this kind, or an array of both.
pub(super) const fn nested(kind: SpanKind) -> Node {
    match kind {
        SpanKind::ToolResult => RESULT,
        _ => Node::new(&NESTED, kind),
    }
}

/// An object with text of this kind.
pub(crate) const fn part(kind: SpanKind) -> Node {
    Node::new(&PART, kind)
}

pub(super) fn part_member(kind: SpanKind, key: &str) -> Node {
    match key {
        "type" => WHAT,
        "id" | "tool_use_id" | "detail" | "media_type" => WORD,
        "text" => text(kind),
        // OpenAI.
        "refusal" => text(SpanKind::Reasoning),
        "image_url" => Node::of(&IMAGE),
        "input_audio" => SOUND,
        "file" => Node::of(&FILE),
        "file_data" | "file_url" | "file_id" | "filename" => file_member(key),
        "logprobs" => LOGPROBS,
        // Anthropic.
        "thinking" => text(SpanKind::Reasoning),
        "signature" => OPAQUE,
        "encrypted_content" | "encrypted_stdout" => ENCRYPTED,
        "data" => sealable(SpanKind::Other),
        "name" | "server_name" | "input" => free(SpanKind::ToolCall),
        "content" => RESULT,
        "source" => Node::new(&SOURCE, SpanKind::Document),
        "title" | "context" => free(SpanKind::Document),
        "tools" | "tool" | "tool_changes" => DECLARED,
        // Both.
        "annotations" | "citations" => CITATIONS,
        _ if kind == SpanKind::Message => OTHER,
        _ => free(kind),
    }
}

fn file_member(key: &str) -> Node {
    match key {
        "file_data" => Node::new(&FILE_DATA, SpanKind::Document),
        "file_url" => Node::new(&LINK, SpanKind::Document),
        "file_id" => FILE_IDS,
        _ => free(SpanKind::Document),
    }
}
