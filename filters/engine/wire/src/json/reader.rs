use std::ops::Range;

use super::class::{CLASSES, Class};
use super::keys::{Keys, Seen};
use super::plain::plain_run;
use super::text::{escape_at, part};
use super::{JsonError, JsonErrorKind, Number, Text, Token, number, path};

/// How many arrays and objects may stand inside each other.
pub const MAX_DEPTH: usize = 64;

/// Bodies must be shorter than this, so that places fit into 31 bits.
pub(crate) const MAX_LENGTH: usize = 1 << 31;

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

/// What a [`Reader`] needs of memory, kept for the next one.
#[derive(Debug, Default)]
pub struct Memory {
    frames: Vec<Frame>,
    keys: Keys,
}

/// What may come next.
#[derive(Clone, Copy, Debug)]
enum Next {
    Value,
    /// An array's first element, an object's first key, or its end.
    FirstOrEnd,
    CommaOrEnd,
    Nothing,
}

/// An array or object that is open.
#[derive(Clone, Copy, Debug)]
struct Frame {
    container: Container,
    /// Number of keys that objects further out hold.
    first_key: usize,
    /// Number of the current element; what it counts in an object is of no use.
    index: u32,
    /// What is known of the keys.
    seen: Seen,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Container {
    Array,
    Object,
}

// === impl Memory ===

impl Memory {
    fn new() -> Self {
        Self {
            frames: Vec::with_capacity(8),
            keys: Keys::new(),
        }
    }
}

// === impl Container ===

impl Container {
    /// The byte that ends it.
    const fn end(self) -> u8 {
        match self {
            Self::Array => b']',
            Self::Object => b'}',
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
        Self::reusing(Memory::new(), body)
    }

    /// Starts at the first byte of a body, with the memory of an earlier reader.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    pub fn reusing(memory: Memory, body: &'a [u8]) -> Result<Self, JsonError> {
        check_length(body)?;
        let text = std::str::from_utf8(body).map_err(|error| whole(JsonErrorKind::NotUtf8, error.valid_up_to()))?;
        Ok(Self::begin(memory, text))
    }

    /// Starts at the first character of a body that is known to be UTF-8.
    ///
    /// # Errors
    /// If the body is too long.
    pub fn of_text(body: &'a str) -> Result<Self, JsonError> {
        check_length(body.as_bytes())?;
        Ok(Self::begin(Memory::new(), body))
    }

    fn begin(memory: Memory, body: &'a str) -> Self {
        let Memory { mut frames, mut keys } = memory;
        frames.clear();
        keys.truncate(0);
        Self {
            body,
            position: 0,
            token_start: 0,
            token_end: 0,
            next: Next::Value,
            frames,
            keys,
        }
    }

    /// The memory, for the next reader.
    #[must_use]
    pub fn into_memory(self) -> Memory {
        Memory {
            frames: self.frames,
            keys: self.keys,
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
        let inner = usize::from(matches!(self.next, Next::FirstOrEnd));
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
        match self.token() {
            Ok(token) => Ok(token),
            Err(kind) => Err(self.error(kind)),
        }
    }

    // WHY one function for what most tokens need: filters run it with nothing of it in the processor's caches, and then
    // what costs is how much code there is, not how often it runs.
    fn token(&mut self) -> Result<Option<Token<'a>>, JsonErrorKind> {
        let mut byte = self.skip_whitespace();
        match self.next {
            Next::Value => {}
            Next::Nothing if self.position == self.body.len() => return Ok(None),
            Next::Nothing => return Err(JsonErrorKind::TrailingBytes),
            Next::FirstOrEnd | Next::CommaOrEnd => {
                let [.., frame] = self.frames.as_mut_slice() else {
                    return Err(JsonErrorKind::UnexpectedByte);
                };
                let container = frame.container;
                if byte == container.end() {
                    return self.end().map(Some);
                }
                if matches!(self.next, Next::CommaOrEnd) {
                    if byte != b',' {
                        return Err(self.unexpected());
                    }
                    frame.index += 1;
                    self.position += 1;
                    byte = self.skip_whitespace();
                }
                if container == Container::Object {
                    return self.key(byte).map(Some);
                }
                self.next = Next::Value;
            }
        }
        self.value(byte).map(Some)
    }

