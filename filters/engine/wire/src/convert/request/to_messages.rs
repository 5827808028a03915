//! Messages as Anthropic takes them.
//!
//! What the format has no word for is said in another way where nothing is lost by it, and is a loss otherwise:
//!
//! | of the request | becomes |
//! |---|---|
//! | neighbouring turns of one role | one turn |
//! | system messages in the middle | part of `system`, as Anthropic's own layer for OpenAI's clients has it |
//! | no most tokens | [`Claude::default_max_tokens`], and the thinking beside them, at most [`Claude::most_tokens`] |
//! | thinking by a budget, after calls without signed thoughts | a loss |
//! | an effort, where the model wants a budget | [`Effort::budget_tokens`], but no more than half of the most tokens |
//! | a schema's description | the schema's own, if it has none |
//! | a refusal of earlier turns | text |
//! | any JSON object | words behind the system prompt; nothing holds the model to them, so it is a slight loss |
//! | cache markers beyond four | a loss: the first four stay |
//! | what a model refuses to be told, such as a temperature | a loss, unless it is what the model does anyway |

pub(in crate::convert) mod block;
mod claude;
pub(in crate::convert) mod thinking;

use serde_json::{Map, Value, json};

pub use claude::{Claude, Thinking};

use self::block::Writer;
use super::{
    super::{
        Losses,
        neutral::{Effort, Format, Message, Placed, Request, Role, Sampling, Tool, ToolChoice},
    },
    ONLY_JSON,
};

/// Writes the body of `POST /v1/messages`.
#[must_use]
pub fn write(request: &Request, model: &str, losses: &mut Losses) -> Value {
    let claude = Claude::of(model);
    let plan = thinking::plan(request, claude, losses);
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("max_tokens".to_owned(), plan.max_tokens.into());
    prompt(request, &mut body, losses);
    sampling(&request.sampling, claude, plan.thinks, &mut body, losses);
    if let Some(thinking) = plan.thinking {
        body.insert("thinking".to_owned(), thinking);
    }
    output_config(request, plan.effort, &mut body);
    if let Some(user) = &request.user {
        body.insert("metadata".to_owned(), json!({"user_id": user.value}));
    }
    if let Some(metadata) = &request.metadata {
        losses.tell(&metadata.place);
    }
    request.tell_features(losses);
    if request.stream {
        body.insert("stream".to_owned(), true.into());
    }
    Value::Object(body)
}

/// Writes what the model reads, in the order in which the prompt cache has it: tools, system, messages.
fn prompt(request: &Request, body: &mut Map<String, Value>, losses: &mut Losses) {
    let mut writer = Writer::new(losses);
    if !request.tools.is_empty() {
        let tools = request.tools.iter().map(|entry| tool(entry, &mut writer)).collect();
        body.insert("tools".to_owned(), Value::Array(tools));
    }
    if let Some(choice) = tool_choice(request) {
        body.insert("tool_choice".to_owned(), choice);
    }
    let in_turns = request.messages.iter().filter(|message| message.role == Role::System);
    let parts = request.system.iter().chain(in_turns.flat_map(|message| &message.parts));
    let mut system = writer.system(parts);
    if let Some(format) = &request.format
        && format.value == Format::JsonObject
    {
        writer.losses.tell(&format.place);
        system.push(json!({"type": "text", "text": ONLY_JSON}));
    }
    if !system.is_empty() {
        body.insert("system".to_owned(), system.into());
    }
    body.insert("messages".to_owned(), turns(&request.messages, &mut writer).into());
}

/// Turns that alternate.
fn turns(messages: &[Message], writer: &mut Writer<'_>) -> Vec<Value> {
    let mut turns: Vec<(Role, Vec<Value>)> = Vec::with_capacity(messages.len());
    for message in messages {
        if message.role == Role::System {
            continue;
        }
        if let Some(name) = &message.name {
            writer.losses.note(&name.place);
        }
        writer.begin(message.role);
        let mut blocks = Vec::with_capacity(message.parts.len());
        writer.blocks(&message.parts, &mut blocks);
        match turns.last_mut() {
            // An empty turn is refused, and says nothing.
            _ if blocks.is_empty() => {}
            Some((role, before)) if *role == message.role => before.append(&mut blocks),
            _ => turns.push((message.role, blocks)),
        }
    }
    let turns = turns.into_iter().map(|(role, blocks)| {
        let role = if role == Role::Assistant { "assistant" } else { "user" };
        json!({"role": role, "content": blocks})
    });
    turns.collect()
}

fn tool(tool: &Tool, writer: &mut Writer<'_>) -> Value {
    let mut entry = Map::new();
    entry.insert("name".to_owned(), tool.name.clone().into());
    if let Some(description) = &tool.description {
        entry.insert("description".to_owned(), description.clone().into());
    }
    entry.insert("input_schema".to_owned(), input_schema(tool.schema.as_ref()));
    if tool.strict == Some(true) {
        entry.insert("strict".to_owned(), true.into());
    }
    writer.mark(tool.cache.as_ref(), &tool.place, &mut entry);
    Value::Object(entry)
}

