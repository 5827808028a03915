//! Telling base64 from text, in the places where the dialects have images, audio and files.

use crate::json::{Piece, Text};

/// The longest media type that a `data:` URL may have and still be taken for one.
const MAX_HEAD: usize = 100;

/// Bytes of a file that tell whether it is text.
const TELLING: usize = 512;

/// What is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// An image.
    Image,
    /// Sound.
    Audio,
    /// Anything else.
    File,
}

/// Whether a string is base64 and nothing else; line breaks are allowed.
#[must_use]
pub fn is_base64(text: &Text<'_>) -> bool {
    raw_is_base64(text, 0)
}

/// What a string is base64 of, if that is no text: what it decodes to, not what it is called, tells.
#[must_use]
pub fn media_of_base64(text: &Text<'_>) -> Option<Media> {
    if !raw_is_base64(text, 0) {
        return None;
    }
    let bytes = beginning(text.raw());
    (!is_text(&bytes)).then(|| Media::of(&bytes))
}

/// Whether a string is a `data:` URL (RFC 2397) of something that is no text.
#[must_use]
pub fn is_binary_data_url(text: &Text<'_>) -> bool {
    media_of(text).is_some()
}

/// What a `data:` URL holds, if that is no text: an image, sound or video by what it is called, anything else by what it
/// decodes to.
#[must_use]
pub fn media_of(text: &Text<'_>) -> Option<Media> {
    let raw = text.raw();
    let comma = raw.bytes().take(MAX_HEAD).position(|byte| byte == b',')?;
    // A writer may escape slashes.
    let mut parts = raw.get(..comma)?.split('\\');
    let mut head = parts.next()?.to_ascii_lowercase();
    for part in parts {
        if !part.starts_with('/') {
            return None;
        }
        head.push_str(&part.to_ascii_lowercase());
    }
    let media_type = head.strip_prefix("data:")?.strip_suffix(";base64")?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'+' | b'-' | b';' | b'=');
    if !media_type.bytes().all(is_plain) || !raw_is_base64(text, comma + 1) {
        return None;
    }
    // An SVG image is text.
    if media_type.starts_with("image/") && !media_type.starts_with("image/svg") {
        Some(Media::Image)
    } else if media_type.starts_with("audio/") {
        Some(Media::Audio)
    } else if media_type.starts_with("video/") {
        Some(Media::File)
    } else {
        let bytes = beginning(raw.get(comma + 1..)?);
        (!is_text(&bytes)).then(|| Media::of(&bytes))
    }
}

// === impl Media ===

impl Media {
    /// By the first bytes of a file.
    fn of(bytes: &[u8]) -> Self {
        let starts = |beginnings: &[&[u8]]| beginnings.iter().any(|beginning| bytes.starts_with(beginning));
        // RIFF holds images and sound, and says which behind its length.
        let riff = bytes.strip_prefix(b"RIFF").and_then(|rest| rest.get(4..8));
        if starts(&[b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM"]) || riff == Some(b"WEBP") {
            Self::Image
        } else if starts(&[b"ID3", b"OggS", b"fLaC", b"\xff\xfb"]) || riff == Some(b"WAVE") {
            Self::Audio
        } else {
            Self::File
        }
    }
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

/// Whether a file begins like text: UTF-8 without control characters, and no PDF.
fn is_text(bytes: &[u8]) -> bool {
    let valid = match std::str::from_utf8(bytes) {
        Ok(all) => all,
        // The last character may be cut.
        Err(error) if error.error_len().is_none() => bytes
            .get(..error.valid_up_to())
            .and_then(|valid| std::str::from_utf8(valid).ok())
            .unwrap_or_default(),
        Err(_) => return false,
    };
    let is_odd = |character: char| character.is_control() && !matches!(character, '\t' | '\n' | '\r' | '\u{c}');
    !valid.is_empty() && !valid.starts_with("%PDF") && !valid.chars().any(is_odd)
}

/// The first bytes that base64 stands for.
fn beginning(raw: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(TELLING);
    let (mut bits, mut count) = (0_u32, 0_u32);
    let mut raw = raw.bytes();
    while let Some(byte) = raw.next() {
        // Of escapes, base64 has those of slashes and line breaks.
        let value = match byte {
            b'\\' if raw.next() != Some(b'/') => continue,
            b'\\' | b'/' | b'_' => 63,
            b'+' | b'-' => 62,
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            _ => break,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
        if bytes.len() == TELLING {
            break;
        }
    }
    bytes
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

    fn judge<T>(raw: &str, rule: fn(&Text<'_>) -> T) -> T {
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
    fn what_base64_stands_for_decides_whether_it_is_text() {
        let binary = [
            ("iVBORw0KGgo=", Media::Image),
            ("/9j/4AAQ", Media::Image),
            ("UklGRiQAAABXRUJQ", Media::Image),
            ("UklGRiQAAABXQVZF", Media::Audio),
            ("SUQzBAAA", Media::Audio),
            ("JVBERi0xLjc=", Media::File),
            ("UEsDBBQA", Media::File),
            ("//5oAGkA", Media::File),
            ("_-8=", Media::File),
        ];
        for (raw, media) in binary {
            assert_eq!(judge(raw, media_of_base64), Some(media), "{raw}");
        }
        // "hello", with an escaped slash and a line break, "é" cut in half, and what is no base64.
        for raw in ["aGVsbG8=", "aGVs\\nbG8=", "Pz8\\/", "w6nD", "two words"] {
            assert_eq!(judge(raw, media_of_base64), None, "{raw}");
        }
    }

    #[test]
    fn binary_data_urls_are_told_from_text() {
        let binary = [
            ("data:image/png;base64,aGVs", Media::Image),
            ("data:IMAGE\\/PNG;base64,aGVs\\/bG8=", Media::Image),
            ("data:audio/wav;codecs=1;base64,", Media::Audio),
            ("data:video/mp4;base64,aGVs", Media::File),
            ("data:application/pdf;base64,JVBERi0xLjc=", Media::File),
            ("data:text/plain;base64,iVBORw0KGgo=", Media::Image),
            ("data:;base64,_-8=", Media::File),
        ];
        for (raw, media) in binary {
            assert_eq!(judge(raw, media_of), Some(media), "{raw}");
            assert!(judge(raw, is_binary_data_url), "{raw}");
        }
        let text = [
            "https://example.com/a.png",
            "data:image/png,aGVs",
            "data:text/plain;base64,aGVs",
            "data:application/pdf;base64,aGVs",
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
