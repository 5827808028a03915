//! Server-sent events, read as they arrive: however the bytes are cut, the events are the same.
//!
//! Follows the [HTML standard], section 9.2, but for `retry`, which concerns whoever would reconnect. Bytes that are not
//! UTF-8 become U+FFFD, as it says.
//!
//! ```
//! use bartizan_wire::sse::Decoder;
//!
//! let mut decoder = Decoder::new(1 << 20);
//! let mut seen = Vec::new();
//! for piece in [&b"event: pi"[..], b"ng\r\ndata: {}\r", b"\n\r\n"] {
//!     decoder.push(piece, |event| seen.push((event.name.to_owned(), event.data.to_owned())))?;
//! }
//! assert_eq!(seen, [("ping".to_owned(), "{}".to_owned())]);
//! # Ok::<(), bartizan_wire::sse::SseError>(())
//! ```
//!
//! [HTML standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html

use std::borrow::Cow;

mod raw;

pub use raw::{Field, Line, Lines, end_of_event, lines};

/// An event of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its type; `message` if the stream does not say.
    pub name: &'a str,
    /// Its data, lines joined by `\n`.
    pub data: &'a str,
    /// The last id that the stream gave; empty if none.
    pub id: &'a str,
}

/// Why a stream of events cannot be read any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {limit} bytes")]
pub struct SseError {
    /// The most bytes that an event may have.
    pub limit: usize,
}

/// Turns bytes into events.
#[derive(Clone, Debug)]
pub struct Decoder {
    limit: usize,
    /// A line that has begun in an earlier piece.
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    id: Vec<u8>,
    position: Position,
}

/// Where in the stream the decoder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// In the first line, which may open with a byte order mark.
    FirstLine,
    /// Behind a carriage return: a line feed belongs to the same end of line.
    AfterReturn,
    /// Anywhere else.
    Inside,
    /// Behind an event that was too long.
    Failed,
}

// === impl Decoder ===

impl Decoder {
    /// A decoder at the start of a stream, for events of at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            name: Vec::new(),
            data: Vec::new(),
            id: Vec::new(),
            position: Position::FirstLine,
        }
    }

    /// Takes the next piece of the stream and hands every event that it completes to `sink`.
    ///
    /// # Errors
    /// If an event is too long; every later call fails the same way.
    pub fn push(&mut self, piece: &[u8], mut sink: impl FnMut(Event<'_>)) -> Result<(), SseError> {
        let mut rest = piece;
        if self.position == Position::Failed {
            return Err(SseError { limit: self.limit });
        }
        if self.position == Position::AfterReturn && !rest.is_empty() {
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            self.position = Position::Inside;
        }
        while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
            let (line, tail) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            self.end_line(line, &mut sink)?;
            rest = match tail {
                [b'\r', b'\n', after @ ..] => after,
                [b'\r'] => {
                    self.position = Position::AfterReturn;
                    &[]
                }
                [_, after @ ..] => after,
                [] => &[],
            };
        }
        self.line.extend_from_slice(rest);
        self.check_size(0)
    }

    /// Whether the stream stands inside an event: if it ended here, that event would be lost.
    #[must_use]
    pub const fn is_inside_event(&self) -> bool {
        !self.line.is_empty() || !self.data.is_empty() || !self.name.is_empty()
    }

    fn check_size(&mut self, line: usize) -> Result<(), SseError> {
        if line + self.line.len() + self.name.len() + self.data.len() + self.id.len() <= self.limit {
            return Ok(());
        }
        *self = Self {
            position: Position::Failed,
            ..Self::new(self.limit)
        };
        Err(SseError { limit: self.limit })
    }

    fn end_line(&mut self, end_of_line: &[u8], sink: &mut impl FnMut(Event<'_>)) -> Result<(), SseError> {
        self.check_size(end_of_line.len())?;
        let begun = std::mem::take(&mut self.line);
        let line = if begun.is_empty() {
            Cow::Borrowed(end_of_line)
        } else {
            Cow::Owned([&begun, end_of_line].concat())
        };
        let mut line = &*line;
        if self.position == Position::FirstLine {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
            self.position = Position::Inside;
        }
        if line.is_empty() {
            self.dispatch(sink);
        } else {
            self.field(line);
        }
        Ok(())
    }

    fn field(&mut self, line: &[u8]) {
        let colon = memchr::memchr(b':', line).unwrap_or(line.len());
        let (name, value) = line.split_at_checked(colon).unwrap_or((line, &[]));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"event" => value.clone_into(&mut self.name),
            b"data" => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            b"id" if !value.contains(&0) => value.clone_into(&mut self.id),
            _ => {}
        }
    }

    fn dispatch(&mut self, sink: &mut impl FnMut(Event<'_>)) {
        if let Some(data) = self.data.strip_suffix(b"\n") {
            let name = String::from_utf8_lossy(&self.name);
            sink(Event {
                name: if name.is_empty() { "message" } else { &name },
                data: &String::from_utf8_lossy(data),
                id: &String::from_utf8_lossy(&self.id),
            });
        }
        self.name.clear();
        self.data.clear();
    }
}

#[cfg(test)]
mod tests;
