//! What providers are told of a request, and what they cannot be told.

use bartizan_wire::convert::request::{to_chat, to_gemini, to_messages};
use bartizan_wire::convert::{Losses, request};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arbitrary;
use crate::golden::read;

fn lost(losses: &Losses) -> String {
    losses.to_string()
}

fn to_claude(model: &str, body: Value) -> (Value, String) {
    let mut losses = Losses::default();
    let request = read("chat", body, &mut losses);
    (to_messages::write(&request, model, &mut losses), lost(&losses))
}

/// A chat request of one message and more members.
fn chat(more: Value) -> Value {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi."}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

#[test]
fn thinking_is_said_as_the_model_takes_it() {
    let (old, both, new) = ("claude-haiku-4-5", "claude-opus-4-6", "claude-opus-5");
    let enabled = |budget: u64| json!({"type": "enabled", "budget_tokens": budget});
    let adaptive = json!({"type": "adaptive", "display": "omitted"});
    let called = json!([{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [
        {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "b"}]);
    let table = [
        // Model, request, thinking, effort, most tokens, lost.
        (old, json!({}), Value::Null, Value::Null, 4_096, ""),
        (new, json!({}), Value::Null, Value::Null, 16_384, ""),
        (
            old,
            json!({"reasoning_effort": "low"}),
            enabled(2_048),
            Value::Null,
            4_096 + 2_048,
            "",
        ),
        (
            old,
            json!({"reasoning_effort": "max"}),
            enabled(64_000 - 4_096),
            Value::Null,
            64_000,
            "",
        ),
        (
            "claude-opus-4-1",
            json!({"reasoning_effort": "xhigh"}),
            enabled(32_000 - 4_096),
            Value::Null,
            32_000,
            "",
        ),
        (
            old,
            json!({"reasoning_effort": "low", "messages": called}),
            Value::Null,
            Value::Null,
            4_096,
            "$.reasoning_effort",
        ),
        (
            both,
            json!({"reasoning_effort": "low", "max_tokens": 9, "messages": called}),
            adaptive.clone(),
            json!("low"),
            9,
            "",
        ),
        (
            old,
            json!({"reasoning_effort": "high", "max_tokens": 6_000}),
            enabled(3_000),
            Value::Null,
            6_000,
            "",
        ),
        (
            old,
            json!({"reasoning_effort": "high", "max_tokens": 1_500}),
            enabled(1_024),
            Value::Null,
            1_500,
            "",
        ),
        (
            old,
            json!({"reasoning_effort": "high", "max_tokens": 1_024}),
            Value::Null,
            Value::Null,
            1_024,
            "$.reasoning_effort",
        ),
        (
            old,
            json!({"reasoning_effort": "none"}),
            Value::Null,
            Value::Null,
            4_096,
            "",
        ),
        (
            new,
            json!({"reasoning_effort": "none"}),
            json!({"type": "disabled"}),
            Value::Null,
            16_384,
            "",
        ),
        (
            "claude-3-5-haiku-20241022",
            json!({"reasoning_effort": "low"}),
            Value::Null,
            Value::Null,
            4_096,
            "$.reasoning_effort",
        ),
        (
            both,
            json!({"reasoning_effort": "medium", "max_tokens": 9}),
            adaptive.clone(),
            json!("medium"),
            9,
            "",
        ),
        (
            new,
            json!({"reasoning_effort": "minimal", "max_tokens": 9}),
            adaptive.clone(),
            json!("low"),
            9,
            "",
        ),
        (
            new,
            json!({"reasoning_effort": "xhigh", "max_tokens": 9}),
            adaptive.clone(),
            json!("xhigh"),
            9,
            "",
        ),
        (
            new,
            json!({"reasoning_effort": "max"}),
            adaptive,
            json!("max"),
            16_384 + 65_536,
            "",
        ),
        (
            new,
            json!({"reasoning_effort": "high", "tool_choice": "required", "tools": [{"type": "function", "function": {"name": "f"}}]}),
            Value::Null,
            Value::Null,
            16_384,
            "$.reasoning_effort",
        ),
    ];
    for (model, more, thinking, effort, max_tokens, losses) in table {
        let case = format!("{model} {more}");
        let (body, lost) = to_claude(model, chat(more));
        let found = (
            &body["thinking"],
            &body["output_config"]["effort"],
            body["max_tokens"].as_u64(),
            lost.as_str(),
        );
        assert_eq!(found, (&thinking, &effort, Some(max_tokens), losses), "{case}");
    }
}

#[test]
fn sampling_is_said_where_the_model_takes_it() {
    let (old, middle, new) = ("claude-3-5-haiku-20241022", "claude-sonnet-4-5", "claude-sonnet-5");
    let table = [
        (old, json!({"temperature": 0.3, "top_p": 0.9}), json!([0.3, 0.9]), ""),
        (
            middle,
            json!({"temperature": 0.3, "top_p": 0.9}),
            json!([0.3, null]),
            "$.top_p",
        ),
        (middle, json!({"temperature": 0.3, "top_p": 1}), json!([0.3, null]), ""),
        (middle, json!({"top_p": 0.9}), json!([null, 0.9]), ""),
        (
            middle,
            json!({"temperature": 0.3, "reasoning_effort": "low"}),
            json!([null, null]),
            "$.temperature",
        ),
        (
            middle,
            json!({"temperature": 1, "reasoning_effort": "low"}),
            json!([null, null]),
            "",
        ),
        (
            middle,
            json!({"top_p": 0.97, "reasoning_effort": "low"}),
            json!([null, 0.97]),
            "",
        ),
        (
            middle,
            json!({"top_p": 0.5, "reasoning_effort": "low"}),
            json!([null, null]),
            "$.top_p",
        ),
        (
            new,
            json!({"temperature": 0.3, "top_p": 0.9, "top_k": 4}),
            json!([null, null]),
            "$.temperature, $.top_p, $.top_k",
        ),
        (new, json!({"temperature": 1, "top_p": 1.0}), json!([null, null]), ""),
        (
            "our-writer",
            json!({"temperature": 0.3, "top_p": 0.9}),
            json!([0.3, 0.9]),
            "",
        ),
    ];
    for (model, more, expected, losses) in table {
        let case = format!("{model} {more}");
        let (body, lost) = to_claude(model, chat(more));
        assert_eq!(
            (json!([body["temperature"], body["top_p"]]), lost.as_str()),
            (expected, losses),
            "{case}"
        );
    }
}

#[test]
fn no_more_than_four_places_are_cached() {
    let marked = |text: &str| json!({"type": "text", "text": text, "cache_control": {"type": "ephemeral"}});
    let body = json!({"model": "m", "max_tokens": 9, "system": [marked("a")],
        "tools": [{"name": "f", "input_schema": {"type": "object"}, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": [marked("b"), marked("c"), marked("d"), marked("e")]}]});
    let mut losses = Losses::default();
    let request = read("messages", body, &mut losses);
    let written = to_messages::write(&request, "claude-opus-5", &mut losses);
    assert_eq!(written.to_string().matches("ephemeral").count(), 4);
    assert_eq!(
        lost(&losses),
        "$.messages[0].content[2].cache_control, $.messages[0].content[3].cache_control"
    );
}

#[test]
fn turns_alternate_and_say_something() {
    let body = json!({"model": "m", "messages": [
        {"role": "user", "content": "a"}, {"role": "user", "content": "b"}, {"role": "assistant", "content": ""},
        {"role": "user", "content": " \n"}, {"role": "user", "content": "c"}, {"role": "assistant", "content": "d"}, {"role": "system", "content": "e"},
        {"role": "assistant", "content": "f"}]});
    let (body, lost) = to_claude("claude-opus-5", body);
    let block = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(body["system"], json!([block("e")]));
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [block("a"), block("b"), block("c")]},
            {"role": "assistant", "content": [block("d"), block("f")]},
        ])
    );
    assert_eq!(lost, "");
}

#[test]
fn arguments_of_earlier_calls_have_to_be_an_object() {
    let table = [
        ("", json!({}), ""),
        ("{\"a\":1}", json!({"a": 1}), ""),
        ("[1]", json!({}), "$.messages[1].tool_calls[0]"),
        ("{\"a\":", json!({}), "$.messages[1].tool_calls[0]"),
    ];
    for (arguments, input, losses) in table {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "tool_calls": [
            {"id": "call.1", "type": "function", "function": {"name": "f", "arguments": arguments}}]},
            {"role": "tool", "tool_call_id": "call.1", "content": "b"}]});
        let (body, lost) = to_claude("claude-opus-5", body);
        let call = &body["messages"][1]["content"][0];
        assert_eq!(
            (&call["input"], &call["id"], lost.as_str()),
            (&input, &json!("call_1"), losses),
            "{arguments}"
        );
        assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], "call_1");
    }
}

