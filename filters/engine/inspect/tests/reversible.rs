//! Masks that the answer gets its values back for: whole and streamed, and nobody else's.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use bartizan_inspect::{Inspector, Judgement, Side, StreamFormat, StreamedAnswer, Surface, Vault};
use bartizan_policy::{Caller, ThreatScanConfig};
use bartizan_scan::{CategorySet, Matcher, RuleSource, compile};
use bartizan_verdict::{Action, Category, Mode, Role};
use proptest::prelude::*;
use serde_json::{Value, json};

const EMAIL: &str = r"[a-z]{1,9}@example\.com";

fn inspector() -> Inspector {
    let regex = |regex: &str| Matcher::Regex(regex.to_owned());
    let order = Matcher::Phrases(vec!["ignore all rules".to_owned()]);
    let rules = [
        RuleSource::new("order", Category::PromptInjection, Action::Block, order),
        RuleSource::new("email", Category::Pii, Action::Mask, regex(EMAIL)),
        RuleSource::new("token", Category::Secrets, Action::Mask, regex(r"\btk-[0-9]{4}\b")),
        RuleSource {
            placeholder: Some("[EMAIL_3]".to_owned()),
            ..RuleSource::new("card", Category::Pii, Action::Mask, regex(r"\bcard [0-9]{4}\b"))
        },
    ];
    Inspector::new(ThreatScanConfig {
        reversible: CategorySet::EMPTY.with(Category::Pii),
        ..ThreatScanConfig::new(Mode::Enforce, compile(&rules).unwrap().into_bytes())
    })
    .unwrap()
}

fn asked(surface: Surface, body: &str) -> Judgement {
    let judged = inspector().judge(Side::Request, surface, body.as_bytes(), &Caller::default());
    judged.unwrap()
}

fn masked(surface: Surface, body: &str) -> String {
    let judgement = asked(surface, body);
    judgement
        .masked
        .map_or_else(|| body.to_owned(), |masked| String::from_utf8(masked).unwrap())
}

fn chat(contents: &[&str]) -> String {
    let messages: Vec<Value> = contents
        .iter()
        .map(|content| json!({"role": "user", "content": content}))
        .collect();
    json!({"messages": messages}).to_string()
}

