//! What stands where in a body: the shape of requests and answers, as far as it decides whose text is whose.
//!
//! A [`Node`] is a value of known meaning. The table is strict only where it has to find text: there, a value of another
//! type is an error, as a provider might read something that we did not. Elsewhere any type will do.

use bartizan_verdict::Dialect;

use crate::{Role, SpanKind};

/// The meaning of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Node {
    /// The body of a request.
    Request(Dialect),
    /// The body of a whole answer.
    Answer(Dialect),
    /// Array of [`Node::Message`].
    Messages,
    /// A message of a request.
    Message,
    /// `role` of a message.
    Role,
    /// Anthropic's `system`.
    System,
    /// What a message says: a string, or an array of parts.
    Content,
    /// Like [`Node::Content`], but other types will do: what a tool returned, what a document holds.
    NestedContent(SpanKind),
    /// One part of a content; the kind is that of its text.
    Part(SpanKind),
    /// A string that is text.
    Text(SpanKind),
    /// A word of a closed set; a value of another type holds text of this kind.
    Label(SpanKind),
    /// Any value; its strings are text of this kind.
    Free(SpanKind),
    /// Array of [`Node::Tool`].
    Tools,
    /// The declaration of a tool.
    Tool,
    /// Array of [`Node::ToolCall`].
    ToolCalls,
    /// A tool call of a message.
    ToolCall,
    /// The function that a tool call names, with arguments.
    Function,
    /// The arguments of a tool call: text that holds JSON.
    Arguments,
    /// `image_url` of a part, an object or the link itself.
    Image,
    /// `input_audio` of a part, `audio` of an answer.
    Audio,
    /// `file` of a part.
    File,
    /// An address: a `data:` URL, or else text.
    Link,
    /// Base64 or a `data:` URL, or else text of this kind.
    Binary(SpanKind),
    /// Anthropic's `source` of an image or document.
    Source,
    /// `data` of a source: base64 if the source's type says so.
    SourceData,
    /// `type` of a source.
    SourceType,
    /// `prediction` of a request: what the answer is expected to be.
    Prediction,
    /// `choices` of an answer.
    Choices,
    /// One choice of an answer.
    Choice,
    /// The message of a choice.
    AnswerMessage,
    /// `logprobs` of a choice.
    Logprobs,
}

/// What the strings of a node are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StringRule {
    /// Text.
    Text(SpanKind),
    /// Text, given a second time with one level of escapes undone.
    Json(SpanKind),
    /// Not text if it looks like a word of a closed set.
    Label,
    /// A role.
    Role,
    /// Not text if it is a `data:` URL of something binary.
    Link,
    /// Not text if it is base64, plain or as a `data:` URL.
    Binary(SpanKind),
    /// Base64 or text, as the type of the source says, which may come later.
    SourceData,
    /// The type of a source.
    SourceType,
    /// Not text.
    Ignored,
    /// An error.
    Refused,
}

// === impl Node ===

impl Node {
    /// What a string is in this place.
    pub(crate) const fn string(self) -> StringRule {
        match self {
            Self::Role => StringRule::Role,
            Self::System | Self::Content => StringRule::Text(SpanKind::Message),
            Self::Text(kind) | Self::Free(kind) | Self::NestedContent(kind) => StringRule::Text(kind),
            Self::Label(_) => StringRule::Label,
            Self::Arguments => StringRule::Json(SpanKind::ToolCall),
            Self::Image | Self::Link => StringRule::Link,
            Self::Binary(kind) => StringRule::Binary(kind),
            Self::Source => StringRule::Text(SpanKind::Document),
            Self::SourceData => StringRule::SourceData,
            Self::SourceType => StringRule::SourceType,
            Self::Audio | Self::File | Self::Prediction => StringRule::Text(SpanKind::Other),
            Self::Logprobs => StringRule::Ignored,
            Self::Request(_)
            | Self::Answer(_)
            | Self::Messages
            | Self::Message
            | Self::Part(_)
            | Self::Tools
            | Self::Tool
            | Self::ToolCalls
            | Self::ToolCall
            | Self::Function
            | Self::Choices
            | Self::Choice
            | Self::AnswerMessage => StringRule::Refused,
        }
    }

