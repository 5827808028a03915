//! To OpenAI's responses: <https://platform.openai.com/docs/api-reference/responses-streaming>.
//!
//! The last event has the whole response, the same that [`answer::to_responses`](crate::convert::answer::to_responses)
//! writes, so what has been streamed is kept until then.

use serde_json::{Value, json};

use self::output::{Item, Kind, Output};
use super::{Collector, lines};
use crate::convert::{
    Context,
    answer::to_responses::{self as whole, State, item},
    neutral::{Content, Delta, Event, PartStart},
};

mod output;

/// Writes events. Of several choices it is the first.
#[derive(Clone, Debug)]
pub struct Writer {
    output: Output,
    collector: Collector,
    items: Vec<Item>,
    /// The item of each part, and its number in there.
    places: Vec<(usize, usize)>,
    is_finished: bool,
}

// === impl Writer ===

impl Writer {
    /// A writer at the start of a stream.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self {
            output: Output::new(context),
            collector: Collector::default(),
            items: Vec::new(),
            places: Vec::new(),
            is_finished: false,
        }
    }

    /// The number of the event that would come next.
    #[must_use]
    pub const fn next_number(&self) -> u64 {
        self.output.next_number()
    }

    /// Writes what an event comes to.
    pub fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start { .. } => {
                self.collector.push(event);
                self.start(out);
            }
            Event::PartStart { choice: 0, part, start } => {
                if !self.is_finished && self.places.len() as u64 == u64::from(*part) {
                    self.collector.push(event);
                    self.start_part(*part, start, out);
                }
            }
            Event::PartDelta { choice: 0, part, delta } => {
                let is_first = self.is_empty(*part);
                self.collector.push(event);
                self.grow(*part, delta, is_first, out);
            }
            Event::PartEnd { choice: 0, part } => self.end_part(*part, out),
            Event::Finish { choice: 0, finish } => {
                self.collector.push(event);
                self.finish(State::of(finish, self.collector.parts(0)), out);
            }
            Event::Usage(_) => self.collector.push(event),
            Event::Ping => out.extend_from_slice(lines::COMMENT),
            Event::End => self.end(out),
            // Choices that nobody can ask for in this dialect; and what went wrong, which the forwarder says.
            Event::PartStart { .. }
            | Event::PartDelta { .. }
            | Event::PartEnd { .. }
            | Event::Finish { .. }
            | Event::Error(_) => {}
        }
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        let head = self.collector.head();
        let response = whole::response(State::InProgress, Vec::new(), None, head, &self.output.context);
        for kind in ["response.created", "response.in_progress"] {
            self.output.event(out, kind, json!({"response": response}));
        }
    }

    fn start_part(&mut self, number: u32, start: &PartStart, out: &mut Vec<u8>) {
        let kind = match start {
            PartStart::Text | PartStart::Refusal => Kind::Message,
            PartStart::Thinking | PartStart::RedactedThinking { .. } => Kind::Reasoning,
            PartStart::ToolCall { signature, .. } => {
                if let Some(signature) = signature {
                    self.supersede(out);
                    let signed = item::signature_item(self.items.len(), signature, &self.output.context);
                    self.items.push(self.output.whole_item(out, self.items.len(), &signed));
                }
                Kind::Call
            }
        };
        let is_more = kind == Kind::Message && self.items.last().is_some_and(Item::takes_more);
        if !is_more {
            self.supersede(out);
        }
        let Some(part) = self.collector.part(0, number) else {
            return;
        };
        if !is_more {
            let item = self.output.begin_item(out, self.items.len(), kind, part);
            self.items.push(item);
        }
        let last = self.items.len().saturating_sub(1);
        if let Some(item) = self.items.last_mut() {
            self.places.push((last, item.parts.len()));
            item.parts.push(number);
            item.open += 1;
            if kind == Kind::Message {
                let position = item.parts.len().saturating_sub(1);
                self.output
                    .content_part(out, "response.content_part.added", item, position, part);
            }
        }
    }

    /// The last item is no longer the last: nothing is added to it, and once its parts are whole it is, too.
    fn supersede(&mut self, out: &mut Vec<u8>) {
        if let Some(item) = self.items.last_mut() {
            item.is_superseded = true;
            if item.open == 0 {
                self.output.end_item(out, item, State::Completed, &self.collector);
            }
        }
    }

    fn grow(&mut self, part: u32, delta: &Delta, is_first: bool, out: &mut Vec<u8>) {
        let Some((item, position)) = place(&self.items, &self.places, part) else {
            return;
        };
        let content = self.collector.part(0, part).map(|part| &part.content);
        match (content, delta) {
            (Some(Content::Text { .. }), Delta::Text(text)) => {
                self.output
                    .text_delta(out, "response.output_text.delta", item, Some(position), text);
            }
            (Some(Content::Refusal(_)), Delta::Text(text)) => {
                self.output
                    .text_delta(out, "response.refusal.delta", item, Some(position), text);
            }
            (Some(Content::Thinking { .. }), Delta::Text(text)) if !text.is_empty() => {
                if is_first {
                    self.output
                        .summary(out, "response.reasoning_summary_part.added", item, "part", &summary(""));
                }
                self.output
                    .text_delta(out, "response.reasoning_summary_text.delta", item, None, text);
            }
            (Some(Content::ToolCall { .. }), Delta::Arguments(text)) => {
                self.output
                    .text_delta(out, "response.function_call_arguments.delta", item, None, text);
            }
            // Told with the end of their part, or item.
            _ => {}
        }
    }

    fn end_part(&mut self, number: u32, out: &mut Vec<u8>) {
        let Some((item, position)) = place(&self.items, &self.places, number) else {
            return;
        };
        let Some(part) = self.collector.part(0, number) else {
            return;
        };
        self.output.end_part(out, item, position, part);
        let index = item.number;
        if let Some(item) = self.items.get_mut(index) {
            item.open = item.open.saturating_sub(1);
            if item.is_superseded && item.open == 0 {
                self.output.end_item(out, item, State::Completed, &self.collector);
            }
        }
    }

    fn finish(&mut self, state: State, out: &mut Vec<u8>) {
        self.is_finished = true;
        let last = self.items.len().saturating_sub(1);
        for (number, item) in self.items.iter_mut().enumerate() {
            let state = if number == last { state } else { State::Completed };
            self.output.end_item(out, item, state, &self.collector);
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.is_finished {
            self.finish(State::Completed, out);
        }
        let answer = std::mem::take(&mut self.collector).into_answer();
        let response = whole::write(&answer, &self.output.context);
        let kind = match response.get("status").and_then(Value::as_str) {
            Some("incomplete") => "response.incomplete",
            _ => "response.completed",
        };
        self.output.event(out, kind, json!({"response": response}));
    }

    /// Whether a part of thoughts has said nothing yet.
    fn is_empty(&self, part: u32) -> bool {
        let part = self.collector.part(0, part);
        part.is_some_and(|part| matches!(&part.content, Content::Thinking { text, .. } if text.is_empty()))
    }
}

/// The item of a part, and the part's number in there.
fn place<'a>(items: &'a [Item], places: &[(usize, usize)], part: u32) -> Option<(&'a Item, usize)> {
    let (item, position) = places.get(usize::try_from(part).ok()?)?;
    Some((items.get(*item)?, *position))
}

fn summary(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}
