//! Morse code.

use super::plausible::text_in;

/// Letters that are worth reading.
const FEWEST: usize = 5;
/// Dots and dashes of the longest sign.
const LONGEST: usize = 6;

/// By sign: its dots and dashes.
const SIGNS: [(&str, u8); 46] = [
    (".-", b'a'),
    ("-...", b'b'),
    ("-.-.", b'c'),
    ("-..", b'd'),
    (".", b'e'),
    ("..-.", b'f'),
    ("--.", b'g'),
    ("....", b'h'),
    ("..", b'i'),
    (".---", b'j'),
    ("-.-", b'k'),
    (".-..", b'l'),
    ("--", b'm'),
    ("-.", b'n'),
    ("---", b'o'),
    (".--.", b'p'),
    ("--.-", b'q'),
    (".-.", b'r'),
    ("...", b's'),
    ("-", b't'),
    ("..-", b'u'),
    ("...-", b'v'),
    (".--", b'w'),
    ("-..-", b'x'),
    ("-.--", b'y'),
    ("--..", b'z'),
    ("-----", b'0'),
    (".----", b'1'),
    ("..---", b'2'),
    ("...--", b'3'),
    ("....-", b'4'),
    (".....", b'5'),
    ("-....", b'6'),
    ("--...", b'7'),
    ("---..", b'8'),
    ("----.", b'9'),
    (".-.-.-", b'.'),
    ("--..--", b','),
    ("..--..", b'?'),
    (".----.", b'\''),
    ("-.-.--", b'!'),
    ("-..-.", b'/'),
    ("---...", b':'),
    ("-....-", b'-'),
    (".-..-.", b'"'),
    ("-...-", b'='),
];

/// Reads the Morse code at the start of `rest` into `letters`; how many bytes it takes, and whether they are text.
///
/// Letters stand apart by a space; words by more than one, a line break, a slash or a bar.
pub(crate) fn read(rest: &[u8], letters: &mut Vec<u8>) -> (usize, bool) {
    letters.clear();
    let length = rest.iter().position(|byte| !is_morse(*byte)).unwrap_or(rest.len());
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
    if sign.len() > LONGEST {
        return None;
    }
    let same = |(one, other): (&u8, u8)| *one == other || (*one == b'_' && other == b'-');
    let found = SIGNS
        .iter()
        .find(|(known, _)| known.len() == sign.len() && sign.iter().zip(known.bytes()).all(same));
    found.map(|(_, letter)| *letter)
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