#[test]
fn efforts_are_words_that_the_server_knows() {
    let table = [
        ("none", "none", "none"),
        ("minimal", "minimal", "low"),
        ("medium", "medium", "medium"),
        ("xhigh", "xhigh", "high"),
        ("max", "max", "high"),
    ];
    for (effort, openai, compatible) in table {
        let mut losses = Losses::default();
        let request = read("chat", chat(json!({"reasoning_effort": effort})), &mut losses);
        for (target, expected) in [
            (to_chat::Target::OPENAI, openai),
            (to_chat::Target::COMPATIBLE, compatible),
        ] {
            let body = to_chat::write(&request, "m", &target, &mut losses);
            assert_eq!(body["reasoning_effort"], expected);
        }
        assert!(losses.is_empty());
    }
}

#[test]
fn the_least_budget_is_a_low_effort() {
    let thinking = json!({"type": "enabled", "budget_tokens": 1_024});
    let mut losses = Losses::default();
    let request = read("chat", chat(json!({"thinking": thinking})), &mut losses);
    let body = to_chat::write(&request, "m", &to_chat::Target::OPENAI, &mut losses);
    assert_eq!(body["reasoning_effort"], "low");
}

#[test]
fn of_an_effort_and_a_budget_one_is_told() {
    let more = json!({"reasoning_effort": "low", "thinking": {"type": "enabled", "budget_tokens": 2_048}});
    let mut losses = Losses::default();
    let request = read("chat", chat(more.clone()), &mut losses);
    let body = to_chat::write(&request, "m", &to_chat::Target::OPENAI, &mut losses);
    assert_eq!(body["reasoning_effort"], "low");
    assert_eq!(lost(&losses), "$.thinking.budget_tokens");
    let table = [
        ("claude-haiku-4-5", "$.reasoning_effort"),
        ("claude-opus-5", "$.thinking.budget_tokens"),
        ("claude-3-haiku", "$.thinking, $.reasoning_effort"),
    ];
    for (model, expected) in table {
        assert_eq!(to_claude(model, chat(more.clone())).1, expected, "{model}");
    }
    for (model, told, expected) in [
        (
            "gemini-2.5-flash",
            json!({"thinkingBudget": 2_048, "includeThoughts": true}),
            "$.reasoning_effort",
        ),
        (
            "gemini-3-flash",
            json!({"thinkingLevel": "low", "includeThoughts": true}),
            "$.thinking.budget_tokens",
        ),
    ] {
        let mut losses = Losses::default();
        let request = read("chat", chat(more.clone()), &mut losses);
        let body = to_gemini::write(&request, model, &mut losses);
        assert_eq!(body["generationConfig"]["thinkingConfig"], told, "{model}");
        assert_eq!(lost(&losses), expected, "{model}");
    }
}

