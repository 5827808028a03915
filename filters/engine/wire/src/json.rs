//! A JSON tokenizer for bodies that strangers send.
//!
//! One pass, no recursion, nothing allocated per token, and strict: what it accepts, every JSON parser reads the same
//! way. Refused besides what [RFC 8259] refuses: a key twice in one object (compared after unescaping), more than
//! [`MAX_DEPTH`] levels, lone surrogate escapes, a byte order mark, bytes after the value, and numbers of 1e308 or more,
//! which some parsers read as infinity.
//!
//! Time is linear in the body but for the search of duplicate keys, which sorts: O(n log n). Memory is eight bytes for
//! each key of the objects open at one time, and sixteen more while a large one is searched.
//!
//! ```
//! use bartizan_wire::json::{Reader, Token};
//!
//! let mut reader = Reader::new(br#"{"messages":[{"content":"a\nb"}]}"#)?;
//! while let Some(token) = reader.read()? {
//!     if let Token::String(text) = token {
//!         assert_eq!(text.decode(), "a\nb");
//!         assert_eq!(reader.path(), "$.messages[0].content");
//!     }
//! }
//! # Ok::<(), bartizan_wire::json::JsonError>(())
//! ```
//!
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259

mod class;
mod error;
mod escape;
mod keys;
mod number;
mod patch;
mod path;
mod plain;
mod reader;
mod text;
mod token;

pub(crate) use class::{CLASSES, Class};
pub use error::{JsonError, JsonErrorKind};
pub use escape::escape_into;
pub use number::Number;
pub use patch::Patch;
pub use path::path_at;
pub use reader::{MAX_DEPTH, Memory, Reader};
pub use text::{Piece, Pieces, Text, escape_at, part, pieces};
pub use token::Token;

pub(crate) use number::measure_any;
pub(crate) use plain::plain_run;
pub(crate) use reader::MAX_LENGTH;
