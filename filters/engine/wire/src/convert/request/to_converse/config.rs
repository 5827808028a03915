use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{block::Writer, family::Family};
use crate::convert::{
    Losses,
    neutral::{Content, Effort, Format, Placed, Reasoning, Request, Tool, ToolChoice},
    request::to_messages::{self, Claude, thinking},
};

/// The most entries of `requestMetadata`, and the longest name and value.
const METADATA: (usize, usize) = (16, 256);
/// Names of Anthropic's features that Bedrock takes, and does not refuse the request for: those that AWS lists in
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages-request-response.html>,
/// but for those of tools that Converse has no word for, and of what models do unasked.
const FEATURES: [&str; 5] = [
    "context-1m-2025-08-07",
    "dev-full-thinking-2025-05-14",
    "interleaved-thinking-2025-05-14",
    "output-128k-2025-02-19",
    "token-efficient-tools-2025-02-19",
];
/// Those that are there to manage the context.
const CONTEXT_FEATURES: [&str; 2] = ["context-management-2025-06-27", "compact-2026-01-12"];
/// The entry of `requestMetadata` that says whose request it is.
const USER: &str = "user";

/// `toolConfig`, if there are tools.
pub(super) fn tools(
    request: &Request,
    family: Family,
    extra: &mut Map<String, Value>,
    writer: &mut Writer<'_>,
) -> Option<Value> {
    let choice = request.tool_choice.as_ref();
    let is_single = request.parallel_tool_calls.as_ref().filter(|parallel| !parallel.value);
    if let Some(single) = is_single.filter(|_| family != Family::Claude) {
        writer.losses.note(&single.place);
    }
    // WHY: Bedrock refuses calls and results in a conversation without tools.
    let told = if request.tools.is_empty() {
        told(request)
    } else {
        Vec::new()
    };
    if request.tools.is_empty() && told.is_empty() {
        writer.losses.note_some(request.forced_tool());
        return None;
    }
    if let Some(none) = choice.filter(|choice| choice.value == ToolChoice::None) {
        let mut parts = request.messages.iter().flat_map(|message| &message.parts);
        if !parts.any(|part| matches!(part.content, Content::ToolCall { .. } | Content::ToolResult { .. })) {
            return None;
        }
        // Calls cannot be told without the tools, and with them more may come.
        writer.losses.note(&none.place);
    }
    let open = |name: &str| json!({"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}});
    let mut tools: Vec<Value> = told.into_iter().map(open).collect();
    for tool in &request.tools {
        tools.push(specification(tool));
        writer.mark(tool.cache.as_ref(), &tool.place, &mut tools);
    }
    let mut config = Map::new();
    config.insert("tools".to_owned(), tools.into());
    let choice = choice.map(|choice| &choice.value);
    if is_single.is_some() && family == Family::Claude {
        // Converse has no word for it, and Claude's own says both.
        let mut said = match choice {
            None | Some(ToolChoice::Auto | ToolChoice::None) => json!({"type": "auto"}),
            Some(ToolChoice::Required) => json!({"type": "any"}),
            Some(ToolChoice::Named(name)) => json!({"type": "tool", "name": name}),
        };
        if let Some(members) = said.as_object_mut() {
            members.insert("disable_parallel_tool_use".to_owned(), true.into());
        }
        extra.insert("tool_choice".to_owned(), said);
    } else {
        let said = match choice {
            None | Some(ToolChoice::None) => return Some(config.into()),
            Some(ToolChoice::Auto) => json!({"auto": {}}),
            Some(ToolChoice::Required) => json!({"any": {}}),
            Some(ToolChoice::Named(name)) => json!({"tool": {"name": name}}),
        };
        config.insert("toolChoice".to_owned(), said);
    }
    Some(config.into())
}

/// Writes which features of Anthropic's are asked for.
pub(super) fn features(request: &Request, family: Family, extra: &mut Map<String, Value>, losses: &mut Losses) {
    if family != Family::Claude {
        request.tell_features(losses);
        return;
    }
    let mut names: Vec<&str> = Vec::new();
    for beta in &request.betas {
        let name = beta.value.as_str();
        // WHY: models that cannot manage their context refuse the name, and some clients always send it.
        let is_of_use = request.context_management.is_some() && CONTEXT_FEATURES.contains(&name);
        if !FEATURES.contains(&name) && !is_of_use {
            losses.tell(&beta.place);
        } else if !names.contains(&name) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        extra.insert("anthropic_beta".to_owned(), names.into());
    }
    if let Some(context) = &request.context_management {
        extra.insert("context_management".to_owned(), context.value.clone());
    }
}

/// The tools that the conversation names, each once.
fn told(request: &Request) -> Vec<&str> {
    let mut seen = HashSet::new();
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let names = parts.filter_map(|part| match &part.content {
        Content::ToolCall { name, .. } => Some(name.as_str()),
        Content::ToolResult { name, .. } => name.as_deref(),
        _ => None,
    });
    names.filter(|name| seen.insert(*name)).collect()
}

fn specification(tool: &Tool) -> Value {
    let mut specification = Map::new();
    specification.insert("name".to_owned(), tool.name.clone().into());
    if let Some(description) = tool.description.as_ref().filter(|description| !description.is_empty()) {
        specification.insert("description".to_owned(), description.clone().into());
    }
    let schema = to_messages::input_schema(tool.schema.as_ref());
    specification.insert("inputSchema".to_owned(), json!({"json": schema}));
    if tool.strict == Some(true) {
        specification.insert("strict".to_owned(), true.into());
    }
    json!({"toolSpec": specification})
}

/// `inferenceConfig`; what it has no word for goes to `extra`.
pub(super) fn inference(
    request: &Request,
    family: Family,
    model: &str,
    extra: &mut Map<String, Value>,
    losses: &mut Losses,
) -> Map<String, Value> {
    let mut config = Map::new();
    if family == Family::Claude {
        claude(request, model, &mut config, extra, losses);
        return config;
    }
    let sampling = &request.sampling;
    let asked = request.reasoning.as_ref().map(|reasoning| effort(&reasoning.value));
    // WHY: Nova thinks hard within limits of its own, and refuses others.
    let is_free = family != Family::Nova2 || asked < Some(Effort::High);
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(name.to_owned(), value);
        }
    };
    if is_free {
        put("maxTokens", value_of(sampling.max_tokens.as_ref()));
        put("temperature", value_of(sampling.temperature.as_ref()));
        put("topP", value_of(sampling.top_p.as_ref()));
    } else {
        let most = sampling.max_tokens.as_ref().map(|most| &most.place);
        let drawn = [&sampling.temperature, &sampling.top_p];
        let drawn = drawn.into_iter().flatten().map(|number| &number.place);
        most.into_iter().chain(drawn).for_each(|place| losses.note(place));
    }
    put("stopSequences", value_of(sampling.stop.as_ref()));
    match &sampling.top_k {
        Some(top_k) if matches!(family, Family::Nova | Family::Nova2) => {
            extra.insert("inferenceConfig".to_owned(), json!({"topK": top_k.value}));
        }
        Some(top_k) => losses.note(&top_k.place),
        None => {}
    }
    to_messages::unsaid(sampling, losses);
    if let Some((reasoning, asked)) = request.reasoning.as_ref().zip(asked) {
        if reason(asked, family, extra) {
            losses.note_some(reasoning.budget_beside_effort().as_ref());
            if let Some(place) = &reasoning.value.untold_place {
                losses.tell(place);
            }
        } else {
            losses.note(&reasoning.place);
            losses.note_some(reasoning.value.effort_place.as_ref());
        }
    }
    config
}

