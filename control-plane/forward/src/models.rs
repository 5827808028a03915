//! The list of models, in either dialect.
//!
//! <https://platform.openai.com/docs/api-reference/models>, <https://docs.anthropic.com/en/api/models-list>

use bartizan_verdict::{Dialect, Reason};
use serde_json::{Value, json};

use crate::{failure::Failure, table::Table};

/// When a model was made is not known to us, and both dialects ask for it: the beginning of time.
const CREATED: u64 = 0;
const CREATED_AT: &str = "1970-01-01T00:00:00Z";

/// The body of the answer to `/v1/models` or `/v1/models/{id}`.
///
/// # Errors
/// [`Reason::UnknownModel`], also for a model that the tenant may not use.
pub(crate) fn answer(table: &Table, path: &str, tenant: &str, dialect: Dialect) -> Result<String, Failure> {
    let Some(id) = path.strip_prefix("/v1/models/") else {
        return Ok(list(table.models(tenant, dialect), dialect).to_string());
    };
    percent_decoded(id)
        .and_then(|id| table.models(tenant, dialect).find(|(name, _)| *name == id))
        .map(|model| entry(model, dialect).to_string())
        .ok_or_else(|| Failure::new(Reason::UnknownModel, "no such model in the list"))
}

fn list<'a>(models: impl Iterator<Item = (&'a str, &'a str)>, dialect: Dialect) -> Value {
    let data: Vec<Value> = models.map(|model| entry(model, dialect)).collect();
    match dialect {
        Dialect::OpenAi | Dialect::Mcp => json!({"object": "list", "data": data}),
        Dialect::Anthropic => {
            let id = |model: Option<&Value>| model.and_then(|model| model.get("id")).cloned();
            let (first, last) = (id(data.first()), id(data.last()));
            json!({"data": data, "has_more": false, "first_id": first, "last_id": last})
        }
    }
}

fn entry((name, provider): (&str, &str), dialect: Dialect) -> Value {
    match dialect {
        Dialect::OpenAi | Dialect::Mcp => {
            json!({"id": name, "object": "model", "created": CREATED, "owned_by": provider})
        }
        Dialect::Anthropic => json!({"type": "model", "id": name, "display_name": name, "created_at": CREATED_AT}),
    }
}

/// RFC 3986 section 2.1; `None` if an escape is cut short or the result is not UTF-8.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                u8::try_from(high * 16 + low).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_decoded() {
        let table = [
            ("gpt-4.1", Some("gpt-4.1")),
            ("ft%3Agpt%2F1", Some("ft:gpt/1")),
            ("a%2", None),
            ("a%zz", None),
            ("%ff", None),
        ];
        for (text, expected) in table {
            assert_eq!(percent_decoded(text).as_deref(), expected, "{text}");
        }
    }
}
