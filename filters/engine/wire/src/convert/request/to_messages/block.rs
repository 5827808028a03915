use std::borrow::Cow;

use serde_json::{Map, Value, json};

use crate::convert::{
    Losses,
    neutral::{CacheMarker, Citation, Content, Document, Part, Place, Role, Source},
    request::calls::Calls,
};

/// The most cache markers of a request.
const MAX_MARKERS: usize = 4;

/// Writes blocks of content.
pub(super) struct Writer<'a> {
    pub(super) losses: &'a mut Losses,
    markers: usize,
    calls: Calls,
    /// Whether what is written is an earlier answer, whose text says the same without its citations.
    is_answer: bool,
}

// === impl Writer ===

impl<'a> Writer<'a> {
    pub(super) fn new(losses: &'a mut Losses) -> Self {
        Self {
            losses,
            markers: 0,
            calls: Calls::new(|id| tool_id(id).into_owned(), usize::MAX),
            is_answer: false,
        }
    }

    /// Begins a message.
    pub(super) fn begin(&mut self, role: Role) {
        self.is_answer = role == Role::Assistant;
        self.calls.begin(role);
    }

    /// The blocks of `system`: text only.
    pub(super) fn system<'r>(&mut self, parts: impl Iterator<Item = &'r Part>) -> Vec<Value> {
        let mut blocks = Vec::new();
        for part in parts {
            match &part.content {
                Content::Text { .. } => self.block(part, &mut blocks),
                _ => self.losses.note(&part.place),
            }
        }
        blocks
    }

    pub(super) fn blocks(&mut self, parts: &[Part], out: &mut Vec<Value>) {
        for part in parts {
            self.block(part, out);
        }
    }

    fn block(&mut self, part: &Part, out: &mut Vec<Value>) {
        let mut block = Map::new();
        let is_said = match &part.content {
            // WHY: texts without a word are refused, and say nothing.
            Content::Text { text, .. } | Content::Refusal(text) if text.trim().is_empty() => {
                if part.cache.is_some() {
                    self.losses.tell(&part.place.member("cache_control"));
                }
                return;
            }
            Content::Text { text, citations } => {
                kind("text", &mut block);
                block.insert("text".to_owned(), text.clone().into());
                self.citations(citations, part, &mut block);
                true
            }
            Content::Refusal(text) => {
                kind("text", &mut block);
                block.insert("text".to_owned(), text.clone().into());
                true
            }
            Content::Image { source, detail } => {
                if detail.as_deref() == Some("low") {
                    self.losses.note(&part.place.member("detail"));
                }
                kind("image", &mut block);
                put_source(source, |media| media.starts_with("image/"), &mut block)
            }
            Content::Document(document) => document_block(document, &mut block),
            Content::ToolCall {
                id,
                name,
                arguments,
                signature,
            } => {
                if let Some(signature) = signature {
                    self.losses.tell(&signature.place);
                }
                kind("tool_use", &mut block);
                block.insert("id".to_owned(), self.calls.call(id, name).into());
                block.insert("name".to_owned(), name.clone().into());
                let input = self.input(arguments, &part.place);
                block.insert("input".to_owned(), input);
                true
            }
            Content::ToolResult {
                call_id,
                parts,
                is_error,
                ..
            } => {
                kind("tool_result", &mut block);
                block.insert("tool_use_id".to_owned(), self.calls.answered(call_id).into());
                let mut content = Vec::with_capacity(parts.len());
                self.blocks(parts, &mut content);
                block.insert("content".to_owned(), content.into());
                if *is_error {
                    block.insert("is_error".to_owned(), true.into());
                }
                true
            }
            Content::Thinking {
                text,
                signature: Some(signature),
            } => {
                kind("thinking", &mut block);
                block.insert("thinking".to_owned(), text.clone().into());
                block.insert("signature".to_owned(), signature.clone().into());
                true
            }
            Content::RedactedThinking { data } => {
                kind("redacted_thinking", &mut block);
                block.insert("data".to_owned(), data.clone().into());
                true
            }
            // Thoughts without a signature are nobody's.
            Content::Thinking { signature: None, .. } => return self.losses.tell(&part.place),
            Content::Audio { .. } => false,
        };
        if is_said {
            self.mark(part.cache.as_ref(), &part.place, &mut block);
            out.push(Value::Object(block));
        } else {
            self.losses.note(&part.place);
        }
    }

    /// Marks a block, a tool or a text for the prompt cache.
    pub(super) fn mark(&mut self, marker: Option<&CacheMarker>, place: &Place, block: &mut Map<String, Value>) {
        let Some(marker) = marker else {
            return;
        };
        if self.markers == MAX_MARKERS {
            self.losses.tell(&place.member("cache_control"));
            return;
        }
        self.markers += 1;
        let marker = match marker.lifetime.as_deref() {
            None => json!({"type": "ephemeral"}),
            Some(lifetime @ ("5m" | "1h")) => json!({"type": "ephemeral", "ttl": lifetime}),
            // OpenAI's lifetimes are the least that is wanted.
            Some("30m") => json!({"type": "ephemeral", "ttl": "1h"}),
            Some(_) => {
                self.losses.tell(&place.member("cache_control.ttl"));
                json!({"type": "ephemeral"})
            }
        };
        block.insert("cache_control".to_owned(), marker);
    }

    /// The arguments of a call, which have to be an object here.
    fn input(&mut self, arguments: &str, place: &Place) -> Value {
        if arguments.trim().is_empty() {
            return Value::Object(Map::new());
        }
        if let Ok(input @ Value::Object(_)) = serde_json::from_str(arguments) {
            return input;
        }
        self.losses.note(place);
        Value::Object(Map::new())
    }

    /// What a text rests on: only as Anthropic itself wrote them.
    fn citations(&mut self, citations: &[Citation], part: &Part, block: &mut Map<String, Value>) {
        let is_ours = |raw: &&Value| {
            let kind = raw.get("type").and_then(Value::as_str).unwrap_or_default();
            kind.ends_with("_location")
        };
        let written: Vec<Value> = citations
            .iter()
            .filter_map(|citation| citation.raw.as_ref().filter(is_ours).cloned())
            .collect();
        if written.len() < citations.len() {
            note_citations(self.is_answer, &part.place, self.losses);
        }
        if !written.is_empty() {
            block.insert("citations".to_owned(), written.into());
        }
    }
}

