//! Messages of the assistant: what a client got as an answer, and sends back.

use super::{
    content,
    message::{function_call_id, mark_last},
};
use serde_json::Value;

use super::super::{
    marker::is_idle,
    thinking::{self, Block},
};
use crate::{
    BodyError,
    convert::{
        Losses,
        answer::from_messages,
        citation,
        fields::Fields,
        neutral::{Citation, Content, Message, Part, Place, Placed, Role},
    },
};

/// Reads a message of the assistant. `last_function` becomes the id of its call in the form before tools.
pub(super) fn read(
    fields: &mut Fields,
    last_function: &mut Option<String>,
    losses: &mut Losses,
) -> Result<Message, BodyError> {
    let mut parts = thoughts(fields, losses)?;
    let spoken = content::content(fields, losses)?.unwrap_or_default();
    let first = parts.len();
    parts.extend(spoken.into_iter().filter(|part| !is_silent(part)));
    let citations = citations(fields, losses)?;
    if let Some(Content::Text { citations: told, .. }) = parts.get_mut(first).map(|part| &mut part.content) {
        *told = citations;
    } else if !citations.is_empty() {
        losses.tell(&fields.place_of("annotations"));
    }
    if let Some(refusal) = fields.string("refusal")?.filter(|refusal| !refusal.is_empty()) {
        parts.push(Part::new(Content::Refusal(refusal), fields.place_of("refusal")));
    }
    for (image, place) in fields.list("images")? {
        let mut image = Fields::new(image, place)?;
        image.pass_over("type", |kind| kind == "image_url");
        image.pass_over("index", Value::is_number);
        let content = content::image(&mut image, losses)?;
        parts.push(Part::new(content, image.place().clone()));
        image.finish(losses);
    }
    tool_calls(fields, &mut parts, losses)?;
    function_call(fields, &mut parts, last_function, losses)?;
    mark_last(fields, &mut parts, losses)?;
    fields.pass_over("audio", is_idle);
    // What OpenAI's SDK made of the content; it sends it along.
    fields.take("parsed");
    Ok(Message {
        role: Role::Assistant,
        parts,
        name: fields.placed("name", Fields::string)?,
        place: fields.place().clone(),
    })
}

/// Words that say nothing, as clients send beside tool calls.
fn is_silent(part: &Part) -> bool {
    matches!(&part.content, Content::Text { text, .. } if text.is_empty())
}

const fn has_words(thoughts: &Part) -> bool {
    matches!(&thoughts.content, Content::Thinking { text, .. } if !text.is_empty())
}

/// Blocks with signatures, and plain words where no block has any: they say the same otherwise.
fn thoughts(fields: &mut Fields, losses: &mut Losses) -> Result<Vec<Part>, BodyError> {
    let mut parts = Vec::new();
    for (block, place) in fields.list("thinking_blocks")? {
        let mut block = Fields::new(block, place)?;
        block.pass_over("index", Value::is_number);
        let kind = block.required_string("type")?;
        if kind != "thinking" && kind != "redacted_thinking" {
            losses.note(block.place());
            continue;
        }
        match thinking::block(&mut block, &kind)? {
            Block::Thoughts(part) => parts.push(part),
            Block::Call(_) => losses.tell(block.place()),
        }
        block.finish(losses);
    }
    let mut is_said = parts.iter().any(has_words);
    for name in ["reasoning_content", "reasoning"] {
        let Some(text) = fields.string(name)? else { continue };
        if !is_said && !text.is_empty() {
            is_said = true;
            let signature = None;
            parts.insert(
                0,
                Part::new(Content::Thinking { text, signature }, fields.place_of(name)),
            );
        }
    }
    Ok(parts)
}

/// Pages in `annotations`, documents in `citations`.
fn citations(fields: &mut Fields, losses: &mut Losses) -> Result<Vec<Citation>, BodyError> {
    let mut citations = Vec::new();
    for (annotation, place) in fields.list("annotations")? {
        let mut annotation = Fields::new(annotation, place)?;
        annotation.pass_over("index", Value::is_number);
        annotation.pass_over("type", |kind| kind == "url_citation");
        citations.extend(annotation.take("url_citation").map(citation::from_url_annotation));
        annotation.finish(losses);
    }
    for (mut told, _) in fields.list("citations")? {
        // Where it stood in a stream, as SDKs keep it.
        if let Some(members) = told.as_object_mut() {
            members.shift_remove("index");
        }
        citations.push(from_messages::citation(told));
    }
    Ok(citations)
}

fn tool_calls(fields: &mut Fields, parts: &mut Vec<Part>, losses: &mut Losses) -> Result<(), BodyError> {
    for (call, place) in fields.list("tool_calls")? {
        let mut call = Fields::new(call, place)?;
        call.pass_over("index", Value::is_number);
        if call.string("type")?.is_some_and(|kind| kind != "function") {
            losses.note(call.place());
            continue;
        }
        let function = call.object("function")?;
        let mut function = function.ok_or_else(|| call.missing("function", "an object"))?;
        let content = Content::ToolCall {
            id: call.required_string("id")?,
            name: function.required_string("name")?,
            arguments: function.string("arguments")?.unwrap_or_default(),
            signature: signature(&mut call, losses)?,
        };
        parts.push(Part::new(content, call.place().clone()));
        function.take("parsed_arguments");
        function.finish(losses);
        call.finish(losses);
    }
    Ok(())
}

/// Gemini's thought signature, where Google has it in this dialect.
fn signature(call: &mut Fields, losses: &mut Losses) -> Result<Option<Placed<String>>, BodyError> {
    let Some(mut extra) = call.object("extra_content")? else {
        return Ok(None);
    };
    let mut signature = None;
    if let Some(mut google) = extra.object("google")? {
        signature = google.placed("thought_signature", Fields::string)?;
        google.finish(losses);
    }
    extra.finish(losses);
    Ok(signature)
}

fn function_call(
    fields: &mut Fields,
    parts: &mut Vec<Part>,
    last_function: &mut Option<String>,
    losses: &mut Losses,
) -> Result<(), BodyError> {
    let Some(mut call) = fields.object("function_call")? else {
        return Ok(());
    };
    let place: Place = call.place().clone();
    let id = function_call_id(&place);
    *last_function = Some(id.clone());
    let content = Content::ToolCall {
        id,
        name: call.required_string("name")?,
        arguments: call.string("arguments")?.unwrap_or_default(),
        signature: None,
    };
    parts.push(Part::new(content, place));
    call.finish(losses);
    Ok(())
}
