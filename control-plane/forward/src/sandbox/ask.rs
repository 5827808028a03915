//! What a request asks for, in whichever dialect.

use std::borrow::Cow;

use bartizan_verdict::{Dialect, Endpoint};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{embeddings, last::Last};

/// A request, reduced to what the sandbox answers to.
#[derive(Debug)]
pub(super) struct Ask<'a> {
    pub(super) endpoint: Endpoint,
    pub(super) model: Cow<'a, str>,
    pub(super) delivery: Delivery,
    pub(super) max_tokens: Option<u64>,
    /// How many answers are wanted at once; at least one.
    pub(super) choices: u8,
    pub(super) input_tokens: u64,
    pub(super) last: Last,
    /// Tools that must be answered with, in the order of the request.
    pub(super) calls: Vec<Tool<'a>>,
    /// What is to be embedded.
    pub(super) texts: Vec<&'a RawValue>,
    /// How long a vector is to be.
    pub(super) dimensions: Option<usize>,
    /// Whether vectors are to be base64.
    pub(super) as_base64: bool,
}

/// How the answer travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    /// Server-sent events.
    Stream,
    /// Server-sent events, with OpenAI's usage chunk at the end.
    StreamWithUsage,
}

#[derive(Debug)]
pub(super) struct Tool<'a> {
    pub(super) name: Cow<'a, str>,
    schema: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow, alias = "input")]
    messages: Option<&'a RawValue>,
    stream: Option<bool>,
    #[serde(alias = "max_completion_tokens", alias = "max_output_tokens")]
    max_tokens: Option<u64>,
    n: Option<u8>,
    stream_options: Option<StreamOptions>,
    #[serde(borrow)]
    tools: Option<Vec<ToolDefinition<'a>>>,
    #[serde(borrow)]
    tool_choice: Option<&'a RawValue>,
    dimensions: Option<usize>,
    encoding_format: Option<&'a str>,
}

#[derive(Deserialize)]
struct StreamOptions {
    include_usage: Option<bool>,
}

/// Chat completions name a tool inside `function`, all others at the top.
#[derive(Deserialize)]
struct ToolDefinition<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "parameters")]
    input_schema: Option<&'a RawValue>,
    #[serde(borrow)]
    function: Option<Function<'a>>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    parameters: Option<&'a RawValue>,
}

impl<'a> Ask<'a> {
    /// Reads a request body.
    ///
    /// # Errors
    /// A sentence for the client, in the words of whoever wrote the body.
    pub(super) fn read(endpoint: Endpoint, body: &'a [u8]) -> Result<Self, String> {
        let body: Body<'a> = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if endpoint == Endpoint::Messages && body.max_tokens.is_none() {
            return Err("max_tokens: Field required".to_owned());
        }
        let name = match endpoint {
            Endpoint::Responses | Endpoint::Embeddings => "input",
            _ => "messages",
        };
        let said = body.messages.ok_or_else(|| format!("{name}: missing"))?;
        let (mut texts, mut last) = (Vec::new(), Last::Other);
        if endpoint == Endpoint::Embeddings {
            texts = embeddings::texts(said).map_err(|error| format!("input: {error}"))?;
        } else {
            last = Last::of(said)
                .map_err(|error| format!("{name}: {error}"))?
                .ok_or_else(|| format!("{name}: at least one message is required"))?;
        }
        let calls = calls_wanted(body.tools.unwrap_or_default(), body.tool_choice, &last);
        let delivery = match (body.stream, body.stream_options) {
            (
                Some(true),
                Some(StreamOptions {
                    include_usage: Some(true),
                }),
            ) => Delivery::StreamWithUsage,
            (Some(true), _) => Delivery::Stream,
            (Some(false) | None, _) => Delivery::Whole,
        };
        Ok(Self {
            endpoint,
            model: body.model,
            delivery,
            max_tokens: body.max_tokens,
            choices: body.n.unwrap_or(1).max(1),
            input_tokens: (said.get().len() as u64).div_ceil(4),
            last,
            calls,
            texts,
            dimensions: body.dimensions,
            as_base64: body.encoding_format == Some("base64"),
        })
    }
}

impl Ask<'_> {
    pub(super) fn dialect(&self) -> Dialect {
        self.endpoint.dialect().unwrap_or(Dialect::OpenAi)
    }
}

impl Tool<'_> {
    /// Arguments that satisfy the simple parts of the tool's schema: every required property, by its type.
    pub(super) fn arguments(&self) -> String {
        let schema: Value = self
            .schema
            .and_then(|schema| serde_json::from_str(schema.get()).ok())
            .unwrap_or_default();
        argument(&schema).to_string()
    }
}

fn argument(schema: &Value) -> Value {
    if let Some(first) = schema.get("enum").and_then(|values| values.get(0)) {
        return first.clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => Value::from("sandbox"),
        Some("integer" | "number") => Value::from(1),
        Some("boolean") => Value::from(true),
        Some("array") => Value::Array(Vec::new()),
        Some("null") => Value::Null,
        _ => required_properties(schema),
    }
}

fn required_properties(schema: &Value) -> Value {
    let names = schema.get("required").and_then(Value::as_array);
    let filled = names
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|name| {
            let property = schema.get("properties").and_then(|all| all.get(name));
            (name.to_owned(), argument(property.unwrap_or(&Value::Null)))
        })
        .collect();
    Value::Object(filled)
}

