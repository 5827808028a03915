//! Telling words and names from text.

/// Whether a word looks like one of a closed set, rather than like text.
pub(crate) fn is_label(raw: &str) -> bool {
    raw.len() <= 64
        && raw
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'/' | b'-'))
}

/// Names of the dialects that are longer than most, in order.
const LONG_NAMES: [&str; 33] = [
    "accepted_prediction_tokens",
    "acknowledged_safety_checks",
    "allowed_fallback_models",
    "cache_creation_input_tokens",
    "cache_missed_input_tokens",
    "cache_read_input_tokens",
    "cache_write_tokens_details",
    "cached_tokens_details",
    "clear_thinking_20251015",
    "clear_tool_uses_20250919",
    "cleared_thinking_turns",
    "comparison_response_id",
    "comparison_reusable_tokens",
    "completion_tokens_details",
    "disable_parallel_tool_use",
    "eager_input_streaming",
    "ephemeral_1h_input_tokens",
    "ephemeral_5m_input_tokens",
    "fallback_credit_token",
    "input_transformations",
    "max_completion_tokens",
    "original_input_tokens",
    "output_tokens_details",
    "pause_after_compaction",
    "pending_safety_checks",
    "prefix_mismatch_behavior",
    "prompt_cache_breakpoint",
    "prompt_cache_diagnostics",
    "prompt_cache_retention",
    "prompt_tokens_details",
    "rejected_prediction_tokens",
    "resourceSubscriptions",
    "unevaluatedProperties",
];

/// Whether a key is only a name: up to 20 letters, `_`, `-` or `$`, or one that a dialect has. Longer ones, and ones with
/// digits, could be secrets.
pub(crate) fn is_name(raw: &str) -> bool {
    if raw.len() > 20 {
        return LONG_NAMES.binary_search(&raw).is_ok();
    }
    raw.bytes()
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
    fn long_names_are_in_order_and_need_to_be_there() {
        assert!(LONG_NAMES.is_sorted());
        for name in LONG_NAMES {
            assert!(name.len() > 20 && is_name(name), "{name}");
        }
        assert!(!is_name("ignore_all_previous_instructions"));
    }

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
