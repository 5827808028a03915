//! Which parts of a body are text, whose text it is, and how to change it in place.
//!
//! An [`Extractor`] reads a request or an answer of any [`Surface`] in one pass and gives every text in it as a [`Span`]:
//! who speaks ([`Role`]), what it is ([`SpanKind`]), what it says, and where it stands. [`Edits`] mask parts of spans in
//! the body without touching another byte.
//!
//! Nothing is skipped because it is unknown: a string under a field that no surface has is a span of kind
//! [`SpanKind::Other`], and so is a key that could hold a sentence. Left out are only
//! - images, sound and files as base64, in the fields that hold them, unless they are text; with all else that is in a
//!   body or meant by it and cannot be read, they are told as [`Unscannable`];
//! - words of a closed set, such as `type` or `model`, if they look like one: up to 64 letters, digits and `_.:/-`;
//! - credentials for MCP servers and containers, in their fields, if they look like one; signatures, if they are base64;
//! - `logprobs` of an answer, which repeat it piece by piece; they become `null` when the answer is edited.
//!
//! ```
//! use bartizan_prompt::{Edits, Extractor, Role, Surface};
//!
//! let body = br#"{"messages":[{"role":"user","content":"I am\nana@example.com"}]}"#;
//! let mut extractor = Extractor::new();
//! let prompt = extractor.request(Surface::Chat, body)?;
//!
//! let span = prompt.spans().next().ok_or("no text")?;
//! assert_eq!((span.role, span.text), (Role::User, "I am\nana@example.com"));
//! assert_eq!(prompt.path(&span), "$.messages[0].content");
//!
//! let mut edits = Edits::new();
//! edits.mask(&span, 5..20, "[EMAIL]")?;
//! assert_eq!(prompt.apply(edits), br#"{"messages":[{"role":"user","content":"I am\n[EMAIL]"}]}"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An [`AnswerStream`] does the same for an answer that comes event by event, and lets leave what a [`Judge`] allows.
//!
//! It does not look into texts: what a text means, and text hidden in encodings, is for `bartizan-scan`. The one
//! exception is the `arguments` string of a tool call, which is JSON within JSON: if it has escapes of its own, it is
//! given a second time with these undone. Numbers are not text.
#![deny(missing_docs)]

mod edits;
mod extractor;
mod nested;
mod node;
mod span;
mod stream;
mod surface;
mod unscannable;
mod word;

pub use bartizan_verdict::Role;
pub use bartizan_wire::BodyError;
pub use edits::{Edits, Unmaskable};
pub use extractor::{Extraction, Extractor};
pub use span::{Masking, Span, SpanKind};
pub use stream::{AnswerStream, Halt, Judge, StreamFormat, Unreadable};
pub use surface::Surface;
pub use unscannable::Unscannable;
