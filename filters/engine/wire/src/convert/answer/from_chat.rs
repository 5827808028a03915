//! Whole chat completions, of OpenAI and of servers compatible with it.
//!
//! Tolerated, as servers in use do it: no id, no model; an index, a role or a reason to finish left out; thoughts as
//! `reasoning_content` or `reasoning`; arguments as an object; calls without an id; a call as `function_call`; content
//! as a list of texts; no usage, or one that cannot be right.

use serde_json::Value;

use crate::BodyError;
use crate::convert::count::Count;
use crate::convert::fields::{Fields, wrong_type};
use crate::convert::neutral::{Answer, Choice, Citation, Content, Counts, Finish, Part, Place};

/// Reads a chat completion.
///
/// # Errors
/// When it is none: not an object, without choices, or with something of the wrong type in them.
pub fn read(body: Value) -> Result<Answer, BodyError> {
    let mut body = Fields::new(body, Place::root())?;
    let id = body.string("id")?.unwrap_or_default();
    if body.peek("choices").is_none() {
        return Err(body.missing("choices", "an array"));
    }
    let mut choices = Vec::new();
    for (value, place) in body.list("choices")? {
        choices.push(choice(Fields::new(value, place)?, &id)?);
    }
    if choices.is_empty() {
        return Err(body.missing("choices[0]", "an object"));
    }
    Ok(Answer {
        model: body.string("model")?.unwrap_or_default(),
        created: body.take("created").as_ref().and_then(seconds),
        choices,
        usage: body.take("usage").as_ref().and_then(counts),
        id,
    })
}

fn choice(mut fields: Fields, answer: &str) -> Result<Choice, BodyError> {
    let reason = fields.string("finish_reason")?;
    let stop = stopped_at(fields.peek("stop_reason"));
    let Some(mut message) = fields.object("message")? else {
        return Err(fields.missing("message", "an object"));
    };
    let mut parts = Vec::new();
    if let Some(text) = thoughts(&mut message)? {
        let thinking = Content::Thinking { text, signature: None };
        parts.push(Part::new(thinking, Place::root()));
    }
    content(&mut message, &mut parts)?;
    if let Some(refusal) = message.string("refusal")?.filter(|text| !text.is_empty()) {
        parts.push(Part::new(Content::Refusal(refusal), Place::root()));
    }
    let mut has_calls = false;
    for (number, (value, place)) in message.list("tool_calls")?.into_iter().enumerate() {
        let mut call = Fields::new(value, place)?;
        let id = call.string("id")?;
        if let Some(function) = call.object("function")?.or(call.object("custom")?) {
            parts.push(tool_call(function, id, answer, number)?);
            has_calls = true;
        }
    }
    if let Some(function) = message.object("function_call")?
        && !has_calls
    {
        parts.push(tool_call(function, None, answer, 0)?);
        has_calls = true;
    }
    let finish = finish(reason.as_deref().unwrap_or_default(), has_calls, stop);
    Ok(Choice { parts, finish })
}

/// What the model thought: Ollama and vLLM call it `reasoning`, llama.cpp and others `reasoning_content`.
fn thoughts(message: &mut Fields) -> Result<Option<String>, BodyError> {
    let mut thoughts = None;
    for name in ["reasoning_content", "reasoning"] {
        if thoughts.is_none() {
            thoughts = message.string(name)?.filter(|text| !text.is_empty());
        }
    }
    Ok(thoughts)
}

fn content(message: &mut Fields, parts: &mut Vec<Part>) -> Result<(), BodyError> {
    let place = message.place_of("content");
    let mut citations = message.take("annotations").map(annotations).unwrap_or_default();
    match message.take("content") {
        None => {}
        Some(Value::String(text)) if text.is_empty() => {}
        Some(Value::String(text)) => parts.push(cited(text, citations)),
        Some(Value::Array(items)) => {
            for mut item in items {
                match item.get_mut("text").map(Value::take) {
                    Some(Value::String(text)) => parts.push(cited(text, std::mem::take(&mut citations))),
                    _ => return Err(wrong_type(&place, "a list of texts", &item)),
                }
            }
        }
        Some(other) => return Err(wrong_type(&place, "a string", &other)),
    }
    Ok(())
}

