//! Telling words and names from text.

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

/// Whether a string looks like a credential: one word of visible ASCII, or one after the name of a scheme.
pub(crate) fn is_credential(raw: &str) -> bool {
    let value = raw.split_once(' ').map_or(raw, |(scheme, value)| {
        if matches!(scheme, "Bearer" | "bearer" | "Basic" | "basic" | "Token" | "token") {
            value
        } else {
            raw
        }
    });
    raw.len() <= 8_192 && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_names_are_told_from_text() {
        assert!(is_label("image/png") && is_label("gpt-4.1:mini") && is_label(""));
        assert!(!is_label("two words") && !is_label("a\\nb") && !is_label(&"a".repeat(65)));
        assert!(is_name("additionalProperties") && is_name("$ref"));
        assert!(is_credential("Bearer a.b-c~1") && is_credential("k=v") && is_credential(""));
        assert!(!is_credential("two words") && !is_credential("Bearer two words") && !is_credential("a\\nb"));
        assert!(!is_name("card_2") && !is_name("two words") && !is_name("ana@example"));
    }
}
