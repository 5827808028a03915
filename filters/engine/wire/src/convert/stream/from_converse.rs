//! Streams of Amazon Bedrock's `ConverseStream`: the events within its frames.
//!
//! The name of an event is its type; that of an exception ends in `Exception`. Texts and thoughts begin with their first
//! words, as Bedrock announces calls only. A stream that did not come to `messageStop` was cut. No event has a place for a
//! picture: a stream that has one fails.

use super::{ReadEvents, cut, parse};
use crate::BodyError;
use crate::convert::answer::from_converse::{Ended, citation, counts, ended, sequence};
use crate::convert::fields::{Fields, wrong_type};
use crate::convert::neutral::{Delta, Event, PartStart, Place, StreamError};

/// Reads a stream of `ConverseStream`.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// Blocks under way, by Bedrock's number; `None` where none of ours has begun.
    open: Vec<(u64, Option<Open>)>,
    parts: u32,
    has_started: bool,
    has_finished: bool,
    has_ended: bool,
}

/// A part under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    kind: Kind,
    part: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    Redacted,
    Call,
}

// === impl Reader ===

impl ReadEvents for Reader {
    fn read(&mut self, name: &str, data: &str, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_ended {
            return Ok(());
        }
        if name.ends_with("Exception") {
            self.has_ended = true;
            out.push(Event::Error(failure(name)));
            return Ok(());
        }
        let mut event = Fields::new(parse::object(data)?, Place::root())?;
        if !self.has_started {
            self.has_started = true;
            out.push(Event::Start {
                id: String::new(),
                model: String::new(),
                usage: None,
            });
        }
        match name {
            "contentBlockStart" => self.begin(event, out),
            "contentBlockDelta" => self.grow(event, out),
            "contentBlockStop" => {
                let index = index(&mut event)?;
                self.close(index, out);
                Ok(())
            }
            "messageStop" => self.stop(event, out),
            "metadata" => {
                if let Some(usage) = event.take("usage").as_ref().and_then(counts) {
                    out.push(Event::Usage(usage));
                }
                Ok(())
            }
            // `messageStart` says nothing more, and new kinds of events may come at any time.
            _ => Ok(()),
        }
    }

    fn end(&mut self, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_ended {
            return Ok(());
        }
        if !self.has_finished {
            return Err(cut());
        }
        self.has_ended = true;
        out.push(Event::End);
        Ok(())
    }
}

impl Reader {
    fn begin(&mut self, mut event: Fields, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let index = index(&mut event)?;
        self.close(index, out);
        let start = event.object("start")?;
        let call = match start {
            Some(mut start) => start.object("toolUse")?,
            None => None,
        };
        let open = match call {
            Some(mut call) => {
                let start = PartStart::ToolCall {
                    id: call.required_string("toolUseId")?,
                    name: call.required_string("name")?,
                    signature: None,
                };
                Some(self.open(Kind::Call, start, out))
            }
            None => None,
        };
        self.open.push((index, open));
        Ok(())
    }

    fn grow(&mut self, mut event: Fields, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let index = index(&mut event)?;
        let Some(mut delta) = event.object("delta")? else {
            return Err(event.missing("delta", "an object"));
        };
        if let Some(text) = delta.string("text")? {
            self.add(index, Kind::Text, Delta::Text(text), out);
        } else if let Some(mut call) = delta.object("toolUse")? {
            let is_call = matches!(self.at(index), Some(open) if open.kind == Kind::Call);
            if !is_call {
                return Err(event.missing("start", "a call that begins"));
            }
            let input = call.string("input")?.unwrap_or_default();
            self.add(index, Kind::Call, Delta::Arguments(input), out);
        } else if let Some(mut reasoning) = delta.object("reasoningContent")? {
            if let Some(data) = reasoning.string("redactedContent")? {
                self.close(index, out);
                let open = self.open(Kind::Redacted, PartStart::RedactedThinking { data }, out);
                self.open.push((index, Some(open)));
            } else if let Some(text) = reasoning.string("text")? {
                self.add(index, Kind::Thinking, Delta::Text(text), out);
            } else if let Some(signature) = reasoning.string("signature")? {
                self.add(index, Kind::Thinking, Delta::Signature(signature), out);
            }
        } else if delta.take("image").is_some() {
            self.fail(out);
        } else if let Some(value) = delta.take("citation") {
            let citation = Box::new(citation(&value));
            self.add(index, Kind::Text, Delta::Citation(citation), out);
        }
        Ok(())
    }

    /// Adds to the part of a block, which begins if it has not.
    fn add(&mut self, index: u64, kind: Kind, delta: Delta, out: &mut Vec<Event>) {
        let says_nothing = matches!(&delta, Delta::Text(text) | Delta::Arguments(text) if text.is_empty());
        let open = match self.at(index) {
            Some(open) if open.kind == kind => open,
            _ if says_nothing => return,
            _ => {
                self.close(index, out);
                let start = match kind {
                    Kind::Thinking => PartStart::Thinking,
                    Kind::Text | Kind::Redacted | Kind::Call => PartStart::Text,
                };
                let open = self.open(kind, start, out);
                self.open.push((index, Some(open)));
                open
            }
        };
        if !says_nothing {
            let part = open.part;
            out.push(Event::PartDelta { choice: 0, part, delta });
        }
    }

    fn stop(&mut self, mut event: Fields, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_finished {
            return Ok(());
        }
        let sequence = sequence(event.take("additionalModelResponseFields").as_ref());
        let reason = event.string("stopReason")?;
        match ended(reason.as_deref(), sequence) {
            Ended::With(finish) => {
                while let Some((index, _)) = self.open.first() {
                    self.close(*index, out);
                }
                self.has_finished = true;
                out.push(Event::Finish { choice: 0, finish });
            }
            Ended::Failed => self.fail(out),
        }
        Ok(())
    }

    fn fail(&mut self, out: &mut Vec<Event>) {
        self.has_ended = true;
        out.push(Event::Error(StreamError::Failed));
    }

    fn at(&self, index: u64) -> Option<Open> {
        self.open.iter().find(|(number, _)| *number == index)?.1
    }

    fn open(&mut self, kind: Kind, start: PartStart, out: &mut Vec<Event>) -> Open {
        let part = self.parts;
        self.parts = self.parts.saturating_add(1);
        out.push(Event::PartStart { choice: 0, part, start });
        Open { kind, part }
    }

    fn close(&mut self, index: u64, out: &mut Vec<Event>) {
        if let Some(place) = self.open.iter().position(|(number, _)| *number == index)
            && let (_, Some(Open { part, .. })) = self.open.remove(place)
        {
            out.push(Event::PartEnd { choice: 0, part });
        }
    }
}

fn index(event: &mut Fields) -> Result<u64, BodyError> {
    match event.take("contentBlockIndex") {
        None => Ok(0),
        Some(value) => value
            .as_u64()
            .ok_or_else(|| wrong_type(&event.place_of("contentBlockIndex"), "a whole number", &value)),
    }
}

/// What kind of failure an exception is; the names are those of the API's reference.
fn failure(exception: &str) -> StreamError {
    match exception {
        "throttlingException" | "ThrottlingException" => StreamError::Limited,
        "serviceUnavailableException" | "ServiceUnavailableException" | "modelNotReadyException" => {
            StreamError::Overloaded
        }
        _ => StreamError::Failed,
    }
}
