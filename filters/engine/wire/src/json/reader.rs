use std::ops::Range;

use super::keys::Keys;
use super::plain::plain_run;
use super::text::escape_at;
use super::{JsonError, JsonErrorKind, Number, Text, number, path};

/// How many arrays and objects may stand inside each other.
pub const MAX_DEPTH: usize = 64;

/// Bodies must be shorter than this, so that places fit into 31 bits.
const MAX_LENGTH: usize = 1 << 31;

/// Reads a body token by token; see the [module](super).
#[derive(Debug)]
pub struct Reader<'a> {
    body: &'a str,
    position: usize,
    token_start: usize,
    token_end: usize,
    next: Next,
    frames: Vec<Frame>,
    keys: Keys,
}

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

/// What may come next.
#[derive(Clone, Copy, Debug)]
enum Next {
    Value,
    FirstElementOrEnd,
    FirstKeyOrEnd,
    CommaOrEnd,
    Nothing,
}

/// An array or object that is open.
#[derive(Clone, Copy, Debug)]
struct Frame {
    container: Container,
    /// Number of keys that objects further out hold.
    first_key: usize,
    /// Number of the current element; arrays only.
    index: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    Array,
    Object,
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

// === impl Reader ===

impl<'a> Reader<'a> {
    /// Starts at the first byte of a body.
    ///
    /// # Errors
    /// If the body is not UTF-8, or too long.
    pub fn new(body: &'a [u8]) -> Result<Self, JsonError> {
        check_length(body)?;
        let text = std::str::from_utf8(body).map_err(|error| whole(JsonErrorKind::NotUtf8, error.valid_up_to()))?;
        Ok(Self::begin(text))
    }

    /// Starts at the first character of a body that is known to be UTF-8.
    ///
    /// # Errors
    /// If the body is too long.
    pub fn of_text(body: &'a str) -> Result<Self, JsonError> {
        check_length(body.as_bytes())?;
        Ok(Self::begin(body))
    }

    fn begin(body: &'a str) -> Self {
        Self {
            body,
            position: 0,
            token_start: 0,
            token_end: 0,
            next: Next::Value,
            frames: Vec::with_capacity(8),
            keys: Keys::new(),
        }
    }

    /// The whole body.
    #[must_use]
    pub const fn body(&self) -> &'a str {
        self.body
    }

    /// Where the last token stands in the body; for strings and keys without their quotes.
    #[must_use]
    pub const fn token_range(&self) -> Range<usize> {
        self.token_start..self.token_end
    }

    /// The path of the last token, such as `$.messages[3].content[0].text`. A key has the path of its value.
    #[must_use]
    pub fn path(&self) -> String {
        let mut out = "$".to_owned();
        // An array that has just begun has no element yet.
        let inner = usize::from(matches!(self.next, Next::FirstElementOrEnd));
        for (number, frame) in self.frames.iter().enumerate().take(self.frames.len() - inner) {
            match frame.container {
                Container::Array => path::push_index(&mut out, frame.index),
                Container::Object => {
                    let keys_here = self
                        .frames
                        .get(number + 1)
                        .map_or(self.keys.len(), |inner| inner.first_key);
                    if keys_here > frame.first_key
                        && let Some(key) = self.keys.get(keys_here - 1, self.body)
                    {
                        path::push_key(&mut out, &key);
                    }
                }
            }
        }
        out
    }

