//! What a terminal obeys and does not show: sequences that colour text, or move the cursor (ECMA-48, 5.4).

use super::leading::leading;

/// The control character that sequences begin with.
pub(crate) const ESCAPE: u8 = 0x1b;
/// Bytes of parameters, at most; there is no bound in the standard.
const LONGEST: usize = 24;

/// How long the sequence is that `rest` begins with: by the character itself, or as programs spell it.
pub(crate) fn sequence(rest: &[u8]) -> Option<usize> {
    let introducer = match rest {
        [ESCAPE, ..] => 1,
        [b'\\', b'e', ..] => 2,
        [b'\\', b'x', b'1', b'b' | b'B', ..] | [b'\\', b'0', b'3', b'3', ..] => 4,
        [b'\\', b'u', b'0', b'0', b'1', b'b' | b'B', ..] => 6,
        _ => return None,
    };
    let parameters = rest.get(introducer..)?.strip_prefix(b"[")?;
    let length = leading(parameters, LONGEST, &|byte| matches!(byte, b' '..=b'?'));
    let last = parameters.get(length)?;
    matches!(last, b'@'..=b'~').then_some(introducer + 1 + length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_told_from_other_text() {
        for (text, length) in [
            ("\u{1b}[0m!", Some(4)),
            ("\u{1b}[1;31mred", Some(7)),
            ("\u{1b}[?25l", Some(6)),
            ("\\x1b[38;5;12mx", Some(13)),
            ("\\033[0m", Some(7)),
            ("\\u001B[2K", Some(9)),
            ("\\e[m", Some(4)),
            ("\u{1b}", None),
            ("\u{1b}c", None),
            ("\u{1b}[0", None),
            ("\\end", None),
            ("[0m", None),
        ] {
            assert_eq!(sequence(text.as_bytes()), length, "{text}");
        }
    }
}
