//! Items of the input: messages, calls, their results, thoughts.

use serde_json::Value;

use super::{
    super::{marker, thinking},
    content,
};
use crate::{
    BodyError,
    convert::{
        Losses,
        fields::Fields,
        neutral::{Content, Message, Part, Place, Request, Role},
        returned::{self, Returned},
    },
};

/// Takes the input: a string, or a list of items. Items of the model's that follow each other are one turn.
pub(super) fn read(fields: &mut Fields, request: &mut Request, losses: &mut Losses) -> Result<(), BodyError> {
    match fields.peek("input") {
        Some(Value::String(_)) => {
            let text = fields.required_string("input")?;
            let place = fields.place_of("input");
            request
                .messages
                .push(message(Role::User, vec![Part::text(text, place.clone())], place));
            return Ok(());
        }
        Some(Value::Array(_)) => {}
        Some(other) => return Err(fields.wrong("input", "a string or an array", other)),
        None => return Err(fields.missing("input", "a string or an array")),
    }
    // The signature of a call that is still to come.
    let mut held = None;
    for (item, place) in fields.list("input")? {
        let mut fields = Fields::new(item, place)?;
        if let Some((role, mut parts)) = self::item(&mut fields, &mut held, losses)? {
            for part in &mut parts {
                thinking::sign(&mut part.content, &mut held);
            }
            add(request, role, parts, fields.place());
            // Names and states of what was an answer; nothing is kept here that they could refer to.
            fields.pass_over("id", Value::is_string);
            fields.pass_over("status", Value::is_string);
            fields.take("parsed_arguments");
            fields.finish(losses);
        }
    }
    if let Some((_, place)) = held {
        losses.tell(&place);
    }
    Ok(())
}

fn add(request: &mut Request, role: Role, parts: Vec<Part>, place: &Place) {
    match role {
        Role::System if request.messages.is_empty() => request.system.extend(parts),
        Role::Assistant => match request.messages.last_mut() {
            Some(last) if last.role == Role::Assistant => last.parts.extend(parts),
            _ => request.messages.push(message(role, parts, place.clone())),
        },
        Role::System | Role::User => request.messages.push(message(role, parts, place.clone())),
    }
}

const fn message(role: Role, parts: Vec<Part>, place: Place) -> Message {
    Message {
        role,
        parts,
        name: None,
        place,
    }
}

/// What an item says, and who; `None` if it is a loss as a whole, or says nothing by itself.
fn item(
    fields: &mut Fields,
    held: &mut Option<(String, Place)>,
    losses: &mut Losses,
) -> Result<Option<(Role, Vec<Part>)>, BodyError> {
    let kind = match fields.string("type")? {
        Some(kind) => kind,
        None if fields.peek("role").is_some() => "message".to_owned(),
        None => "item_reference".to_owned(),
    };
    let content = match kind.as_str() {
        "message" => return speech(fields, losses).map(Some),
        "function_call" => Content::ToolCall {
            id: fields.required_string("call_id")?,
            name: fields.required_string("name")?,
            arguments: fields.required_string("arguments")?,
            signature: None,
        },
        "function_call_output" => Content::ToolResult {
            call_id: fields.required_string("call_id")?,
            name: fields.string("name")?,
            parts: content::take(fields, "output", losses)?,
            is_error: false,
        },
        "reasoning" => match thoughts(fields, held, losses)? {
            Thoughts::Said(content) => content,
            Thoughts::Signed => return Ok(None),
            Thoughts::Elsewhere => {
                losses.tell(fields.place());
                return Ok(None);
            }
        },
        _ => {
            losses.note(fields.place());
            return Ok(None);
        }
    };
    let role = match &content {
        Content::ToolResult { .. } => Role::User,
        _ => Role::Assistant,
    };
    Ok(Some((role, vec![Part::new(content, fields.place().clone())])))
}

fn speech(fields: &mut Fields, losses: &mut Losses) -> Result<(Role, Vec<Part>), BodyError> {
    let role = fields.required_string("role")?;
    let role = match role.as_str() {
        "system" | "developer" => Role::System,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        _ => {
            let roles = "one of the strings system, developer, user, assistant";
            return Err(fields.wrong("role", roles, &Value::String(role)));
        }
    };
    let mut parts = content::take(fields, "content", losses)?;
    if let Some(marker) = marker::take(fields, losses)? {
        match parts.last_mut() {
            Some(last) => last.cache = Some(marker),
            None => losses.tell(&fields.place_of("cache_control")),
        }
    }
    // Whether an earlier answer was said on the way to another: nothing that its words do not say.
    if role == Role::Assistant && fields.take("phase").is_some() {
        losses.tell(&fields.place_of("phase"));
    }
    Ok((role, parts))
}

/// What an item of thoughts is.
enum Thoughts {
    /// Thoughts, in words or encrypted.
    Said(Content),
    /// The signature of the call that follows.
    Signed,
    /// Nothing: the provider alone had kept them.
    Elsewhere,
}

fn thoughts(
    fields: &mut Fields,
    held: &mut Option<(String, Place)>,
    losses: &mut Losses,
) -> Result<Thoughts, BodyError> {
    let mut text = String::new();
    for list in ["summary", "content"] {
        let said = fields.list(list)?;
        // Where there is a summary and the whole, the whole is left: either says it.
        if !text.is_empty() {
            continue;
        }
        for (said, place) in said {
            let mut said = Fields::new(said, place)?;
            if !text.is_empty() {
                text.push_str("\n\n");
            }
            text.push_str(&said.required_string("text")?);
        }
    }
    let encrypted = fields
        .string("encrypted_content")?
        .filter(|encrypted| !encrypted.is_empty());
    let signature = match encrypted.map(returned::from_reasoning) {
        Some(Returned::Call(signature)) => {
            if let Some((_, place)) = held.replace((signature, fields.place().clone())) {
                losses.tell(&place);
            }
            if text.is_empty() {
                return Ok(Thoughts::Signed);
            }
            None
        }
        Some(Returned::Redacted(data)) => return Ok(Thoughts::Said(Content::RedactedThinking { data })),
        Some(Returned::Signature(signature)) => Some(signature),
        None => None,
    };
    if text.is_empty() && signature.is_none() {
        return Ok(Thoughts::Elsewhere);
    }
    Ok(Thoughts::Said(Content::Thinking { text, signature }))
}
