//! How a byte of text is seen by phrases and hints: ASCII letters in lower case, every ASCII whitespace as a space.

/// The folded form of one byte.
pub(crate) const fn fold(byte: u8) -> u8 {
    match byte {
        b'\t' | b'\n' | 0x0b | 0x0c | b'\r' => b' ',
        other => other.to_ascii_lowercase(),
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
