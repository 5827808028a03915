//! Tools of OpenAI's dialects: chat completions have name and schema in an object of their own, responses beside `type`.

use serde_json::Value;

use super::marker;
use crate::{
    BodyError,
    convert::{
        Losses,
        fields::Fields,
        neutral::{Placed, Tool, ToolChoice},
    },
};

/// Where the name and the schema of a function are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nesting {
    /// In the member `function`.
    Within,
    /// Beside `type`.
    Beside,
}

/// Takes the tools.
pub(super) fn tools(fields: &mut Fields, nesting: Nesting, losses: &mut Losses) -> Result<Vec<Tool>, BodyError> {
    let mut tools = Vec::new();
    for (tool, place) in fields.list("tools")? {
        let mut outer = Fields::new(tool, place)?;
        if outer.required_string("type")? != "function" {
            losses.note(outer.place());
            continue;
        }
        let cache = marker::take(&mut outer, losses)?;
        let mut function = enter(outer, nesting, losses)?;
        tools.push(Tool {
            name: function.required_string("name")?,
            description: function.string("description")?,
            schema: function.take("parameters"),
            strict: function.flag("strict")?,
            cache: cache.map_or_else(|| marker::take(&mut function, losses), |cache| Ok(Some(cache)))?,
            place: function.place().clone(),
        });
        function.pass_over("defer_loading", marker::is_idle);
        function.finish(losses);
    }
    Ok(tools)
}

/// Takes the choice among them.
pub(super) fn choice(
    fields: &mut Fields,
    nesting: Nesting,
    losses: &mut Losses,
) -> Result<Option<Placed<ToolChoice>>, BodyError> {
    let place = fields.place_of("tool_choice");
    let choice = match fields.take("tool_choice") {
        None => return Ok(None),
        Some(Value::String(word)) => match word.as_str() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            _ => {
                let words = "one of the strings auto, none, required";
                return Err(fields.wrong("tool_choice", words, &Value::String(word)));
            }
        },
        Some(value @ Value::Object(_)) => {
            let mut outer = Fields::new(value, place.clone())?;
            if outer.required_string("type")? != "function" {
                losses.note(&place);
                return Ok(None);
            }
            let mut function = enter(outer, nesting, losses)?;
            let name = function.required_string("name")?;
            function.finish(losses);
            ToolChoice::Named(name)
        }
        Some(other) => return Err(fields.wrong("tool_choice", "a string or an object", &other)),
    };
    Ok(Some(Placed::new(choice, place)))
}

/// The object with the function's name, and everything else noted.
fn enter(mut outer: Fields, nesting: Nesting, losses: &mut Losses) -> Result<Fields, BodyError> {
    match nesting {
        Nesting::Beside => Ok(outer),
        Nesting::Within => {
            let function = outer.object("function")?;
            let function = function.ok_or_else(|| outer.missing("function", "an object"))?;
            outer.finish(losses);
            Ok(function)
        }
    }
}