#[test]
fn encrypted_thoughts_are_a_loss_in_chat() {
    let thoughts = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "b3BhcXVl"});
    let user = json!({"role": "user", "content": "Hi."});
    let answer = json!({"role": "assistant", "content": "a"});
    let table = [
        (json!([user, thoughts, user]), json!([user, user])),
        (json!([user, thoughts, answer, user]), json!([user, answer, user])),
    ];
    for (input, expected) in table {
        for target in [to_chat::Target::OPENAI, to_chat::Target::COMPATIBLE] {
            let mut losses = Losses::default();
            let request = read("responses", json!({"model": "m", "input": input}), &mut losses);
            let body = to_chat::write(&request, "m", &target, &mut losses);
            assert_eq!(body["messages"], expected);
            assert_eq!(lost(&losses), "$.input[1]");
        }
    }
}

#[test]
fn what_asks_for_nothing_of_this_answer_is_slight() {
    let thinking = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b",
        "reasoning_content": "c", "thinking_blocks": [{"type": "thinking", "thinking": "d", "signature": "c2ln"}]}]);
    let table = [
        json!({"metadata": {"a": "b"}}),
        json!({"store": true}),
        json!({"prompt_cache_key": "a", "prompt_cache_retention": "24h"}),
        json!({"user": "a", "safety_identifier": "b"}),
        json!({"response_format": {"type": "json_object"}}),
        json!({"messages": thinking}),
        json!({"messages": [{"role": "user", "content": [
            {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "7d"}}]}]}),
    ];
    for more in table {
        let mut losses = Losses::default();
        let request = read("chat", chat(more.clone()), &mut losses);
        let _ = to_messages::write(&request, "claude-opus-5", &mut losses);
        let _ = to_gemini::write(&request, "gemini-3-flash", &mut losses);
        let _ = to_chat::write(&request, "m", &to_chat::Target::OPENAI, &mut losses);
        assert_eq!(
            (losses.is_empty(), losses.is_grave()),
            (false, false),
            "{more}: {losses}"
        );
    }
}