const fn cited(text: String, citations: Vec<Citation>) -> Part {
    Part::new(Content::Text { text, citations }, Place::root())
}

fn tool_call(mut function: Fields, id: Option<String>, answer: &str, number: usize) -> Result<Part, BodyError> {
    let name = function.required_string("name")?;
    let arguments = function.take("arguments").or_else(|| function.take("input"));
    let call = Content::ToolCall {
        id: id
            .filter(|id| !id.is_empty())
            .unwrap_or_else(|| call_id(answer, number)),
        name,
        arguments: arguments_text(arguments),
        signature: None,
    };
    Ok(Part::new(call, Place::root()))
}

/// The id of a call that has none: the answer's, with the call's number, so that no other call in a conversation has it.
pub(crate) fn call_id(answer: &str, number: usize) -> String {
    format!("call_{answer}{}{number}", if answer.is_empty() { "" } else { "_" })
}

/// Arguments as JSON text; some servers give the value itself.
pub(crate) fn arguments_text(arguments: Option<Value>) -> String {
    match arguments {
        None => String::new(),
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
    }
}

/// The text at which vLLM says that it stopped; a number is the model's own end.
pub(crate) fn stopped_at(value: Option<&Value>) -> Option<String> {
    value.and_then(Value::as_str).map(str::to_owned)
}

/// Why an answer ended. A model that called tools waits for them, whatever is said; a word that nobody knows is a stop.
pub(crate) fn finish(reason: &str, has_calls: bool, stop: Option<String>) -> Finish {
    match reason {
        "length" | "max_tokens" | "model_length" => Finish::Length,
        "content_filter" => Finish::ContentFilter,
        _ if has_calls => Finish::ToolCalls,
        _ => stop.map_or(Finish::Stop, |stop| Finish::StopSequence(Some(stop))),
    }
}

/// What an answer used; `None` if there is nothing that can be right.
pub(crate) fn counts(usage: &Value) -> Option<Counts> {
    let detail = |object: &str, name: &str| {
        Some(
            usage
                .get(object)
                .map_or(Count::Absent, |object| Count::of(object, name)),
        )
    };
    let input = Count::of(usage, "prompt_tokens").sane()??;
    let output = Count::of(usage, "completion_tokens").sane()?;
    Some(Counts {
        input,
        output: output.unwrap_or_default(),
        cached: detail("prompt_tokens_details", "cached_tokens")?
            .sane()?
            .unwrap_or_default()
            .min(input),
        cache_written: detail("prompt_tokens_details", "cache_write_tokens")?
            .sane()?
            .unwrap_or_default()
            .min(input),
        reasoning: detail("completion_tokens_details", "reasoning_tokens")?.sane()?,
    })
}

fn seconds(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        value
            .as_f64()
            .filter(|seconds| *seconds >= 0.0)
            .map(|seconds| seconds as u64)
    })
}

/// The pages that an answer rests on.
pub(crate) fn annotations(value: Value) -> Vec<Citation> {
    let Value::Array(items) = value else {
        return Vec::new();
    };
    items.into_iter().filter_map(annotation).collect()
}

fn annotation(mut raw: Value) -> Option<Citation> {
    let page = raw.get_mut("url_citation")?;
    let text = |name: &str| page.get(name).and_then(Value::as_str).map(str::to_owned);
    let place = |name: &str| page.get(name).and_then(Value::as_u64);
    let range = place("start_index").zip(place("end_index"));
    Some(Citation {
        text: None,
        title: text("title"),
        url: text("url"),
        document: None,
        range,
        unit: range.map(|_| "answer"),
        raw: Some(raw),
    })
}
