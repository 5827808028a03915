//! How a byte of text is seen by phrases and hints: ASCII letters in lower case, every ASCII whitespace as a space.

/// The folded form of one byte.
pub(crate) const fn fold(byte: u8) -> u8 {
    match byte {
        b'\t' | b'\n' | 0x0b | 0x0c | b'\r' => b' ',
        other => other.to_ascii_lowercase(),
    }
}

/// How rare a folded byte is in ordinary text: some logarithm of its share, 1 for the commonest.
#[cfg(feature = "compile")]
pub(crate) const fn rarity(byte: u8) -> u32 {
    match byte {
        b' ' => 1,
        b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'h' | b'r' => 3,
        b'd' | b'l' | b'u' | b'c' | b'm' | b'f' | b'w' | b'y' | b'g' | b'p' => 4,
        b'.' | b',' | b'b' | b'v' => 6,
        b'k' | b'-' | b'\'' | b'0'..=b'9' => 7,
        b'"' | b'(' | b')' | b':' => 8,
        b'j' | b'x' | b'q' | b'z' | b'_' | b'/' => 9,
        _ => 12,
    }
}

/// Folds a whole literal: bytes folded, runs of whitespace become one space, none at either end.
///
/// The automaton steps over runs of whitespace in the same way, so a folded literal is found wherever any spelling of
/// it stands in the text.
pub(crate) fn fold_literal(literal: &[u8]) -> Vec<u8> {
    let mut folded = Vec::with_capacity(literal.len());
    for byte in literal.iter().copied().map(fold) {
        if byte != b' ' || folded.last().is_some_and(|last| *last != b' ') {
            folded.push(byte);
        }
    }
    if folded.last() == Some(&b' ') {
        folded.pop();
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_folded_to_lower_case_words_with_single_spaces() {
        for (literal, folded) in [
            ("  Ignore\tALL\r\n previous ", "ignore all previous"),
            (" \n", ""),
            ("É x", "É x"),
        ] {
            assert_eq!(fold_literal(literal.as_bytes()), folded.as_bytes(), "{literal:?}");
        }
    }
}
