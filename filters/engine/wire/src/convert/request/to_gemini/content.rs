use serde_json::{Map, Value, json};

use super::config::generation;
use crate::convert::{
    Losses,
    neutral::{CacheMarker, Content, Document, Message, Part, Place, Request, Role, Source},
    request::{calls::Calls, to_messages::block::note_citations},
};

const SIGNATURE: &str = "thoughtSignature";
/// What Gemini takes in place of a signature: <https://ai.google.dev/gemini-api/docs/thought-signatures>.
const UNSIGNED: &str = "skip_thought_signature_validator";

/// Writes the turns of one request.
pub(super) struct Writer<'a> {
    losses: &'a mut Losses,
    /// Calls so far, whose tools their results have to name.
    calls: Calls,
    /// Whether the model refuses a turn whose first call is not signed.
    asks_for_signatures: bool,
    /// Whether what is written is an earlier answer, whose text says the same without its citations.
    is_answer: bool,
    /// Whether results of tools may have pictures and documents.
    takes_results_of_bytes: bool,
}

// === impl Writer ===

impl<'a> Writer<'a> {
    pub(super) fn new(model: &str, losses: &'a mut Losses) -> Self {
        Self {
            losses,
            calls: Calls::new(str::to_owned, usize::MAX),
            asks_for_signatures: generation(model).is_some_and(|generation| generation >= 3),
            is_answer: false,
            takes_results_of_bytes: generation(model).is_none_or(|generation| generation >= 3),
        }
    }

    /// What the operator says, wherever it does.
    pub(super) fn system(&mut self, request: &Request) -> Vec<Value> {
        let in_turns = request.messages.iter().filter(|message| message.role == Role::System);
        let mut out = Vec::new();
        for part in request.system.iter().chain(in_turns.flat_map(|message| &message.parts)) {
            match &part.content {
                Content::Text { .. } => self.part(part, &mut out),
                _ => self.losses.note(&part.place),
            }
        }
        out
    }

    /// Turns that alternate: the results of parallel calls belong into one.
    pub(super) fn contents(&mut self, messages: &[Message]) -> Vec<Value> {
        let mut turns: Vec<(Role, Vec<Value>)> = Vec::with_capacity(messages.len());
        for message in messages.iter().filter(|message| message.role != Role::System) {
            if let Some(name) = &message.name {
                self.losses.note(&name.place);
            }
            self.is_answer = message.role == Role::Assistant;
            self.calls.begin(message.role);
            let mut parts = Vec::with_capacity(message.parts.len());
            for part in &message.parts {
                self.part(part, &mut parts);
            }
            match turns.last_mut() {
                // A turn without parts is refused, and says nothing.
                _ if parts.is_empty() => {}
                Some((role, before)) if *role == message.role => before.append(&mut parts),
                _ => turns.push((message.role, parts)),
            }
        }
        let turns = turns.into_iter().map(|(role, mut parts)| {
            if self.asks_for_signatures {
                sign_first_call(&mut parts);
            }
            let role = if role == Role::Assistant { "model" } else { "user" };
            json!({"role": role, "parts": parts})
        });
        turns.collect()
    }

    fn part(&mut self, part: &Part, out: &mut Vec<Value>) {
        note_lifetime(part.cache.as_ref(), &part.place, self.losses);
        match &part.content {
            Content::Text { text, citations } => {
                if !citations.is_empty() {
                    note_citations(self.is_answer, &part.place, self.losses);
                }
                say(text, out);
            }
            Content::Refusal(text) => say(text, out),
            Content::Image { source, detail } => {
                if detail.as_deref() == Some("low") {
                    self.losses.note(&part.place.member("detail"));
                }
                self.bytes(source, &part.place, out);
            }
            Content::Audio { source } => self.bytes(source, &part.place, out),
            Content::Document(document) => self.document(document, &part.place, out),
            Content::ToolCall {
                id,
                name,
                arguments,
                signature,
            } => {
                let arguments = self.arguments(arguments, &part.place);
                let id = self.calls.call(id, name);
                let call = json!({"functionCall": {"id": id, "name": name, "args": arguments}});
                let signature = signature.as_ref().map(|signature| signature.value.as_str());
                out.push(signed(call, signature));
            }
            Content::ToolResult { .. } => self.tool_result(part, out),
            // What followed these thoughts was signed, and nothing else of them is told.
            Content::Thinking {
                text,
                signature: Some(signature),
            } if text.is_empty() => out.push(json!({"text": "", "thoughtSignature": signature})),
            Content::Thinking { text, signature } => {
                out.push(signed(json!({"text": text, "thought": true}), signature.as_deref()));
            }
            Content::RedactedThinking { .. } => self.losses.tell(&part.place),
        }
    }

