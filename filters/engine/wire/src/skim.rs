//! The few facts of a request that limits and routing turn on, read in one pass.
//!
//! All endpoints put them at the top of the body under the same names, or names that no other has, so one reading serves
//! them all.
//!
//! ```
//! use bartizan_wire::{json::Patch, skim};
//!
//! let body = br#"{"model":"small","stream":true,"max_tokens":64,"messages":[]}"#;
//! let facts = skim(body)?;
//! assert_eq!(facts.max_tokens, Some(64));
//!
//! let mut patch = Patch::new();
//! facts.name_model(&mut patch, "gpt-x");
//! facts.ask_for_usage(&mut patch);
//! assert_eq!(
//!     patch.apply(body),
//!     br#"{"stream_options":{"include_usage":true},"model":"gpt-x","stream":true,"max_tokens":64,"messages":[]}"#,
//! );
//! # Ok::<(), bartizan_wire::BodyError>(())
//! ```

use std::ops::Range;

use crate::BodyError;
use crate::binary::{is_base64, is_binary_data_url};
use crate::json::{Patch, Reader, Text, Token, escape_into};
use crate::usage::estimate;

/// What a request asks for; see [`skim`].
#[derive(Clone, Debug)]
pub struct RequestFacts<'a> {
    /// `model`, and where it stands.
    pub model: Option<Text<'a>>,
    /// Whether the answer is to be streamed; `stream`, default no.
    pub stream: bool,
    /// The most tokens that one choice may have: the largest of `max_tokens`, `max_completion_tokens` and
    /// `max_output_tokens`.
    pub max_tokens: Option<u64>,
    /// How many choices are asked for: `n`, default and least 1.
    pub choices: u64,
    /// `user`, as OpenAI's dialect has it.
    pub user: Option<Text<'a>>,
    /// Bytes of all strings, as they stand in the body, but for images, audio and files sent as base64.
    pub text_bytes: u64,
    /// Numbers in arrays of `input`: tokens, where they are sent in the place of text.
    pub tokens: u64,
    usage: UsageOption,
    body: &'a str,
    /// Where the first member would stand.
    first_member: usize,
}

/// Where a streamed request says whether it wants usage reported.
#[derive(Clone, Debug, PartialEq, Eq)]
enum UsageOption {
    /// It has no `stream_options`.
    Absent,
    /// `stream_options` is null, here.
    NullOptions(Range<usize>),
    /// `stream_options` is an object without `include_usage`; its first member would stand here.
    Options(usize),
    /// `include_usage` has a value other than true, here.
    Off(Range<usize>),
    /// `include_usage` is true.
    On,
}

/// A member that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Model,
    Stream,
    MaxTokens,
    Choices,
    User,
    StreamOptions,
    IncludeUsage,
    Other,
}

/// What the strings under a key may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Base64.
    Data,
    /// Text.
    Text,
}

/// Reads the facts of a request, checking that the whole body is JSON.
///
/// # Errors
/// If the body is not JSON that we read, is no object, or has one of these members with a value of the wrong type;
/// `null` counts as absent.
pub fn skim(body: &[u8]) -> Result<RequestFacts<'_>, BodyError> {
    let mut reader = Reader::new(body)?;
    match reader.read()? {
        Some(Token::ObjectStart) => {}
        token => {
            return Err(wrong_type(
                &reader,
                "an object",
                token.map_or("nothing", |token| token.type_name()),
            ));
        }
    }
    let mut facts = RequestFacts::new(&reader);
    let mut options_open = false;
    let mut in_input = false;
    let mut place = Place::Text;
    while let Some(token) = reader.read()? {
        match token {
            Token::Key(key) => {
                let name = key.decode();
                if reader.depth() == 1 {
                    in_input = name == "input";
                }
                let field = match reader.depth() {
                    1 => Field::of_request(&name),
                    2 if options_open => Field::of_stream_options(&name),
                    _ => Field::Other,
                };
                place = Place::of(&name);
                if field != Field::Other
                    && let Some(value) = reader.read()?
                {
                    facts.set(field, value, &reader)?;
                    options_open |= field == Field::StreamOptions && matches!(value, Token::ObjectStart);
                }
            }
            Token::Number(_) if in_input && reader.depth() > 1 => facts.tokens += 1,
            Token::ObjectEnd if reader.depth() == 1 => options_open = false,
            Token::String(text) if !is_binary(place, &text) => facts.text_bytes += text.raw().len() as u64,
            _ => {}
        }
    }
    Ok(facts)
}

/// Whether a string is an image, audio or a file rather than text.
fn is_binary(place: Place, text: &Text<'_>) -> bool {
    (place == Place::Data && is_base64(text)) || (text.raw().starts_with("data:") && is_binary_data_url(text))
}

// === impl Place ===

