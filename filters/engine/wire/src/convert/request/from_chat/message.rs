//! Messages of a chat completion.

use super::{assistant, content};
use serde_json::Value;

use super::super::marker;
use crate::{
    BodyError,
    convert::{
        Losses,
        fields::Fields,
        neutral::{Content, Message, Part, Place, Request, Role},
    },
};

/// Takes all messages: operators' at the beginning to `system`, all others to `messages`.
pub(super) fn read(fields: &mut Fields, request: &mut Request, losses: &mut Losses) -> Result<(), BodyError> {
    if fields.peek("messages").is_none() {
        return Err(fields.missing("messages", "an array"));
    }
    // The call that an answer in the form before tools belongs to.
    let mut last_function = None;
    for (message, place) in fields.list("messages")? {
        let mut fields = Fields::new(message, place)?;
        let role = fields.required_string("role")?;
        let message = match role.as_str() {
            "system" | "developer" => speech(&mut fields, Role::System, losses)?,
            "user" => speech(&mut fields, Role::User, losses)?,
            "assistant" => assistant::read(&mut fields, &mut last_function, losses)?,
            "tool" => tool_result(&mut fields, losses)?,
            "function" => function_result(&mut fields, last_function.take(), losses)?,
            _ => {
                let roles = "one of the strings system, developer, user, assistant, tool, function";
                return Err(fields.wrong("role", roles, &Value::String(role)));
            }
        };
        fields.finish(losses);
        place_message(message, request, losses);
    }
    Ok(())
}

fn place_message(message: Message, request: &mut Request, losses: &mut Losses) {
    if message.role == Role::System && request.messages.is_empty() {
        // There, nobody is told by name.
        if let Some(name) = &message.name {
            losses.note(&name.place);
        }
        request.system.extend(message.parts);
    } else {
        request.messages.push(message);
    }
}

fn speech(fields: &mut Fields, role: Role, losses: &mut Losses) -> Result<Message, BodyError> {
    let mut message = Message {
        role,
        parts: content::required(fields, losses)?,
        name: fields.placed("name", Fields::string)?,
        place: fields.place().clone(),
    };
    mark_last(fields, &mut message.parts, losses)?;
    Ok(message)
}

/// A marker of a whole message stands for one of its last part.
pub(super) fn mark_last(fields: &mut Fields, parts: &mut [Part], losses: &mut Losses) -> Result<(), BodyError> {
    if let Some(marker) = marker::take(fields, losses)? {
        match parts.last_mut() {
            Some(last) => last.cache = Some(marker),
            None => losses.tell(&fields.place_of("cache_control")),
        }
    }
    Ok(())
}

fn tool_result(fields: &mut Fields, losses: &mut Losses) -> Result<Message, BodyError> {
    let content = Content::ToolResult {
        call_id: fields.required_string("tool_call_id")?,
        name: fields.string("name")?,
        parts: content::required(fields, losses)?,
        is_error: false,
    };
    result(fields, content, losses)
}

fn function_result(fields: &mut Fields, call: Option<String>, losses: &mut Losses) -> Result<Message, BodyError> {
    let name = fields.required_string("name")?;
    let content = Content::ToolResult {
        call_id: call.unwrap_or_else(|| function_call_id(fields.place())),
        name: Some(name),
        parts: content::content(fields, losses)?.unwrap_or_default(),
        is_error: false,
    };
    result(fields, content, losses)
}

/// The id of a call in the form before tools, which has none: its place tells it from others.
pub(super) fn function_call_id(place: &Place) -> String {
    let digits = place.as_str().chars().filter(char::is_ascii_digit);
    digits.fold("call_".to_owned(), |mut id, digit| {
        id.push(digit);
        id
    })
}

fn result(fields: &mut Fields, content: Content, losses: &mut Losses) -> Result<Message, BodyError> {
    let mut parts = vec![Part::new(content, fields.place().clone())];
    mark_last(fields, &mut parts, losses)?;
    Ok(Message {
        role: Role::User,
        parts,
        name: None,
        place: fields.place().clone(),
    })
}