    fn document(&mut self, document: &Document, place: &Place, out: &mut Vec<Value>) {
        if document.is_cited {
            self.losses.note(&place.member("citations"));
        }
        for text in [&document.title, &document.context].into_iter().flatten() {
            say(text, out);
        }
        self.bytes(&document.source, place, out);
    }

    /// Pictures, sound and documents.
    fn bytes(&mut self, source: &Source, place: &Place, out: &mut Vec<Value>) {
        match source {
            Source::Base64 { media_type, data } => {
                out.push(json!({"inlineData": {"mimeType": media_type, "data": data}}));
            }
            Source::Url(url) => out.push(file(url)),
            // WHY the beginning: other providers' ids look otherwise, and mean nothing here.
            Source::File(id) if id.starts_with("https://") => out.push(file(id)),
            Source::File(_) => self.losses.note(place),
            Source::Text(text) => say(text, out),
        }
    }

    fn tool_result(&mut self, part: &Part, out: &mut Vec<Value>) {
        let Content::ToolResult {
            call_id,
            name,
            parts,
            is_error,
        } = &part.content
        else {
            return;
        };
        let (mut output, mut others) = (String::new(), Vec::new());
        for part in parts {
            let mut written = Vec::new();
            self.part(part, &mut written);
            for value in written {
                if let Some(text) = value.get("text").and_then(Value::as_str) {
                    if !output.is_empty() {
                        output.push_str("\n\n");
                    }
                    output.push_str(text);
                } else if self.takes_results_of_bytes && value.get("inlineData").is_some() {
                    others.push(value);
                } else {
                    self.losses.note(&part.place);
                }
            }
        }
        let call = self.calls.result(call_id);
        let (id, tool) = call.map_or((call_id.clone(), None), |call| (call.id, Some(call.name)));
        let tool = name.clone().or(tool);
        let mut answer = Map::new();
        answer.insert("id".to_owned(), id.into());
        answer.insert("name".to_owned(), tool.unwrap_or_else(|| call_id.clone()).into());
        let member = if *is_error { "error" } else { "output" };
        answer.insert("response".to_owned(), json!({member: output}));
        if !others.is_empty() {
            answer.insert("parts".to_owned(), others.into());
        }
        out.push(json!({"functionResponse": answer}));
    }

    /// The arguments of a call, which have to be an object here.
    fn arguments(&mut self, arguments: &str, place: &Place) -> Value {
        if arguments.trim().is_empty() {
            return Value::Object(Map::new());
        }
        if let Ok(arguments @ Value::Object(_)) = serde_json::from_str(arguments) {
            return arguments;
        }
        self.losses.note(place);
        Value::Object(Map::new())
    }
}

/// Empty texts say nothing.
fn say(text: &str, out: &mut Vec<Value>) {
    if !text.is_empty() {
        out.push(json!({"text": text}));
    }
}

fn signed(mut part: Value, signature: Option<&str>) -> Value {
    if let (Some(members), Some(signature)) = (part.as_object_mut(), signature) {
        members.insert(SIGNATURE.to_owned(), signature.into());
    }
    part
}

/// Signs the first call of a turn, unless it is: it came from another model, or lost its signature on the way.
fn sign_first_call(parts: &mut [Value]) {
    let first = parts.iter_mut().find(|part| part.get("functionCall").is_some());
    if let Some(members) = first.and_then(Value::as_object_mut) {
        members.entry(SIGNATURE).or_insert_with(|| UNSIGNED.into());
    }
}

/// A file elsewhere, with its type where the address tells it.
fn file(url: &str) -> Value {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    let media_type = match ending.as_deref() {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("gif") => "image/gif",
        Some("heic") => "image/heic",
        Some("pdf") => "application/pdf",
        Some("wav") => "audio/wav",
        Some("mp3") => "audio/mp3",
        Some("mp4") => "video/mp4",
        Some("txt") => "text/plain",
        _ => return json!({"fileData": {"fileUri": url}}),
    };
    json!({"fileData": {"mimeType": media_type, "fileUri": url}})
}

/// Notes a cache marker that asks for a lifetime.
pub(super) fn note_lifetime(marker: Option<&CacheMarker>, place: &Place, losses: &mut Losses) {
    if marker.is_some_and(|marker| marker.lifetime.is_some()) {
        losses.tell(&place.member("cache_control.ttl"));
    }
}
