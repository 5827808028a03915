//! Morse code.

use super::leading::leading;
use super::plausible::text_in;

/// Letters that are worth reading.
const FEWEST: usize = 5;
/// The letters of signs as a tree: a dot leads from place n to 2n, a dash to 2n + 1, and all begin at 1.
const TREE: &[u8; 128] = b"  etianmsurwdkgohvf l pjbxcyzq  54 3   2       16=/     7   8 90            ?     \"  .        '  -         !       ,    :       ";

/// Reads the Morse code at the start of `rest` into `letters`; how many bytes it takes, and whether they are text.
///
/// Letters stand apart by a space; words by more than one, a line break, a slash or a bar.
pub(crate) fn read(rest: &[u8], letters: &mut Vec<u8>) -> (usize, bool) {
    letters.clear();
    let length = leading(rest, usize::MAX, &is_morse);
    let code = rest.get(..length).unwrap_or_default();
    let mut unknown = 0;
    for word in code.split(|byte| matches!(byte, b'/' | b'|' | b'\n')) {
        // The first sign of a word stands apart from the last.
        let mut gap = 2;
        for sign in word.split(|byte| matches!(byte, b' ' | b'\r')) {
            if sign.is_empty() {
                gap += 1;
                continue;
            }
            if gap > 1 && !letters.is_empty() {
                letters.push(b' ');
            }
            gap = 1;
            match letter(sign) {
                Some(letter) => letters.push(letter),
                None => unknown += 1,
            }
        }
    }
    let enough = letters.len() >= FEWEST && unknown * 8 <= letters.len();
    (length, enough && text_in(letters).is_some())
}

pub(crate) fn is_morse(byte: u8) -> bool {
    matches!(byte, b'.' | b'-' | b'_' | b' ' | b'/' | b'|' | b'\n' | b'\r')
}

fn letter(sign: &[u8]) -> Option<u8> {
    let mut place = 1_usize;
    for mark in sign {
        place = place * 2 + usize::from(*mark != b'.');
        if place >= TREE.len() {
            return None;
        }
    }
    TREE.get(place).copied().filter(|letter| *letter != b' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn morse_is_read_and_rows_of_dots_are_not() {
        for (code, expected) in [
            (".. --. -. --- .-. . / .- .-.. .-..", Some("ignore all")),
            (".. --. -. --- .-. .   .- .-.. .-.. and so on", Some("ignore all")),
            (".. __. _. ___ ._. .\n._ ._.. ._..", Some("ignore all")),
            ("--------------------", None),
            (". . . . . . . . . .", None),
            ("- - - - - - - -", None),
            ("...", None),
            ("", None),
        ] {
            let mut letters = Vec::new();
            let (length, is_text) = read(code.as_bytes(), &mut letters);
            assert!(length <= code.len());
            let found = is_text.then(|| String::from_utf8_lossy(&letters).into_owned());
            assert_eq!(found.as_deref(), expected, "{code}");
        }
    }
}