/// Notes citations that are not told: those of an earlier answer the client merely repeats.
pub(in crate::convert) fn note_citations(is_answer: bool, place: &Place, losses: &mut Losses) {
    let place = place.member("citations");
    if is_answer {
        losses.tell(&place);
    } else {
        losses.note(&place);
    }
}

fn kind(name: &str, block: &mut Map<String, Value>) {
    block.insert("type".to_owned(), name.into());
}

fn document_block(document: &Document, block: &mut Map<String, Value>) -> bool {
    kind("document", block);
    if !put_source(&document.source, |media| media == "application/pdf", block) {
        return false;
    }
    for (name, text) in [("title", &document.title), ("context", &document.context)] {
        if let Some(text) = text {
            block.insert(name.to_owned(), text.clone().into());
        }
    }
    if document.is_cited {
        block.insert("citations".to_owned(), json!({"enabled": true}));
    }
    true
}

/// Whether the source can be said.
fn put_source(source: &Source, is_taken: impl Fn(&str) -> bool, block: &mut Map<String, Value>) -> bool {
    let source = match source {
        Source::Base64 { media_type, data } if is_taken(media_type) => {
            json!({"type": "base64", "media_type": media_type, "data": data})
        }
        Source::Url(url) => json!({"type": "url", "url": url}),
        // WHY the beginning: other providers' ids look otherwise, and mean nothing here.
        Source::File(id) if id.starts_with("file_") => json!({"type": "file", "file_id": id}),
        // Of a document; a picture is no text.
        Source::Text(text) if is_taken("application/pdf") => {
            json!({"type": "text", "media_type": "text/plain", "data": text})
        }
        Source::Base64 { .. } | Source::File(_) | Source::Text(_) => return false,
    };
    block.insert("source".to_owned(), source);
    true
}

/// An id of a call with no other characters than Anthropic allows.
pub(in crate::convert) fn tool_id(id: &str) -> Cow<'_, str> {
    let is_allowed = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-');
    if id.chars().all(is_allowed) {
        return id.into();
    }
    let replaced = id
        .chars()
        .map(|character| if is_allowed(character) { character } else { '_' });
    replaced.collect::<String>().into()
}
