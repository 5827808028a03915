//! Streams of Google's Gemini API: each event is a `GenerateContentResponse` with what came since the last.
//!
//! Calls come whole. Nothing marks the end: a stream is whole when its connection ends after each candidate has. No event
//! has a place for a picture: a stream that has one fails.

use serde_json::Value;

use super::{ReadEvents, cut, parse};
use crate::BodyError;
use crate::convert::Context;
use crate::convert::answer::from_gemini::{Call, Piece, Spans, blocked, citations, counts, ended, piece};
use crate::convert::fields::{Fields, wrong_type};
use crate::convert::neutral::{Counts, Delta, Event, Finish, PartStart, Place, StreamError};

/// The most candidates of a stream; more are garbage.
const MAX_CANDIDATES: usize = 128;

/// Reads a stream of `streamGenerateContent?alt=sse`.
#[derive(Clone, Debug)]
pub struct Reader {
    context: Context,
    candidates: Vec<Candidate>,
    calls: u32,
    usage: Option<Counts>,
    has_started: bool,
    has_ended: bool,
}

#[derive(Clone, Debug, Default)]
struct Candidate {
    open: Option<Open>,
    /// How many parts there are.
    parts: u32,
    has_calls: bool,
    has_text: bool,
    tells_thoughts: bool,
    has_finished: bool,
}

/// The part under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Text,
    Thinking,
}

// === impl Reader ===

impl Reader {
    /// At the beginning of a stream.
    #[must_use]
    pub const fn new(context: Context) -> Self {
        Self {
            context,
            candidates: Vec::new(),
            calls: 0,
            usage: None,
            has_started: false,
            has_ended: false,
        }
    }

    fn chunk(&mut self, mut chunk: Value, out: &mut Vec<Event>) -> Result<(), BodyError> {
        // WHY `parse` and the root throughout: to tell places costs more than to read an event, and nobody sees them.
        let candidates = parse::list(&mut chunk, "candidates")?;
        let mut chunk = Fields::new(chunk, Place::root())?;
        let usage = chunk.take("usageMetadata").as_ref().and_then(counts);
        let blocked = blocked(chunk.take("promptFeedback").as_ref());
        if candidates.is_empty() && usage.is_none() && blocked.is_none() {
            return Err(chunk.missing("candidates", "an array"));
        }
        self.start(&mut chunk, usage, out)?;
        for candidate in candidates {
            self.candidate(Fields::new(candidate, Place::root())?, out)?;
            if self.has_ended {
                return Ok(());
            }
        }
        if let Some(finish) = blocked.filter(|_| self.candidates.is_empty()) {
            self.candidates.push(Candidate {
                has_finished: true,
                ..Candidate::default()
            });
            out.push(Event::Finish { choice: 0, finish });
        }
        if let Some(usage) = usage
            && self.usage.replace(usage) != Some(usage)
        {
            out.push(Event::Usage(usage));
        }
        Ok(())
    }

    fn start(&mut self, chunk: &mut Fields, usage: Option<Counts>, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if !self.has_started {
            self.has_started = true;
            self.usage = usage;
            out.push(Event::Start {
                id: chunk.string("responseId")?.unwrap_or_default(),
                model: chunk.string("modelVersion")?.unwrap_or_default(),
                usage,
            });
        }
        Ok(())
    }

    fn candidate(&mut self, mut value: Fields, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let index = index(&mut value)?;
        while self.candidates.len() <= index {
            self.candidates.push(Candidate::default());
        }
        let Some(candidate) = self.candidates.get_mut(index) else {
            return Ok(());
        };
        let choice = u32::try_from(index).unwrap_or(u32::MAX);
        if candidate.has_finished {
            return Ok(());
        }
        if let Some(mut content) = value.take("content") {
            for part in parse::list(&mut content, "parts")? {
                match piece(Fields::new(part, Place::root())?)? {
                    None => {}
                    Some(Piece::Image(_)) => {
                        self.fail(out);
                        return Ok(());
                    }
                    Some(Piece::Call(mut call)) => {
                        call.name_it(&mut self.calls, &self.context);
                        candidate.call(choice, call, out);
                    }
                    Some(Piece::Thought(text)) => {
                        candidate.tells_thoughts = true;
                        candidate.grow(choice, Open::Thinking, text, out);
                    }
                    Some(Piece::Text { text, signature }) => {
                        candidate.has_text |= !text.is_empty();
                        candidate.grow(choice, Open::Text, text, out);
                        candidate.sign(choice, signature, out);
                    }
                }
            }
        }
        candidate.cite(choice, &mut value, out);
        let Some(reason) = value.string("finishReason")? else {
            return Ok(());
        };
        match ended(Some(&reason), candidate.has_calls, candidate.has_text) {
            Some(finish) => candidate.finish(choice, finish, out),
            None => self.fail(out),
        }
        Ok(())
    }

