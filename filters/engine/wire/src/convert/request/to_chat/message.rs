use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::Target;
use crate::convert::{
    Losses,
    neutral::{CacheMarker, Content, Document, Message, Part, Place, Request, Role, Source},
    request::calls::Calls,
};

/// Writes the messages of one request.
pub(super) struct Writer<'a> {
    target: &'a Target,
    losses: &'a mut Losses,
    messages: Vec<Value>,
    /// Parts of tools' results that are not text, until the last of the results is written.
    held: Vec<Value>,
    calls: Calls,
}

/// The parts of a message.
#[derive(Default)]
struct Parts<'r>(Vec<Piece<'r>>);

enum Piece<'r> {
    Text(Cow<'r, str>),
    Other(Value),
}

// === impl Writer ===

impl<'a> Writer<'a> {
    pub(super) fn new(target: &'a Target, losses: &'a mut Losses) -> Self {
        Self {
            target,
            losses,
            messages: Vec::new(),
            held: Vec::new(),
            calls: Calls::new(str::to_owned, target.longest_call_id),
        }
    }

    pub(super) fn write(mut self, request: &Request) -> Vec<Value> {
        self.messages.reserve(request.messages.len() + 1);
        if !request.system.is_empty() {
            self.system(&request.system);
        }
        for message in &request.messages {
            if let Some(name) = &message.name {
                self.losses.note(&name.place);
            }
            self.calls.begin(message.role);
            match message.role {
                Role::System => self.system(&message.parts),
                Role::User => self.user(message),
                Role::Assistant => self.assistant(message),
            }
        }
        self.release();
        self.messages
    }

    fn system(&mut self, parts: &[Part]) {
        self.release();
        let mut said = Parts::default();
        for part in parts {
            match &part.content {
                Content::Text { text, .. } => said.text(text),
                _ => self.losses.note(&part.place),
            }
            note_lifetime(part.cache.as_ref(), &part.place, self.losses);
        }
        if !said.0.is_empty() {
            self.push(self.target.system_role, said);
        }
    }

    /// Writes a user's turn: results of tools are messages of their own.
    fn user(&mut self, message: &Message) {
        let mut said = Parts::default();
        for part in &message.parts {
            note_lifetime(part.cache.as_ref(), &part.place, self.losses);
            if let Content::ToolResult { .. } = &part.content {
                if !said.0.is_empty() {
                    self.release();
                    self.push("user", std::mem::take(&mut said));
                }
                self.tool_result(part);
            } else {
                self.part(part, &mut said);
            }
        }
        if message.parts.is_empty() {
            said.text("");
        }
        if !said.0.is_empty() {
            self.release();
            self.push("user", said);
        }
    }

    fn tool_result(&mut self, part: &Part) {
        let Content::ToolResult {
            call_id,
            parts,
            is_error,
            ..
        } = &part.content
        else {
            return;
        };
        let mut said = Parts::default();
        for part in parts {
            note_lifetime(part.cache.as_ref(), &part.place, self.losses);
            self.part(part, &mut said);
        }
        let mut texts = Parts::default();
        for piece in said.0 {
            match piece {
                Piece::Text(text) => texts.0.push(Piece::Text(text)),
                Piece::Other(value) => self.held.push(value),
            }
        }
        if texts.0.is_empty() {
            texts.text("");
        }
        if let Some(Piece::Text(first)) = texts.0.first_mut().filter(|_| *is_error)
            && !first.starts_with("Error")
        {
            *first = format!("Error: {first}").into();
        }
        let id = self.calls.answered(call_id);
        let content = texts.content(self.target.joins_texts);
        self.messages
            .push(json!({"role": "tool", "tool_call_id": id, "content": content}));
    }

    /// Writes the pictures and documents that tools answered with.
    fn release(&mut self) {
        if !self.held.is_empty() {
            let content = std::mem::take(&mut self.held);
            self.messages.push(json!({"role": "user", "content": content}));
        }
    }

    fn assistant(&mut self, message: &Message) {
        self.release();
        let mut said = Parts::default();
        let (mut refusal, mut thoughts, mut calls) = (String::new(), String::new(), Vec::new());
        for part in &message.parts {
            note_lifetime(part.cache.as_ref(), &part.place, self.losses);
            match &part.content {
                Content::Text { text, citations } => {
                    if !citations.is_empty() {
                        self.losses.tell(&part.place.member("citations"));
                    }
                    said.text(text);
                }
                Content::Refusal(text) => join(&mut refusal, text),
                // WHY not all: thoughts that only a signature stands for say nothing here.
                Content::Thinking { text, signature }
                    if self.target.has_thoughts && (signature.is_none() || !text.is_empty()) =>
                {
                    join(&mut thoughts, text);
                }
                Content::Thinking { .. } | Content::RedactedThinking { .. } => self.losses.tell(&part.place),
                Content::ToolCall {
                    id,
                    name,
                    arguments,
                    signature,
                } => {
                    if let Some(signature) = signature {
                        self.losses.tell(&signature.place);
                    }
                    let id = self.calls.call(id, name);
                    let arguments = if arguments.is_empty() { "{}" } else { arguments };
                    calls.push(json!({
                        "id": id, "type": "function", "function": {"name": name, "arguments": arguments}
                    }));
                }
                _ => self.losses.note(&part.place),
            }
        }
        let is_said = !(said.0.is_empty() && refusal.is_empty() && thoughts.is_empty() && calls.is_empty());
        if !is_said && !message.parts.is_empty() {
            return;
        }
        let mut entry = Map::new();
        entry.insert("role".to_owned(), "assistant".into());
        let content = match said.content(self.target.joins_texts) {
            Value::Null if calls.is_empty() => "".into(),
            content => content,
        };
        entry.insert("content".to_owned(), content);
        if !refusal.is_empty() {
            entry.insert("refusal".to_owned(), refusal.into());
        }
        if !thoughts.is_empty() {
            // WHY both: Ollama and vLLM read `reasoning`, llama.cpp and others `reasoning_content`.
            entry.insert("reasoning".to_owned(), thoughts.clone().into());
            entry.insert("reasoning_content".to_owned(), thoughts.into());
        }
        if !calls.is_empty() {
            entry.insert("tool_calls".to_owned(), calls.into());
        }
        self.messages.push(Value::Object(entry));
    }

