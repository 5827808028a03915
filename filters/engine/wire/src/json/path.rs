use std::fmt::Write as _;

use super::{Reader, Text};

/// Longer keys are cut, so that a path stays a line.
const MAX_KEY: usize = 40;
/// A longer path loses its end.
const MAX_PATH: usize = 240;

/// The path of the string, key or value that starts at `offset`, such as `$.messages[3].content[0].text`.
///
/// `offset` is that of the text for strings and keys (behind the quote) and of the first byte otherwise. Reads the body
/// from its start, so it is meant for the few places that are reported. `$` if there is no such place.
#[must_use]
pub fn path_at(body: &[u8], offset: usize) -> String {
    let Ok(mut reader) = Reader::new(body) else {
        return "$".to_owned();
    };
    while let Ok(Some(_)) = reader.read() {
        if reader.token_range().contains(&offset) {
            return reader.path();
        }
    }
    "$".to_owned()
}

pub(super) fn push_key(path: &mut String, key: &Text<'_>) {
    if path.len() > MAX_PATH {
        return;
    }
    let raw = key.raw();
    let is_name = !raw.is_empty() && raw.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let shown: String = raw.chars().take(MAX_KEY).collect();
    let cut = if shown.len() < raw.len() { "…" } else { "" };
    // Writing to a String cannot fail.
    let _ = if is_name {
        write!(path, ".{shown}{cut}")
    } else {
        write!(path, "[\"{shown}{cut}\"]")
    };
}

pub(super) fn push_index(path: &mut String, index: u32) {
    if path.len() <= MAX_PATH {
        let _ = write!(path, "[{index}]");
    }
}
