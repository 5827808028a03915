//! Server-sent events, written.

use serde_json::Value;

use crate::json::escape_into;

/// A comment, by which the client knows that the answer still comes.
pub(super) const COMMENT: &[u8] = b": ping\n\n";

/// Writes an event with a name.
pub(super) fn named(out: &mut Vec<u8>, name: &str, data: &Value) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    json(out, data);
    out.extend_from_slice(b"\n\n");
}

/// Writes JSON, in one line.
pub(super) fn json(out: &mut Vec<u8>, data: &Value) {
    if serde_json::to_writer(&mut *out, data).is_err() {
        // A value has strings for keys, and a vector takes all: this does not happen.
        out.extend_from_slice(b"null");
    }
}

/// Writes a JSON string.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    escape_into(out, text);
    out.push(b'"');
}

/// Writes a number.
pub(super) fn number(out: &mut Vec<u8>, number: u64) {
    let mut digits = [0_u8; 20];
    let mut rest = number;
    let mut length = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        length += 1;
        if rest == 0 {
            break;
        }
    }
    out.extend(digits.iter().skip(20 - length));
}