impl Place {
    fn of(key: &str) -> Self {
        if matches!(key, "data" | "file_data") {
            Self::Data
        } else {
            Self::Text
        }
    }
}

// === impl Field ===

impl Field {
    fn of_request(name: &str) -> Self {
        match name {
            "model" => Self::Model,
            "stream" => Self::Stream,
            "max_tokens" | "max_completion_tokens" | "max_output_tokens" => Self::MaxTokens,
            "n" => Self::Choices,
            "user" => Self::User,
            "stream_options" => Self::StreamOptions,
            _ => Self::Other,
        }
    }

    fn of_stream_options(name: &str) -> Self {
        if name == "include_usage" {
            Self::IncludeUsage
        } else {
            Self::Other
        }
    }

    const fn expected(self) -> &'static str {
        match self {
            Self::Model | Self::User => "a string",
            Self::Stream | Self::IncludeUsage => "a boolean",
            Self::MaxTokens => "a whole number that is not negative",
            Self::Choices => "a whole number of at least 1",
            Self::StreamOptions => "an object",
            Self::Other => "a value",
        }
    }
}

// === impl RequestFacts ===

impl<'a> RequestFacts<'a> {
    /// Tokens that the request comes to, roughly.
    #[must_use]
    pub const fn input_estimate(&self) -> u64 {
        estimate(self.text_bytes).saturating_add(self.tokens)
    }

    fn new(reader: &Reader<'a>) -> Self {
        Self {
            model: None,
            stream: false,
            max_tokens: None,
            choices: 1,
            user: None,
            text_bytes: 0,
            tokens: 0,
            usage: UsageOption::Absent,
            body: reader.body(),
            first_member: reader.token_range().end,
        }
    }

    /// Writes another model in place of the one asked for; nothing if there is none.
    pub fn name_model(&self, patch: &mut Patch, model: &str) {
        if let Some(text) = &self.model {
            let mut replacement = Vec::with_capacity(model.len());
            escape_into(&mut replacement, model);
            patch.replace(text.range(), replacement);
        }
    }

    /// Whether the client itself asked for a usage chunk at the end of the stream.
    #[must_use]
    pub fn wants_usage(&self) -> bool {
        self.usage == UsageOption::On
    }

    /// Makes a streamed request in OpenAI's dialect ask for a usage chunk, if it does not yet.
    pub fn ask_for_usage(&self, patch: &mut Patch) {
        match &self.usage {
            UsageOption::Absent => self.insert(patch, self.first_member, r#""stream_options":{"include_usage":true}"#),
            UsageOption::NullOptions(range) => patch.replace(range.clone(), br#"{"include_usage":true}"#.to_vec()),
            UsageOption::Options(at) => self.insert(patch, *at, r#""include_usage":true"#),
            UsageOption::Off(range) => patch.replace(range.clone(), b"true".to_vec()),
            UsageOption::On => {}
        }
    }

    fn insert(&self, patch: &mut Patch, at: usize, member: &str) {
        let object_is_empty = self
            .body
            .get(at..)
            .unwrap_or_default()
            .trim_ascii_start()
            .starts_with('}');
        let comma = if object_is_empty { "" } else { "," };
        patch.replace(at..at, format!("{member}{comma}").into_bytes());
    }

    fn set(&mut self, field: Field, value: Token<'a>, reader: &Reader<'a>) -> Result<(), BodyError> {
        match (field, value) {
            (Field::Model, Token::String(text)) => self.model = Some(text),
            (Field::User, Token::String(text)) => self.user = Some(text),
            (Field::Stream, Token::Bool(stream)) => self.stream = stream,
            (Field::MaxTokens, Token::Number(number)) if number.as_u64().is_some() => {
                self.max_tokens = self.max_tokens.max(number.as_u64());
            }
            (Field::Choices, Token::Number(number)) if number.as_u64() > Some(0) => {
                self.choices = number.as_u64().unwrap_or(1);
            }
            (Field::StreamOptions, Token::ObjectStart) => {
                self.usage = UsageOption::Options(reader.token_range().end);
            }
            (Field::StreamOptions, Token::Null) => self.usage = UsageOption::NullOptions(reader.token_range()),
            (Field::IncludeUsage, Token::Bool(true)) => self.usage = UsageOption::On,
            (Field::IncludeUsage, Token::Bool(false) | Token::Null) => {
                self.usage = UsageOption::Off(reader.token_range());
            }
            (_, Token::Null) => {}
            (Field::MaxTokens | Field::Choices, Token::Number(_)) => {
                return Err(wrong_type(reader, field.expected(), "another number"));
            }
            (_, other) => return Err(wrong_type(reader, field.expected(), other.type_name())),
        }
        Ok(())
    }
}

fn wrong_type(reader: &Reader<'_>, expected: &'static str, found: &'static str) -> BodyError {
    BodyError::WrongType {
        path: reader.path(),
        expected,
        found,
    }
}