    /// Reads the value that begins with this byte, which is where the reader is.
    #[inline]
    fn value(&mut self, byte: u8) -> Result<Token<'a>, JsonErrorKind> {
        self.token_start = self.position;
        let token = match CLASSES.get(usize::from(byte)) {
            Some(Class::String) => {
                let text = self.string()?;
                self.after_value();
                return Ok(Token::String(text));
            }
            Some(Class::Object) => return self.start(Container::Object),
            Some(Class::Array) => return self.start(Container::Array),
            Some(Class::Number) => Token::Number(self.number()?),
            Some(Class::True) => self.literal("true", Token::Bool(true))?,
            Some(Class::False) => self.literal("false", Token::Bool(false))?,
            Some(Class::Null) => self.literal("null", Token::Null)?,
            _ => return Err(self.unexpected()),
        };
        self.token_end = self.position;
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
            seen: Seen::default(),
        });
        self.next = Next::FirstOrEnd;
        Ok(match container {
            Container::Array => Token::ArrayStart,
            Container::Object => Token::ObjectStart,
        })
    }

    #[inline]
    fn end(&mut self) -> Result<Token<'a>, JsonErrorKind> {
        self.token_start = self.position;
        let Some(frame) = self.frames.pop() else {
            return Err(JsonErrorKind::UnexpectedByte);
        };
        if frame.seen.may_repeat()
            && let Some(key) = self.keys.duplicate(frame.first_key, self.body)
        {
            self.frames.push(frame);
            self.keys.push(&key);
            self.position = key.range().start;
            return Err(JsonErrorKind::DuplicateKey);
        }
        self.keys.truncate(frame.first_key);
        self.position += 1;
        self.token_end = self.position;
        self.after_value();
        Ok(match frame.container {
            Container::Array => Token::ArrayEnd,
            Container::Object => Token::ObjectEnd,
        })
    }

    #[inline]
    fn key(&mut self, byte: u8) -> Result<Token<'a>, JsonErrorKind> {
        if byte != b'"' {
            return Err(self.unexpected());
        }
        let key = self.string()?;
        self.keys.push(&key);
        if let [.., frame] = self.frames.as_mut_slice() {
            frame.seen.note(&key);
        }
        self.next = Next::Value;
        if self.skip_whitespace() != b':' {
            return Err(self.unexpected());
        }
        self.position += 1;
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
        self.token_end = self.position;
        self.position += 1;
        Ok(Text::of(self.body, start..self.token_end, escaped))
    }

    fn number(&mut self) -> Result<Number<'a>, JsonErrorKind> {
        let start = self.position;
        let rest = self.body.as_bytes().get(start..).unwrap_or_default();
        self.position += number::measure(rest)?;
        Ok(Number::new(part(self.body, start..self.position)))
    }

    fn literal(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>, JsonErrorKind> {
        let rest = self.body.as_bytes().get(self.position..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
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

    /// Goes on to the next byte that is no whitespace: what it is, or 0 at the end of the body.
    #[inline(never)]
    fn skip_whitespace(&mut self) -> u8 {
        loop {
            let byte = self.body.as_bytes().get(self.position).copied().unwrap_or_default();
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return byte;
            }
            self.position += 1;
        }
    }

    /// What is wrong where something else has to stand.
    #[cold]
    fn unexpected(&self) -> JsonErrorKind {
        if self.position < self.body.len() {
            JsonErrorKind::UnexpectedByte
        } else {
            self.end_of_body()
        }
    }

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
