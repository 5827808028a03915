use serde_json::Value;

use super::parse;
use crate::BodyError;
use crate::convert::answer::from_chat::{annotations, arguments_text, call_id, finish, stopped_at};
use crate::convert::fields::wrong_type;
use crate::convert::neutral::{Delta, Event, PartStart, Place};
use crate::json::{JsonError, Reader};

/// The most calls of one answer; more are garbage.
const MAX_CALLS: usize = 1_024;

/// One answer under way.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    number: u32,
    parts: u32,
    open: Option<(Kind, u32)>,
    calls: Vec<Call>,
    has_finished: bool,
}

/// What grows one piece after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Thinking,
}

#[derive(Clone, Debug)]
struct Call {
    index: Option<u64>,
    id: Option<String>,
    part: u32,
    /// As far as they came.
    arguments: String,
    is_open: bool,
}

// === impl Choice ===

impl Choice {
    pub(super) fn new(number: usize) -> Self {
        Self {
            number: u32::try_from(number).unwrap_or(u32::MAX),
            parts: 0,
            open: None,
            calls: Vec::new(),
            has_finished: false,
        }
    }

    /// Takes what a chunk has of this choice. What comes after its end is no part of the answer.
    pub(super) fn read(&mut self, mut value: Value, answer: &str, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_finished {
            return Ok(());
        }
        let mut delta = match value.get_mut("delta").map(Value::take) {
            None | Some(Value::Null) => Value::Null,
            Some(delta @ Value::Object(_)) => delta,
            Some(other) => return Err(wrong_type(&place("delta"), "an object", &other)),
        };
        let thoughts = match parse::string(&mut delta, "reasoning_content")? {
            Some(thoughts) if !thoughts.is_empty() => Some(thoughts),
            _ => parse::string(&mut delta, "reasoning")?,
        };
        self.grow(Kind::Thinking, thoughts, out);
        self.grow(Kind::Text, parse::string(&mut delta, "content")?, out);
        if let Some(pages) = delta.get_mut("annotations").map(Value::take) {
            for citation in annotations(pages) {
                let delta = Delta::Citation(Box::new(citation));
                let part = self.opened(Kind::Text, out);
                out.push(self.delta(part, delta));
            }
        }
        self.grow(Kind::Refusal, parse::string(&mut delta, "refusal")?, out);
        for call in parse::list(&mut delta, "tool_calls")? {
            self.call(call, answer, out)?;
        }
        if let Some(function) = delta.get_mut("function_call").map(Value::take).filter(Value::is_object) {
            self.function(None, None, function, answer, out)?;
        }
        if let Some(reason) = parse::string(&mut value, "finish_reason")?.filter(|reason| !reason.is_empty()) {
            self.finish_with(&reason, stopped_at(value.get("stop_reason")), out);
        }
        Ok(())
    }

    /// Ends a choice whose end nobody told.
    pub(super) fn finish(&mut self, out: &mut Vec<Event>) {
        if !self.has_finished {
            self.finish_with("", None, out);
        }
    }

    fn finish_with(&mut self, reason: &str, stop: Option<String>, out: &mut Vec<Event>) {
        let choice = self.number;
        self.close(out);
        let open = self.calls.iter().filter(|call| call.is_open);
        out.extend(open.map(|call| Event::PartEnd {
            choice,
            part: call.part,
        }));
        let finish = finish(reason, !self.calls.is_empty(), stop);
        out.push(Event::Finish { choice, finish });
        self.has_finished = true;
    }