#[test]
fn json_without_a_schema_is_asked_for_in_words() {
    let more = json!({"response_format": {"type": "json_object"}, "messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."}]});
    let (body, lost) = to_claude("claude-opus-5", chat(more));
    let system = body["system"].as_array().unwrap();
    assert_eq!((system.len(), lost.as_str()), (2, "$.response_format"));
    assert!(system[1]["text"].as_str().unwrap().contains("JSON object"));
    assert_eq!(body.get("output_config"), None);
}

#[test]
fn thoughts_that_are_not_to_be_told_are_not() {
    let thinking = json!({"type": "enabled", "budget_tokens": 2_048, "display": "omitted"});
    let more = json!({"thinking": thinking, "max_tokens": 9_000});
    let (body, lost) = to_claude("claude-haiku-4-5", chat(more.clone()));
    assert_eq!((&body["thinking"], lost.as_str()), (&thinking, ""));
    for (target, expected) in [
        (to_chat::Target::OPENAI, ""),
        (to_chat::Target::COMPATIBLE, "$.thinking.display"),
    ] {
        let mut losses = Losses::default();
        let request = read("chat", chat(more.clone()), &mut losses);
        let _ = to_chat::write(&request, "m", &target, &mut losses);
        assert_eq!((losses.to_string().as_str(), losses.is_grave()), (expected, false));
    }
}

