//! Telling base64 from text, in the places where the dialects have images, audio and files.

use crate::json::{Piece, Text};

/// The longest media type that a `data:` URL may have and still be taken for one.
const MAX_HEAD: usize = 100;

/// Whether a string is base64 and nothing else; line breaks are allowed.
#[must_use]
pub fn is_base64(text: &Text<'_>) -> bool {
    raw_is_base64(text, 0)
}

/// Whether a string is a `data:` URL (RFC 2397) of a kind of data that has no text to scan.
#[must_use]
pub fn is_binary_data_url(text: &Text<'_>) -> bool {
    const BINARY: [&str; 5] = [
        "image/",
        "audio/",
        "video/",
        "application/pdf",
        "application/octet-stream",
    ];
    let raw = text.raw();
    let Some(comma) = raw.bytes().take(MAX_HEAD).position(|byte| byte == b',') else {
        return false;
    };
    // A writer may escape slashes.
    let head = raw
        .get(..comma)
        .unwrap_or_default()
        .replace("\\/", "/")
        .to_ascii_lowercase();
    let Some(media_type) = head.strip_prefix("data:").and_then(|rest| rest.strip_suffix(";base64")) else {
        return false;
    };
    BINARY.iter().any(|prefix| media_type.starts_with(prefix))
        // An SVG image is text.
        && !media_type.starts_with("image/svg")
        && media_type.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'+' | b'-' | b';' | b'='))
        && raw_is_base64(text, comma + 1)
}

fn raw_is_base64(text: &Text<'_>, from: usize) -> bool {
    let raw = text.raw().as_bytes().get(from..).unwrap_or_default();
    let is_clean = raw
        .chunks(64)
        .all(|block| block.iter().fold(true, |clean, &byte| clean & is_base64_byte(byte)));
    is_clean
        && (!text.is_escaped()
            || text.pieces().all(|piece| match piece {
                Piece::Plain(_) => true,
                Piece::Escape { character, .. } => matches!(character, '/' | '\n' | '\r'),
            }))
}

/// Base64, base64url, padding, and the backslash of escapes that are looked at apart.
const fn is_base64_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        | (byte == b'+')
        | (byte == b'/')
        | (byte == b'=')
        | (byte == b'-')
        | (byte == b'_')
        | (byte == b'\\')
}

#[cfg(test)]
mod tests {
    use crate::json::{Reader, Token};

    use super::*;

    fn judge(raw: &str, rule: fn(&Text<'_>) -> bool) -> bool {
        let body = format!("\"{raw}\"");
        let token = Reader::new(body.as_bytes()).and_then(|mut reader| reader.read());
        let Ok(Some(Token::String(text))) = token else {
            panic!("{body} is no string")
        };
        rule(&text)
    }

    #[test]
    fn base64_is_told_from_text() {
        for raw in ["", "aGVsbG8=", "aGVs\\/bG8-_", "aGVs\\nbG8=\\r\\n"] {
            assert!(judge(raw, is_base64), "{raw}");
        }
        for raw in ["a b", "a.b", "a\\\\b", "a\\u0061", "a\\tb", "caf\u{e9}"] {
            assert!(!judge(raw, is_base64), "{raw}");
        }
    }

    #[test]
    fn binary_data_urls_are_told_from_text() {
        let binary = [
            "data:image/png;base64,aGVs",
            "data:IMAGE\\/PNG;base64,aGVs\\/bG8=",
            "data:audio/wav;codecs=1;base64,",
        ];
        for raw in binary {
            assert!(judge(raw, is_binary_data_url), "{raw}");
        }
        let text = [
            "https://example.com/a.png",
            "data:image/png,aGVs",
            "data:text/plain;base64,aGVs",
            "data:image/svg+xml;base64,aGVs",
            "data:image/SVG+xml;base64,aGVs",
            "data:image/sv[X]ml;base64,aGVs",
            "data:image/png;a note to the model;base64,aGVs",
            "data:image/png;base64,not base64",
        ];
        for raw in text {
            assert!(!judge(raw, is_binary_data_url), "{raw}");
        }
    }
}
