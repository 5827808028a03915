//! Chat completions as OpenAI, Azure OpenAI and the servers compatible with them take them, of what clients of other
//! dialects say: those of this one go there as they are.
//!
//! What the format has no word for is said in another way where nothing is lost by it, and is a loss otherwise:
//!
//! | of the request | becomes |
//! |---|---|
//! | results of tools | `tool` messages of text; their pictures and documents come in a `user` message after the last of them |
//! | a tool that failed | the same, its text begun with `Error: ` |
//! | documents that are text | text, their title one before it |
//! | a budget of thinking | the nearest `reasoning_effort`, `low` at least |
//! | cache markers | nothing: these providers remember prompts by themselves; a lifetime asked for is a slight loss |
//! | thoughts of earlier turns | `reasoning_content` and `reasoning` for compatible servers, else a slight loss |
//! | thoughts that are encrypted | a slight loss, and no turn where they are all of it |

mod message;
mod target;

use serde_json::{Map, Value, json};

pub use target::Target;

use super::super::{
    Losses,
    neutral::{Effort, Format, Placed, Reasoning, Request, Sampling, Tool, ToolChoice},
};
use super::to_messages::unsaid;

/// Writes the body of `POST …/chat/completions`.
#[must_use]
pub fn write(request: &Request, model: &str, target: &Target, losses: &mut Losses) -> Value {
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert(
        "messages".to_owned(),
        message::Writer::new(target, losses).write(request).into(),
    );
    tools(request, target, &mut body, losses);
    sampling(&request.sampling, target, &mut body, losses);
    if let Some(format) = &request.format {
        body.insert("response_format".to_owned(), response_format(&format.value));
    }
    if let Some(word) = request
        .reasoning
        .as_ref()
        .and_then(|placed| effort(&placed.value, target))
    {
        body.insert("reasoning_effort".to_owned(), word.into());
    }
    let budget = request.reasoning.as_ref().and_then(Placed::budget_beside_effort);
    losses.note_some(budget.as_ref());
    // OpenAI tells no thoughts in this format.
    let reasoning = request.reasoning.as_ref().filter(|_| target.has_thoughts);
    if let Some(place) = reasoning.and_then(|placed| placed.value.untold_place.as_ref()) {
        losses.tell(place);
    }
    if request.stream {
        body.insert("stream".to_owned(), true.into());
        if target.has_stream_options {
            body.insert("stream_options".to_owned(), json!({"include_usage": true}));
        }
    }
    if let Some(user) = &request.user {
        body.insert("user".to_owned(), user.value.clone().into());
    }
    if let Some(metadata) = &request.metadata {
        losses.tell(&metadata.place);
    }
    request.tell_features(losses);
    Value::Object(body)
}

fn tools(request: &Request, target: &Target, body: &mut Map<String, Value>, losses: &mut Losses) {
    if request.tools.is_empty() {
        // Nothing to choose from, as with `auto`; anything else is for the provider to refuse.
        if let Some(choice) = &request.tool_choice
            && !matches!(choice.value, ToolChoice::Auto | ToolChoice::None)
        {
            body.insert("tool_choice".to_owned(), tool_choice(&choice.value));
        }
        return;
    }
    let tools = request.tools.iter().map(|entry| tool(entry, target, losses)).collect();
    body.insert("tools".to_owned(), Value::Array(tools));
    if let Some(choice) = &request.tool_choice {
        body.insert("tool_choice".to_owned(), tool_choice(&choice.value));
    }
    if let Some(parallel) = &request.parallel_tool_calls {
        body.insert("parallel_tool_calls".to_owned(), parallel.value.into());
    }
}

fn tool(tool: &Tool, target: &Target, losses: &mut Losses) -> Value {
    let mut function = Map::new();
    function.insert("name".to_owned(), tool.name.clone().into());
    if let Some(description) = &tool.description {
        function.insert("description".to_owned(), description.clone().into());
    }
    if let Some(schema) = &tool.schema {
        function.insert("parameters".to_owned(), schema.clone());
    }
    match tool.strict {
        Some(strict) if target.has_strict_tools => {
            function.insert("strict".to_owned(), strict.into());
        }
        Some(true) => losses.note(&tool.place.member("strict")),
        Some(false) | None => {}
    }
    message::note_lifetime(tool.cache.as_ref(), &tool.place, losses);
    json!({"type": "function", "function": function})
}

fn tool_choice(choice: &ToolChoice) -> Value {
    match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::None => "none".into(),
        ToolChoice::Required => "required".into(),
        ToolChoice::Named(name) => json!({"type": "function", "function": {"name": name}}),
    }
}

fn sampling(sampling: &Sampling, target: &Target, body: &mut Map<String, Value>, losses: &mut Losses) {
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put(target.max_tokens, value_of(sampling.max_tokens.as_ref()));
    put("temperature", value_of(sampling.temperature.as_ref()));
    put("top_p", value_of(sampling.top_p.as_ref()));
    if let Some(stop) = &sampling.stop {
        let mut texts = stop.value.clone();
        for number in target.max_stops.min(texts.len())..texts.len() {
            losses.note(&stop.place.item(number));
        }
        texts.truncate(target.max_stops);
        put("stop", Some(texts.into()));
    }
    if let Some(top_k) = &sampling.top_k {
        losses.note(&top_k.place);
    }
    // Nothing but chats has words for these.
    unsaid(sampling, losses);
}

fn value_of<T: Clone + Into<Value>>(placed: Option<&Placed<T>>) -> Option<Value> {
    placed.map(|placed| placed.value.clone().into())
}

fn response_format(format: &Format) -> Value {
    match format {
        Format::JsonObject => json!({"type": "json_object"}),
        Format::JsonSchema {
            name,
            description,
            schema,
            strict,
        } => {
            let mut form = Map::new();
            form.insert("name".to_owned(), name.clone().into());
            if let Some(description) = description {
                form.insert("description".to_owned(), description.clone().into());
            }
            form.insert("schema".to_owned(), schema.clone());
            if let Some(strict) = strict {
                form.insert("strict".to_owned(), (*strict).into());
            }
            json!({"type": "json_schema", "json_schema": form})
        }
    }
}

/// The word for an effort; a budget is rounded to one. A model that is to think as it likes is told nothing.
fn effort(reasoning: &Reasoning, target: &Target) -> Option<&'static str> {
    let by_budget = |tokens: u64| match Effort::of_budget(tokens) {
        // WHY: no budget is smaller, and newer models refuse the word.
        Effort::Minimal => Effort::Low,
        effort => effort,
    };
    let effort = reasoning.effort.or(reasoning.budget_tokens.map(by_budget))?;
    Some(match (effort, target.has_all_efforts) {
        (Effort::None, _) => "none",
        (Effort::Minimal, true) => "minimal",
        (Effort::Minimal, false) | (Effort::Low, _) => "low",
        (Effort::Medium, _) => "medium",
        (Effort::ExtraHigh, true) => "xhigh",
        (Effort::Highest, true) => "max",
        (Effort::High, _) | (Effort::ExtraHigh | Effort::Highest, false) => "high",
    })
}
