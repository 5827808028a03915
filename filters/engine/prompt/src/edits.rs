use std::ops::Range;

use bartizan_wire::json::{Patch, Piece, escape_into, pieces};

use crate::nested::{loose_pieces, undo_escapes};
use crate::span::Layer;
use crate::{Masking, Span};

/// The longest escape: the pair of a character above U+FFFF.
const LONGEST_ESCAPE: usize = 12;

/// Parts of texts to be masked; [`Extraction::apply`](crate::Extraction::apply) writes the body with them.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    patch: Patch,
    cursor: Cursor,
    /// By place in what the text says, which is how the JSON in it is written.
    escapes: Cursor,
    inside: Inside,
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

/// The same for a text within a text, which has to be read once more to be walked over.
#[derive(Clone, Debug, Default)]
struct Inside {
    /// Where the span stands in the body.
    span: usize,
    /// What the outer text says.
    outer: String,
    place: Place,
}

/// A place in a text: how far into what the text says, and how far into how it is written.
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
            escapes: Cursor {
                span: 0,
                place: Place { decoded: 0, raw: 0 },
            },
            inside: Inside {
                span: 0,
                outer: String::new(),
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
            Layer::Plain => self.raw_range(span, &range),
            Layer::Json => {
                let whole = self.whole_escapes(span, range);
                self.raw_range(span, &whole)
            }
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

    /// What [`mask`](Self::mask) would take out for that range: what the part says, with escapes undone if the text is
    /// JSON.
    #[must_use]
    pub fn says(&mut self, span: &Span<'_>, range: Range<usize>) -> String {
        let range = range.start..range.end.min(span.text.len());
        if span.layer != Layer::Json {
            return span.text.get(range).unwrap_or_default().to_owned();
        }
        let whole = self.whole_escapes(span, range);
        let mut says = String::new();
        undo_escapes(span.text.get(whole).unwrap_or_default(), &mut says);
        says
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
        let (raw, place) = locate(pieces(from.window(span.raw_text, decoded)), from, decoded);
        self.cursor.place = place;
        raw
    }

    /// The part of a text that holds JSON, grown to whole escapes of that JSON: a mask that took the letter of `\\n` and
    /// left its backslash, or took a backslash and left its quote, would leave something that is no JSON.
    fn whole_escapes(&mut self, span: &Span<'_>, part: Range<usize>) -> Range<usize> {
        if self.escapes.span != span.raw.start || self.escapes.place.raw > part.start {
            self.escapes = Cursor {
                span: span.raw.start,
                place: Place::default(),
            };
        }
        let mut at = self.escapes.place.raw;
        let rest = span.text.get(at..).unwrap_or_default();
        let enough = part.end.saturating_sub(at).saturating_add(LONGEST_ESCAPE);
        let window = rest.get(..rest.floor_char_boundary(enough)).unwrap_or_default();
        let mut whole = part.clone();
        for piece in loose_pieces(window) {
            // A piece of plain text may be long, so what lies before the part is not gone over again.
            let (is_escape, length, before) = match piece {
                Piece::Plain(plain) => (
                    false,
                    plain.len(),
                    plain.floor_char_boundary(part.start.saturating_sub(at)),
                ),
                Piece::Escape { raw_length, .. } => (true, raw_length, 0),
            };
            let end = at + length;
            if at <= part.start {
                whole.start = if is_escape && part.start < end { at } else { part.start };
                self.escapes.place.raw = at + before;
            }
            if part.end <= end {
                whole.end = if is_escape { end } else { part.end };
                break;
            }
            at = end;
        }
        whole
    }

    /// The same for the inside of a text within a text.
    fn raw_range_inside(&mut self, span: &Span<'_>, decoded: &Range<usize>) -> Range<usize> {
        if self.inside.span != span.raw.start {
            self.inside = Inside {
                span: span.raw.start,
                outer: outer_text(span.raw_text),
                place: Place::default(),
            };
        } else if self.inside.place.decoded > decoded.start {
            self.inside.place = Place::default();
        }
        let from = self.inside.place;
        let window = from.window(&self.inside.outer, decoded);
        let (in_outer, place) = locate(loose_pieces(window), from, decoded);
        self.inside.place = place;
        self.raw_range(span, &in_outer)
    }
}

impl Place {
    /// The part of a text from here on in which everything up to the end of `decoded` is written, and little more: a
    /// text may be long and have many masks, and each must cost only its own part.
    fn window<'t>(self, raw_text: &'t str, decoded: &Range<usize>) -> &'t str {
        let rest = raw_text.get(self.raw..).unwrap_or_default();
        // A decoded byte is written with at most six, and the last character with at most twelve.
        let enough = decoded
            .end
            .saturating_sub(self.decoded)
            .saturating_mul(6)
            .saturating_add(LONGEST_ESCAPE);
        rest.get(..rest.floor_char_boundary(enough)).unwrap_or_default()
    }
}

fn outer_text(raw_text: &str) -> String {
    let mut outer = String::with_capacity(raw_text.len());
    for piece in pieces(raw_text) {
        match piece {
            Piece::Plain(plain) => outer.push_str(plain),
            Piece::Escape { character, .. } => outer.push(character),
        }
    }
    outer
}

/// Where a part of a text stands as it is written, and the place at which it starts. `pieces` begin at `from`.
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
            let before = floor(piece, decoded.start.saturating_sub(at.decoded));
            let start = Place {
                decoded: at.decoded + before,
                raw: at.raw + before,
            };
            found = Some((start.raw, start));
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
