//! Servers compatible with OpenAI take chat completions as they are, but for two things that few of them know: the
//! developer role, and `max_completion_tokens`. Members beyond OpenAI's, of which each has its own, pass.

use bartizan_policy::Format;
use bartizan_verdict::Endpoint;
use bartizan_wire::json::{Patch, Reader, Token};
use bytes::Bytes;
use memchr::memmem;

/// Whether requests to an endpoint are in a form already that differs no more than [`body`] makes up for.
pub(super) fn is_close(format: Format, endpoint: Endpoint) -> bool {
    format == Format::CompatibleChat && endpoint == Endpoint::ChatCompletions
}

/// The body in the words that compatible servers know; the same bytes if it has no others.
pub(super) fn body(body: &Bytes) -> Bytes {
    let has = |word: &str| memmem::find(body, word.as_bytes()).is_some();
    if !has("\"developer\"") && !has("\"max_completion_tokens\"") {
        return body.clone();
    }
    match patch(body) {
        Some(patch) if !patch.is_empty() => patch.apply(body).into(),
        Some(_) | None => body.clone(),
    }
}

/// `None` if the body is not JSON, which the forwarder has found out before.
fn patch(body: &[u8]) -> Option<Patch> {
    let mut reader = Reader::new(body).ok()?;
    let mut patch = Patch::new();
    let mut tokens_at = None;
    let mut has_max_tokens = false;
    while let Some(token) = reader.read().ok()? {
        let Token::Key(key) = token else { continue };
        match reader.depth() {
            1 if key.is("max_tokens") => has_max_tokens = true,
            1 if key.is("max_completion_tokens") => tokens_at = Some(key.range()),
            3 if key.is("role") => {
                if let Some(Token::String(role)) = reader.read().ok()?
                    && role.is("developer")
                {
                    patch.replace(role.range(), b"system".to_vec());
                }
            }
            _ => {}
        }
    }
    if let Some(range) = tokens_at
        && !has_max_tokens
    {
        patch.replace(range, b"max_tokens".to_vec());
    }
    Some(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_compatible_servers_do_not_know_is_said_otherwise() {
        let table = [
            (
                r#"{"messages": [{"role" :"developer","content":"\"developer\""}], "top_k":4}"#,
                r#"{"messages": [{"role" :"system","content":"\"developer\""}], "top_k":4}"#,
            ),
            (r#"{"max_completion_tokens" : 7}"#, r#"{"max_tokens" : 7}"#),
            (
                r#"{"max_completion_tokens":7,"max_tokens":8}"#,
                r#"{"max_completion_tokens":7,"max_tokens":8}"#,
            ),
            (
                r#"{"messages":[{"role":"user","content":"max_completion_tokens"}]}"#,
                r#"{"messages":[{"role":"user","content":"max_completion_tokens"}]}"#,
            ),
        ];
        for (client, sent) in table {
            assert_eq!(body(&Bytes::from_static(client.as_bytes())), sent.as_bytes());
        }
    }
}
