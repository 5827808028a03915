//! JSON within JSON: the `arguments` of a tool call are text that a client reads as JSON once more.

use bartizan_wire::json::{Piece, escape_at};

/// The pieces of a text that holds JSON, escapes apart. A backslash that begins no escape stands for itself, since a
/// model may have written anything.
pub(crate) fn loose_pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let plain = rest.find('\\').unwrap_or(rest.len());
        if plain > 0 {
            let (piece, tail) = rest.split_at_checked(plain)?;
            rest = tail;
            return Some(Piece::Plain(piece));
        }
        let (character, raw_length) = escape_at(rest.as_bytes()).unwrap_or(('\\', 1));
        rest = rest.get(raw_length..)?;
        Some(Piece::Escape { character, raw_length })
    })
}

/// Appends what a text says with one level of escapes undone.
pub(crate) fn undo_escapes(text: &str, out: &mut String) {
    for piece in loose_pieces(text) {
        match piece {
            Piece::Plain(plain) => out.push_str(plain),
            Piece::Escape { character, .. } => out.push(character),
        }
    }
}
