use std::ops::Range;

use bartizan_wire::json::{Patch, Piece, escape_into, pieces};

use crate::nested::loose_pieces;
use crate::span::Layer;
use crate::{Masking, Span};

/// Parts of texts to be masked; [`Extraction::apply`](crate::Extraction::apply) writes the body with them.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    patch: Patch,
    cursor: Cursor,
}

/// The text cannot be masked where it stands; see [`Masking::Impossible`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this text cannot be masked where it stands")]
pub struct Unmaskable;

/// A place in a span, by what it says and in the body. Kept, so that parts in ascending order are found in one pass.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    /// Where the span stands in the body.
    span: usize,
    place: Place,
}

/// The start of a piece: how far into what the text says, and how far into how it is written.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    decoded: usize,
    raw: usize,
}

// === impl Edits ===

impl Edits {
    /// No edits.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            patch: Patch::new(),
            cursor: Cursor {
                span: 0,
                place: Place { decoded: 0, raw: 0 },
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
        let raw = match span.layer {
            Layer::Plain | Layer::Json => self.raw_range(span, &range),
            Layer::InsideJson => self.raw_range_inside(span, &range),
        };
        let mut escaped = Vec::with_capacity(replacement.len());
        match span.layer {
            Layer::Plain => escape_into(&mut escaped, replacement),
            // What stands in JSON within JSON is escaped twice.
            Layer::Json | Layer::InsideJson => {
                escape_into(&mut escaped, replacement);
                let once = String::from_utf8_lossy(&escaped).into_owned();
                escaped.clear();
                escape_into(&mut escaped, &once);
            }
        }
        self.patch
            .replace(span.raw.start + raw.start..span.raw.start + raw.end, escaped);
        Ok(())
    }

    pub(crate) fn into_patch(self) -> Patch {
        self.patch
    }

    /// Where the part of a text stands in the span's raw bytes.
    fn raw_range(&mut self, span: &Span<'_>, decoded: &Range<usize>) -> Range<usize> {
        if self.cursor.span != span.raw.start || self.cursor.place.decoded > decoded.start {
            self.cursor = Cursor {
                span: span.raw.start,
                place: Place::default(),
            };
        }
        let from = self.cursor.place;
        let (raw, place) = locate(pieces(span.raw_text.get(from.raw..).unwrap_or_default()), from, decoded);
        self.cursor.place = place;
        raw
    }

    /// The same for the inside of a text within a text.
    fn raw_range_inside(&mut self, span: &Span<'_>, decoded: &Range<usize>) -> Range<usize> {
        let mut outer = String::with_capacity(span.raw_text.len());
        for piece in pieces(span.raw_text) {
            match piece {
                Piece::Plain(plain) => outer.push_str(plain),
                Piece::Escape { character, .. } => outer.push(character),
            }
        }
        let (in_outer, _) = locate(loose_pieces(&outer), Place::default(), decoded);
        self.raw_range(span, &in_outer)
    }
}

/// Where a part of a text stands as it is written, and the piece in which it starts. `pieces` begin at `from`.
fn locate<'a>(pieces: impl Iterator<Item = Piece<'a>>, from: Place, decoded: &Range<usize>) -> (Range<usize>, Place) {
    let mut at = from;
    let mut found: Option<(usize, Place)> = None;
    for piece in pieces {
        let (decoded_length, raw_length) = match piece {
            Piece::Plain(plain) => (plain.len(), plain.len()),
            Piece::Escape { character, raw_length } => (character.len_utf8(), raw_length),
        };
        let decoded_end = at.decoded + decoded_length;
        if found.is_none() && decoded.start < decoded_end {
            found = Some((at.raw + floor(piece, decoded.start - at.decoded), at));
        }
        if decoded.end <= decoded_end {
            let (start, place) = found.unwrap_or((at.raw, at));
            return (start..at.raw + ceiling(piece, decoded.end - at.decoded), place);
        }
        at = Place {
            decoded: decoded_end,
            raw: at.raw + raw_length,
        };
    }
    let (start, place) = found.unwrap_or((at.raw, at));
    (start..at.raw, place)
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
