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

/// The value that a byte begins.
#[derive(Clone, Copy, Debug)]
pub(super) enum Begins {
    Nothing,
    Null,
    True,
    False,
    Number,
    String,
    Array,
    Object,
}

/// By byte. A table, so that a value is told by one jump instead of many.
pub(super) static BEGINS: [Begins; 128] = {
    let mut begins = [Begins::Nothing; 128];
    let (mut byte, mut rest) = (0_u8, begins.as_mut_slice());
    while let [first, after @ ..] = rest {
        *first = match byte {
            b'n' => Begins::Null,
            b't' => Begins::True,
            b'f' => Begins::False,
            b'-' | b'0'..=b'9' => Begins::Number,
            b'"' => Begins::String,
            b'[' => Begins::Array,
            b'{' => Begins::Object,
            _ => Begins::Nothing,
        };
        byte += 1;
        rest = after;
    }
    begins
};

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
