//! What a provider wants to see again, in dialects that have no place of its own for it.
//!
//! Clients send encrypted thoughts back unchanged, so what must come back travels there: Anthropic's `redacted_thinking`
//! has `data`, OpenAI's reasoning items have `encrypted_content`. A word in front tells ours from a provider's own; it
//! is base64 itself, in fours, so that the whole still is: filters take what is none for text.

/// In front of thoughts that only the provider can read, in a reasoning item: these also carry mere signatures.
const REDACTED: &str = "BartizanRedacted";
/// In front of what belongs to the tool call that follows.
const CALL: &str = "BartizanCallSign";

/// What an encrypted text is that a client sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Returned {
    /// The signature of thoughts.
    Signature(String),
    /// Thoughts that only the provider can read.
    Redacted(String),
    /// The signature of the tool call that follows.
    Call(String),
}

/// Reads `encrypted_content` of a reasoning item.
pub(super) fn from_reasoning(mut text: String) -> Returned {
    if text.starts_with(REDACTED) {
        return Returned::Redacted(text.split_off(REDACTED.len()));
    }
    match from_redacted(text) {
        Returned::Redacted(signature) | Returned::Signature(signature) => Returned::Signature(signature),
        call @ Returned::Call(_) => call,
    }
}

/// Reads `data` of redacted thinking.
pub(super) fn from_redacted(mut text: String) -> Returned {
    if text.starts_with(CALL) {
        return Returned::Call(text.split_off(CALL.len()));
    }
    Returned::Redacted(text)
}

/// Encrypted thoughts, for `encrypted_content` of a reasoning item.
pub(super) fn redacted(data: &str) -> String {
    format!("{REDACTED}{data}")
}

/// The signature of the tool call that follows.
pub(super) fn call(signature: &str) -> String {
    format!("{CALL}{signature}")
}
