use bartizan_verdict::Reason;

use super::reader::MAX_DEPTH;

/// Why a body is not JSON that we read: what is wrong, at which place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {kind} (byte {offset})")]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// The innermost place that was being read, such as `$.messages[3].content`.
    pub path: String,
    /// Where in the body, in bytes from its start.
    pub offset: usize,
}

/// What is wrong with a body that is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// Nothing but whitespace.
    #[error("the body is empty")]
    Empty,
    /// The body has bytes that are not UTF-8.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// The body ends inside a value.
    #[error("the JSON ends too early")]
    UnexpectedEnd,
    /// A byte that cannot stand here.
    #[error("unexpected character")]
    UnexpectedByte,
    /// A character below U+0020 in a string; it must be escaped.
    #[error("a control character in a string is not escaped")]
    ControlCharacter,
    /// A backslash followed by what is no escape, or half a surrogate pair.
    #[error("not a valid escape sequence")]
    BadEscape,
    /// Not a number by RFC 8259 section 6.
    #[error("not a valid number")]
    BadNumber,
    /// A number of 1e308 or more, which parsers read differently.
    #[error("the number is out of range")]
    NumberTooLarge,
    /// Something follows the value.
    #[error("more text follows the JSON value")]
    TrailingBytes,
    /// An object has this key twice.
    #[error("the key appears twice in its object")]
    DuplicateKey,
    /// More than [`MAX_DEPTH`] levels of arrays and objects.
    #[error("nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// A body of 2 GiB or more.
    #[error("the body is too long")]
    TooLong,
}

// === impl JsonError ===

impl JsonError {
    /// The refusal that a client gets for this error.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        match self.kind {
            JsonErrorKind::Empty => Reason::EmptyBody,
            JsonErrorKind::DuplicateKey => Reason::DuplicateKey,
            JsonErrorKind::TooDeep => Reason::NestedTooDeep,
            JsonErrorKind::TooLong => Reason::BodyTooLarge,
            JsonErrorKind::NotUtf8
            | JsonErrorKind::UnexpectedEnd
            | JsonErrorKind::UnexpectedByte
            | JsonErrorKind::ControlCharacter
            | JsonErrorKind::BadEscape
            | JsonErrorKind::BadNumber
            | JsonErrorKind::NumberTooLarge
            | JsonErrorKind::TrailingBytes => Reason::MalformedBody,
        }
    }
}