    fn fail(&mut self, out: &mut Vec<Event>) {
        out.push(Event::Error(StreamError::Failed));
        self.has_ended = true;
    }
}

impl ReadEvents for Reader {
    fn read(&mut self, _name: &str, data: &str, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_ended {
            return Ok(());
        }
        let chunk = parse::object(data)?;
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            out.push(Event::Error(failure(error)));
            self.has_ended = true;
            return Ok(());
        }
        self.chunk(chunk, out)
    }

    fn end(&mut self, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_ended {
            return Ok(());
        }
        if self.candidates.is_empty() || self.candidates.iter().any(|candidate| !candidate.has_finished) {
            return Err(cut());
        }
        self.has_ended = true;
        out.push(Event::End);
        Ok(())
    }
}

// === impl Candidate ===

impl Candidate {
    /// Adds words to the part under way, or to a new one if that is of another kind.
    fn grow(&mut self, choice: u32, kind: Open, text: String, out: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        if self.open != Some(kind) {
            self.close(choice, out);
            let start = match kind {
                Open::Text => PartStart::Text,
                Open::Thinking => PartStart::Thinking,
            };
            self.open(choice, start, out);
            self.open = Some(kind);
        }
        self.push(choice, Delta::Text(text), out);
    }

    /// Thoughts without words, which carry the signature of what came before.
    fn sign(&mut self, choice: u32, signature: Option<String>, out: &mut Vec<Event>) {
        if let Some(signature) = signature.filter(|_| self.tells_thoughts) {
            self.close(choice, out);
            self.open(choice, PartStart::Thinking, out);
            self.open = Some(Open::Thinking);
            self.push(choice, Delta::Signature(signature), out);
            self.close(choice, out);
        }
    }

    fn call(&mut self, choice: u32, call: Call, out: &mut Vec<Event>) {
        self.close(choice, out);
        let start = PartStart::ToolCall {
            id: call.id,
            name: call.name,
            signature: call.signature,
        };
        self.open(choice, start, out);
        self.push(choice, Delta::Arguments(call.arguments), out);
        let part = self.parts.saturating_sub(1);
        out.push(Event::PartEnd { choice, part });
        self.has_calls = true;
    }

    /// Citations of a text that is still under way; Gemini tells them with its last words.
    fn cite(&mut self, choice: u32, value: &mut Fields, out: &mut Vec<Event>) {
        if self.open == Some(Open::Text) {
            for citation in citations(value, Spans::Unknown) {
                self.push(choice, Delta::Citation(Box::new(citation)), out);
            }
        }
    }

    fn finish(&mut self, choice: u32, finish: Finish, out: &mut Vec<Event>) {
        self.close(choice, out);
        self.has_finished = true;
        out.push(Event::Finish { choice, finish });
    }

    fn open(&mut self, choice: u32, start: PartStart, out: &mut Vec<Event>) {
        let part = self.parts;
        self.parts = self.parts.saturating_add(1);
        out.push(Event::PartStart { choice, part, start });
    }

    fn push(&self, choice: u32, delta: Delta, out: &mut Vec<Event>) {
        let part = self.parts.saturating_sub(1);
        out.push(Event::PartDelta { choice, part, delta });
    }

    fn close(&mut self, choice: u32, out: &mut Vec<Event>) {
        if self.open.take().is_some() {
            let part = self.parts.saturating_sub(1);
            out.push(Event::PartEnd { choice, part });
        }
    }
}

/// Gemini leaves out the number of the first.
fn index(candidate: &mut Fields) -> Result<usize, BodyError> {
    let Some(value) = candidate.take("index") else {
        return Ok(0);
    };
    match value.as_u64().and_then(|index| usize::try_from(index).ok()) {
        Some(index) if index < MAX_CANDIDATES => Ok(index),
        _ => Err(wrong_type(&candidate.place_of("index"), "a small number", &value)),
    }
}

/// What kind of failure Gemini tells of: <https://ai.google.dev/gemini-api/docs/troubleshooting>.
fn failure(error: &Value) -> StreamError {
    let status = error.get("status").and_then(Value::as_str).unwrap_or_default();
    match (status, error.get("code").and_then(Value::as_u64)) {
        ("UNAVAILABLE", _) | (_, Some(503)) => StreamError::Overloaded,
        ("RESOURCE_EXHAUSTED", _) | (_, Some(429)) => StreamError::Limited,
        _ => StreamError::Failed,
    }
}
