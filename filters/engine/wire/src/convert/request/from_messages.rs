//! From Anthropic's messages: <https://docs.anthropic.com/en/api/messages>. Bodies of `count_tokens` read the same.

use serde_json::Value;

use super::{
    marker::{self, is_idle, is_word},
    thinking,
};
use crate::{
    BodyError,
    convert::{
        Losses,
        fields::{Fields, wrong_type},
        neutral::{Effort, Format, Place, Placed, Reasoning, Request, Sampling, Tool, ToolChoice},
    },
};

mod block;
mod media;
mod message;

/// Reads the body of a message to be made.
///
/// # Errors
/// When a member that is read is missing or of the wrong type.
pub fn read(body: Value, losses: &mut Losses) -> Result<Request, BodyError> {
    let mut fields = Fields::new(body, Place::root())?;
    fields.take("model");
    let mut request = Request {
        system: message::system(&mut fields, losses)?,
        ..Request::default()
    };
    message::read(&mut fields, &mut request, losses)?;
    request.tools = tools(&mut fields, losses)?;
    choice(&mut fields, &mut request, losses)?;
    request.sampling = sampling(&mut fields)?;
    request.reasoning = thinking::config(&mut fields, losses)?;
    output_config(&mut fields, &mut request, losses)?;
    request.stream = fields.flag("stream")?.unwrap_or(false);
    if let Some(mut metadata) = fields.object("metadata")? {
        request.user = metadata.placed("user_id", Fields::string)?;
        metadata.finish_told(losses);
    }
    if let Some(marker) = marker::take(&mut fields, losses)? {
        let last = request.messages.last_mut().and_then(|message| message.parts.last_mut());
        match last.or(request.system.last_mut()) {
            Some(last) => last.cache = Some(marker),
            None => losses.tell(&fields.place_of("cache_control")),
        }
    }
    for (beta, place) in fields.list("anthropic_beta")? {
        match beta {
            Value::String(beta) => request.betas.push(Placed::new(beta, place)),
            other => return Err(wrong_type(&place, "a string", &other)),
        }
    }
    fields.pass_over("context_management", is_idle);
    request.context_management = fields.placed("context_management", |fields, name| Ok(fields.take(name)))?;
    fields.pass_over("mcp_servers", is_idle);
    fields.pass_over("service_tier", |value| is_word(value, &["auto", "standard_only"]));
    fields.pass_over("speed", |value| is_word(value, &["standard"]));
    fields.finish(losses);
    Ok(request)
}

fn sampling(fields: &mut Fields) -> Result<Sampling, BodyError> {
    fields.pass_over("stop_sequences", is_idle);
    Ok(Sampling {
        max_tokens: fields.placed("max_tokens", Fields::count)?,
        temperature: fields.placed("temperature", Fields::number)?,
        top_p: fields.placed("top_p", Fields::number)?,
        top_k: fields.placed("top_k", Fields::count)?,
        stop: fields.placed("stop_sequences", Fields::strings)?,
        ..Sampling::default()
    })
}

fn tools(fields: &mut Fields, losses: &mut Losses) -> Result<Vec<Tool>, BodyError> {
    let mut tools = Vec::new();
    for (tool, place) in fields.list("tools")? {
        let mut fields = Fields::new(tool, place)?;
        if fields.string("type")?.is_some_and(|kind| kind != "custom") {
            losses.note(fields.place());
            continue;
        }
        tools.push(Tool {
            name: fields.required_string("name")?,
            description: fields.string("description")?,
            schema: fields.take("input_schema"),
            strict: fields.flag("strict")?,
            cache: marker::take(&mut fields, losses)?,
            place: fields.place().clone(),
        });
        for name in ["defer_loading", "input_examples"] {
            fields.pass_over(name, is_idle);
        }
        // How finely arguments are streamed is the provider's matter.
        fields.pass_over("eager_input_streaming", Value::is_boolean);
        fields.finish(losses);
    }
    Ok(tools)
}

fn choice(fields: &mut Fields, request: &mut Request, losses: &mut Losses) -> Result<(), BodyError> {
    let Some(mut wanted) = fields.object("tool_choice")? else {
        return Ok(());
    };
    let kind = wanted.required_string("type")?;
    let choice = match kind.as_str() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(wanted.required_string("name")?),
        _ => return Err(wanted.wrong("type", "one of the strings auto, any, none, tool", &Value::String(kind))),
    };
    request.tool_choice = Some(Placed::new(choice, wanted.place().clone()));
    let alone = wanted.placed("disable_parallel_tool_use", Fields::flag)?;
    request.parallel_tool_calls = alone.map(|alone| Placed::new(!alone.value, alone.place));
    wanted.finish(losses);
    Ok(())
}

/// Effort and the form of the answer: in `output_config`, or where betas had the form.
fn output_config(fields: &mut Fields, request: &mut Request, losses: &mut Losses) -> Result<(), BodyError> {
    request.format = format(fields, "output_format", losses)?;
    let Some(mut config) = fields.object("output_config")? else {
        return Ok(());
    };
    if let Some(format) = format(&mut config, "format", losses)? {
        request.format = Some(format);
    }
    if let Some(effort) = config.placed("effort", thinking::effort)? {
        match &mut request.reasoning {
            Some(reasoning) if reasoning.value.effort == Some(Effort::None) => losses.note(&effort.place),
            Some(reasoning) => {
                reasoning.value.effort = Some(effort.value);
                reasoning.value.effort_place = reasoning.value.budget_tokens.map(|_| effort.place);
            }
            None => {
                let reasoning = Reasoning {
                    effort: Some(effort.value),
                    ..Reasoning::default()
                };
                request.reasoning = Some(Placed::new(reasoning, effort.place));
            }
        }
    }
    config.finish(losses);
    Ok(())
}

fn format(fields: &mut Fields, name: &str, losses: &mut Losses) -> Result<Option<Placed<Format>>, BodyError> {
    let Some(mut wanted) = fields.object(name)? else {
        return Ok(None);
    };
    let place = wanted.place().clone();
    if wanted.required_string("type")? != "json_schema" {
        losses.note(&place);
        return Ok(None);
    }
    let format = Format::JsonSchema {
        // Others want a name; here is none.
        name: wanted.string("name")?.unwrap_or_else(|| "answer".to_owned()),
        description: None,
        schema: wanted
            .take("schema")
            .ok_or_else(|| wanted.missing("schema", "an object"))?,
        strict: Some(true),
    };
    wanted.finish(losses);
    Ok(Some(Placed::new(format, place)))
}