    fn grow(&mut self, kind: Kind, text: Option<String>, out: &mut Vec<Event>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            let part = self.opened(kind, out);
            out.push(self.delta(part, Delta::Text(text)));
        }
    }

    const fn delta(&self, part: u32, delta: Delta) -> Event {
        let choice = self.number;
        Event::PartDelta { choice, part, delta }
    }

    /// The part of this kind that grows; another one ends.
    fn opened(&mut self, kind: Kind, out: &mut Vec<Event>) -> u32 {
        if let Some((open, part)) = self.open
            && open == kind
        {
            return part;
        }
        self.close(out);
        let part = self.begin(
            match kind {
                Kind::Text => PartStart::Text,
                Kind::Refusal => PartStart::Refusal,
                Kind::Thinking => PartStart::Thinking,
            },
            out,
        );
        self.open = Some((kind, part));
        part
    }

    fn begin(&mut self, start: PartStart, out: &mut Vec<Event>) -> u32 {
        let (choice, part) = (self.number, self.parts);
        self.parts = self.parts.saturating_add(1);
        out.push(Event::PartStart { choice, part, start });
        part
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some((_, part)) = self.open.take() {
            let choice = self.number;
            out.push(Event::PartEnd { choice, part });
        }
    }

    fn call(&mut self, mut call: Value, answer: &str, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let index = call.get("index").and_then(Value::as_u64);
        let id = parse::string(&mut call, "id")?.filter(|id| !id.is_empty());
        match call.get_mut("function").map(Value::take) {
            Some(function @ Value::Object(_)) => self.function(index, id, function, answer, out),
            None | Some(Value::Null) => Ok(()),
            Some(other) => Err(wrong_type(&place("delta.tool_calls.function"), "an object", &other)),
        }
    }

    /// Takes a piece of a call: of one that is under way, or of a new one if it names the tool.
    fn function(
        &mut self,
        index: Option<u64>,
        id: Option<String>,
        mut function: Value,
        answer: &str,
        out: &mut Vec<Event>,
    ) -> Result<(), BodyError> {
        let name = parse::string(&mut function, "name")?.filter(|name| !name.is_empty());
        let arguments = function
            .get_mut("arguments")
            .map(Value::take)
            .filter(|value| !value.is_null());
        let position = match (self.find(index, id.as_deref(), name.is_some()), name) {
            (Some(position), _) => position,
            (None, Some(_)) if self.calls.len() == MAX_CALLS => {
                let place = place("delta.tool_calls");
                return Err(wrong_type(&place, "fewer calls", &Value::Array(Vec::new())));
            }
            (None, Some(name)) => self.begin_call(index, id, name, answer, out),
            (None, None) => {
                return Err(BodyError::Missing {
                    path: place("delta.tool_calls.function.name").to_string(),
                    expected: "a string",
                });
            }
        };
        self.grow_call(position, arguments_text(arguments), out)
    }

    /// Begins a call, and ends those before it that are whole: servers that stream parallel calls by turns are rare, and
    /// clients like one part after the other.
    fn begin_call(
        &mut self,
        index: Option<u64>,
        id: Option<String>,
        name: String,
        answer: &str,
        out: &mut Vec<Event>,
    ) -> usize {
        self.close(out);
        let choice = self.number;
        for call in self
            .calls
            .iter_mut()
            .filter(|call| call.is_open && is_whole(&call.arguments))
        {
            call.is_open = false;
            out.push(Event::PartEnd {
                choice,
                part: call.part,
            });
        }
        let position = self.calls.len();
        let told = id.clone().unwrap_or_else(|| call_id(answer, position));
        let start = PartStart::ToolCall {
            id: told,
            name,
            signature: None,
        };
        let part = self.begin(start, out);
        let arguments = String::new();
        self.calls.push(Call {
            index,
            id,
            part,
            arguments,
            is_open: true,
        });
        position
    }

    fn grow_call(&mut self, position: usize, more: String, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let choice = self.number;
        match self.calls.get_mut(position) {
            Some(call) if call.is_open && !more.is_empty() => {
                call.arguments.push_str(&more);
                let delta = Delta::Arguments(more);
                out.push(Event::PartDelta {
                    choice,
                    part: call.part,
                    delta,
                });
                Ok(())
            }
            Some(call) if call.is_open || more.trim().is_empty() => Ok(()),
            // More than JSON.
            _ => Err(wrong_type(
                &place("delta.tool_calls.function.arguments"),
                "JSON",
                &more.into(),
            )),
        }
    }

    /// The call that a piece belongs to.
    ///
    /// One with the same index, unless the piece names a tool and has an id of its own: some servers give all calls the
    /// same index. Without an index, one with the same id; without either, the last one, unless the piece names a tool.
    fn find(&self, index: Option<u64>, id: Option<&str>, is_named: bool) -> Option<usize> {
        let is_new = |call: &Call| is_named && id.is_some() && call.id.as_deref() != id;
        let mut calls = self.calls.iter();
        match (index, id) {
            (Some(_), _) => calls.rposition(|call| call.index == index && !is_new(call)),
            (None, Some(_)) => calls.rposition(|call| call.id.as_deref() == id),
            (None, None) if is_named => None,
            (None, None) => self.calls.len().checked_sub(1),
        }
    }
}

/// Whether arguments are JSON from end to end.
fn is_whole(arguments: &str) -> bool {
    let read = || {
        let mut reader = Reader::new(arguments.as_bytes())?;
        while reader.read()?.is_some() {}
        Ok::<(), JsonError>(())
    };
    read().is_ok()
}

/// A place in a choice.
fn place(name: &str) -> Place {
    Place::root().member("choices").member(name)
}
