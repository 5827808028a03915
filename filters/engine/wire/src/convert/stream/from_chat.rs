//! Streams of chat completions, of OpenAI and of servers compatible with it.
//!
//! Tolerated, as servers in use do it: chunks before the first that say nothing (Azure tells what its filters found);
//! thoughts as `reasoning_content` or `reasoning`; calls without an id or an index, or several at one index, and their
//! arguments whole or as an object; a reason to finish that is empty or never comes; usage in any chunk, or in none.
//! A stream without `[DONE]` was cut: every server in use sends it.

mod choice;

use serde_json::Value;

use self::choice::Choice;
use super::{ReadEvents, cut, parse};
use crate::BodyError;
use crate::convert::answer::from_chat::counts;
use crate::convert::fields::wrong_type;
use crate::convert::neutral::{Counts, Event, Place};

/// The most choices of a stream; more are garbage.
const MAX_CHOICES: usize = 128;

/// Reads a stream of chat completions.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    id: String,
    choices: Vec<Choice>,
    usage: Option<Counts>,
    has_started: bool,
    has_ended: bool,
}

// === impl Reader ===

impl ReadEvents for Reader {
    fn read(&mut self, _name: &str, data: &str, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_ended {
            return Ok(());
        }
        if data.trim() == "[DONE]" {
            return self.done(out);
        }
        let mut chunk = parse::object(data)?;
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            out.push(Event::Error(parse::failure(error)));
            self.has_ended = true;
            return Ok(());
        }
        if chunk.get("choices").is_none() && chunk.get("usage").is_none() {
            return Err(BodyError::Missing {
                path: "$.choices".to_owned(),
                expected: "an array",
            });
        }
        let choices = parse::list(&mut chunk, "choices")?;
        self.start(&mut chunk, !choices.is_empty(), out)?;
        for choice in choices {
            self.choice(choice, out)?;
        }
        if let Some(usage) = chunk.get("usage").and_then(counts)
            && self.usage.replace(usage) != Some(usage)
        {
            out.push(Event::Usage(usage));
        }
        Ok(())
    }

    fn end(&mut self, _out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_ended { Ok(()) } else { Err(cut()) }
    }
}

impl Reader {
    fn start(&mut self, chunk: &mut Value, is_due: bool, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if self.has_started || !is_due {
            return Ok(());
        }
        self.has_started = true;
        self.id = parse::string(chunk, "id")?.unwrap_or_default();
        out.push(Event::Start {
            id: self.id.clone(),
            model: parse::string(chunk, "model")?.unwrap_or_default(),
            usage: None,
        });
        Ok(())
    }

    fn choice(&mut self, value: Value, out: &mut Vec<Event>) -> Result<(), BodyError> {
        let index = match value.get("index").filter(|index| !index.is_null()) {
            None => 0,
            Some(index) => match index.as_u64().and_then(|index| usize::try_from(index).ok()) {
                Some(index) if index < MAX_CHOICES => index,
                _ => {
                    let place = Place::root().member("choices.index");
                    return Err(wrong_type(&place, "a small number", index));
                }
            },
        };
        while self.choices.len() <= index {
            self.choices.push(Choice::new(self.choices.len()));
        }
        match self.choices.get_mut(index) {
            Some(choice) => choice.read(value, &self.id, out),
            None => Ok(()),
        }
    }

    fn done(&mut self, out: &mut Vec<Event>) -> Result<(), BodyError> {
        if !self.has_started {
            return Err(BodyError::Missing {
                path: "$.choices".to_owned(),
                expected: "an array",
            });
        }
        for choice in &mut self.choices {
            choice.finish(out);
        }
        out.push(Event::End);
        self.has_ended = true;
        Ok(())
    }
}
