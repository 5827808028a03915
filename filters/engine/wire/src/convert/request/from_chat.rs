//! From OpenAI's chat completions: <https://platform.openai.com/docs/api-reference/chat/create>.
//!
//! Besides OpenAI's own members, those are read that many clients send to other models in this dialect: `top_k`,
//! `cache_control`, `thinking`, and in messages of the assistant `reasoning_content`, `thinking_blocks` and `images`.

use serde_json::Value;

use super::{
    function::{self, Nesting},
    marker::{is_idle, is_word},
    thinking,
};
use crate::{
    BodyError,
    convert::{
        Losses,
        fields::Fields,
        neutral::{Format, Place, Placed, Reasoning, Request, Sampling},
    },
};

mod assistant;
mod content;
mod message;

/// Reads the body of a chat completion.
///
/// # Errors
/// When a member that is read is missing or of the wrong type.
pub fn read(body: Value, losses: &mut Losses) -> Result<Request, BodyError> {
    let mut fields = Fields::new(body, Place::root())?;
    fields.take("model");
    let mut request = Request::default();
    message::read(&mut fields, &mut request, losses)?;
    request.tools = function::tools(&mut fields, Nesting::Within, losses)?;
    request.tool_choice = function::choice(&mut fields, Nesting::Within, losses)?;
    request.parallel_tool_calls = fields.placed("parallel_tool_calls", Fields::flag)?;
    request.sampling = sampling(&mut fields)?;
    request.format = format(&mut fields, losses)?;
    request.reasoning = reasoning(&mut fields, losses)?;
    request.stream = fields.flag("stream")?.unwrap_or(false);
    if let Some(mut options) = fields.object("stream_options")? {
        request.wants_usage = options.flag("include_usage")?.unwrap_or(false);
        options.pass_over("include_obfuscation", Value::is_boolean);
        options.finish(losses);
    }
    request.user = user(&mut fields, losses)?;
    hints(&mut fields, losses);
    fields.pass_over("metadata", is_idle);
    request.metadata = fields.placed("metadata", |fields, name| Ok(fields.take(name)))?;
    pass_over_defaults(&mut fields);
    fields.finish(losses);
    Ok(request)
}

