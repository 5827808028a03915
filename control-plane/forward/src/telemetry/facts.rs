//! What an answer says about itself, in the dialect that the client gets it in.

use bartizan_verdict::Endpoint;
use bartizan_wire::json::{JsonError, Reader, Token};
use memchr::memmem;

use crate::sse;

/// Longer names and ids than this are not told.
const LONGEST: usize = 256;
/// An answer of many choices gives as many reasons.
const MOST_REASONS: usize = 16;

/// What an answer says about itself; nothing of what it says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) id: Option<String>,
    pub(super) model: Option<String>,
    pub(super) finish_reasons: Vec<String>,
}

impl Facts {
    /// Takes note of a whole answer.
    pub(super) fn note_answer(&mut self, endpoint: Endpoint, body: &[u8]) {
        // What is not JSON says nothing.
        let _ = self.read(endpoint, body);
    }

    /// Takes note of events that the client gets.
    pub(super) fn note_events(&mut self, endpoint: Endpoint, events: &[u8]) {
        // Most events are text, and say nothing about the answer.
        let marks: &[&[u8]] = match endpoint {
            Endpoint::Responses => &[
                b"\"response.completed\"",
                b"\"response.incomplete\"",
                b"\"response.failed\"",
                b"\"response.cancelled\"",
            ],
            Endpoint::Messages => &[b"\"stop_reason\":\"", b"\"stop_reason\": \""],
            _ => &[b"\"finish_reason\":\"", b"\"finish_reason\": \""],
        };
        let is_known = self.id.is_some() && self.model.is_some();
        if is_known && !marks.iter().any(|mark| memmem::find(events, mark).is_some()) {
            return;
        }
        for event in sse::events(events) {
            for line in event.split(|byte| *byte == b'\n') {
                if let Some(data) = line.strip_prefix(b"data:") {
                    let _ = self.read(endpoint, data.trim_ascii());
                }
            }
        }
    }

    fn read(&mut self, endpoint: Endpoint, data: &[u8]) -> Result<(), JsonError> {
        let mut reader = Reader::new(data)?;
        // What the object at depth 2 is called.
        let mut is_about_answer = false;
        let mut is_choices = false;
        while let Some(token) = reader.read()? {
            let Token::Key(key) = token else { continue };
            let name = key.decode();
            let depth = reader.depth();
            if depth == 1 {
                is_about_answer = matches!(&*name, "response" | "message" | "delta");
                is_choices = name == "choices";
            }
            let is_here = depth == 1 || (depth == 2 && is_about_answer);
            let slot = match &*name {
                "id" if is_here => &mut self.id,
                "model" if is_here => &mut self.model,
                "stop_reason" if is_here => {
                    self.reason(text(&mut reader)?);
                    continue;
                }
                "status" if is_here && endpoint == Endpoint::Responses => {
                    // While it is under way it has no reason to end.
                    self.reason(text(&mut reader)?.filter(|status| status != "in_progress" && status != "queued"));
                    continue;
                }
                "finish_reason" if depth == 3 && is_choices => {
                    self.reason(text(&mut reader)?);
                    continue;
                }
                _ => continue,
            };
            if let Some(value) = text(&mut reader)?.filter(|_| slot.is_none()) {
                *slot = Some(value);
            }
        }
        Ok(())
    }

    fn reason(&mut self, reason: Option<String>) {
        if let Some(reason) = reason
            && self.finish_reasons.len() < MOST_REASONS
        {
            self.finish_reasons.push(reason);
        }
    }
}

/// The value that comes next, if it is a short text.
fn text(reader: &mut Reader<'_>) -> Result<Option<String>, JsonError> {
    Ok(match reader.read()? {
        Some(Token::String(value)) => {
            Some(value.decode().into_owned()).filter(|value| !value.is_empty() && value.len() <= LONGEST)
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(id: &str, model: &str, reasons: &[&str]) -> Facts {
        Facts {
            id: Some(id.to_owned()),
            model: Some(model.to_owned()),
            finish_reasons: reasons.iter().map(|reason| (*reason).to_owned()).collect(),
        }
    }

    #[test]
    fn whole_answers_say_who_they_are() {
        let table = [
            (
                Endpoint::ChatCompletions,
                r#"{"id":"c-1","model":"gpt","choices":[
                    {"message":{"content":"hi","tool_calls":[{"id":"t","function":{"name":"finish_reason"}}]},"finish_reason":"stop"},
                    {"finish_reason":"length"}]}"#,
                facts("c-1", "gpt", &["stop", "length"]),
            ),
            (
                Endpoint::Messages,
                r#"{"id":"m-1","content":[{"type":"tool_use","id":"t","input":{"model":"x"}}],"model":"claude","stop_reason":"end_turn"}"#,
                facts("m-1", "claude", &["end_turn"]),
            ),
            (
                Endpoint::Responses,
                r#"{"id":"r-1","model":"gpt","status":"completed","output":[{"id":"o","status":"completed"}]}"#,
                facts("r-1", "gpt", &["completed"]),
            ),
            (Endpoint::ChatCompletions, r#"{"id":7"#, Facts::default()),
        ];
        for (endpoint, body, expected) in table {
            let mut facts = Facts::default();
            facts.note_answer(endpoint, body.as_bytes());
            assert_eq!(facts, expected, "{body}");
        }
    }

    #[test]
    fn streams_say_who_they_are() {
        let table: [(_, &[&str], _); 5] = [
            (
                Endpoint::ChatCompletions,
                &[
                    r#"{"id":"c-1","model":"gpt","choices":[{"delta":{"content":"a"},"finish_reason":null}]}"#,
                    r#"{"id":"c-2","model":"other","choices":[{"delta":{},"finish_reason":"stop"}]}"#,
                    "[DONE]",
                ],
                facts("c-1", "gpt", &["stop"]),
            ),
            (
                Endpoint::Messages,
                &[
                    r#"{"type":"message_start","message":{"id":"m-1","model":"claude","stop_reason":null}}"#,
                    r#"{"type":"content_block_start","content_block":{"id":"t","type":"tool_use"}}"#,
                    r#"{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"#,
                ],
                facts("m-1", "claude", &["tool_use"]),
            ),
            (
                Endpoint::Responses,
                &[
                    r#"{"type":"response.created","response":{"id":"r-1","model":"gpt","status":"in_progress"}}"#,
                    r#"{"type":"response.output_item.added","item":{"id":"i","status":"in_progress"}}"#,
                    r#"{"type":"response.completed","response":{"id":"r-1","model":"gpt","status":"completed"}}"#,
                ],
                facts("r-1", "gpt", &["completed"]),
            ),
            (
                Endpoint::Responses,
                &[
                    r#"{"type":"response.created","response":{"id":"r-1","model":"gpt","status":"queued"}}"#,
                    r#"{"type":"response.failed","response":{"id":"r-1","model":"gpt","status":"failed"}}"#,
                ],
                facts("r-1", "gpt", &["failed"]),
            ),
            (
                Endpoint::Messages,
                &[
                    r#"{"type": "message_start", "message": {"id": "m-1", "model": "claude"}}"#,
                    r#"{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}"#,
                ],
                facts("m-1", "claude", &["end_turn"]),
            ),
        ];
        for (endpoint, events, expected) in table {
            let mut facts = Facts::default();
            for event in events {
                facts.note_events(endpoint, format!("data: {event}\n\n").as_bytes());
            }
            assert_eq!(facts, expected, "{endpoint:?}");
        }
    }
}