    /// The meaning of the elements, if an array may stand here.
    pub(crate) const fn element(self) -> Option<Self> {
        match self {
            Self::Messages => Some(Self::Message),
            Self::System | Self::Content => Some(Self::Part(SpanKind::Message)),
            Self::NestedContent(kind) => Some(Self::NestedContent(kind)),
            Self::Tools => Some(Self::Tool),
            Self::ToolCalls => Some(Self::ToolCall),
            Self::Choices => Some(Self::Choice),
            Self::Logprobs => Some(Self::Logprobs),
            Self::Free(kind) | Self::Binary(kind) | Self::Label(kind) => Some(Self::Free(kind)),
            Self::Arguments => Some(Self::Free(SpanKind::ToolCall)),
            Self::Source | Self::SourceData => Some(Self::Free(SpanKind::Document)),
            Self::SourceType | Self::Image | Self::Link | Self::Audio | Self::File | Self::Prediction => {
                Some(Self::Free(SpanKind::Other))
            }
            Self::Request(_)
            | Self::Answer(_)
            | Self::Message
            | Self::Role
            | Self::Part(_)
            | Self::Text(_)
            | Self::Tool
            | Self::ToolCall
            | Self::Function
            | Self::Choice
            | Self::AnswerMessage => None,
        }
    }

    /// The meaning of an object, if one may stand here.
    pub(crate) const fn object(self) -> Option<Self> {
        match self {
            Self::Messages
            | Self::Role
            | Self::System
            | Self::Content
            | Self::Text(_)
            | Self::Tools
            | Self::ToolCalls
            | Self::Choices => None,
            Self::NestedContent(kind) => Some(Self::Part(kind)),
            Self::Tool => Some(Self::Free(SpanKind::ToolDefinition)),
            Self::Arguments => Some(Self::Free(SpanKind::ToolCall)),
            Self::SourceData => Some(Self::Free(SpanKind::Document)),
            Self::SourceType | Self::Link => Some(Self::Free(SpanKind::Other)),
            Self::Binary(kind) | Self::Label(kind) => Some(Self::Free(kind)),
            Self::Request(_)
            | Self::Answer(_)
            | Self::Message
            | Self::Part(_)
            | Self::Free(_)
            | Self::ToolCall
            | Self::Function
            | Self::Image
            | Self::Audio
            | Self::File
            | Self::Source
            | Self::Prediction
            | Self::Choice
            | Self::AnswerMessage
            | Self::Logprobs => Some(self),
        }
    }

    /// What belongs here, for messages; `None` if anything will do.
    pub(crate) const fn expected(self) -> Option<&'static str> {
        match self {
            Self::Request(_)
            | Self::Answer(_)
            | Self::Message
            | Self::Part(_)
            | Self::Tool
            | Self::ToolCall
            | Self::Function
            | Self::Choice
            | Self::AnswerMessage => Some("an object"),
            Self::Messages | Self::Tools | Self::ToolCalls | Self::Choices => Some("an array"),
            Self::System | Self::Content => Some("a string or an array"),
            Self::Text(_) => Some("a string"),
            Self::Role => Some("a role"),
            Self::NestedContent(_)
            | Self::Label(_)
            | Self::Link
            | Self::Free(_)
            | Self::Arguments
            | Self::Image
            | Self::Audio
            | Self::File
            | Self::Binary(_)
            | Self::Source
            | Self::SourceData
            | Self::SourceType
            | Self::Prediction
            | Self::Logprobs => None,
        }
    }

    /// Whether `null` may stand here although something else is expected: it says nothing.
    pub(crate) const fn may_be_null(self) -> bool {
        !matches!(
            self,
            Self::Request(_) | Self::Answer(_) | Self::Messages | Self::Message | Self::Role | Self::Part(_)
        )
    }

    /// The meaning of the member of an object.
    pub(crate) fn member(self, key: &str) -> Self {
        let other = Self::Free(SpanKind::Other);
        let label = Self::Label(SpanKind::Other);
        match self {
            Self::Request(dialect) => request_member(dialect, key),
            Self::Answer(dialect) => answer_member(dialect, key),
            Self::AnswerMessage if key == "role" => label,
            Self::Message | Self::AnswerMessage => message_member(key),
            Self::Part(kind) => part_member(kind, key),
            Self::ToolCall => match key {
                "function" => Self::Function,
                "id" | "type" => label,
                "custom" => Self::Free(SpanKind::ToolCall),
                _ => other,
            },
            Self::Function => match key {
                "name" => Self::Text(SpanKind::ToolCall),
                "arguments" => Self::Arguments,
                _ => other,
            },
            Self::Image => match key {
                "url" => Self::Link,
                "detail" => label,
                _ => other,
            },
            Self::Audio => match key {
                "data" => Self::Binary(SpanKind::Other),
                "transcript" => Self::Text(SpanKind::Message),
                "id" | "format" => label,
                _ => other,
            },
            Self::File => match key {
                "file_data" => Self::Binary(SpanKind::Document),
                "file_id" => label,
                _ => Self::Free(SpanKind::Document),
            },
            Self::Source => match key {
                "type" => Self::SourceType,
                "media_type" | "file_id" => label,
                "data" => Self::SourceData,
                "content" => Self::NestedContent(SpanKind::Document),
                _ => Self::Free(SpanKind::Document),
            },
            Self::Prediction => match key {
                "type" => label,
                "content" => Self::NestedContent(SpanKind::Message),
                _ => other,
            },
            Self::Choice => match key {
                "message" => Self::AnswerMessage,
                "finish_reason" => label,
                "logprobs" => Self::Logprobs,
                _ => other,
            },
            Self::Free(kind @ (SpanKind::ToolDefinition | SpanKind::Other)) if key == "type" => Self::Label(kind),
            Self::Free(kind) => Self::Free(kind),
            Self::Logprobs => Self::Logprobs,
            // No object has these meanings; see `object`.
            Self::Messages
            | Self::Role
            | Self::System
            | Self::Content
            | Self::NestedContent(_)
            | Self::Text(_)
            | Self::Label(_)
            | Self::Tools
            | Self::Tool
            | Self::ToolCalls
            | Self::Arguments
            | Self::Link
            | Self::Binary(_)
            | Self::SourceData
            | Self::SourceType
            | Self::Choices => other,
        }
    }

    /// Whose texts are in this value, if not those of whoever the rest is of.
    pub(crate) const fn role(self) -> Option<Role> {
        match self {
            Self::System => Some(Role::System),
            Self::Tool | Self::NestedContent(SpanKind::ToolResult) => Some(Role::Tool),
            Self::Prediction => Some(Role::Assistant),
            _ => None,
        }
    }

    /// What a key of this object is, if it is text.
    pub(crate) const fn key_kind(self) -> SpanKind {
        match self {
            Self::Free(kind) => kind,
            _ => SpanKind::Other,
        }
    }
}

