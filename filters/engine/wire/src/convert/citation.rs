//! Citations as clients' dialects write them.
//!
//! Anthropic: <https://docs.anthropic.com/en/docs/build-with-claude/citations>. OpenAI's annotations:
//! <https://platform.openai.com/docs/api-reference/responses/object>.

use serde_json::{Map, Value, json};

use super::neutral::Citation;

/// Anthropic's kinds of places in documents: type, unit, and the members of first and last.
const LOCATIONS: [(&str, &str, &str, &str); 3] = [
    ("char_location", "char", "start_char_index", "end_char_index"),
    ("page_location", "page", "start_page_number", "end_page_number"),
    (
        "content_block_location",
        "content_block",
        "start_block_index",
        "end_block_index",
    ),
];

/// Kinds of Anthropic's that are no places in documents.
const RESULTS: [&str; 2] = ["web_search_result_location", "search_result_location"];

/// A citation as Anthropic would write it.
pub(super) fn to_anthropic(citation: &Citation) -> Value {
    if let Some(raw) = &citation.raw
        && is_anthropic(raw)
    {
        return raw.clone();
    }
    let text = citation.text.as_deref().unwrap_or_default();
    if let Some(url) = &citation.url {
        return json!({
            "type": "web_search_result_location",
            "cited_text": text,
            "encrypted_index": "",
            "title": citation.title,
            "url": url,
        });
    }
    let unit = citation.unit.filter(|unit| *unit != "answer");
    let location = LOCATIONS.iter().find(|(_, name, ..)| Some(*name) == unit);
    let (kind, _, first, last) = location.unwrap_or(&LOCATIONS[0]);
    let range = citation.range.filter(|_| unit.is_some()).unwrap_or_default();
    let mut location = Map::new();
    location.insert("type".to_owned(), (*kind).into());
    location.insert("cited_text".to_owned(), text.into());
    location.insert("document_index".to_owned(), citation.document.unwrap_or(0).into());
    location.insert("document_title".to_owned(), citation.title.clone().into());
    location.insert("file_id".to_owned(), Value::Null);
    location.insert((*first).to_owned(), range.0.into());
    location.insert((*last).to_owned(), range.1.into());
    Value::Object(location)
}

/// A page cited in an OpenAI annotation: `url_citation`'s own members.
pub(super) fn from_url_annotation(value: Value) -> Citation {
    let index = |name| value.get(name).and_then(Value::as_u64);
    let range = index("start_index").zip(index("end_index"));
    Citation {
        text: None,
        title: text_of(&value, "title"),
        url: text_of(&value, "url"),
        document: None,
        range,
        unit: range.map(|_| "answer"),
        raw: Some(value),
    }
}

/// A document cited in an OpenAI annotation of responses.
pub(super) fn from_file_annotation(value: Value) -> Citation {
    Citation {
        text: None,
        title: text_of(&value, "filename"),
        url: None,
        document: text_of(&value, "file_id").and_then(|id| id.strip_prefix("document_")?.parse().ok()),
        range: None,
        unit: None,
        raw: Some(value),
    }
}

/// A citation as an annotation of responses: of a page where it has an address, of a document otherwise. `start` and
/// `length` are those of [`place_in_answer`].
pub(super) fn to_annotation(citation: &Citation, start: u64, length: u64) -> Value {
    let (first, last) = place_in_answer(citation, start, length);
    let title = citation.title.as_deref().unwrap_or_default();
    match &citation.url {
        Some(url) => json!({
            "type": "url_citation",
            "start_index": first,
            "end_index": last,
            "title": title,
            "url": url,
        }),
        None => json!({
            "type": "file_citation",
            "file_id": format!("document_{}", citation.document.unwrap_or(0)),
            "filename": title,
            "index": last,
        }),
    }
}

/// The words of an answer on which a citation sits, in characters: `start` is where its part begins and `length` how long
/// that is.
pub(super) fn place_in_answer(citation: &Citation, start: u64, length: u64) -> (u64, u64) {
    let range = citation.range.filter(|_| citation.unit == Some("answer"));
    let (first, last) = range.unwrap_or((0, length));
    (start.saturating_add(first), start.saturating_add(last))
}

fn is_anthropic(raw: &Value) -> bool {
    let kind = raw.get("type").and_then(Value::as_str).unwrap_or_default();
    LOCATIONS.iter().any(|(name, ..)| *name == kind) || RESULTS.contains(&kind)
}

fn text_of(value: &Value, name: &str) -> Option<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned)
}
