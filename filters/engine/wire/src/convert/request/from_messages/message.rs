//! Messages, and what the operator says before them.

use serde_json::Value;

use super::block;
use crate::{
    BodyError,
    convert::{
        Losses,
        fields::Fields,
        neutral::{Message, Part, Request, Role},
    },
};

/// Takes what the operator says.
pub(super) fn system(fields: &mut Fields, losses: &mut Losses) -> Result<Vec<Part>, BodyError> {
    if fields.peek("system").is_none() {
        return Ok(Vec::new());
    }
    block::content(fields, "system", losses)
}

/// Takes all messages.
pub(super) fn read(fields: &mut Fields, request: &mut Request, losses: &mut Losses) -> Result<(), BodyError> {
    if fields.peek("messages").is_none() {
        return Err(fields.missing("messages", "an array"));
    }
    for (message, place) in fields.list("messages")? {
        let mut fields = Fields::new(message, place)?;
        let role = fields.required_string("role")?;
        let role = match role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            "system" => Role::System,
            _ => {
                let roles = "one of the strings user, assistant, system";
                return Err(fields.wrong("role", roles, &Value::String(role)));
            }
        };
        let parts = block::content(&mut fields, "content", losses)?;
        if role == Role::System && request.messages.is_empty() {
            request.system.extend(parts);
        } else {
            request.messages.push(Message {
                role,
                parts,
                name: None,
                place: fields.place().clone(),
            });
        }
        fields.finish(losses);
    }
    Ok(())
}