/// What the messages of a chat say, masked.
fn masked_chat(contents: &[&str]) -> Vec<String> {
    let body: Value = serde_json::from_str(&masked(Surface::Chat, &chat(contents))).unwrap();
    let messages = body["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|message| message["content"].as_str().unwrap().to_owned())
        .collect()
}

/// The vault of a request that has ana, then bo.
fn vault() -> Vault {
    asked(Surface::Chat, &chat(&["ana@example.com, bo@example.com"])).vault
}

#[test]
fn values_are_numbered_as_they_appear() {
    for (contents, expected) in [
        (
            vec!["bo@example.com, ana@example.com", "bo@example.com"],
            vec!["[EMAIL_1], [EMAIL_2]", "[EMAIL_1]"],
        ),
        (
            vec!["tk-1234 of ana@example.com"],
            vec!["[TOKEN] of [EMAIL_1]"], // policy says nothing of secrets
        ),
        (
            vec!["a@example.com b@example.com c@example.com"],
            vec!["[EMAIL_1] [EMAIL_2] [EMAIL_4]"], // a rule writes [EMAIL_3] for something else
        ),
        (vec!["my card 1234"], vec!["my [EMAIL_3_1]"]),
    ] {
        assert_eq!(masked_chat(&contents), expected);
    }
}

#[test]
fn a_conversation_that_grows_keeps_its_placeholders() {
    let table = [
        (
            Surface::Messages,
            r#"{"messages":[{"role":"user","content":"bo@example.com"}MORE],"system":[{"type":"text","text":"ana@example.com","cache_control":{"type":"ephemeral"}}],"tools":[{"name":"t","description":"eve@example.com"}]}"#,
        ),
        (
            Surface::Responses,
            r#"{"input":[{"role":"user","content":"bo@example.com"}MORE],"instructions":"ana@example.com","tools":[{"type":"function","name":"t","description":"eve@example.com"}]}"#,
        ),
        (
            Surface::Chat,
            r#"{"messages":[{"role":"system","content":"ana@example.com"},{"role":"user","content":"bo@example.com"}MORE],"tools":[{"type":"function","function":{"name":"t","description":"eve@example.com"}}]}"#,
        ),
    ];
    let more = r#",{"role":"assistant","content":"To bo@example.com?"},{"role":"user","content":"dan@example.com"}"#;
    let masked_more = r#",{"role":"assistant","content":"To BO?"},{"role":"user","content":"[EMAIL_5]"}"#;
    for (surface, body) in table {
        let short = masked(surface, &body.replace("MORE", ""));
        let long = masked(surface, &body.replace("MORE", more));
        let bo = short
            .split(r#""content":""#)
            .find(|part| !part.contains("ana"))
            .unwrap();
        assert!(!short.contains('@') && short.contains("[EMAIL_4]"), "{bo}");
        let number = |body: &str| body.split("[EMAIL_").nth(1).map(|rest| rest[..1].to_owned());
        assert_eq!(number(&short), number(&long), "{surface:?}");
        let bo = long
            .split("To ")
            .nth(1)
            .and_then(|rest| rest.split('?').next())
            .unwrap();
        assert_eq!(
            long.replace(&masked_more.replace("BO", bo), ""),
            short,
            "{surface:?}: what was there stays as it was, to the byte"
        );
    }
}

#[test]
fn what_the_request_says_by_itself_is_not_confused() {
    // Before the value: another number. After it, or in an address: the same number, for the sake of caches.
    for (contents, expected, restores) in [
        (vec!["[EMAIL_1] is ana@example.com"], "[EMAIL_1] is [EMAIL_2]", true),
        (vec!["[EMAIL_1]", "ana@example.com"], "[EMAIL_2]", true),
        (vec!["ana@example.com", "[EMAIL_1]"], "[EMAIL_1]", false),
        (
            vec!["ana@example.com", "https://x.example/[EMAIL_1]"],
            "https://x.example/[EMAIL_1]",
            true,
        ),
        (
            vec!["ana@example.com", "a[EMAIL_x] [NAME_1]"],
            "a[EMAIL_x] [NAME_1]",
            true,
        ),
    ] {
        let said = masked_chat(&contents);
        assert_eq!(said.last().unwrap(), expected);
        let vault = asked(Surface::Chat, &chat(&contents)).vault;
        let answer = json!({"choices": [{"message": {"role": "assistant", "content": "[EMAIL_1] [EMAIL_2]"}}]});
        let answer = whole(&answer.to_string(), Surface::Chat, &vault);
        assert_eq!(answer.contains("ana@example.com"), restores, "{contents:?}: {answer}");
    }
}

#[test]
fn what_continues_a_conversation_that_the_provider_keeps_gets_no_numbers() {
    for (body, expected) in [
        (r#"{"input":"ana@example.com"}"#, r#"{"input":"[EMAIL_1]"}"#),
        (
            r#"{"input":"ana@example.com","previous_response_id":"resp_1"}"#,
            r#"{"input":"[EMAIL]","previous_response_id":"resp_1"}"#,
        ),
        (
            r#"{"conversation":{"id":"conv_1"},"input":"ana@example.com"}"#,
            r#"{"conversation":{"id":"conv_1"},"input":"[EMAIL]"}"#,
        ),
    ] {
        assert_eq!(masked(Surface::Responses, body), expected);
    }
}

#[test]
fn arguments_of_calls_are_masked_within_their_json() {
    let call = |arguments: &str| {
        json!({"messages": [{"role": "assistant", "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "send", "arguments": arguments}}]}]})
        .to_string()
    };
    for (arguments, expected) in [
        (r#"{"to":"ana@example.com"}"#, r#"{"to":"[EMAIL_1]"}"#),
        (r#"{"to":"x\nana\u0040example.com"}"#, r#"{"to":"x\n[EMAIL_1]"}"#),
    ] {
        let judgement = asked(Surface::Chat, &call(arguments));
        assert_eq!(String::from_utf8(judgement.masked.unwrap()).unwrap(), call(expected));
        let answer = json!({"choices": [{"message": {"role": "assistant", "content": "[EMAIL_1]"}}]}).to_string();
        let answer = whole(&answer, Surface::Chat, &judgement.vault);
        assert!(answer.contains(r#""ana@example.com""#), "{answer}");
    }
}

#[test]
fn a_lone_text_shows_its_placeholders() {
    let inspector = inspector();
    let explained = inspector.explain_text(Role::User, "[EMAIL_1]: ana@example.com, tk-1234", &Caller::default());
    assert_eq!(explained.masked.unwrap(), b"[EMAIL_1]: [EMAIL_2], [TOKEN]");
    let body = chat(&["ana@example.com"]);
    let explained = inspector.explain(Side::Request, Surface::Chat, body.as_bytes(), &Caller::default());
    assert_eq!(explained.unwrap().masked.unwrap(), chat(&["[EMAIL_1]"]).into_bytes());
}

/// An answer as it goes on.
fn whole(answer: &str, surface: Surface, vault: &Vault) -> String {
    let judged = inspector().judge_answer(surface, answer.as_bytes(), &Caller::default(), vault);
    let judgement = judged.unwrap();
    assert_ne!(judgement.action, Action::Block);
    judgement
        .masked
        .map_or_else(|| answer.to_owned(), |masked| String::from_utf8(masked).unwrap())
}

#[test]
fn whole_answers_are_restored_and_nothing_else_in_them_changes() {
    let arguments = r#"{\"url\":\"https://x.example/[EMAIL_1]\",\"to\":\"[EMAIL_1]\"}"#;
    let restored = r#"{\"url\":\"https://x.example/[EMAIL_1]\",\"to\":\"ana@example.com\"}"#;
    for (surface, answer, expected) in [
        (
            Surface::Chat,
            format!(
                r#"{{ "choices": [{{"message":{{"role":"assistant","content":"\u00fc","tool_calls":[{{"id":"c","type":"function","function":{{"name":"f","arguments":"{arguments}"}}}}]}}}},{{"message":{{"role":"assistant","content":"[EMAIL_2]: eve@example.com"}}}}], "x": 1.0 }}"#
            ),
            format!(
                r#"{{ "choices": [{{"message":{{"role":"assistant","content":"\u00fc","tool_calls":[{{"id":"c","type":"function","function":{{"name":"f","arguments":"{restored}"}}}}]}}}},{{"message":{{"role":"assistant","content":"bo@example.com: [EMAIL]"}}}}], "x": 1.0 }}"#
            ),
        ),
        (
            Surface::Messages,
            r#"{"role":"assistant","content":[{"type":"thinking","thinking":"[EMAIL_1]?","signature":"c2ln"},{"type":"tool_use","id":"t","name":"f","input":{"[EMAIL_1]":["[EMAIL_1]"]}}]}"#.to_owned(),
            r#"{"role":"assistant","content":[{"type":"thinking","thinking":"ana@example.com?","signature":"c2ln"},{"type":"tool_use","id":"t","name":"f","input":{"[EMAIL_1]":["ana@example.com"]}}]}"#.to_owned(),
        ),
        (
            Surface::Responses,
            r#"{"output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"To [EMAIL_1]","annotations":[]}]},{"type":"function_call","name":"f","call_id":"c","arguments":"{\"to\":\"[EMAIL_2]\"}"}]}"#.to_owned(),
            r#"{"output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"To ana@example.com","annotations":[]}]},{"type":"function_call","name":"f","call_id":"c","arguments":"{\"to\":\"bo@example.com\"}"}]}"#.to_owned(),
        ),
    ] {
        assert_eq!(whole(&answer, surface, &vault()), expected);
        let judged = inspector().judge(Side::Answer, surface, answer.as_bytes(), &Caller::default());
        let masked = judged.unwrap().masked.map(|masked| String::from_utf8(masked).unwrap());
        assert!(!masked.unwrap_or_default().contains("ana"), "without the vault nothing is restored");
    }
}

#[test]
fn a_value_is_escaped_for_where_it_comes_to_stand() {
    let quote = Matcher::Regex(r#"<[a-z"\\ \n]{1,20}>"#.to_owned());
    let pack = compile(&[RuleSource::new("quote", Category::Pii, Action::Mask, quote)]).unwrap();
    let inspector = Inspector::new(ThreatScanConfig {
        reversible: CategorySet::EMPTY.with(Category::Pii),
        ..ThreatScanConfig::new(Mode::Enforce, pack.into_bytes())
    })
    .unwrap();
    let value = "<a \"b\\c\nd>";
    let judged = inspector.judge(
        Side::Request,
        Surface::Chat,
        chat(&[value]).as_bytes(),
        &Caller::default(),
    );
    let vault = judged.unwrap().vault;
    let answer = |content: &str| {
        let arguments = json!({"x": content}).to_string();
        json!({"choices": [{"message": {"role": "assistant", "content": content, "tool_calls": [
            {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}]}}]})
    };
    let body = answer("[QUOTE_1]").to_string();
    let judged = inspector.judge_answer(Surface::Chat, body.as_bytes(), &Caller::default(), &vault);
    let restored: Value = serde_json::from_slice(&judged.unwrap().masked.unwrap()).unwrap();
    assert_eq!(restored, answer(value));
}

/// What goes on of a stream that comes in pieces of this size.
fn streamed(format: StreamFormat, stream: &str, size: usize, vault: Vault) -> String {
    let (inspector, caller) = (inspector(), Caller::default());
    let (mut answer, mut out) = (StreamedAnswer::new(format, vault), Vec::new());
    for piece in stream.as_bytes().chunks(size) {
        answer.push(&inspector, &caller, piece, &mut out).unwrap();
    }
    answer.finish(&inspector, &caller, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn events(data: &[Value]) -> String {
    data.iter().map(|data| format!("data: {data}\n\n")).collect()
}

/// The strings at a place in the events, joined.
fn joined(stream: &str, pointer: &str) -> String {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str::<Value>(data).ok())
        .filter_map(|data| data.pointer(pointer)?.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn streams_of_every_dialect_are_restored() {
    let chunk = |delta: Value| json!({"choices": [{"index": 0, "delta": delta}]});
    let stream = events(&[
        chunk(json!({"content": "To [EM"})),
        chunk(json!({"content": "AIL_1], [EMAIL_9] and eve@exam"})),
        chunk(json!({"content": "ple.com. [EMAIL"})),
        chunk(json!({"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{\"to\":\"[EMA"}}]})),
        chunk(json!({"tool_calls": [{"index": 0, "function": {"arguments": "IL_2]\"}"}}]})),
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
    ]) + "data: [DONE]\n\n";
    let block = |delta: Value| json!({"type": "content_block_delta", "index": 0, "delta": delta});
    let messages = events(&[
        block(json!({"type": "text_delta", "text": "To [EMAIL_1"})),
        block(json!({"type": "text_delta", "text": "], [EMAIL_1"})),
        json!({"type": "content_block_stop", "index": 0}),
    ]);
    let input = events(&[
        block(json!({"type": "input_json_delta", "partial_json": "{\"to\": \"[EMAIL"})),
        block(json!({"type": "input_json_delta", "partial_json": "_1]\"}"})),
        json!({"type": "content_block_stop", "index": 0}),
    ]);
    let part = json!({"type": "output_text", "text": "To [EMAIL_1]", "annotations": []});
    let responses = events(&[
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "To [EMAIL_"}),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "1]"}),
        json!({"type": "response.content_part.done", "output_index": 0, "content_index": 0, "part": part}),
    ]);
    for size in [1, 7, 10_000] {
        let out = streamed(StreamFormat::ChatCompletions, &stream, size, vault());
        let content = joined(&out, "/choices/0/delta/content");
        assert_eq!(content, "To ana@example.com, [EMAIL_9] and [EMAIL]. [EMAIL");
        let arguments = joined(&out, "/choices/0/delta/tool_calls/0/function/arguments");
        assert_eq!(arguments, r#"{"to":"bo@example.com"}"#);

        let out = streamed(StreamFormat::Messages, &messages, size, vault());
        assert_eq!(joined(&out, "/delta/text"), "To ana@example.com, [EMAIL_1");
        let out = streamed(StreamFormat::Messages, &input, size, vault());
        assert_eq!(joined(&out, "/delta/partial_json"), r#"{"to": "ana@example.com"}"#);

        let out = streamed(StreamFormat::Responses, &responses, size, vault());
        assert_eq!(joined(&out, "/delta"), "To ana@example.com");
        assert_eq!(joined(&out, "/part/text"), "To ana@example.com");

        let others = asked(Surface::Chat, &chat(&["hello"])).vault;
        let out = streamed(StreamFormat::Messages, &messages, size, others);
        assert_eq!(out, messages, "another request's placeholders mean nothing");
    }
}

/// Pieces of answers in which placeholders, addresses and findings meet.
fn answers() -> impl Strategy<Value = Vec<String>> {
    let piece = prop_oneof![
        Just("[EMAIL_1]"),
        Just("[EMAIL_2]"),
        Just("[EM"),
        Just("AIL_1]"),
        Just("["),
        Just("]("),
        Just(")"),
        Just("https://x.example/?q="),
        Just("<a href='"),
        Just("'>"),
        Just("eve@example.com"),
        Just("card 1234"),
        Just(" "),
        Just("\n"),
        Just("\"\\"),
        Just("ü"),
    ];
    let text = proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat());
    proptest::collection::vec(text, 1..6)
}

proptest! {
    #[test]
    fn an_answer_is_restored_alike_whole_and_streamed(pieces in answers(), size in 1_usize..40) {
        let message = json!({"role": "assistant", "content": pieces.concat()});
        let answer: Value =
            serde_json::from_str(&whole(&json!({"choices": [{"message": message}]}).to_string(), Surface::Chat, &vault()))
                .unwrap();
        let expected = answer.pointer("/choices/0/message/content").and_then(Value::as_str).unwrap();
        let mut data: Vec<Value> = pieces
            .iter()
            .map(|piece| json!({"choices": [{"index": 0, "delta": {"content": piece}}]}))
            .collect();
        data.push(json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}));
        let out = streamed(StreamFormat::ChatCompletions, &events(&data), size, vault());
        prop_assert_eq!(joined(&out, "/choices/0/delta/content"), expected);
    }

    #[test]
    fn what_was_masked_comes_back(words in proptest::collection::vec("[a-e]@example\\.com|[a-e ]{1,4}|\\[EMAIL_[1-3]\\]", 0..12)) {
        // The model repeats what it was sent.
        let text = words.join(" ");
        let judgement = asked(Surface::Chat, &chat(&[&text]));
        let sent = masked_chat(&[&text]).concat();
        let answer = json!({"choices": [{"message": {"role": "assistant", "content": sent}}]}).to_string();
        let answer: Value = serde_json::from_str(&whole(&answer, Surface::Chat, &judgement.vault)).unwrap();
        prop_assert_eq!(answer.pointer("/choices/0/message/content").and_then(Value::as_str).unwrap(), text);
    }
}
