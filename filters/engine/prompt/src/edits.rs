use std::error::Error;
use std::fmt;
use std::ops::Range;

use bartizan_wire::json::{Patch, Piece, escape_into, pieces};

use crate::{Masking, Span};

/// Parts of texts to be masked; [`Extraction::apply`](crate::Extraction::apply) writes the body with them.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    patch: Patch,
    cursor: Cursor,
}

/// The text cannot be masked where it stands; see [`Masking::Impossible`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unmaskable;

/// A place in a span, by what it says and in the body. Kept, so that parts in ascending order are found in one pass.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    /// Where the span stands in the body.
    span: usize,
    decoded: usize,
    raw: usize,
}

// === impl Unmaskable ===

impl fmt::Display for Unmaskable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("this text cannot be masked where it stands")
    }
}

impl Error for Unmaskable {}

// === impl Edits ===

impl Edits {
    /// No edits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            patch: Patch::new(),
            cursor: Cursor {
                span: 0,
                decoded: 0,
                raw: 0,
            },
        }
    }

    /// Whether nothing is to be masked.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.patch.is_empty()
    }

    /// Puts `replacement` in place of the bytes `range` of [`Span::text`]; it is escaped as needed.
    ///
    /// The range grows to whole characters, and is cut to the text; an empty one changes nothing. Where ranges overlap,
    /// they are masked as one, with the replacement of the first.
    ///
    /// # Errors
    /// If the span is [not maskable](Masking::Impossible).
    pub fn mask(&mut self, span: &Span<'_>, range: Range<usize>, replacement: &str) -> Result<(), Unmaskable> {
        if span.masking == Masking::Impossible {
            return Err(Unmaskable);
        }
        let range = range.start..range.end.min(span.text.len());
        if range.is_empty() {
            return Ok(());
        }
        let raw = self.raw_range(span, &range);
        let mut escaped = Vec::with_capacity(replacement.len());
        escape_into(&mut escaped, replacement);
        self.patch
            .replace(span.raw.start + raw.start..span.raw.start + raw.end, escaped);
        Ok(())
    }

    pub(crate) fn into_patch(self) -> Patch {
        self.patch
    }

    /// Where the part of a text stands in the span's raw bytes.
    fn raw_range(&mut self, span: &Span<'_>, decoded: &Range<usize>) -> Range<usize> {
        if self.cursor.span != span.raw.start || self.cursor.decoded > decoded.start {
            self.cursor = Cursor {
                span: span.raw.start,
                decoded: 0,
                raw: 0,
            };
        }
        let Cursor {
            decoded: mut decoded_at,
            raw: mut raw_at,
            ..
        } = self.cursor;
        let mut start = None;
        for piece in pieces(span.raw_text.get(raw_at..).unwrap_or_default()) {
            let (decoded_length, raw_length) = match piece {
                Piece::Plain(plain) => (plain.len(), plain.len()),
                Piece::Escape { character, raw_length } => (character.len_utf8(), raw_length),
            };
            let decoded_end = decoded_at + decoded_length;
            if start.is_none() && decoded.start < decoded_end {
                start = Some(raw_at + floor(piece, decoded.start - decoded_at));
                self.cursor = Cursor {
                    span: span.raw.start,
                    decoded: decoded_at,
                    raw: raw_at,
                };
            }
            if decoded.end <= decoded_end {
                return start.unwrap_or(raw_at)..raw_at + ceiling(piece, decoded.end - decoded_at);
            }
            decoded_at = decoded_end;
            raw_at += raw_length;
        }
        start.unwrap_or(raw_at)..raw_at
    }
}

/// The raw offset in a piece at which the character begins that holds the decoded byte.
fn floor(piece: Piece<'_>, decoded: usize) -> usize {
    match piece {
        Piece::Plain(plain) => plain.floor_char_boundary(decoded),
        Piece::Escape { .. } => 0,
    }
}

/// The raw offset in a piece at which the character ends that holds the byte before `decoded`.
fn ceiling(piece: Piece<'_>, decoded: usize) -> usize {
    match piece {
        Piece::Plain(plain) => plain.ceil_char_boundary(decoded),
        Piece::Escape { raw_length, .. } => raw_length,
    }
}
