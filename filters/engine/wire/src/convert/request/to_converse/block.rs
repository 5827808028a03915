use serde_json::{Map, Value, json};

use super::{
    family::Family,
    media::{self, Names},
};
use crate::convert::{
    Losses,
    neutral::{CacheMarker, Content, Document, Message, Part, Place, Request, Role},
    request::{
        calls::Calls,
        to_messages::block::{note_citations, tool_id},
    },
};

/// The most cache markers of a request.
const MAX_MARKERS: usize = 4;
/// The longest id of a call.
const ID_LENGTH: usize = 64;

/// Writes blocks of content.
pub(super) struct Writer<'a> {
    pub(super) losses: &'a mut Losses,
    family: Family,
    names: Names,
    markers: usize,
    calls: Calls,
    /// Whether what is written is an earlier answer, whose text says the same without its citations.
    is_answer: bool,
}

// === impl Writer ===

impl<'a> Writer<'a> {
    pub(super) fn new(family: Family, losses: &'a mut Losses) -> Self {
        Self {
            losses,
            family,
            names: Names::default(),
            markers: 0,
            calls: Calls::new(|id| tool_id(id).into_owned(), ID_LENGTH),
            is_answer: false,
        }
    }

    /// What the operator says, wherever it does: text only.
    pub(super) fn system(&mut self, request: &Request) -> Vec<Value> {
        let in_turns = request.messages.iter().filter(|message| message.role == Role::System);
        let mut blocks = Vec::new();
        for part in request.system.iter().chain(in_turns.flat_map(|message| &message.parts)) {
            match &part.content {
                Content::Text { .. } => self.block(part, &mut blocks),
                _ => self.losses.note(&part.place),
            }
        }
        blocks
    }

    /// Turns that alternate.
    pub(super) fn turns(&mut self, messages: &[Message]) -> Vec<Value> {
        let mut turns: Vec<(Role, Vec<Value>)> = Vec::with_capacity(messages.len());
        for message in messages.iter().filter(|message| message.role != Role::System) {
            if let Some(name) = &message.name {
                self.losses.note(&name.place);
            }
            self.is_answer = message.role == Role::Assistant;
            self.calls.begin(message.role);
            let mut blocks = Vec::with_capacity(message.parts.len());
            for part in &message.parts {
                self.block(part, &mut blocks);
            }
            match turns.last_mut() {
                // An empty turn is refused, and says nothing.
                _ if blocks.is_empty() => {}
                Some((role, before)) if *role == message.role => before.append(&mut blocks),
                _ => turns.push((message.role, blocks)),
            }
        }
        let turns = turns.into_iter().map(|(role, blocks)| {
            let role = if role == Role::Assistant { "assistant" } else { "user" };
            json!({"role": role, "content": blocks})
        });
        turns.collect()
    }

    fn block(&mut self, part: &Part, out: &mut Vec<Value>) {
        match self.content(part) {
            Said::Block(block) => {
                out.push(block);
                self.mark(part.cache.as_ref(), &part.place, out);
            }
            Said::Nothing => {
                if part.cache.is_some() {
                    self.losses.tell(&part.place.member("cache_control"));
                }
            }
            Said::Lost => self.lose(part),
        }
    }

    /// Notes a part that is not told: thoughts the client merely repeats.
    fn lose(&mut self, part: &Part) {
        if matches!(part.content, Content::Thinking { .. }) {
            self.losses.tell(&part.place);
        } else {
            self.losses.note(&part.place);
        }
    }

