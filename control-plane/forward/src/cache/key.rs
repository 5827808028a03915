use bartizan_ports::CacheKey;
use bartizan_wire::json::{JsonError, Reader, Token};
use sha2::{Digest, Sha256};

use super::Question;
use crate::header::{ANTHROPIC_BETA, ANTHROPIC_VERSION};

/// Another version of the key is another key.
const VERSION: &[u8] = b"bartizan answer 1";

/// The digest of all that an answer depends on.
pub(super) fn of(question: &Question<'_>) -> CacheKey {
    let Question {
        caller,
        headers,
        body,
        route,
    } = question;
    let mut digest = Sha256::new();
    // With its length before it, no part can be taken for the end of another.
    let mut part = |bytes: &[u8]| {
        digest.update(u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(bytes);
    };
    part(VERSION);
    part(caller.tenant.as_bytes());
    part(caller.endpoint.as_str().as_bytes());
    part(route.name.as_bytes());
    part(route.first.provider.name().as_bytes());
    part(route.first.upstream_model.as_bytes());
    for name in [ANTHROPIC_VERSION, ANTHROPIC_BETA] {
        let values: Vec<&[u8]> = headers.get_all(&name).iter().map(|value| value.as_bytes()).collect();
        part(&u64::try_from(values.len()).unwrap_or(u64::MAX).to_be_bytes());
        for value in values {
            part(value);
        }
    }
    part(body);
    CacheKey(digest.finalize().into())
}

/// Whether a request builds on what the provider keeps, so that the same request is not the same question.
pub(super) fn builds_on_state(body: &[u8]) -> bool {
    // What cannot be read was refused before.
    mentions_state(body).unwrap_or(true)
}

fn mentions_state(body: &[u8]) -> Result<bool, JsonError> {
    let mut reader = Reader::new(body)?;
    while let Some(token) = reader.read()? {
        let Token::Key(key) = token else { continue };
        if reader.depth() != 1 {
            continue;
        }
        let name = key.decode();
        if matches!(
            &*name,
            "previous_response_id" | "conversation" | "background" | "container"
        ) && !matches!(reader.read()?, Some(Token::Null | Token::Bool(false)))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_builds_on_state_is_known() {
        let table = [
            (r#"{"model":"m","input":"conversation"}"#, false),
            (r#"{"conversation":null,"background":false}"#, false),
            (r#"{"metadata":{"conversation":"c"}}"#, false),
            (r#"{"conversation":"c"}"#, true),
            (r#"{"previous_response_id":"r"}"#, true),
            (r#"{"background":true}"#, true),
            (r#"{"model""#, true),
        ];
        for (body, expected) in table {
            assert_eq!(builds_on_state(body.as_bytes()), expected, "{body}");
        }
    }
}