    fn push(&mut self, role: &str, said: Parts<'_>) {
        let mut entry = Map::new();
        entry.insert("role".to_owned(), role.into());
        entry.insert("content".to_owned(), said.content(self.target.joins_texts));
        self.messages.push(Value::Object(entry));
    }

    /// Writes a part of a user's turn.
    fn part<'r>(&mut self, part: &'r Part, said: &mut Parts<'r>) {
        let value = match &part.content {
            Content::Text { text, .. } => return said.text(text),
            Content::Image { source, detail } => image(source, detail.as_deref()),
            Content::Audio { source } => self.audio(source),
            Content::Document(document) => {
                self.note_extras(document, &part.place);
                match &document.source {
                    Source::Text(text) => {
                        if let Some(title) = &document.title {
                            said.text(title);
                        }
                        return said.text(text);
                    }
                    source => self.file(source, document.title.as_deref()),
                }
            }
            Content::Refusal(_)
            | Content::ToolCall { .. }
            | Content::ToolResult { .. }
            | Content::Thinking { .. }
            | Content::RedactedThinking { .. } => None,
        };
        match value {
            Some(value) => said.0.push(Piece::Other(value)),
            None => self.losses.note(&part.place),
        }
    }

    fn audio(&self, source: &Source) -> Option<Value> {
        let Source::Base64 { media_type, data } = source else {
            return None;
        };
        let format = match media_type.as_str() {
            "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
            "audio/mpeg" | "audio/mp3" => "mp3",
            _ => return None,
        };
        let part = json!({"type": "input_audio", "input_audio": {"data": data, "format": format}});
        self.target.has_files.then_some(part)
    }

    fn file(&self, source: &Source, title: Option<&str>) -> Option<Value> {
        let file = match source {
            Source::Base64 { media_type, data } => json!({
                "filename": title.unwrap_or("document.pdf"), "file_data": format!("data:{media_type};base64,{data}")
            }),
            // WHY the beginning: other providers' ids look otherwise, and mean nothing here.
            Source::File(id) if id.starts_with("file-") => json!({"file_id": id}),
            Source::File(_) | Source::Url(_) | Source::Text(_) => return None,
        };
        self.target.has_files.then(|| json!({"type": "file", "file": file}))
    }

    fn note_extras(&mut self, document: &Document, place: &Place) {
        if document.is_cited {
            self.losses.note(&place.member("citations"));
        }
        if document.context.is_some() {
            self.losses.note(&place.member("context"));
        }
    }
}

// === impl Parts ===

impl<'r> Parts<'r> {
    fn text(&mut self, text: &'r str) {
        self.0.push(Piece::Text(text.into()));
    }

    /// The content of a message: a string where there is but one text, null where there is nothing.
    fn content(self, joins_texts: bool) -> Value {
        let is_text = self.0.iter().all(|piece| matches!(piece, Piece::Text(_)));
        if self.0.is_empty() {
            return Value::Null;
        }
        if is_text && (self.0.len() == 1 || joins_texts) {
            let mut whole = String::new();
            for piece in &self.0 {
                if let Piece::Text(text) = piece {
                    join(&mut whole, text);
                }
            }
            return whole.into();
        }
        let values = self.0.into_iter().map(|piece| match piece {
            Piece::Text(text) => json!({"type": "text", "text": text}),
            Piece::Other(value) => value,
        });
        values.collect()
    }
}

/// Puts a text behind others, with an empty line between them.
fn join(whole: &mut String, text: &str) {
    if !whole.is_empty() {
        whole.push_str("\n\n");
    }
    whole.push_str(text);
}

/// A picture, if it is in the body or has an address.
fn image(source: &Source, detail: Option<&str>) -> Option<Value> {
    let url = match source {
        Source::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
        Source::Url(url) => url.clone(),
        Source::File(_) | Source::Text(_) => return None,
    };
    let mut image = Map::new();
    image.insert("url".to_owned(), url.into());
    if let Some(detail) = detail {
        image.insert("detail".to_owned(), detail.into());
    }
    Some(json!({"type": "image_url", "image_url": image}))
}

/// Notes a cache marker that asks for a lifetime.
pub(super) fn note_lifetime(marker: Option<&CacheMarker>, place: &Place, losses: &mut Losses) {
    if marker.is_some_and(|marker| marker.lifetime.is_some()) {
        losses.tell(&place.member("cache_control.ttl"));
    }
}