#[test]
fn texts_apart_stay_apart() {
    let result = json!([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]);
    let body = json!({"model": "m", "max_tokens": 9, "messages": [
        {"role": "user", "content": [{"type": "document", "title": "a", "source": {"type": "content", "content": result}}]},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "b", "signature": "c2ln"},
            {"type": "thinking", "thinking": "c", "signature": "c2ln"},
            {"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "is_error": true, "content": result}]}]});
    let mut losses = Losses::default();
    let request = read("messages", body, &mut losses);
    let openai = to_chat::write(&request, "m", &to_chat::Target::OPENAI, &mut losses);
    let text = |text: &str| json!({"type": "text", "text": text});
    assert_eq!(openai["messages"][0]["content"], json!([text("a"), text("one\n\ntwo")]));
    assert_eq!(
        openai["messages"][2]["content"],
        json!([text("Error: one"), text("two")])
    );
    let compatible = to_chat::write(&request, "m", &to_chat::Target::COMPATIBLE, &mut losses);
    assert_eq!(compatible["messages"][0]["content"], "a\n\none\n\ntwo");
    assert_eq!(compatible["messages"][1]["reasoning"], "b\n\nc");
    assert_eq!(compatible["messages"][2]["content"], "Error: one\n\ntwo");
}

#[test]
fn results_belong_to_the_calls_before_them() {
    let call = |name: &str| {
        json!({"role": "assistant", "tool_calls": [
        {"id": "call.0", "type": "function", "function": {"name": name, "arguments": "{}"}}]})
    };
    let result = |text: &str| json!({"role": "tool", "tool_call_id": "call.0", "content": text});
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "a"}, call("near"), result("b"), call("far"), result("c")]});
    let mut losses = Losses::default();
    let request = read("chat", body, &mut losses);
    let claude = to_messages::write(&request, "claude-opus-5", &mut losses);
    let claude = |turn: usize, name: &str| claude["messages"][turn]["content"][0][name].clone();
    assert_eq!(claude(1, "id"), "call_0");
    assert_eq!(claude(2, "tool_use_id"), "call_0");
    assert_eq!(claude(3, "id"), "call_0_2");
    assert_eq!(claude(4, "tool_use_id"), "call_0_2");
    let gemini = to_gemini::write(&request, "gemini-3-flash", &mut losses);
    for (turn, name) in [(2, "near"), (4, "far")] {
        assert_eq!(gemini["contents"][turn]["parts"][0]["functionResponse"]["name"], name);
    }
    assert_eq!(losses.to_string(), "");
}

#[test]
fn signatures_that_are_not_told_are_losses() {
    let signed =
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "BartizanCallSignZ2VtaW5p"});
    let body = json!({"model": "m", "input": [{"role": "user", "content": "a"}, signed, signed,
        {"type": "function_call", "call_id": "t", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "t", "output": "b"}]});
    let lost = |write: &dyn Fn(&bartizan_wire::convert::neutral::Request, &mut Losses) -> Value| {
        let mut losses = Losses::default();
        let request = read("responses", body.clone(), &mut losses);
        write(&request, &mut losses);
        (losses.to_string(), losses.is_grave())
    };
    let both = ("$.input[1], $.input[2]".to_owned(), false);
    assert_eq!(
        lost(&|request, losses| to_messages::write(request, "claude-opus-5", losses)),
        both
    );
    assert_eq!(
        lost(&|request, losses| to_chat::write(request, "m", &to_chat::Target::OPENAI, losses)),
        both
    );
    assert_eq!(
        lost(&|request, losses| request::to_converse::write(request, "anthropic.claude-haiku-4-5", losses)),
        both
    );
    let first = ("$.input[1]".to_owned(), false);
    assert_eq!(
        lost(&|request, losses| to_gemini::write(request, "gemini-3-flash", losses)),
        first
    );
}

#[test]
fn an_answer_does_not_repeat_what_was_lost() {
    use bartizan_wire::convert::{Context, answer};
    let tool =
        json!({"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": false, "color": 1});
    let body = json!({"model": "m", "input": "a", "store": true, "truncation": "auto", "max_tool_calls": 2, "metadata": {"a": "b"},
        "text": {"verbosity": "low"}, "temperature": 0.5, "tools": [{"type": "web_search"}, tool]});
    let mut losses = Losses::default();
    let mut repeated = answer::to_responses::repeated(&body);
    let request = read("responses", body, &mut losses);
    let _ = to_messages::write(&request, "claude-haiku-4-5", &mut losses);
    answer::to_responses::forget(&mut repeated, &losses);
    let context = Context {
        request: Some(repeated),
        ..Context::default()
    };
    let told = answer::to_responses::write(&bartizan_wire::convert::neutral::Answer::default(), &context);
    let table = [
        ("store", json!(false)),
        ("truncation", json!("disabled")),
        ("max_tool_calls", Value::Null),
        ("metadata", json!({"a": "b"})),
        ("text", json!({"format": {"type": "text"}})),
        ("temperature", json!(0.5)),
        (
            "tools",
            json!([{"type": "function", "name": "look", "parameters": {"type": "object"}, "strict": false}]),
        ),
    ];
    for (name, expected) in table {
        assert_eq!(told[name], expected, "{name}");
    }
}