fn request_member(dialect: Dialect, key: &str) -> Node {
    match (key, dialect) {
        ("messages", _) => Node::Messages,
        ("model" | "service_tier" | "reasoning_effort" | "verbosity", _) => Node::Label(SpanKind::Other),
        ("tools", _) | ("functions", Dialect::OpenAi) => Node::Tools,
        ("system", Dialect::Anthropic) => Node::System,
        ("response_format", Dialect::OpenAi) | ("output_config" | "output_format", Dialect::Anthropic) => {
            Node::Free(SpanKind::ToolDefinition)
        }
        ("prediction", Dialect::OpenAi) => Node::Prediction,
        _ => Node::Free(SpanKind::Other),
    }
}

fn answer_member(dialect: Dialect, key: &str) -> Node {
    match (key, dialect) {
        ("choices", Dialect::OpenAi) => Node::Choices,
        ("content", Dialect::Anthropic) => Node::Content,
        ("id" | "object" | "type" | "role" | "model" | "service_tier" | "system_fingerprint" | "stop_reason", _) => {
            Node::Label(SpanKind::Other)
        }
        _ => Node::Free(SpanKind::Other),
    }
}

fn message_member(key: &str) -> Node {
    match key {
        "role" => Node::Role,
        "content" => Node::Content,
        "refusal" | "reasoning_content" | "reasoning" => Node::Free(SpanKind::Reasoning),
        "tool_calls" => Node::ToolCalls,
        "function_call" => Node::Function,
        "audio" => Node::Audio,
        "tool_call_id" => Node::Label(SpanKind::Other),
        _ => Node::Free(SpanKind::Other),
    }
}

fn part_member(kind: SpanKind, key: &str) -> Node {
    match key {
        "type" | "id" | "tool_use_id" => Node::Label(SpanKind::Other),
        "text" => Node::Text(kind),
        // OpenAI.
        "refusal" => Node::Text(SpanKind::Reasoning),
        "image_url" => Node::Image,
        "input_audio" => Node::Audio,
        "file" => Node::File,
        // Anthropic.
        "thinking" => Node::Text(SpanKind::Reasoning),
        "name" | "input" => Node::Free(SpanKind::ToolCall),
        "content" => Node::NestedContent(SpanKind::ToolResult),
        "source" => Node::Source,
        "title" | "context" => Node::Free(SpanKind::Document),
        _ => Node::Free(SpanKind::Other),
    }
}
