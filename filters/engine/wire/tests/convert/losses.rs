//! What is lost of a client's request, what is not, and what is no request.

use bartizan_wire::BodyError;
use bartizan_wire::convert::neutral::Request;
use bartizan_wire::convert::{Losses, request};
use serde_json::{Value, json};

/// How a dialect is read, and what a request has to have in it.
type Dialect = (fn(Value, &mut Losses) -> Result<Request, BodyError>, &'static str);

const CHAT: Dialect = (
    request::from_chat::read,
    r#"{"messages":[{"role":"user","content":"Go on."}]}"#,
);
const RESPONSES: Dialect = (request::from_responses::read, r#"{"input":"Go on."}"#);
const MESSAGES: Dialect = (
    request::from_messages::read,
    r#"{"messages":[{"role":"user","content":"Go on."}]}"#,
);

/// The losses of a small request with these members beside what it has to have.
fn losses((read, least): Dialect, members: Value) -> Result<String, String> {
    let mut body: Value = serde_json::from_str(least).unwrap();
    for (name, member) in members.as_object().unwrap() {
        body[name] = member.clone();
    }
    let mut losses = Losses::default();
    match read(body, &mut losses) {
        Ok(_) => Ok(losses.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn hold(dialect: Dialect, table: &[(Value, Result<&str, &str>)]) {
    for (members, expected) in table {
        let expected = expected.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(losses(dialect, members.clone()), expected, "{members}");
    }
}

#[test]
fn chat_members_that_change_nothing_are_no_losses() {
    hold(
        CHAT,
        &[
            (json!({"n": 1}), Ok("")),
            (json!({"n": 2}), Ok("")),
            (json!({"store": false}), Ok("")),
            (json!({"store": true}), Ok("$.store")),
            (json!({"logprobs": false, "top_logprobs": 0}), Ok("")),
            (json!({"logprobs": false, "top_logprobs": 3}), Ok("$.top_logprobs")),
            (json!({"service_tier": "auto"}), Ok("")),
            (json!({"service_tier": "default"}), Ok("")),
            (json!({"service_tier": "flex"}), Ok("$.service_tier")),
            (json!({"logit_bias": {}}), Ok("")),
            (json!({"logit_bias": {"7": 1}}), Ok("$.logit_bias")),
            (json!({"modalities": ["text"]}), Ok("")),
            (json!({"modalities": ["text", "audio"]}), Ok("$.modalities")),
            (json!({"verbosity": "medium"}), Ok("")),
            (json!({"verbosity": "low"}), Ok("$.verbosity")),
            (json!({"frequency_penalty": 0, "presence_penalty": 0.0}), Ok("")),
            (
                json!({"stop": [], "metadata": {}, "functions": [], "tools": []}),
                Ok(""),
            ),
            (json!({"seed": null, "audio": null, "prediction": null}), Ok("")),
            (json!({"prediction": {"type": "content"}}), Ok("$.prediction")),
            (json!({"web_search_options": {}}), Ok("$.web_search_options")),
            (json!({"max_completion_tokens": 5, "max_tokens": 5}), Ok("")),
            (json!({"max_completion_tokens": 5, "max_tokens": 6}), Ok("$.max_tokens")),
            (json!({"user": "a", "safety_identifier": "a"}), Ok("")),
            (json!({"user": "a", "safety_identifier": "b"}), Ok("$.user")),
            (
                json!({"stream": true, "stream_options": {"include_usage": true, "include_obfuscation": true}}),
                Ok(""),
            ),
            (json!({"stream_options": {"other": 1}}), Ok("$.stream_options.other")),
            (json!({"response_format": {"type": "text"}}), Ok("")),
            (json!({"response_format": {"type": "grammar"}}), Ok("$.response_format")),
            (
                json!({"tools": [{"type": "custom", "custom": {"name": "a"}}]}),
                Ok("$.tools[0]"),
            ),
            (
                json!({"tools": [{"type": "function", "function": {"name": "a", "color": 1}}]}),
                Ok("$.tools[0].function.color"),
            ),
            (json!({"tool_choice": {"type": "allowed_tools"}}), Ok("$.tool_choice")),
            (
                json!({"thinking": {"type": "disabled"}, "reasoning_effort": "high"}),
                Ok("$.reasoning_effort"),
            ),
            (json!({"two": 1, "one": 2}), Ok("$.two, $.one")),
        ],
    );
}

#[test]
fn chat_messages_lose_what_nobody_knows() {
    let message = |message: Value| json!({"messages": [message]});
    let part = |part: Value| message(json!({"role": "user", "content": [part]}));
    hold(
        CHAT,
        &[
            (
                part(json!({"type": "text", "text": "a", "extra": 1})),
                Ok("$.messages[0].content[0].extra"),
            ),
            (
                part(json!({"type": "video", "video": "a"})),
                Ok("$.messages[0].content[0]"),
            ),
            (
                part(json!({"type": "image_url", "image_url": "https://a.example/b.png"})),
                Ok(""),
            ),
            (
                part(json!({"type": "image_url", "image_url": {"url": "https://a.example/b.png", "zoom": 2}})),
                Ok("$.messages[0].content[0].image_url.zoom"),
            ),
            (
                part(json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}})),
                Ok(""),
            ),
            (part(json!({"type": "file", "file": {"file_id": "file-1"}})), Ok("")),
            (
                part(json!({"type": "text", "text": "a", "cache_control": {"type": "eternal"}})),
                Ok("$.messages[0].content[0].cache_control.type"),
            ),
            (
                part(
                    json!({"type": "text", "text": "a", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "30m"}}),
                ),
                Ok(""),
            ),
            (
                message(json!({"role": "system", "content": "a", "name": "b"})),
                Ok("$.messages[0].name"),
            ),
            (
                message(json!({"role": "assistant", "content": "a", "audio": {"id": "b"}})),
                Ok("$.messages[0].audio"),
            ),
            (
                message(json!({"role": "assistant", "tool_calls": [{"id": "a", "type": "custom", "custom": {}}]})),
                Ok("$.messages[0].tool_calls[0]"),
            ),
            (
                message(json!({"role": "assistant", "content": null, "thinking_blocks": [{"type": "musing"}]})),
                Ok("$.messages[0].thinking_blocks[0]"),
            ),
        ],
    );
}

#[test]
fn what_is_no_chat_is_refused_by_place() {
    let message = |message: Value| json!({"messages": [message]});
    let roles = "one of the strings system, developer, user, assistant, tool, function";
    hold(
        CHAT,
        &[
            (json!({"messages": null}), Err("$.messages: missing, expected an array")),
            (
                json!({"messages": {}}),
                Err("$.messages: expected an array, found an object"),
            ),
            (
                json!({"messages": [7]}),
                Err("$.messages[0]: expected an object, found a number"),
            ),
            (
                message(json!({})),
                Err("$.messages[0].role: missing, expected a string"),
            ),
            (
                message(json!({"role": "pope", "content": "a"})),
                Err(&format!("$.messages[0].role: expected {roles}, found another string")),
            ),
            (
                message(json!({"role": "user"})),
                Err("$.messages[0].content: missing, expected a string or an array"),
            ),
            (
                message(json!({"role": "user", "content": 7})),
                Err("$.messages[0].content: expected a string or an array, found a number"),
            ),
            (
                message(json!({"role": "user", "content": [{"type": "text"}]})),
                Err("$.messages[0].content[0].text: missing, expected a string"),
            ),
            (
                message(json!({"role": "tool", "content": "a"})),
                Err("$.messages[0].tool_call_id: missing, expected a string"),
            ),
            (
                message(json!({"role": "assistant", "tool_calls": [{"id": "a"}]})),
                Err("$.messages[0].tool_calls[0].function: missing, expected an object"),
            ),
            (
                json!({"temperature": "hot"}),
                Err("$.temperature: expected a number, found a string"),
            ),
            (
                json!({"max_tokens": -1}),
                Err("$.max_tokens: expected a whole number, found a number"),
            ),
            (
                json!({"stop": 7}),
                Err("$.stop: expected a string or an array, found a number"),
            ),
            (
                json!({"stop": ["a", 7]}),
                Err("$.stop[1]: expected a string, found a number"),
            ),
            (
                json!({"stream": "yes"}),
                Err("$.stream: expected a boolean, found a string"),
            ),
            (
                json!({"tool_choice": "some"}),
                Err("$.tool_choice: expected one of the strings auto, none, required, found another string"),
            ),
            (
                json!({"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}}),
                Err("$.response_format.json_schema.schema: missing, expected an object"),
            ),
            (
                json!({"reasoning_effort": "hard"}),
                Err(
                    "$.reasoning_effort: expected one of the strings none, minimal, low, medium, high, xhigh, max, found another string",
                ),
            ),
        ],
    );
}

#[test]
fn responses_lose_what_was_kept_elsewhere() {
    let item = |item: Value| json!({"input": [item]});
    hold(
        RESPONSES,
        &[
            (json!({"store": true}), Ok("$.store")),
            (
                json!({"store": false, "background": false, "truncation": "disabled"}),
                Ok(""),
            ),
            (json!({"background": true}), Ok("$.background")),
            (json!({"truncation": "auto"}), Ok("$.truncation")),
            (json!({"previous_response_id": "a"}), Ok("$.previous_response_id")),
            (json!({"conversation": "a"}), Ok("$.conversation")),
            (json!({"prompt": {"id": "a"}}), Ok("$.prompt")),
            (json!({"include": ["reasoning.encrypted_content"]}), Ok("")),
            (
                json!({"include": ["reasoning.encrypted_content", "message.output_text.logprobs"]}),
                Ok("$.include[1]"),
            ),
            (json!({"top_logprobs": 0}), Ok("")),
            (json!({"top_logprobs": 2}), Ok("$.top_logprobs")),
            (json!({"reasoning": {"effort": "low", "summary": "auto"}}), Ok("")),
            (json!({"reasoning": {"mode": "pro"}}), Ok("$.reasoning.mode")),
            (json!({"text": {"verbosity": "low"}}), Ok("$.text.verbosity")),
            (json!({"tools": [{"type": "web_search"}]}), Ok("$.tools[0]")),
            (json!({"tool_choice": {"type": "web_search"}}), Ok("$.tool_choice")),
            (item(json!({"type": "item_reference", "id": "a"})), Ok("$.input[0]")),
            (item(json!({"id": "a"})), Ok("$.input[0]")),
            (
                item(json!({"type": "reasoning", "id": "a", "summary": []})),
                Ok("$.input[0]"),
            ),
            (
                item(json!({"type": "reasoning", "id": "a", "summary": [], "encrypted_content": "BartizanCallSignx"})),
                Ok("$.input[0]"),
            ),
            (
                item(json!({"type": "reasoning", "id": "a", "summary": [{"type": "summary_text", "text": "b"}]})),
                Ok(""),
            ),
            (item(json!({"type": "computer_call", "id": "a"})), Ok("$.input[0]")),
            (
                item(json!({"role": "user", "content": "a", "id": "b", "status": "completed"})),
                Ok(""),
            ),
            (
                item(json!({"role": "assistant", "content": "a", "phase": "commentary"})),
                Ok("$.input[0].phase"),
            ),
            (
                item(json!({"type": "function_call_output", "output": "a"})),
                Err("$.input[0].call_id: missing, expected a string"),
            ),
            (
                json!({"input": null}),
                Err("$.input: missing, expected a string or an array"),
            ),
            (
                json!({"input": 7}),
                Err("$.input: expected a string or an array, found a number"),
            ),
            (
                json!({"instructions": 7}),
                Err("$.instructions: expected a string, found a number"),
            ),
        ],
    );
}

#[test]
fn messages_lose_what_runs_with_the_provider() {
    let block = |block: Value| json!({"messages": [{"role": "user", "content": [block]}]});
    hold(
        MESSAGES,
        &[
            (
                json!({"service_tier": "standard_only", "mcp_servers": [], "speed": "standard"}),
                Ok(""),
            ),
            (json!({"service_tier": "priority"}), Ok("$.service_tier")),
            (json!({"mcp_servers": [{"name": "a"}]}), Ok("$.mcp_servers")),
            (json!({"container": "a"}), Ok("$.container")),
            (json!({"context_management": {}}), Ok("")),
            (
                json!({"anthropic_beta": [7]}),
                Err("$.anthropic_beta[0]: expected a string, found a number"),
            ),
            (
                json!({"metadata": {"user_id": "a", "team": "b"}}),
                Ok("$.metadata.team"),
            ),
            (json!({"stop_sequences": []}), Ok("")),
            (json!({"cache_control": {"type": "ephemeral"}}), Ok("")),
            (
                json!({"tools": [{"type": "bash_20250124", "name": "bash"}]}),
                Ok("$.tools[0]"),
            ),
            (
                json!({"tools": [{"type": "custom", "name": "a", "input_schema": {}, "eager_input_streaming": true}]}),
                Ok(""),
            ),
            (
                json!({"tools": [{"name": "a", "input_schema": {}, "defer_loading": true}]}),
                Ok("$.tools[0].defer_loading"),
            ),
            (json!({"thinking": {"type": "between_tools"}}), Ok("$.thinking")),
            (
                json!({"thinking": {"type": "disabled"}, "output_config": {"effort": "low"}}),
                Ok("$.output_config.effort"),
            ),
            (
                json!({"thinking": {"type": "enabled"}}),
                Err("$.thinking.budget_tokens: missing, expected a whole number"),
            ),
            (json!({"output_format": {"type": "json_schema", "schema": {}}}), Ok("")),
            (
                block(json!({"type": "container_upload", "file_id": "a"})),
                Ok("$.messages[0].content[0]"),
            ),
            (
                block(json!({"type": "redacted_thinking", "data": "BartizanCallSigna"})),
                Ok("$.messages[0].content[0]"),
            ),
            (
                block(
                    json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA", "x": 1}}),
                ),
                Ok("$.messages[0].content[0].source.x"),
            ),
            (
                block(json!({"type": "document", "source": {"type": "tape"}})),
                Ok("$.messages[0].content[0]"),
            ),
            (
                block(json!({"type": "tool_result", "tool_use_id": "a", "content": [{"type": "tool_reference"}]})),
                Ok("$.messages[0].content[0].content[0]"),
            ),
            (
                block(
                    json!({"type": "search_result", "source": "a", "title": "b", "content": [{"type": "text", "text": "c",
                    "cache_control": {"type": "ephemeral"}, "citations": [{"type": "char_location"}]}]}),
                ),
                Ok("$.messages[0].content[0].content[0].cache_control, $.messages[0].content[0].content[0].citations"),
            ),
            (
                json!({"messages": [], "cache_control": {"type": "ephemeral"}}),
                Ok("$.cache_control"),
            ),
            (
                block(json!({"type": "tool_use", "id": "a", "name": "b", "input": "c"})),
                Err("$.messages[0].content[0].input: expected an object, found a string"),
            ),
            (
                json!({"system": 7}),
                Err("$.system: expected a string or an array, found a number"),
            ),
            (
                json!({"tool_choice": {"type": "some"}}),
                Err("$.tool_choice.type: expected one of the strings auto, any, none, tool, found another string"),
            ),
        ],
    );
}

#[test]
fn places_are_told_in_ascii_and_not_without_end() {
    hold(
        CHAT,
        &[
            (json!({"x-ray.1": 1}), Ok("$.x-ray.1")),
            (json!({"": 1}), Ok("$[\"\"]")),
            (json!({"a\r\nb: c": 1}), Ok("$[\"a\\r\\nb: c\"]")),
            (json!({"größe \"1\"": 1}), Ok("$[\"gr\\u{f6}\\u{df}e \\\"1\\\"\"]")),
            (json!({"a".repeat(65): 1}), Ok(&format!("$[\"{}...\"]", "a".repeat(64)))),
        ],
    );
    let members: serde_json::Map<String, Value> = (0..5_000).map(|number| (format!("m{number}"), 1.into())).collect();
    let told = losses(CHAT, Value::Object(members)).unwrap();
    assert!(told.ends_with("$.m39, and 4960 more"), "{told}");
}
