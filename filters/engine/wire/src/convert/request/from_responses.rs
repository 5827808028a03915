//! From OpenAI's responses: <https://platform.openai.com/docs/api-reference/responses/create>.
//!
//! Nothing is kept between requests, so what refers to an earlier one is a loss: `previous_response_id`, `conversation`,
//! items by reference.

use serde_json::Value;

use super::{
    from_chat::{hints, json_schema, user},
    function::{self, Nesting},
    marker::{is_idle, is_word},
    thinking,
};
use crate::{
    BodyError,
    convert::{
        Losses,
        fields::{Fields, numbered},
        neutral::{Format, Part, Place, Placed, Reasoning, Request, Sampling},
    },
};

mod content;
mod item;

/// What may be asked to be included that is told anyway, or that only tools of the provider's own have.
const INCLUDED: [&str; 6] = [
    "reasoning.encrypted_content",
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
];

/// Reads the body of a response to be made.
///
/// # Errors
/// When a member that is read is missing or of the wrong type.
pub fn read(body: Value, losses: &mut Losses) -> Result<Request, BodyError> {
    let mut fields = Fields::new(body, Place::root())?;
    fields.take("model");
    let mut request = Request::default();
    if let Some(text) = fields.string("instructions")? {
        let place = fields.place_of("instructions");
        request.system.push(Part::text(text, place));
    }
    item::read(&mut fields, &mut request, losses)?;
    request.tools = function::tools(&mut fields, Nesting::Beside, losses)?;
    request.tool_choice = function::choice(&mut fields, Nesting::Beside, losses)?;
    request.parallel_tool_calls = fields.placed("parallel_tool_calls", Fields::flag)?;
    request.sampling = Sampling {
        max_tokens: fields.placed("max_output_tokens", Fields::count)?,
        temperature: fields.placed("temperature", Fields::number)?,
        top_p: fields.placed("top_p", Fields::number)?,
        ..Sampling::default()
    };
    request.format = format(&mut fields, losses)?;
    request.reasoning = reasoning(&mut fields, losses)?;
    request.stream = fields.flag("stream")?.unwrap_or(false);
    if let Some(mut options) = fields.object("stream_options")? {
        options.pass_over("include_obfuscation", Value::is_boolean);
        options.finish(losses);
    }
    request.user = user(&mut fields, losses)?;
    hints(&mut fields, losses);
    fields.pass_over("metadata", is_idle);
    request.metadata = fields.placed("metadata", |fields, name| Ok(fields.take(name)))?;
    include(&mut fields, losses)?;
    pass_over_defaults(&mut fields);
    fields.finish(losses);
    Ok(request)
}

fn format(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Placed<Format>>, BodyError> {
    let Some(mut text) = fields.object("text")? else {
        return Ok(None);
    };
    text.pass_over("verbosity", |value| is_word(value, &["medium"]));
    let wanted = text.object("format")?;
    text.finish(losses);
    let Some(mut wanted) = wanted else {
        return Ok(None);
    };
    let place = wanted.place().clone();
    let format = match wanted.required_string("type")?.as_str() {
        "text" => None,
        "json_object" => Some(Format::JsonObject),
        "json_schema" => Some(json_schema(&mut wanted)?),
        _ => {
            losses.note(&place);
            return Ok(None);
        }
    };
    wanted.finish(losses);
    Ok(format.map(|format| Placed::new(format, place)))
}

fn reasoning(fields: &mut Fields, losses: &mut Losses) -> Result<Option<Placed<Reasoning>>, BodyError> {
    let Some(mut wanted) = fields.object("reasoning")? else {
        return Ok(None);
    };
    let place = wanted.place().clone();
    let effort = thinking::effort(&mut wanted, "effort")?;
    let summary = wanted.string("summary")?.or(wanted.string("generate_summary")?);
    wanted.pass_over("context", |value| is_word(value, &["auto"]));
    wanted.pass_over("mode", |value| is_word(value, &["standard"]));
    wanted.finish(losses);
    let reasoning = Reasoning {
        effort,
        is_told: summary.is_some(),
        ..Reasoning::default()
    };
    Ok((effort.is_some() || reasoning.is_told).then(|| Placed::new(reasoning, place)))
}

fn include(fields: &mut Fields, losses: &mut Losses) -> Result<(), BodyError> {
    let place = fields.place_of("include");
    let wanted = fields.strings("include")?.unwrap_or_default();
    for (wanted, place) in numbered(wanted.into_iter().map(Value::String).collect(), &place) {
        if !is_word(&wanted, &INCLUDED) {
            losses.note(&place);
        }
    }
    Ok(())
}

/// What says no more than leaving it out does.
fn pass_over_defaults(fields: &mut Fields) {
    for name in ["background", "context_management"] {
        fields.pass_over(name, is_idle);
    }
    fields.pass_over("top_logprobs", |value| value.as_u64() == Some(0));
    fields.pass_over("service_tier", |value| is_word(value, &["auto", "default"]));
    fields.pass_over("truncation", |value| is_word(value, &["disabled"]));
}
