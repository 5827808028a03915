//! Streams of Anthropic's messages.
//!
//! Blocks of tools that run with the provider are passed over, as in whole answers. The kind of an event is what its
//! data says; its name is not read. A stream without `message_stop` was cut.

use serde_json::Value;

use super::{ReadEvents, cut, parse};
use crate::BodyError;
use crate::convert::answer::from_messages::{Report, citation, explanation, finish};
use crate::convert::fields::wrong_type;
use crate::convert::neutral::{Counts, Delta, Event, Finish, PartStart, Place};

/// Reads a stream of messages.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    /// Blocks under way, by Anthropic's number and ours; `None` for those passed over.
    open: Vec<(u64, Option<u32>)>,
    parts: u32,
    report: Report,
    usage: Option<Counts>,
    has_started: bool,
    has_finished: bool,
    has_ended: bool,
}

// === impl Reader ===

impl ReadEvents for Reader {
    fn read(&mut self, _name: &str, data: &str, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_ended {
            return Ok(());
        }
        let mut event = parse::object(data)?;
        let kind = parse::string(&mut event, "type")?.unwrap_or_default();
        match kind.as_str() {
            "ping" => out.push(Event::Ping),
            "error" => {
                self.has_ended = true;
                out.push(Event::Error(parse::failure(event.get("error").unwrap_or(&Value::Null))));
            }
            "message_start" => self.start(event, out)?,
            "content_block_start" | "content_block_delta" | "content_block_stop" | "message_delta" | "message_stop"
                if !self.has_started =>
            {
                return Err(missing("$.message"));
            }
            "content_block_start" => self.begin(event, out)?,
            "content_block_delta" => self.grow(event, out)?,
            "content_block_stop" => self.close(&event, out)?,
            "message_delta" => self.message(event, out)?,
            "message_stop" => self.stop(out),
            "" => return Err(missing("$.type")),
            // New kinds of events may come at any time, says Anthropic's page on versions.
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_ended { Ok(()) } else { Err(cut()) }
    }
}

impl Reader {
    fn start(&mut self, mut event: Value, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let mut message = match event.get_mut("message").map(Value::take) {
            Some(message @ Value::Object(_)) => message,
            _ => return Err(missing("$.message")),
        };
        if !self.has_started {
            self.has_started = true;
            self.usage = message.get("usage").and_then(|usage| self.report.read(usage));
            out.push(Event::Start {
                id: parse::string(&mut message, "id")?.unwrap_or_default(),
                model: parse::string(&mut message, "model")?.unwrap_or_default(),
                usage: self.usage,
            });
        }
        Ok(())
    }

    fn begin(&mut self, mut event: Value, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let index = index(&event)?;
        let mut block = match event.get_mut("content_block").map(Value::take) {
            Some(block @ Value::Object(_)) => block,
            _ => return Err(missing("$.content_block")),
        };
        let kind = parse::string(&mut block, "type")?.unwrap_or_default();
        let (start, first) = match kind.as_str() {
            "text" => (PartStart::Text, text(&mut block, "text")?),
            "thinking" => (PartStart::Thinking, text(&mut block, "thinking")?),
            "redacted_thinking" => {
                let data = parse::string(&mut block, "data")?.unwrap_or_default();
                (PartStart::RedactedThinking { data }, None)
            }
            "tool_use" => {
                let input = block.get_mut("input").map(Value::take);
                let id = parse::string(&mut block, "id")?.ok_or_else(|| missing("$.content_block.id"))?;
                let name = parse::string(&mut block, "name")?.ok_or_else(|| missing("$.content_block.name"))?;
                // Empty, and followed by pieces; some compatible servers give it whole.
                let whole = input.filter(|input| input.as_object().is_some_and(|members| !members.is_empty()));
                let first = whole.map(|input| Delta::Arguments(input.to_string()));
                (
                    PartStart::ToolCall {
                        id,
                        name,
                        signature: None,
                    },
                    first,
                )
            }
            _ => {
                self.open.push((index, None));
                return Ok(());
            }
        };
        // What comes after its end is no part of the answer.
        if self.has_finished {
            self.open.push((index, None));
            return Ok(());
        }
        let part = self.part(start, out);
        self.open.push((index, Some(part)));
        if let Some(delta) = first {
            out.push(Event::PartDelta { choice: 0, part, delta });
        }
        Ok(())
    }

