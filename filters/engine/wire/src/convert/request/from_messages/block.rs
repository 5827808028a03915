//! Blocks of content.

use serde_json::Value;

use super::{
    super::{
        marker,
        thinking::{self, Block},
    },
    media,
};
use crate::{
    BodyError,
    convert::{
        Losses,
        answer::from_messages,
        fields::{Fields, numbered},
        neutral::{Content, Part, Place},
    },
};

/// Takes blocks, or a string that stands for a block of text.
pub(super) fn content(fields: &mut Fields, name: &str, losses: &mut Losses) -> Result<Vec<Part>, BodyError> {
    let place = fields.place_of(name);
    match fields.take(name) {
        None => Err(fields.missing(name, "a string or an array")),
        Some(Value::String(text)) => Ok(vec![Part::text(text, place)]),
        Some(Value::Array(items)) => blocks(items, &place, losses),
        Some(other) => Err(fields.wrong(name, "a string or an array", &other)),
    }
}

fn blocks(items: Vec<Value>, place: &Place, losses: &mut Losses) -> Result<Vec<Part>, BodyError> {
    let mut parts = Vec::with_capacity(items.len());
    // The signature of a call that is still to come.
    let mut held = None;
    for (item, place) in numbered(items, place) {
        let mut fields = Fields::new(item, place)?;
        let content = match block(&mut fields, losses)? {
            Some(Block::Thoughts(part)) => part.content,
            Some(Block::Call(signature)) => {
                if let Some((_, place)) = held.replace((signature, fields.place().clone())) {
                    losses.tell(&place);
                }
                fields.finish(losses);
                continue;
            }
            None => {
                losses.note(fields.place());
                continue;
            }
        };
        let mut part = Part::new(content, fields.place().clone());
        thinking::sign(&mut part.content, &mut held);
        part.cache = marker::take(&mut fields, losses)?;
        fields.finish(losses);
        parts.push(part);
    }
    if let Some((_, place)) = held {
        losses.tell(&place);
    }
    Ok(parts)
}

/// What a block is; `None` if it is none that others know.
fn block(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Block>, BodyError> {
    let kind = fields.required_string("type")?;
    let content = match kind.as_str() {
        "text" => text(fields)?,
        "thinking" | "redacted_thinking" => return thinking::block(fields, &kind).map(Some),
        "image" => media::image(fields, losses)?,
        "document" => media::document(fields, losses)?,
        "search_result" => media::search_result(fields, losses)?,
        "tool_use" => tool_use(fields)?,
        "tool_result" => tool_result(fields, losses)?,
        _ => return Ok(None),
    };
    Ok(content.map(|content| Block::Thoughts(Part::new(content, Place::root()))))
}

fn text(fields: &mut Fields) -> Result<Option<Content>, BodyError> {
    let text = fields.required_string("text")?;
    let citations = fields.list("citations")?;
    let citations = citations.into_iter().map(|(told, _)| from_messages::citation(told));
    Ok(Some(Content::Text {
        text,
        citations: citations.collect(),
    }))
}

fn tool_use(fields: &mut Fields) -> Result<Option<Content>, BodyError> {
    // Who called it; the model itself where nothing else is said.
    fields.pass_over("caller", |value| value.get("type").is_some_and(|kind| kind == "direct"));
    let arguments = match fields.take("input") {
        Some(Value::String(text)) => return Err(fields.wrong("input", "an object", &Value::String(text))),
        Some(input) => input.to_string(),
        None => "{}".to_owned(),
    };
    Ok(Some(Content::ToolCall {
        id: fields.required_string("id")?,
        name: fields.required_string("name")?,
        arguments,
        signature: None,
    }))
}

fn tool_result(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Content>, BodyError> {
    let parts = match fields.peek("content") {
        Some(_) => content(fields, "content", losses)?,
        None => Vec::new(),
    };
    Ok(Some(Content::ToolResult {
        call_id: fields.required_string("tool_use_id")?,
        name: None,
        parts,
        is_error: fields.flag("is_error")?.unwrap_or(false),
    }))
}
