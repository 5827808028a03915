use serde_json::{Map, Value, json};

use crate::convert::{
    Losses,
    neutral::{Effort, Format, Placed, Reasoning, Request, Sampling, Tool, ToolChoice},
};

/// The most tokens that models of generation 2.5 think: Flash, and Pro.
const MAX_BUDGETS: (u64, u64) = (24_576, 32_768);

/// The most texts to stop at.
const MAX_STOPS: usize = 5;

/// Writes `tools` and `toolConfig`.
pub(super) fn tools(request: &Request, body: &mut Map<String, Value>, losses: &mut Losses) {
    if let Some(parallel) = request.parallel_tool_calls.as_ref().filter(|parallel| !parallel.value) {
        losses.note(&parallel.place);
    }
    if request.tools.is_empty() {
        losses.note_some(request.forced_tool());
        return;
    }
    let declarations: Vec<Value> = request.tools.iter().map(|tool| declaration(tool, losses)).collect();
    body.insert("tools".to_owned(), json!([{"functionDeclarations": declarations}]));
    let is_strict = request.tools.iter().any(|tool| tool.strict == Some(true));
    let choice = request.tool_choice.as_ref().map(|choice| &choice.value);
    let calling = match choice {
        None | Some(ToolChoice::Auto) if is_strict => json!({"mode": "VALIDATED"}),
        None => return,
        Some(ToolChoice::Auto) => json!({"mode": "AUTO"}),
        Some(ToolChoice::None) => json!({"mode": "NONE"}),
        Some(ToolChoice::Required) => json!({"mode": "ANY"}),
        Some(ToolChoice::Named(name)) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
    };
    body.insert("toolConfig".to_owned(), json!({"functionCallingConfig": calling}));
}

fn declaration(tool: &Tool, losses: &mut Losses) -> Value {
    super::content::note_lifetime(tool.cache.as_ref(), &tool.place, losses);
    let mut declaration = Map::new();
    declaration.insert("name".to_owned(), tool.name.clone().into());
    if let Some(description) = &tool.description {
        declaration.insert("description".to_owned(), description.clone().into());
    }
    if let Some(schema) = &tool.schema {
        declaration.insert("parametersJsonSchema".to_owned(), schema.clone());
    }
    declaration.into()
}

/// Writes the members of `generationConfig`.
pub(super) fn settings(request: &Request, model: &str, losses: &mut Losses) -> Map<String, Value> {
    let mut config = Map::new();
    sampling(&request.sampling, &mut config, losses);
    if let Some(format) = &request.format {
        config.insert("responseMimeType".to_owned(), "application/json".into());
        if let Format::JsonSchema {
            description, schema, ..
        } = &format.value
        {
            config.insert(
                "responseJsonSchema".to_owned(),
                described(schema, description.as_deref()),
            );
        }
    }
    if let Some(reasoning) = &request.reasoning {
        let thinking = thinking(reasoning, model, losses);
        if !thinking.is_empty() {
            config.insert("thinkingConfig".to_owned(), thinking.into());
        }
    }
    config
}

fn sampling(sampling: &Sampling, config: &mut Map<String, Value>, losses: &mut Losses) {
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            config.insert(name.to_owned(), value);
        }
    };
    put("maxOutputTokens", value_of(sampling.max_tokens.as_ref()));
    put("temperature", value_of(sampling.temperature.as_ref()));
    put("topP", value_of(sampling.top_p.as_ref()));
    put("topK", value_of(sampling.top_k.as_ref()));
    if let Some(stop) = &sampling.stop {
        for number in MAX_STOPS..stop.value.len() {
            losses.note(&stop.place.item(number));
        }
        let texts: Vec<&str> = stop.value.iter().take(MAX_STOPS).map(String::as_str).collect();
        put("stopSequences", Some(texts.into()));
    }
    put("frequencyPenalty", value_of(sampling.frequency_penalty.as_ref()));
    put("presencePenalty", value_of(sampling.presence_penalty.as_ref()));
    put("candidateCount", value_of(sampling.choices.as_ref()));
    if let Some(seed) = &sampling.seed {
        match i32::try_from(seed.value) {
            Ok(value) => put("seed", Some(value.into())),
            Err(_) => losses.note(&seed.place),
        }
    }
    // WHY: the answer's neutral form has no place for them.
    if let Some(log_probabilities) = &sampling.log_probabilities {
        losses.note(&log_probabilities.place);
    }
}

fn value_of<T: Clone + Into<Value>>(placed: Option<&Placed<T>>) -> Option<Value> {
    placed.map(|placed| placed.value.clone().into())
}

/// Models of generation 2.5 take a number of tokens, later ones a word, earlier ones do not think. A model that is to think
/// as it likes is told only whether to tell its thoughts; Pro always thinks.
fn thinking(reasoning: &Placed<Reasoning>, model: &str, losses: &mut Losses) -> Map<String, Value> {
    let mut config = Map::new();
    let wanted = &reasoning.value;
    let effort = wanted.effort.or(wanted.budget_tokens.map(Effort::of_budget));
    let is_pro = is_pro(model);
    match version(model) {
        Some(version) if version < (2, 5) => {
            if effort != Some(Effort::None) {
                losses.note(&reasoning.place);
            }
            losses.note_some(wanted.effort_place.as_ref());
            return config;
        }
        _ if is_pro && effort == Some(Effort::None) => {
            losses.note(&reasoning.place);
            losses.note_some(wanted.effort_place.as_ref());
        }
        Some(version) if version < (3, 0) => {
            let (flash, pro) = MAX_BUDGETS;
            let most = if is_pro { pro } else { flash };
            let by_effort = wanted.effort.map(|effort| effort.budget_tokens().unwrap_or(0));
            losses.note_some(wanted.effort_place.as_ref());
            if let Some(budget) = wanted.budget_tokens.or(by_effort) {
                config.insert("thinkingBudget".to_owned(), budget.min(most).into());
            }
        }
        _ => {
            losses.note_some(reasoning.budget_beside_effort().as_ref());
            if let Some(effort) = effort {
                config.insert("thinkingLevel".to_owned(), level(effort, is_pro).into());
            }
        }
    }
    if wanted.is_told {
        config.insert("includeThoughts".to_owned(), true.into());
    }
    config
}

const fn level(effort: Effort, is_pro: bool) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal if !is_pro => "minimal",
        Effort::None | Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High | Effort::ExtraHigh | Effort::Highest => "high",
    }
}

/// The generation of a model of Google's own, such as 2 for `gemini-2.5-pro`.
pub(super) fn generation(model: &str) -> Option<u64> {
    version(model).map(|(generation, _)| generation)
}

/// The version in a name such as `gemini-2.5-pro` and `gemini-3-flash`.
fn version(model: &str) -> Option<(u64, u64)> {
    let (_, rest) = model.split_once("gemini-")?;
    let mut numbers = rest.split('-').next()?.split('.').map(str::parse);
    let generation = numbers.next()?.ok()?;
    Some((generation, numbers.next().and_then(Result::ok).unwrap_or(0)))
}

fn is_pro(model: &str) -> bool {
    let words = model.split_once("gemini-").map(|(_, rest)| rest.split('-'));
    words.is_some_and(|mut words| words.any(|word| word == "pro"))
}

/// A schema with a description, unless it has one.
fn described(schema: &Value, description: Option<&str>) -> Value {
    let mut schema = schema.clone();
    if let (Some(members), Some(description)) = (schema.as_object_mut(), description) {
        members.entry("description").or_insert_with(|| description.into());
    }
    schema
}