    fn part(&mut self, start: PartStart, out: &mut Vec<Event>) -> u32 {
        let part = self.parts;
        self.parts = self.parts.saturating_add(1);
        out.push(Event::PartStart { choice: 0, part, start });
        part
    }

    fn grow(&mut self, mut event: Value, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let index = index(&event)?;
        let Some((_, part)) = self.open.iter().find(|(open, _)| *open == index) else {
            return Err(missing("$.content_block"));
        };
        let mut delta = match event.get_mut("delta").map(Value::take) {
            Some(delta @ Value::Object(_)) => delta,
            _ => return Err(missing("$.delta")),
        };
        let Some(part) = *part else {
            return Ok(());
        };
        let kind = parse::string(&mut delta, "type")?.unwrap_or_default();
        let delta = match kind.as_str() {
            "text_delta" => text(&mut delta, "text")?,
            "thinking_delta" => text(&mut delta, "thinking")?,
            "input_json_delta" => filled(parse::string(&mut delta, "partial_json")?).map(Delta::Arguments),
            "signature_delta" => filled(parse::string(&mut delta, "signature")?).map(Delta::Signature),
            "citations_delta" => {
                let raw = delta.get_mut("citation").map(Value::take);
                raw.map(|raw| Delta::Citation(Box::new(citation(raw))))
            }
            _ => None,
        };
        out.extend(delta.map(|delta| Event::PartDelta { choice: 0, part, delta }));
        Ok(())
    }

    fn close(&mut self, event: &Value, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let index = index(event)?;
        let Some(position) = self.open.iter().position(|(open, _)| *open == index) else {
            return Err(missing("$.content_block"));
        };
        let (_, part) = self.open.remove(position);
        out.extend(part.map(|part| Event::PartEnd { choice: 0, part }));
        Ok(())
    }

    fn message(&mut self, mut event: Value, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let usage = event.get("usage").and_then(|usage| self.report.read(usage));
        if let Some(mut delta) = event.get_mut("delta").map(Value::take) {
            let reason = parse::string(&mut delta, "stop_reason")?;
            let sequence = parse::string(&mut delta, "stop_sequence")?;
            if reason.is_some() {
                let words = delta.get_mut("stop_details").map(Value::take).and_then(explanation);
                self.finish(finish(reason.as_deref(), sequence), words, out);
            }
        }
        if let Some(usage) = usage
            && self.usage.replace(usage) != Some(usage)
        {
            out.push(Event::Usage(usage));
        }
        Ok(())
    }

    fn finish(&mut self, finish: Finish, refusal: Option<String>, out: &mut Vec<Event>) {
        if self.has_finished {
            return;
        }
        self.has_finished = true;
        let left = self.open.drain(..).filter_map(|(_, part)| part);
        out.extend(left.map(|part| Event::PartEnd { choice: 0, part }));
        if let Some(words) = refusal.filter(|_| finish == Finish::Refusal) {
            let part = self.part(PartStart::Refusal, out);
            let delta = Delta::Text(words);
            out.push(Event::PartDelta { choice: 0, part, delta });
            out.push(Event::PartEnd { choice: 0, part });
        }
        out.push(Event::Finish { choice: 0, finish });
    }

    fn stop(&mut self, out: &mut Vec<Event>) {
        self.finish(Finish::Stop, None, out);
        self.has_ended = true;
        out.push(Event::End);
    }
}

fn index(event: &Value) -> Result<u64, BodyError> {
    match event.get("index") {
        None => Ok(0),
        Some(value) => match value.as_u64() {
            Some(index) => Ok(index),
            None => Err(wrong_type(&Place::root().member("index"), "a whole number", value)),
        },
    }
}

fn text(object: &mut Value, name: &'static str) -> Result<Option<Delta>, BodyError> {
    Ok(filled(parse::string(object, name)?).map(Delta::Text))
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn missing(path: &str) -> BodyError {
    BodyError::Missing {
        path: path.to_owned(),
        expected: "an event of a message",
    }
}
