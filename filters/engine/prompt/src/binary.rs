//! Telling base64 from text, in the places where the dialects have it.

use bartizan_wire::json::{Piece, Text};

/// Whether a string is base64 and nothing else; line breaks are allowed.
pub(crate) fn is_base64(text: &Text<'_>) -> bool {
    raw_is_base64(text, 0)
}

/// Whether a string is a `data:` URL of a kind of data that has no text to scan.
pub(crate) fn is_binary_data_url(text: &Text<'_>) -> bool {
    const BINARY: [&str; 5] = [
        "data:image/",
        "data:audio/",
        "data:video/",
        "data:application/pdf",
        "data:application/octet-stream",
    ];
    let raw = text.raw();
    let decoded_start;
    // WHY: a writer may escape the slash of the media type.
    let head = if raw.as_bytes().iter().take(64).any(|&byte| byte == b'\\') {
        decoded_start = raw.chars().take(128).collect::<String>().replace("\\/", "/");
        &*decoded_start
    } else {
        raw
    };
    // An SVG image is text.
    if !BINARY.iter().any(|prefix| head.starts_with(prefix)) || head.starts_with("data:image/svg") {
        return false;
    }
    match raw.find(";base64,") {
        Some(at) if at < 128 => raw_is_base64(text, at + ";base64,".len()),
        _ => false,
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

/// Whether a word looks like one of a closed set, rather than like text.
pub(crate) fn is_label(raw: &str) -> bool {
    raw.len() <= 64
        && raw
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'/' | b'-'))
}

/// Whether a key is only a name: up to 20 letters, `_`, `-` or `$`. Longer ones, and ones with digits, could be secrets.
pub(crate) fn is_name(raw: &str) -> bool {
    raw.len() <= 20
        && raw
            .bytes()
            .all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'-' | b'$'))
}
