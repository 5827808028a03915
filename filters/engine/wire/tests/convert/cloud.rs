//! Gemini and Bedrock: what is written to them, lost on the way, and read from them.

use bartizan_wire::convert::neutral::{Answer, Event};
use bartizan_wire::convert::stream::{ReadEvents, from_converse, from_gemini};
use bartizan_wire::convert::{Context, Losses, request};
use serde_json::Value;

use crate::gather::{Ended, gather};

mod answers;
mod embeddings;
mod properties;
mod requests;
mod streams;

/// The context of a request.
fn context() -> Context {
    Context {
        model: "m".to_owned(),
        id: "0a1b-2c3d".to_owned(),
        ..Context::default()
    }
}

/// What a client's chat completion becomes at a model of Gemini's, and what it loses.
fn to_gemini(body: Value, model: &str) -> (Value, String) {
    let mut losses = Losses::default();
    let request = request::from_chat::read(body, &mut losses).unwrap();
    let body = request::to_gemini::write(&request, model, &mut losses);
    (body, losses.to_string())
}

/// What a client's chat completion becomes at a model of Bedrock's, and what it loses.
fn to_converse(body: Value, model: &str) -> (Value, String) {
    let mut losses = Losses::default();
    let request = request::from_chat::read(body, &mut losses).unwrap();
    let body = request::to_converse::write(&request, model, &mut losses);
    (body, losses.to_string())
}

/// Reads a stream of Gemini's.
fn gemini(events: &[Value]) -> Result<Ended, String> {
    let mut reader = from_gemini::Reader::new(context());
    let mut out = Vec::new();
    for event in events {
        reader
            .read("message", &event.to_string(), &mut out)
            .map_err(|error| error.to_string())?;
    }
    reader.end(&mut out).map_err(|error| error.to_string())?;
    Ok(gather(out))
}

/// Reads a stream of Bedrock's: names and payloads.
fn converse(events: &[(&str, Value)]) -> Result<Ended, String> {
    let mut reader = from_converse::Reader::default();
    let mut out = Vec::new();
    for (name, event) in events {
        reader
            .read(name, &event.to_string(), &mut out)
            .map_err(|error| error.to_string())?;
    }
    reader.end(&mut out).map_err(|error| error.to_string())?;
    Ok(gather(out))
}

fn whole(answer: Answer) -> Result<Ended, String> {
    Ok(Ended::Whole(answer))
}

/// Reads whatever comes, up to what is refused.
fn feed(mut reader: impl ReadEvents, events: &[(String, String)]) -> Vec<Event> {
    let mut out = Vec::new();
    for (name, data) in events {
        if reader.read(name, data, &mut out).is_err() {
            return out;
        }
    }
    let _ = reader.end(&mut out);
    out
}
