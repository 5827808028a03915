use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use super::plain::plain_run;

/// A JSON string or key: where it stands in the body, and what it says.
///
/// The tokenizer has checked every escape, so decoding cannot fail.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    raw: &'a str,
    start: usize,
    escaped: bool,
}

/// A stretch of a JSON string that decodes in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Characters that stand for themselves.
    Plain(&'a str),
    /// One escape sequence (for characters above U+FFFF, the pair of them).
    Escape {
        /// The character it stands for.
        character: char,
        /// Its length in the body, bytes.
        raw_length: usize,
    },
}

/// The pieces of a JSON string, in order; see [`Text::pieces`].
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    rest: &'a str,
}

/// A part of a body; empty if it does not begin and end between characters.
#[must_use]
#[inline(never)]
pub fn part(body: &str, range: Range<usize>) -> &str {
    body.get(range).unwrap_or_default()
}

/// The pieces of the inside of a JSON string that a [`Reader`](super::Reader) has read; see [`Text::raw`].
#[must_use]
pub const fn pieces(raw: &str) -> Pieces<'_> {
    Pieces { rest: raw }
}

// === impl Text ===

impl<'a> Text<'a> {
    /// What stands there in the body.
    pub(super) fn of(body: &'a str, range: Range<usize>, escaped: bool) -> Self {
        Self {
            start: range.start,
            raw: part(body, range),
            escaped,
        }
    }

    /// The inside of a string that was checked, wherever it stands.
    pub(crate) fn of_raw(raw: &'a str) -> Self {
        Self::of(raw, 0..raw.len(), raw.contains('\\'))
    }

    /// The bytes between the quotes, as they stand in the body.
    #[must_use]
    pub const fn raw(&self) -> &'a str {
        self.raw
    }

    /// Where [`raw`](Self::raw) stands in the body, in bytes; without the quotes.
    #[must_use]
    pub const fn range(&self) -> Range<usize> {
        self.start..self.start + self.raw.len()
    }

    /// Whether the string has an escape, so that what it says differs from its raw bytes.
    #[must_use]
    pub const fn is_escaped(&self) -> bool {
        self.escaped
    }

    /// What the string says; borrowed if it has no escape.
    #[must_use]
    pub fn decode(&self) -> Cow<'a, str> {
        if !self.escaped {
            return Cow::Borrowed(self.raw);
        }
        let mut out = String::with_capacity(self.raw.len());
        self.decode_into(&mut out);
        Cow::Owned(out)
    }

    /// Appends what the string says.
    pub fn decode_into(&self, out: &mut String) {
        out.reserve(self.raw.len());
        let mut rest = self.raw;
        while let Some((plain, tail)) = rest.split_at_checked(plain_run(rest.as_bytes())) {
            out.push_str(plain);
            let Some((character, length)) = escape_at(tail.as_bytes()) else {
                return;
            };
            out.push(character);
            rest = tail.get(length..).unwrap_or_default();
        }
    }

    /// Whether the string says exactly `other`.
    #[must_use]
    pub fn is(&self, other: &str) -> bool {
        if self.escaped {
            self.chars().eq(other.chars())
        } else {
            self.raw == other
        }
    }

    /// The pieces of the string, escapes apart from plain stretches.
    #[must_use]
    pub const fn pieces(&self) -> Pieces<'a> {
        pieces(self.raw)
    }

    /// Orders by what the strings say.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        if self.escaped || other.escaped {
            self.chars().cmp(other.chars())
        } else {
            self.raw.cmp(other.raw)
        }
    }

    fn chars(&self) -> impl Iterator<Item = char> + 'a {
        self.pieces().flat_map(|piece| {
            let (plain, escape) = match piece {
                Piece::Plain(plain) => (plain, None),
                Piece::Escape { character, .. } => ("", Some(character)),
            };
            plain.chars().chain(escape)
        })
    }
}

// === impl Pieces ===

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        // Of the bytes at which a run ends, only the backslash occurs inside a string.
        let plain = plain_run(self.rest.as_bytes());
        if plain > 0 {
            let (piece, rest) = self.rest.split_at_checked(plain)?;
            self.rest = rest;
            return Some(Piece::Plain(piece));
        }
        let (character, raw_length) = escape_at(self.rest.as_bytes())?;
        self.rest = self.rest.get(raw_length..)?;
        Some(Piece::Escape { character, raw_length })
    }
}

/// Reads the escape sequence at the start of `bytes`: the character it stands for, and its length in bytes.
///
/// `None` if it is none, or half of a surrogate pair.
#[must_use]
#[inline]
pub fn escape_at(bytes: &[u8]) -> Option<(char, usize)> {
    let simple = match bytes.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode_escape_at(bytes),
        _ => return None,
    };
    Some((simple, 2))
}

fn unicode_escape_at(bytes: &[u8]) -> Option<(char, usize)> {
    let first = hex4(bytes.get(2..6)?)?;
    // RFC 8259 section 7: characters above U+FFFF are a pair of escapes, high surrogate first.
    if (0xd800..0xdc00).contains(&first) {
        if bytes.get(6..8)? != b"\\u" {
            return None;
        }
        let second = hex4(bytes.get(8..12)?)?;
        if !(0xdc00..0xe000).contains(&second) {
            return None;
        }
        let scalar = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return Some((char::from_u32(scalar)?, 12));
    }
    Some((char::from_u32(first)?, 6))
}

fn hex4(digits: &[u8]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
}