fn calls_wanted<'a>(definitions: Vec<ToolDefinition<'a>>, choice: Option<&RawValue>, last: &Last) -> Vec<Tool<'a>> {
    let mut tools: Vec<Tool<'a>> = definitions
        .into_iter()
        .filter_map(|definition| match (definition.name, definition.function) {
            (Some(name), _) => Some(Tool {
                name,
                schema: definition.input_schema,
            }),
            (None, Some(function)) => Some(Tool {
                name: function.name,
                schema: function.parameters,
            }),
            (None, None) => None,
        })
        .collect();
    let Last::User(text) = last else {
        return Vec::new();
    };
    match Choice::of(choice) {
        Choice::None => tools.clear(),
        Choice::Auto => tools.retain(|tool| text.contains(tool.name.as_ref())),
        Choice::Any => tools.truncate(1),
        Choice::Named(name) => tools.retain(|tool| tool.name == name),
    }
    tools
}

enum Choice {
    None,
    Auto,
    Any,
    Named(String),
}

impl Choice {
    /// OpenAI: `"none"`, `"auto"`, `"required"` or `{"function": {"name"}}`. Anthropic: `{"type", "name"?}`.
    fn of(choice: Option<&RawValue>) -> Self {
        let choice: Value = choice
            .and_then(|choice| serde_json::from_str(choice.get()).ok())
            .unwrap_or_default();
        let named = choice.pointer("/function/name").or_else(|| choice.get("name"));
        if let Some(name) = named.and_then(Value::as_str) {
            return Self::Named(name.to_owned());
        }
        match choice.as_str().or_else(|| choice.get("type")?.as_str()) {
            Some("none") => Self::None,
            Some("required" | "any") => Self::Any,
            _ => Self::Auto,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(ask: &Ask<'_>) -> Vec<String> {
        ask.calls.iter().map(|tool| tool.name.to_string()).collect()
    }

    #[test]
    fn a_tool_is_called_when_the_user_names_it() {
        let body = br#"{"model":"m","messages":[{"role":"user","content":"use get_weather"}],
            "tools":[{"type":"function","function":{"name":"get_weather","parameters":{"type":"object",
            "properties":{"city":{"type":"string"},"unit":{"enum":["c","f"]},"days":{"type":"integer"}},
            "required":["city","unit"]}}},{"type":"function","function":{"name":"other"}}]}"#;
        let ask = Ask::read(Endpoint::ChatCompletions, body).unwrap();
        assert_eq!(names(&ask), ["get_weather"]);
        assert_eq!(ask.calls[0].arguments(), r#"{"city":"sandbox","unit":"c"}"#);
    }

    #[test]
    fn tool_choice_decides_over_the_text() {
        let table = [
            (r#""none""#, vec![]),
            (r#""auto""#, vec![]),
            (r#""required""#, vec!["one"]),
            (r#"{"type":"any"}"#, vec!["one"]),
            (r#"{"type":"tool","name":"two"}"#, vec!["two"]),
            (r#"{"type":"function","function":{"name":"two"}}"#, vec!["two"]),
        ];
        for (choice, expected) in table {
            let body = format!(
                r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}],"tool_choice":{choice},
                "tools":[{{"name":"one"}},{{"name":"two"}}]}}"#
            );
            let ask = Ask::read(Endpoint::ChatCompletions, body.as_bytes()).unwrap();
            assert_eq!(names(&ask), expected, "{choice}");
        }
    }

    #[test]
    fn a_tool_result_is_recognised_everywhere() {
        let table = [
            (
                Endpoint::ChatCompletions,
                r#"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"tool","content":"42"}]}"#,
            ),
            (
                Endpoint::Messages,
                r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":
                    [{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"42"}]}]}]}"#,
            ),
            (
                Endpoint::Responses,
                r#"{"model":"m","input":[{"role":"user","content":"x"},
                    {"type":"function_call_output","call_id":"a","output":"42"}]}"#,
            ),
        ];
        for (endpoint, body) in table {
            let ask = Ask::read(endpoint, body.as_bytes()).unwrap();
            assert!(
                matches!(ask.last, Last::ToolResult(ref text) if text == "42"),
                "{endpoint:?}"
            );
        }
    }

    #[test]
    fn what_a_provider_would_refuse_is_refused() {
        let table = [
            (Endpoint::ChatCompletions, r#"{"model":"m","messages":[]}"#),
            (Endpoint::ChatCompletions, r#"{"model":"m"}"#),
            (Endpoint::ChatCompletions, "[]"),
            (
                Endpoint::Messages,
                r#"{"model":"m","messages":[{"role":"user","content":"x"}]}"#,
            ),
            (Endpoint::Responses, r#"{"model":"m","input":[]}"#),
            (Endpoint::Responses, r#"{"model":"m"}"#),
            (Endpoint::Embeddings, r#"{"model":"m","input":{}}"#),
            (Endpoint::CountTokens, r#"{"model":"m"}"#),
        ];
        for (endpoint, body) in table {
            assert!(Ask::read(endpoint, body.as_bytes()).is_err(), "{body}");
        }
    }
}