#[test]
fn azure_is_told_as_openai_but_for_the_role() {
    let mut losses = Losses::default();
    let body = json!({"model": "m", "stream": true, "max_tokens": 5, "messages": [{"role": "developer", "content": "a"}, {"role": "user", "content": "b"}]});
    let request = read("chat", body, &mut losses);
    let written = to_chat::write(&request, "deployment", &to_chat::Target::AZURE_OPENAI, &mut losses);
    let expected = json!({"model": "deployment", "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}],
        "max_completion_tokens": 5, "stream": true, "stream_options": {"include_usage": true}});
    assert_eq!(written, expected);
}

/// Inputs of the golden files, as places to begin from.
fn requests() -> Vec<(&'static str, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/request");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for dialect in ["chat", "responses", "messages"] {
            if name.ends_with(&format!(".{dialect}.json")) && !name.contains(".to.") {
                found.push((
                    dialect,
                    serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap(),
                ));
            }
        }
    }
    assert!(found.len() > 5);
    found
}

fn near() -> impl Strategy<Value = (&'static str, Value)> {
    prop::sample::select(requests()).prop_flat_map(|(dialect, body)| {
        (
            Just(dialect),
            prop_oneof![4 => arbitrary::mutated(body), 1 => arbitrary::value()],
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// Nothing breaks a writer, and a request is written the same way every time.
    #[test]
    fn whatever_is_read_is_written((dialect, body) in near()) {
        let read = match dialect {
            "chat" => request::from_chat::read,
            "responses" => request::from_responses::read,
            _ => request::from_messages::read,
        };
        let mut losses = Losses::default();
        if let Ok(request) = read(body, &mut losses) {
            for model in ["claude-haiku-4-5", "claude-opus-5", "ours"] {
                let written = to_messages::write(&request, model, &mut losses);
                prop_assert!(written["max_tokens"].is_u64());
                prop_assert_eq!(written, to_messages::write(&request, model, &mut Losses::default()));
            }
            for target in [to_chat::Target::OPENAI, to_chat::Target::AZURE_OPENAI, to_chat::Target::COMPATIBLE] {
                let _ = to_chat::write(&request, "m", &target, &mut losses);
            }
            let _ = bartizan_wire::convert::tokens::estimate(&request);
        }
    }

    /// What was written says what was read: read again, it is written the same, and nothing more is lost.
    #[test]
    fn what_is_written_keeps_what_was_read((dialect, body) in near()) {
        let read = match dialect {
            "chat" => request::from_chat::read,
            "responses" => request::from_responses::read,
            _ => request::from_messages::read,
        };
        if let Ok(first) = read(body, &mut Losses::default()) {
            let mut losses = Losses::default();
            let written = to_chat::write(&first, "gpt-6", &to_chat::Target::OPENAI, &mut losses);
            if losses.is_empty() {
                let second = request::from_chat::read(written.clone(), &mut losses).unwrap();
                prop_assert_eq!(to_chat::write(&second, "gpt-6", &to_chat::Target::OPENAI, &mut losses), written);
                prop_assert_eq!(lost(&losses), "");
            }
            let mut losses = Losses::default();
            let written = to_messages::write(&first, "claude-sonnet-4-6", &mut losses);
            if losses.is_empty() {
                let second = request::from_messages::read(written.clone(), &mut losses).unwrap();
                prop_assert_eq!(to_messages::write(&second, "claude-sonnet-4-6", &mut losses), written);
                prop_assert_eq!(lost(&losses), "");
            }
        }
    }
}
