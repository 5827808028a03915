/// Writes `text` as the inside of a JSON string: quotes, backslashes and control characters escaped, no quotes around.
///
/// ```
/// let mut out = Vec::new();
/// bartizan_wire::json::escape_into(&mut out, "say \"hi\"\n");
/// assert_eq!(out, br#"say \"hi\"\n"#);
/// ```
pub fn escape_into(out: &mut Vec<u8>, text: &str) {
    for &byte in text.as_bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 | 0x7f => {
                out.extend_from_slice(b"\\u00");
                out.push(hex_digit(byte >> 4));
                out.push(hex_digit(byte & 0xf));
            }
            _ => out.push(byte),
        }
    }
}

const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}