/// A schema of an object, which has to say that it is one.
pub(in crate::convert) fn input_schema(schema: Option<&Value>) -> Value {
    match schema {
        Some(Value::Object(members)) if members.contains_key("type") => Value::Object(members.clone()),
        Some(Value::Object(members)) => {
            let mut typed = Map::new();
            typed.insert("type".to_owned(), "object".into());
            typed.extend(members.clone());
            Value::Object(typed)
        }
        Some(other) => other.clone(),
        None => json!({"type": "object", "properties": {}}),
    }
}

fn tool_choice(request: &Request) -> Option<Value> {
    let choice = request.tool_choice.as_ref().map(|choice| &choice.value);
    let is_single = request
        .parallel_tool_calls
        .as_ref()
        .is_some_and(|parallel| !parallel.value);
    let mut entry = match choice {
        // Nothing to choose from.
        None | Some(ToolChoice::Auto | ToolChoice::None) if request.tools.is_empty() => return None,
        None if !is_single => return None,
        None | Some(ToolChoice::Auto) => json!({"type": "auto"}),
        Some(ToolChoice::None) => return Some(json!({"type": "none"})),
        Some(ToolChoice::Required) => json!({"type": "any"}),
        Some(ToolChoice::Named(name)) => json!({"type": "tool", "name": name}),
    };
    if is_single && let Some(members) = entry.as_object_mut() {
        members.insert("disable_parallel_tool_use".to_owned(), true.into());
    }
    Some(entry)
}

pub(in crate::convert) fn sampling(
    sampling: &Sampling,
    claude: Claude,
    thinks: bool,
    body: &mut Map<String, Value>,
    losses: &mut Losses,
) {
    // WHY: models that think, and the newer ones always, refuse any other temperature than 1, and any `top_k`.
    let is_free = claude.takes_sampling && !thinks;
    let is_default = |number: &&Placed<f64>| (number.value - 1.0).abs() > f64::EPSILON;
    let temperature = sampling.temperature.as_ref();
    let top_p = sampling.top_p.as_ref().filter(is_default);
    if let Some(temperature) = temperature {
        if is_free {
            body.insert("temperature".to_owned(), temperature.value.into());
        } else if is_default(&temperature) {
            losses.note(&temperature.place);
        }
    }
    if let Some(top_p) = top_p {
        let is_alone = !claude.takes_one_sampler || temperature.is_none();
        if is_free && is_alone || claude.takes_sampling && thinks && top_p.value >= 0.95 {
            body.insert("top_p".to_owned(), top_p.value.into());
        } else {
            losses.note(&top_p.place);
        }
    }
    if let Some(top_k) = &sampling.top_k {
        if is_free {
            body.insert("top_k".to_owned(), top_k.value.into());
        } else {
            losses.note(&top_k.place);
        }
    }
    if let Some(stop) = &sampling.stop {
        let mut texts = Vec::with_capacity(stop.value.len());
        for (number, text) in stop.value.iter().enumerate() {
            // White space alone is refused.
            if text.trim().is_empty() {
                losses.note(&stop.place.item(number));
            } else {
                texts.push(text.as_str());
            }
        }
        if !texts.is_empty() {
            body.insert("stop_sequences".to_owned(), texts.into());
        }
    }
    unsaid(sampling, losses);
}

/// What Anthropic has no word for; what asks for nothing is no loss.
pub(in crate::convert) fn unsaid(sampling: &Sampling, losses: &mut Losses) {
    if let Some(seed) = &sampling.seed {
        losses.note(&seed.place);
    }
    for penalty in [&sampling.frequency_penalty, &sampling.presence_penalty] {
        if let Some(penalty) = penalty.as_ref().filter(|penalty| penalty.value != 0.0) {
            losses.note(&penalty.place);
        }
    }
    if let Some(choices) = sampling.choices.as_ref().filter(|choices| choices.value != 1) {
        losses.note(&choices.place);
    }
    if let Some(log_probabilities) = &sampling.log_probabilities {
        losses.note(&log_probabilities.place);
    }
}

/// The word for an effort; none for one that is not to think.
pub(in crate::convert) const fn word(effort: Effort) -> Option<&'static str> {
    match effort {
        Effort::None => None,
        Effort::Minimal | Effort::Low => Some("low"),
        Effort::Medium => Some("medium"),
        Effort::High => Some("high"),
        Effort::ExtraHigh => Some("xhigh"),
        Effort::Highest => Some("max"),
    }
}

/// How hard to think, and the form of the answer.
fn output_config(request: &Request, effort: Option<Effort>, body: &mut Map<String, Value>) {
    let mut config = Map::new();
    if let Some(word) = effort.and_then(word) {
        config.insert("effort".to_owned(), word.into());
    }
    if let Some(format) = &request.format {
        match &format.value {
            // Asked for in words: Anthropic knows no JSON without a schema.
            Format::JsonObject => {}
            // The name is a label for the client's own use, and every schema is kept to.
            Format::JsonSchema {
                description, schema, ..
            } => {
                let schema = described(schema, description.as_deref());
                config.insert("format".to_owned(), json!({"type": "json_schema", "schema": schema}));
            }
        }
    }
    if !config.is_empty() {
        body.insert("output_config".to_owned(), config.into());
    }
}

fn described(schema: &Value, description: Option<&str>) -> Value {
    let mut schema = schema.clone();
    if let (Some(members), Some(description)) = (schema.as_object_mut(), description) {
        members.entry("description").or_insert_with(|| description.into());
    }
    schema
}
