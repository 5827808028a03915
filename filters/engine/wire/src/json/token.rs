use super::{Number, Text};

/// A part of a JSON text. Commas and colons are not reported.
#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    /// `{`
    ObjectStart,
    /// `}`
    ObjectEnd,
    /// `[`
    ArrayStart,
    /// `]`
    ArrayEnd,
    /// The key of an object's member; its value comes next.
    Key(Text<'a>),
    /// A string value.
    String(Text<'a>),
    /// A number.
    Number(Number<'a>),
    /// `true` or `false`.
    Bool(bool),
    /// `null`
    Null,
}

// === impl Token ===

impl Token<'_> {
    /// The JSON type of the value that this token is or starts, with its article, for messages.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::ObjectStart | Self::ObjectEnd => "an object",
            Self::ArrayStart | Self::ArrayEnd => "an array",
            Self::Key(_) | Self::String(_) => "a string",
            Self::Number(_) => "a number",
            Self::Bool(_) => "a boolean",
            Self::Null => "null",
        }
    }
}