    /// The number of arrays and objects that are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    /// Reads the next token; `None` when the value is complete and nothing follows it.
    ///
    /// # Errors
    /// If the body is not JSON that we read. The reader is then of no further use.
    pub fn read(&mut self) -> Result<Option<Token<'a>>, JsonError> {
        self.skip_whitespace();
        let token = match self.next {
            Next::Value => self.value(),
            Next::CommaOrEnd => self.comma_or_end(),
            Next::FirstElementOrEnd if self.peek() == Some(b']') => self.end(),
            Next::FirstElementOrEnd => {
                self.next = Next::Value;
                self.value()
            }
            Next::FirstKeyOrEnd if self.peek() == Some(b'}') => self.end(),
            Next::FirstKeyOrEnd => self.key(),
            Next::Nothing if self.position == self.body.len() => return Ok(None),
            Next::Nothing => Err(JsonErrorKind::TrailingBytes),
        };
        match token {
            Ok(token) => Ok(Some(token)),
            Err(kind) => Err(self.error(kind)),
        }
    }

    fn value(&mut self) -> Result<Token<'a>, JsonErrorKind> {
        self.token_start = self.position;
        let token = match self.peek() {
            Some(b'"') => Token::String(self.string()?),
            Some(b'{') => return self.start(Container::Object),
            Some(b'[') => return self.start(Container::Array),
            Some(b'-' | b'0'..=b'9') => Token::Number(self.number()?),
            Some(b't') => self.literal("true", Token::Bool(true))?,
            Some(b'f') => self.literal("false", Token::Bool(false))?,
            Some(b'n') => self.literal("null", Token::Null)?,
            Some(_) => return Err(JsonErrorKind::UnexpectedByte),
            None => return Err(self.end_of_body()),
        };
        if !matches!(token, Token::String(_)) {
            self.token_end = self.position;
        }
        self.after_value();
        Ok(token)
    }

    fn start(&mut self, container: Container) -> Result<Token<'a>, JsonErrorKind> {
        if self.frames.len() == MAX_DEPTH {
            return Err(JsonErrorKind::TooDeep);
        }
        self.position += 1;
        self.token_end = self.position;
        self.frames.push(Frame {
            container,
            first_key: self.keys.len(),
            index: 0,
        });
        match container {
            Container::Array => {
                self.next = Next::FirstElementOrEnd;
                Ok(Token::ArrayStart)
            }
            Container::Object => {
                self.next = Next::FirstKeyOrEnd;
                Ok(Token::ObjectStart)
            }
        }
    }

    fn comma_or_end(&mut self) -> Result<Token<'a>, JsonErrorKind> {
        match (self.peek(), self.frames.last_mut()) {
            (Some(b','), Some(frame)) => {
                self.position += 1;
                if frame.container == Container::Array {
                    frame.index += 1;
                    self.skip_whitespace();
                    self.value()
                } else {
                    self.skip_whitespace();
                    self.key()
                }
            }
            (
                Some(b']'),
                Some(Frame {
                    container: Container::Array,
                    ..
                }),
            )
            | (
                Some(b'}'),
                Some(Frame {
                    container: Container::Object,
                    ..
                }),
            ) => self.end(),
            (Some(_), _) => Err(JsonErrorKind::UnexpectedByte),
            (None, _) => Err(self.end_of_body()),
        }
    }

    fn end(&mut self) -> Result<Token<'a>, JsonErrorKind> {
        self.token_start = self.position;
        let Some(frame) = self.frames.last().copied() else {
            return Err(JsonErrorKind::UnexpectedByte);
        };
        let token = match frame.container {
            Container::Array => Token::ArrayEnd,
            Container::Object => {
                if let Some(key) = self.keys.duplicate(frame.first_key, self.body) {
                    self.keys.push(&key);
                    self.position = key.range().start;
                    return Err(JsonErrorKind::DuplicateKey);
                }
                Token::ObjectEnd
            }
        };
        self.keys.truncate(frame.first_key);
        self.frames.pop();
        self.position += 1;
        self.token_end = self.position;
        self.after_value();
        Ok(token)
    }

    fn key(&mut self) -> Result<Token<'a>, JsonErrorKind> {
        match self.peek() {
            Some(b'"') => {}
            Some(_) => return Err(JsonErrorKind::UnexpectedByte),
            None => return Err(self.end_of_body()),
        }
        let key = self.string()?;
        self.keys.push(&key);
        self.skip_whitespace();
        match self.peek() {
            Some(b':') => self.position += 1,
            Some(_) => return Err(JsonErrorKind::UnexpectedByte),
            None => return Err(self.end_of_body()),
        }
        self.next = Next::Value;
        Ok(Token::Key(key))
    }

    /// Reads a string, from its first quote to behind its last.
    fn string(&mut self) -> Result<Text<'a>, JsonErrorKind> {
        let start = self.position + 1;
        self.token_start = start;
        self.position = start;
        let mut escaped = false;
        loop {
            let rest = self.body.as_bytes().get(self.position..).unwrap_or_default();
            let plain = plain_run(rest);
            self.position += plain;
            match rest.get(plain) {
                Some(b'"') => break,
                Some(b'\\') => {
                    let Some((_, length)) = escape_at(rest.get(plain..).unwrap_or_default()) else {
                        return Err(JsonErrorKind::BadEscape);
                    };
                    escaped = true;
                    self.position += length;
                }
                Some(_) => return Err(JsonErrorKind::ControlCharacter),
                None => return Err(JsonErrorKind::UnexpectedEnd),
            }
        }
        let raw = self.body.get(start..self.position).unwrap_or_default();
        self.token_end = self.position;
        self.position += 1;
        Ok(Text::new(raw, start, escaped))
    }

    fn number(&mut self) -> Result<Number<'a>, JsonErrorKind> {
        let rest = self.body.get(self.position..).unwrap_or_default();
        let length = number::measure(rest.as_bytes())?;
        self.position += length;
        Ok(Number::new(rest.get(..length).unwrap_or_default()))
    }

    fn literal(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, JsonErrorKind> {
        if !self.body.get(self.position..).unwrap_or_default().starts_with(word) {
            return Err(JsonErrorKind::UnexpectedByte);
        }
        self.position += word.len();
        Ok(token)
    }

    fn after_value(&mut self) {
        self.next = if self.frames.is_empty() {
            Next::Nothing
        } else {
            Next::CommaOrEnd
        };
    }

    fn peek(&self) -> Option<u8> {
        self.body.as_bytes().get(self.position).copied()
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\t' | b'\r')) {
            self.position += 1;
        }
    }

    #[cold]
    fn end_of_body(&self) -> JsonErrorKind {
        let only_whitespace = self.body.bytes().all(|byte| byte.is_ascii_whitespace());
        if only_whitespace {
            JsonErrorKind::Empty
        } else {
            JsonErrorKind::UnexpectedEnd
        }
    }

    #[cold]
    fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError {
            kind,
            path: self.path(),
            offset: self.position,
        }
    }
}

fn check_length(body: &[u8]) -> Result<(), JsonError> {
    if body.len() < MAX_LENGTH {
        Ok(())
    } else {
        Err(whole(JsonErrorKind::TooLong, 0))
    }
}

/// An error of the body as a whole.
fn whole(kind: JsonErrorKind, offset: usize) -> JsonError {
    JsonError {
        kind,
        path: "$".to_owned(),
        offset,
    }
}