/// The user's name for the provider's abuse detection, under its new name or its old one.
pub(super) fn user(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Placed<String>>, BodyError> {
    let user = fields.placed("safety_identifier", Fields::string)?;
    let old = fields.placed("user", Fields::string)?;
    match (user, old) {
        (Some(user), Some(old)) => {
            if old.value != user.value {
                losses.tell(&old.place);
            }
            Ok(Some(user))
        }
        (user, old) => Ok(user.or(old)),
    }
}

/// Takes what is for OpenAI's store and its prompt cache alone, and changes no answer.
pub(super) fn hints(fields: &mut Fields, losses: &mut Losses) {
    fields.pass_over("prompt_cache_retention", |value| is_word(value, &["in_memory"]));
    for name in [
        "store",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
    ] {
        if fields.take(name).is_some_and(|value| !is_idle(&value)) {
            losses.tell(&fields.place_of(name));
        }
    }
}

fn sampling(fields: &mut Fields) -> Result<Sampling, BodyError> {
    fields.pass_over("n", |value| value.as_u64() == Some(1));
    for penalty in ["frequency_penalty", "presence_penalty"] {
        fields.pass_over(penalty, |value| value.as_f64() == Some(0.0));
    }
    let mut max_tokens = fields.placed("max_completion_tokens", Fields::count)?;
    match &max_tokens {
        Some(limit) => fields.pass_over("max_tokens", |old| old.as_u64() == Some(limit.value)),
        None => max_tokens = fields.placed("max_tokens", Fields::count)?,
    }
    Ok(Sampling {
        max_tokens,
        temperature: fields.placed("temperature", Fields::number)?,
        top_p: fields.placed("top_p", Fields::number)?,
        top_k: fields.placed("top_k", Fields::count)?,
        stop: stop(fields)?,
        seed: fields.placed("seed", Fields::integer)?,
        frequency_penalty: fields.placed("frequency_penalty", Fields::number)?,
        presence_penalty: fields.placed("presence_penalty", Fields::number)?,
        choices: fields.placed("n", Fields::count)?,
        log_probabilities: log_probabilities(fields)?,
    })
}

fn log_probabilities(fields: &mut Fields) -> Result<Option<Placed<u64>>, BodyError> {
    let wanted = fields.placed("logprobs", Fields::flag)?;
    let Some(wanted) = wanted.filter(|wanted| wanted.value) else {
        fields.pass_over("top_logprobs", |value| value.as_u64() == Some(0));
        return Ok(None);
    };
    let likely = fields.count("top_logprobs")?.unwrap_or(0);
    Ok(Some(Placed::new(likely, wanted.place)))
}

fn stop(fields: &mut Fields) -> Result<Option<Placed<Vec<String>>>, BodyError> {
    fields.pass_over("stop", is_idle);
    match fields.peek("stop") {
        Some(Value::String(_)) => fields.placed("stop", |fields, name| Ok(fields.string(name)?.map(|text| vec![text]))),
        Some(Value::Array(_)) => fields.placed("stop", Fields::strings),
        Some(other) => Err(fields.wrong("stop", "a string or an array", other)),
        None => Ok(None),
    }
}

fn format(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Placed<Format>>, BodyError> {
    let Some(mut wanted) = fields.object("response_format")? else {
        return Ok(None);
    };
    let place = wanted.place().clone();
    let format = match wanted.required_string("type")?.as_str() {
        "text" => None,
        "json_object" => Some(Format::JsonObject),
        "json_schema" => {
            let schema = wanted.object("json_schema")?;
            let mut schema = schema.ok_or_else(|| wanted.missing("json_schema", "an object"))?;
            let format = json_schema(&mut schema)?;
            schema.finish(losses);
            Some(format)
        }
        _ => {
            losses.note(&place);
            return Ok(None);
        }
    };
    wanted.finish(losses);
    Ok(format.map(|format| Placed::new(format, place)))
}

/// Takes name, schema and the rest of a form that answers have to keep.
pub(super) fn json_schema(fields: &mut Fields) -> Result<Format, BodyError> {
    Ok(Format::JsonSchema {
        name: fields.required_string("name")?,
        description: fields.string("description")?,
        schema: fields
            .take("schema")
            .ok_or_else(|| fields.missing("schema", "an object"))?,
        strict: fields.flag("strict")?,
    })
}

fn reasoning(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Placed<Reasoning>>, BodyError> {
    let effort = fields.placed("reasoning_effort", thinking::effort)?;
    let config = thinking::config(fields, losses)?;
    Ok(match (config, effort) {
        (Some(mut config), Some(effort)) if config.value.effort.is_none() => {
            config.value.effort = Some(effort.value);
            config.value.effort_place = config.value.budget_tokens.map(|_| effort.place);
            Some(config)
        }
        (Some(config), Some(effort)) => {
            losses.note(&effort.place);
            Some(config)
        }
        (Some(config), None) => Some(config),
        (None, Some(effort)) => Some(Placed::new(
            Reasoning {
                effort: Some(effort.value),
                ..Reasoning::default()
            },
            effort.place,
        )),
        (None, None) => None,
    })
}

/// What says no more than leaving it out does.
fn pass_over_defaults(fields: &mut Fields) {
    for name in ["logit_bias", "functions", "function_call"] {
        fields.pass_over(name, is_idle);
    }
    fields.pass_over("service_tier", |value| is_word(value, &["auto", "default"]));
    fields.pass_over("verbosity", |value| is_word(value, &["medium"]));
    fields.pass_over("modalities", |value| {
        value
            .as_array()
            .is_some_and(|modes| modes.iter().all(|mode| mode == "text"))
    });
}
