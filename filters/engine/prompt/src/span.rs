use std::ops::Range;

use bartizan_verdict::Role;
use bartizan_wire::json::escape_at;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// What somebody says in a message.
    Message,
    /// Name, description or schema of a tool, or of the answer's format.
    ToolDefinition,
    /// Name and arguments of a tool call.
    ToolCall,
    /// What a tool returned, search results among them.
    ToolResult,
    /// A document that a message carries or a search found: its text, title, context or address. Its role is
    /// [`Role::Document`], whoever attached it.
    Document,
    /// What a model says besides its answer: reasoning, refusals.
    Reasoning,
    /// Any other string.
    Other,
}

/// Whether parts of a text can be masked where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Masking {
    /// They can.
    Possible,
    /// They cannot: the text is a key, and two keys could become one. What would be masked has to be blocked.
    Impossible,
}

/// A text in a body. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span<'a> {
    /// Who speaks.
    pub role: Role,
    /// What it is.
    pub kind: SpanKind,
    /// What it says, escapes undone.
    pub text: &'a str,
    /// Where it stands in the body: the bytes between the quotes.
    pub raw: Range<usize>,
    /// Whether parts of it can be masked.
    pub masking: Masking,
    /// Whether a model reads it before the conversation, wherever it stands in the body: what describes a tool, or a
    /// system prompt that has a field of its own.
    pub is_standing: bool,
    /// The bytes between the quotes.
    pub(crate) raw_text: &'a str,
    pub(crate) layer: Layer,
}

/// How many layers of JSON a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// The body.
    Plain,
    /// The body, and the text is JSON itself.
    Json,
    /// JSON within the body.
    InsideJson,
}

// === impl Span ===

impl Span<'_> {
    /// Whether it says once more, with one level of escapes undone, what the text before it says.
    #[must_use]
    pub fn is_repeat(&self) -> bool {
        self.layer == Layer::InsideJson
    }

    /// Calls `each` with every character that the text says, and with the bytes of the text that it takes. In a text that
    /// is JSON, escapes count as what they stand for, and a quote that begins or ends a string comes as `None`.
    pub fn characters(&self, each: &mut dyn FnMut(Option<char>, Range<usize>)) {
        let is_json = self.layer == Layer::Json;
        let mut at = 0;
        while let Some((rest, first)) = self.text.get(at..).and_then(|rest| Some((rest, rest.chars().next()?))) {
            let (character, length) = match first {
                '"' if is_json => (None, 1),
                '\\' if is_json => {
                    let (character, length) = escape_at(rest.as_bytes()).unwrap_or((first, 1));
                    (Some(character), length)
                }
                _ => (Some(first), first.len_utf8()),
            };
            each(character, at..at + length);
            at += length;
        }
    }
}

// === impl SpanKind ===

impl SpanKind {
    /// The name used in documentation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::ToolDefinition => "tool definition",
            Self::ToolCall => "tool call",
            Self::ToolResult => "tool result",
            Self::Document => "document",
            Self::Reasoning => "reasoning",
            Self::Other => "other",
        }
    }
}