    fn content(&mut self, part: &Part) -> Said {
        match &part.content {
            // WHY: texts of white space are refused too, and say nothing.
            Content::Text { text, .. } | Content::Refusal(text) if text.trim().is_empty() => Said::Nothing,
            Content::Text { text, citations } => {
                if !citations.is_empty() {
                    note_citations(self.is_answer, &part.place, self.losses);
                }
                Said::Block(json!({"text": text}))
            }
            Content::Refusal(text) => Said::Block(json!({"text": text})),
            Content::Image { source, detail } => {
                if detail.as_deref() == Some("low") {
                    self.losses.note(&part.place.member("detail"));
                }
                media::image(source).into()
            }
            // Claude does not hear.
            Content::Audio { .. } if self.family == Family::Claude => Said::Lost,
            Content::Audio { source } => media::audio(source).into(),
            Content::Document(document) => self.document(document).into(),
            Content::ToolCall {
                id,
                name,
                arguments,
                signature,
            } => {
                if let Some(signature) = signature {
                    self.losses.tell(&signature.place);
                }
                let input = self.input(arguments, &part.place);
                let id = self.calls.call(id, name);
                Said::Block(json!({"toolUse": {"toolUseId": id, "name": name, "input": input}}))
            }
            Content::ToolResult { .. } => self.tool_result(part),
            Content::Thinking { text, signature } => match signature {
                Some(signature) => {
                    let thoughts = json!({"text": text, "signature": signature});
                    Said::Block(json!({"reasoningContent": {"reasoningText": thoughts}}))
                }
                // Thoughts without a signature are nobody's to Claude; others sign none.
                None if self.family == Family::Claude => Said::Lost,
                None => Said::Block(json!({"reasoningContent": {"reasoningText": {"text": text}}})),
            },
            Content::RedactedThinking { data } => Said::Block(json!({"reasoningContent": {"redactedContent": data}})),
        }
    }

    fn document(&mut self, document: &Document) -> Option<Value> {
        let (format, source) = media::document(&document.source)?;
        let mut block = Map::new();
        block.insert("format".to_owned(), format.into());
        block.insert("name".to_owned(), self.names.name(document.title.as_deref()).into());
        block.insert("source".to_owned(), source);
        if let Some(context) = &document.context {
            block.insert("context".to_owned(), context.clone().into());
        }
        if document.is_cited {
            block.insert("citations".to_owned(), json!({"enabled": true}));
        }
        Some(json!({"document": block}))
    }

    fn tool_result(&mut self, part: &Part) -> Said {
        let Content::ToolResult {
            call_id: id,
            parts,
            is_error,
            ..
        } = &part.content
        else {
            return Said::Nothing;
        };
        let mut content = Vec::with_capacity(parts.len());
        for inner in parts {
            match self.content(inner) {
                Said::Block(block) => content.push(block),
                Said::Nothing => {}
                Said::Lost => self.lose(inner),
            }
            // No marker has a place within a result.
            if inner.cache.is_some() {
                self.unmarked(&inner.place);
            }
        }
        let mut result = Map::new();
        result.insert("toolUseId".to_owned(), self.calls.answered(id).into());
        result.insert("content".to_owned(), content.into());
        if *is_error {
            result.insert("status".to_owned(), "error".into());
        }
        Said::Block(json!({"toolResult": result}))
    }

    /// Puts a marker for the prompt cache behind a block or a tool.
    pub(super) fn mark(&mut self, marker: Option<&CacheMarker>, place: &Place, out: &mut Vec<Value>) {
        let Some(marker) = marker else {
            return;
        };
        if self.markers == MAX_MARKERS {
            self.unmarked(place);
            return;
        }
        self.markers += 1;
        out.push(match marker.lifetime.as_deref() {
            None => json!({"cachePoint": {"type": "default"}}),
            Some(lifetime @ ("5m" | "1h")) => json!({"cachePoint": {"type": "default", "ttl": lifetime}}),
            // OpenAI's lifetimes are the least that is wanted.
            Some("30m") => json!({"cachePoint": {"type": "default", "ttl": "1h"}}),
            Some(_) => {
                self.losses.tell(&place.member("cache_control.ttl"));
                json!({"cachePoint": {"type": "default"}})
            }
        });
    }

    fn unmarked(&mut self, place: &Place) {
        self.losses.tell(&place.member("cache_control"));
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
}

/// What becomes of a part.
enum Said {
    Block(Value),
    Nothing,
    Lost,
}

// === impl Said ===

impl From<Option<Value>> for Said {
    fn from(block: Option<Value>) -> Self {
        block.map_or(Self::Lost, Self::Block)
    }
}
