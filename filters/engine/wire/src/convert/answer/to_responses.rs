//! To OpenAI's responses: <https://platform.openai.com/docs/api-reference/responses/object>.
//!
//! Parts become items: texts that follow each other one message, thoughts a reasoning item whose `encrypted_content` is
//! their signature, a call of a tool one item. Items are numbered from 0, and their ids tell the number.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::id;
use crate::convert::{
    Context, Losses,
    neutral::{Answer, Content, Counts, Finish, Part, Place},
};

pub(in crate::convert) mod item;

/// Members of the request that the answer repeats, with what stands there where the request has none.
const REPEATED: [(&str, &str); 19] = [
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt_cache_key", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("safety_identifier", "null"),
    ("store", "false"),
    ("temperature", "1.0"),
    ("text", r#"{"format":{"type":"text"}}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_logprobs", "0"),
    ("top_p", "1.0"),
    ("truncation", r#""disabled""#),
    ("user", "null"),
];

/// Takes note of what the answer will repeat, for [`Context::request`], before the request is read.
#[must_use]
pub fn repeated(body: &Value) -> Map<String, Value> {
    let members = REPEATED.iter().filter_map(|(name, _)| {
        let value = body.get(name)?;
        Some(((*name).to_owned(), value.clone()))
    });
    members.collect()
}

/// Takes out of what the answer will repeat what the provider was not told, so that nothing seems to be heeded that was
/// not. `metadata` stays: it is the client's own, and the answer carries it as any other does.
pub fn forget(repeated: &mut Map<String, Value>, losses: &Losses) {
    let metadata = repeated.shift_remove("metadata");
    let around = losses.iter().flat_map(|loss| loss.place.around()).collect();
    prune(repeated, &Place::root(), losses, &around);
    repeated.extend(metadata.map(|metadata| ("metadata".to_owned(), metadata)));
}

/// Takes out the members that are lost; `around` are the places that have a loss somewhere in them.
fn prune(members: &mut Map<String, Value>, place: &Place, losses: &Losses, around: &HashSet<&str>) {
    members.retain(|name, value| is_kept(value, &place.member(name), losses, around));
}

fn is_kept(value: &mut Value, place: &Place, losses: &Losses, around: &HashSet<&str>) -> bool {
    if losses.has(place) {
        return false;
    }
    if around.contains(place.as_str()) {
        match value {
            // One of which nothing is left says what it does by default.
            Value::Object(members) => {
                prune(members, place, losses, around);
                return !members.is_empty();
            }
            Value::Array(items) => {
                let mut places = (0..).map(|number| place.item(number));
                items.retain_mut(|item| places.next().is_some_and(|place| is_kept(item, &place, losses, around)));
            }
            _ => {}
        }
    }
    true
}

/// Writes an answer as a response. Of several choices it is the first.
#[must_use]
pub fn write(answer: &Answer, context: &Context) -> Value {
    let choice = answer.choices.first();
    let parts = choice.map_or(&[][..], |choice| &choice.parts);
    let state = State::of(choice.map_or(&Finish::Stop, |choice| &choice.finish), parts);
    let output = item::items(parts, state, context);
    let usage = answer.usage.as_ref().map(usage);
    response(state, output, usage, answer, context)
}

/// How far a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::convert) enum State {
    InProgress,
    Completed,
    /// Cut short, for this reason.
    Incomplete(&'static str),
}

// === impl State ===

impl State {
    /// How an answer stands that ended so.
    pub(in crate::convert) fn of(finish: &Finish, parts: &[Part]) -> Self {
        match finish {
            Finish::Stop | Finish::StopSequence(_) | Finish::ToolCalls | Finish::Pause => Self::Completed,
            Finish::Length | Finish::ContextWindow => Self::Incomplete("max_output_tokens"),
            Finish::Refusal if parts.iter().any(|part| matches!(part.content, Content::Refusal(_))) => Self::Completed,
            Finish::Refusal | Finish::ContentFilter => Self::Incomplete("content_filter"),
        }
    }

    pub(in crate::convert) const fn word(self) -> &'static str {
        match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Incomplete(_) => "incomplete",
        }
    }
}

/// The object around the items.
pub(in crate::convert) fn response(
    state: State,
    output: Vec<Value>,
    usage: Option<Value>,
    answer: &Answer,
    context: &Context,
) -> Value {
    let details = match state {
        State::Incomplete(reason) => json!({"reason": reason}),
        State::InProgress | State::Completed => Value::Null,
    };
    let mut response = Map::new();
    let mut add = |name: &str, value: Value| response.insert(name.to_owned(), value);
    add("id", id::id("resp_", &answer.id, context).into());
    add("object", "response".into());
    add("created_at", answer.created.unwrap_or(context.now).into());
    add("status", state.word().into());
    add("error", Value::Null);
    add("incomplete_details", details);
    add("model", id::model(&answer.model, context).into());
    add("output", Value::Array(output));
    add("usage", usage.into());
    for (name, default) in REPEATED {
        let asked = context.request.as_ref().and_then(|request| request.get(name));
        let value = match asked {
            Some(value) if !value.is_null() => value.clone(),
            _ => serde_json::from_str(default).unwrap_or_default(),
        };
        add(name, value);
    }
    add("service_tier", "default".into());
    Value::Object(response)
}

/// Tokens used.
pub(in crate::convert) fn usage(counts: &Counts) -> Value {
    json!({
        "input_tokens": counts.input,
        "input_tokens_details": {
            "cached_tokens": counts.cached,
            "cache_write_tokens": counts.cache_written,
        },
        "output_tokens": counts.output,
        "output_tokens_details": {"reasoning_tokens": counts.reasoning.unwrap_or(0)},
        "total_tokens": counts.input.saturating_add(counts.output),
    })
}
