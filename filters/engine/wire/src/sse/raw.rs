//! Events as they came, for whoever reads them and passes them on byte for byte.
//!
//! Lines end with LF or CRLF. A lone CR, which the standard allows and no provider sends, ends no line here, so whoever
//! reads an event has to refuse one that has it rather than misread it.
//!
//! ```
//! use bartizan_wire::sse::{Field, end_of_event, lines};
//!
//! let stream = b"event: ping\ndata: {}\n\ndata: ";
//! let end = end_of_event(stream, 0).ok_or("no event")?;
//! let event = std::str::from_utf8(&stream[..end])?;
//! let fields: Vec<_> = lines(event).map(|line| (line.field, &event[line.value])).collect();
//! assert_eq!(fields, [(Field::Name, "ping"), (Field::Data, "{}")]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::ops::Range;

/// What a line of an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `data`, of which there may be several.
    Data,
    /// `event`, the event's type.
    Name,
    /// `id`
    Id,
    /// `retry`
    Retry,
    /// A line that begins with a colon, which readers ignore.
    Comment,
    /// Anything else, which readers ignore.
    Unknown,
}

/// A line of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is.
    pub field: Field,
    /// Where its value stands in the event, without the space after the colon and the end of the line.
    pub value: Range<usize>,
}

/// Where the first event of `bytes` ends, behind its empty line; `None` if it has not ended yet.
///
/// `searched` bytes at the front are known to hold no end, which keeps looking again after each piece linear. Empty
/// lines that belong to no event are events without lines.
#[must_use]
pub fn end_of_event(bytes: &[u8], searched: usize) -> Option<usize> {
    let rest = bytes.get(searched..)?;
    for place in memchr::memchr_iter(b'\n', rest) {
        let before = bytes.get(..searched + place).unwrap_or_default();
        let line = before.strip_suffix(b"\r").unwrap_or(before);
        if line.is_empty() || line.ends_with(b"\n") {
            return Some(searched + place + 1);
        }
    }
    None
}

/// The lines of an event, without the empty one.
#[must_use]
pub const fn lines(event: &str) -> Lines<'_> {
    Lines { event, at: 0 }
}

/// The lines of an event; see [`lines`].
#[derive(Clone, Debug)]
pub struct Lines<'e> {
    event: &'e str,
    at: usize,
}

impl Iterator for Lines<'_> {
    type Item = Line;

    // WHY never inlined: several loops read lines, and filters are to stay small.
    #[inline(never)]
    fn next(&mut self) -> Option<Line> {
        loop {
            let begin = self.at;
            let rest = self.event.get(begin..).filter(|rest| !rest.is_empty())?;
            let text = match memchr::memchr(b'\n', rest.as_bytes()) {
                Some(end) => {
                    self.at = begin + end + 1;
                    rest.get(..end).unwrap_or_default()
                }
                None => {
                    self.at = self.event.len();
                    rest
                }
            };
            let text = text.strip_suffix('\r').unwrap_or(text);
            if text.is_empty() {
                continue;
            }
            let colon = memchr::memchr(b':', text.as_bytes()).unwrap_or(text.len());
            let field = match text.get(..colon).unwrap_or_default() {
                "data" => Field::Data,
                "event" => Field::Name,
                "id" => Field::Id,
                "retry" => Field::Retry,
                "" => Field::Comment,
                _ => Field::Unknown,
            };
            let space = usize::from(text.as_bytes().get(colon + 1) == Some(&b' '));
            let end = begin + text.len();
            let value = (begin + colon + 1 + space).min(end)..end;
            return Some(Line { field, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [&str; 5] = [
        "data: a\n\n",
        "event: b\r\ndata: b\r\n\r\n",
        ": c\n\r\n",
        "\n",
        "data: d\r\n\n",
    ];

    #[test]
    fn events_end_with_an_empty_line() {
        let stream = EVENTS.concat() + "data: e";
        let mut rest = stream.as_bytes();
        for event in EVENTS {
            let end = end_of_event(rest, 0).unwrap();
            assert_eq!(rest.split_at(end).0, event.as_bytes());
            rest = rest.split_at(end).1;
        }
        assert_eq!(end_of_event(rest, 0), None);
    }

    #[test]
    fn what_was_searched_need_not_be_searched_again() {
        for event in EVENTS {
            for searched in 0..event.len() {
                assert_eq!(
                    end_of_event(event.as_bytes(), searched),
                    Some(event.len()),
                    "{event:?} {searched}"
                );
            }
        }
    }

    #[test]
    fn lines_are_told_apart() {
        let table = [
            ("data: {}\n\n", Field::Data, "{}"),
            ("data:{}\r\n\r\n", Field::Data, "{}"),
            ("data:  {}\n\n", Field::Data, " {}"),
            ("data\n\n", Field::Data, ""),
            ("data:\n\n", Field::Data, ""),
            ("event: ping\n\n", Field::Name, "ping"),
            ("id: 7\n\n", Field::Id, "7"),
            ("retry: 7\n\n", Field::Retry, "7"),
            (": a comment: here\n\n", Field::Comment, "a comment: here"),
            ("\u{feff}data: x\n\n", Field::Unknown, "x"),
            ("Data: x\n\n", Field::Unknown, "x"),
        ];
        for (event, field, value) in table {
            let found: Vec<_> = lines(event).collect();
            let [line] = &found[..] else {
                panic!("{event}: {found:?}")
            };
            assert_eq!(
                (line.field, event.get(line.value.clone())),
                (field, Some(value)),
                "{event}"
            );
        }
        assert_eq!(lines("\r\n").count(), 0);
    }
}