/// Claude on Bedrock takes what it takes elsewhere, some of it under other names.
fn claude(
    request: &Request,
    model: &str,
    config: &mut Map<String, Value>,
    extra: &mut Map<String, Value>,
    losses: &mut Losses,
) {
    let claude = Claude::of(model);
    let plan = thinking::plan(request, claude, losses);
    config.insert("maxTokens".to_owned(), plan.max_tokens.into());
    let mut said = Map::new();
    to_messages::sampling(&request.sampling, claude, plan.thinks, &mut said, losses);
    for (theirs, ours) in [
        ("temperature", "temperature"),
        ("top_p", "topP"),
        ("stop_sequences", "stopSequences"),
    ] {
        if let Some(value) = said.shift_remove(theirs) {
            config.insert(ours.to_owned(), value);
        }
    }
    extra.append(&mut said);
    if let Some(thinking) = plan.thinking {
        extra.insert("thinking".to_owned(), thinking);
    }
    if let Some(word) = plan.effort.and_then(to_messages::word) {
        extra.insert("output_config".to_owned(), json!({"effort": word}));
    }
}

fn effort(reasoning: &Reasoning) -> Effort {
    let effort = reasoning.effort.or(reasoning.budget_tokens.map(Effort::of_budget));
    effort.unwrap_or(Effort::Medium)
}

/// Whether the model can be told how much to think.
fn reason(effort: Effort, family: Family, extra: &mut Map<String, Value>) -> bool {
    let word = match effort {
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High | Effort::ExtraHigh | Effort::Highest => "high",
    };
    match family {
        Family::Nova2 if effort == Effort::None => {
            extra.insert("reasoningConfig".to_owned(), json!({"type": "disabled"}));
        }
        Family::Nova2 => {
            extra.insert(
                "reasoningConfig".to_owned(),
                json!({"type": "enabled", "maxReasoningEffort": word}),
            );
        }
        // These always think.
        Family::OpenAi if effort == Effort::None => return false,
        Family::OpenAi => {
            extra.insert("reasoning_effort".to_owned(), word.into());
        }
        Family::Claude | Family::Nova | Family::Other => return effort == Effort::None,
    }
    true
}

fn value_of<T: Clone + Into<Value>>(placed: Option<&Placed<T>>) -> Option<Value> {
    placed.map(|placed| placed.value.clone().into())
}

/// Writes `outputConfig`.
pub(super) fn output(request: &Request, body: &mut Map<String, Value>) {
    let Some(format) = &request.format else {
        return;
    };
    let Format::JsonSchema {
        name,
        description,
        schema,
        ..
    } = &format.value
    else {
        // Asked for in words: Converse knows no JSON without a schema.
        return;
    };
    let mut definition = Map::new();
    definition.insert("schema".to_owned(), schema.to_string().into());
    definition.insert("name".to_owned(), name.clone().into());
    if let Some(description) = description {
        definition.insert("description".to_owned(), description.clone().into());
    }
    let form = json!({"type": "json_schema", "structure": {"jsonSchema": definition}});
    body.insert("outputConfig".to_owned(), json!({"textFormat": form}));
}

/// Writes `requestMetadata`, which Bedrock keeps in the log of the account's calls.
pub(super) fn metadata(request: &Request, body: &mut Map<String, Value>, losses: &mut Losses) {
    let (most, _) = METADATA;
    let mut entries = Map::new();
    if let Some(metadata) = &request.metadata {
        let is_said = metadata.value.as_object().is_some_and(|members| {
            let mut all = members.iter();
            members.len() <= most && all.all(|(name, value)| is_plain(name) && value.as_str().is_some_and(is_plain))
        });
        match &metadata.value {
            Value::Object(members) if is_said => entries.extend(members.clone()),
            _ => losses.tell(&metadata.place),
        }
    }
    if let Some(user) = &request.user {
        if is_plain(&user.value) && entries.len() < most && !entries.contains_key(USER) {
            entries.insert(USER.to_owned(), user.value.clone().into());
        } else {
            losses.tell(&user.place);
        }
    }
    if !entries.is_empty() {
        body.insert("requestMetadata".to_owned(), entries.into());
    }
}

/// Whether Bedrock takes a name or a value of metadata.
fn is_plain(text: &str) -> bool {
    let (_, longest) = METADATA;
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b" \t:_@$#=/+,-.".contains(&byte);
    (1..=longest).contains(&text.len()) && text.bytes().all(is_allowed)
}
