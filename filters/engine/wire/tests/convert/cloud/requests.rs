use bartizan_wire::convert::{Losses, request};
use serde_json::{Value, json};

use super::{to_converse, to_gemini};

const CLAUDE: &str = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";

fn asks(members: &Value) -> Value {
    let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    let members = members.as_object().unwrap().clone();
    body.as_object_mut().unwrap().extend(members);
    body
}

fn tool() -> Value {
    json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}])
}

#[test]
fn gemini_is_told_or_it_is_a_loss() {
    let config = |config: Value| Some(("/generationConfig", config));
    let table = [
        (
            json!({"max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "seed": 3, "n": 2, "presence_penalty": 0.1,
                "frequency_penalty": 0.2, "stop": ["x"]}),
            "gemini-3-flash",
            config(
                json!({"maxOutputTokens": 9, "temperature": 0.5, "topP": 0.9, "stopSequences": ["x"],
                "frequencyPenalty": 0.2, "presencePenalty": 0.1, "candidateCount": 2, "seed": 3}),
            ),
            "",
        ),
        (json!({"seed": 3_000_000_000_u64}), "gemini-3-flash", None, "$.seed"),
        (json!({"logprobs": true}), "gemini-3-flash", None, "$.logprobs"),
        (
            json!({"user": "u", "metadata": {"a": "b"}}),
            "gemini-3-flash",
            None,
            "$.user, $.metadata",
        ),
        (
            json!({"stop": ["a", "b", "c", "d", "e", "f", "g"]}),
            "gemini-3-flash",
            config(json!({"stopSequences": ["a", "b", "c", "d", "e"]})),
            "$.stop[5], $.stop[6]",
        ),
        (
            json!({"reasoning_effort": "high"}),
            "gemini-3-pro",
            config(json!({"thinkingConfig": {"thinkingLevel": "high"}})),
            "",
        ),
        (
            json!({"reasoning_effort": "high"}),
            "gemini-2.5-pro",
            config(json!({"thinkingConfig": {"thinkingBudget": 16_384}})),
            "",
        ),
        (
            json!({"reasoning_effort": "xhigh"}),
            "gemini-2.5-flash",
            config(json!({"thinkingConfig": {"thinkingBudget": 24_576}})),
            "",
        ),
        (
            json!({"reasoning_effort": "none"}),
            "gemini-2.5-flash",
            config(json!({"thinkingConfig": {"thinkingBudget": 0}})),
            "",
        ),
        (
            json!({"reasoning_effort": "none"}),
            "gemini-2.5-pro",
            None,
            "$.reasoning_effort",
        ),
        (
            json!({"reasoning_effort": "none"}),
            "gemini-3-pro",
            None,
            "$.reasoning_effort",
        ),
        (
            json!({"reasoning_effort": "minimal"}),
            "gemini-3.1-pro",
            config(json!({"thinkingConfig": {"thinkingLevel": "low"}})),
            "",
        ),
        (
            json!({"reasoning_effort": "minimal"}),
            "gemini-3-flash",
            config(json!({"thinkingConfig": {"thinkingLevel": "minimal"}})),
            "",
        ),
        (
            json!({"reasoning_effort": "low"}),
            "gemini-2.0-flash",
            None,
            "$.reasoning_effort",
        ),
        (json!({"reasoning_effort": "none"}), "gemini-1.5-pro", None, ""),
        (
            json!({"response_format": {"type": "json_object"}}),
            "gemini-3-flash",
            config(json!({"responseMimeType": "application/json"})),
            "",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "description": "d",
                "schema": {"type": "object"}, "strict": true}}}),
            "gemini-3-flash",
            config(json!({"responseMimeType": "application/json",
                "responseJsonSchema": {"type": "object", "description": "d"}})),
            "",
        ),
        (
            json!({"tools": tool(), "tool_choice": "required"}),
            "gemini-3-flash",
            Some(("/toolConfig/functionCallingConfig", json!({"mode": "ANY"}))),
            "",
        ),
        (
            json!({"tools": tool(), "tool_choice": {"type": "function", "function": {"name": "look"}}}),
            "gemini-3-flash",
            Some((
                "/toolConfig/functionCallingConfig",
                json!({"mode": "ANY", "allowedFunctionNames": ["look"]}),
            )),
            "",
        ),
        (
            json!({"tools": tool(), "parallel_tool_calls": false}),
            "gemini-3-flash",
            Some((
                "/tools",
                json!([{"functionDeclarations": [{"name": "look", "parametersJsonSchema": {"type": "object"}}]}]),
            )),
            "$.parallel_tool_calls",
        ),
        (
            json!({"tool_choice": "required"}),
            "gemini-3-flash",
            None,
            "$.tool_choice",
        ),
        (json!({"tool_choice": "auto"}), "gemini-3-flash", None, ""),
        (
            json!({"tools": [{"type": "function", "function": {"name": "look", "strict": true}}]}),
            "gemini-3-flash",
            Some(("/toolConfig/functionCallingConfig", json!({"mode": "VALIDATED"}))),
            "",
        ),
    ];
    for (members, model, expected, lost) in table {
        let (body, losses) = to_gemini(asks(&members), model);
        assert_eq!(losses, lost, "{members}");
        if let Some((pointer, expected)) = expected {
            assert_eq!(body.pointer(pointer), Some(&expected), "{members}");
        }
    }
}

#[test]
fn converse_is_told_or_it_is_a_loss() {
    let table = [
        (
            json!({"max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "stop": "x"}),
            "maker.model-v1:0",
            "/inferenceConfig",
            json!({"maxTokens": 9, "temperature": 0.5, "topP": 0.9, "stopSequences": ["x"]}),
            "",
        ),
        (
            json!({"seed": 3, "n": 2, "presence_penalty": 0.1, "frequency_penalty": 0.0}),
            "maker.model-v1:0",
            "/inferenceConfig",
            Value::Null,
            "$.seed, $.presence_penalty, $.n",
        ),
        (
            json!({"reasoning_effort": "high"}),
            "maker.model-v1:0",
            "/additionalModelRequestFields",
            Value::Null,
            "$.reasoning_effort",
        ),
        (
            json!({"reasoning_effort": "low", "max_tokens": 8_000}),
            CLAUDE,
            "/additionalModelRequestFields",
            json!({"thinking": {"type": "enabled", "budget_tokens": 2_048}}),
            "",
        ),
        (
            json!({"reasoning_effort": "low"}),
            "us.anthropic.claude-opus-4-8",
            "/additionalModelRequestFields",
            json!({"thinking": {"type": "adaptive", "display": "omitted"}, "output_config": {"effort": "low"}}),
            "",
        ),
        (
            json!({"reasoning_effort": "high"}),
            "openai.gpt-oss-120b-1:0",
            "/additionalModelRequestFields",
            json!({"reasoning_effort": "high"}),
            "",
        ),
        (
            json!({"reasoning_effort": "none"}),
            "openai.gpt-oss-120b-1:0",
            "/additionalModelRequestFields",
            Value::Null,
            "$.reasoning_effort",
        ),
        (
            json!({"reasoning_effort": "medium"}),
            "us.amazon.nova-pro-v1:0",
            "/additionalModelRequestFields",
            Value::Null,
            "$.reasoning_effort",
        ),
        (
            json!({"reasoning_effort": "none", "max_tokens": 9}),
            "us.amazon.nova-pro-v1:0",
            "/inferenceConfig",
            json!({"maxTokens": 9}),
            "",
        ),
        (
            json!({"reasoning_effort": "high", "max_tokens": 9, "temperature": 0.5, "top_p": 0.9, "stop": "x"}),
            "us.amazon.nova-2-lite-v1:0",
            "/inferenceConfig",
            json!({"stopSequences": ["x"]}),
            "$.max_tokens, $.temperature, $.top_p",
        ),
        (
            json!({"reasoning_effort": "high"}),
            "us.amazon.nova-2-lite-v1:0",
            "/additionalModelRequestFields",
            json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}),
            "",
        ),
        (
            json!({"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]}]}),
            CLAUDE,
            "/messages",
            json!([]),
            "$.messages[0].content[0]",
        ),
        (
            json!({"reasoning_effort": "medium"}),
            "us.amazon.nova-2-lite-v1:0",
            "/additionalModelRequestFields",
            json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "medium"}}),
            "",
        ),
        (
            json!({"reasoning_effort": "low", "thinking": {"type": "enabled", "budget_tokens": 9_000, "display": "omitted"}}),
            "us.amazon.nova-2-lite-v1:0",
            "/additionalModelRequestFields",
            json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
            "$.thinking.budget_tokens, $.thinking.display",
        ),
        (
            json!({"reasoning_effort": "low", "thinking": {"type": "enabled", "budget_tokens": 9_000}}),
            "openai.gpt-oss-120b-1:0",
            "/additionalModelRequestFields",
            json!({"reasoning_effort": "low"}),
            "$.thinking.budget_tokens",
        ),
        (
            json!({"reasoning_effort": "low", "thinking": {"type": "enabled", "budget_tokens": 9_000}}),
            "us.amazon.nova-pro-v1:0",
            "/additionalModelRequestFields",
            Value::Null,
            "$.thinking, $.reasoning_effort",
        ),
        (
            json!({"max_tokens": 9_000, "thinking": {"type": "enabled", "budget_tokens": 2_048, "display": "omitted"}}),
            CLAUDE,
            "/additionalModelRequestFields",
            json!({"thinking": {"type": "enabled", "budget_tokens": 2_048, "display": "omitted"}}),
            "",
        ),
        (
            json!({"stop": ["x"]}),
            CLAUDE,
            "/additionalModelResponseFieldPaths",
            json!(["/stop_sequence"]),
            "",
        ),
        (
            json!({"tools": tool(), "tool_choice": "none"}),
            CLAUDE,
            "/toolConfig",
            Value::Null,
            "",
        ),
        (
            json!({"tool_choice": "required"}),
            CLAUDE,
            "/toolConfig",
            Value::Null,
            "$.tool_choice",
        ),
        (
            json!({"tools": tool(), "tool_choice": "auto"}),
            CLAUDE,
            "/toolConfig",
            json!({"tools": [{"toolSpec": {"name": "look", "inputSchema": {"json": {"type": "object"}}}}],
                "toolChoice": {"auto": {}}}),
            "",
        ),
        (
            json!({"tools": tool(), "parallel_tool_calls": false}),
            CLAUDE,
            "/additionalModelRequestFields/tool_choice",
            json!({"type": "auto", "disable_parallel_tool_use": true}),
            "",
        ),
        (
            json!({"tools": tool(), "parallel_tool_calls": false}),
            "maker.model-v1:0",
            "/toolConfig/toolChoice",
            Value::Null,
            "$.parallel_tool_calls",
        ),
        (
            json!({"response_format": {"type": "json_object"}}),
            CLAUDE,
            "/outputConfig",
            Value::Null,
            "$.response_format",
        ),
        (
            json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"b": 1, "a": 2}}}}),
            CLAUDE,
            "/outputConfig",
            json!({"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {
                "schema": "{\"b\":1,\"a\":2}", "name": "n"}}}}),
            "",
        ),
        (
            json!({"user": "u-1", "metadata": {"team": "a"}}),
            CLAUDE,
            "/requestMetadata",
            json!({"team": "a", "user": "u-1"}),
            "",
        ),
        (
            json!({"user": "ü", "metadata": {"team": "{}"}}),
            CLAUDE,
            "/requestMetadata",
            Value::Null,
            "$.metadata, $.user",
        ),
    ];
    for (members, model, pointer, expected, lost) in table {
        let (body, losses) = to_converse(asks(&members), model);
        assert_eq!(losses, lost, "{members} {model}");
        let found = body.pointer(pointer).cloned().unwrap_or_default();
        assert_eq!(found, expected, "{members}");
    }
}

#[test]
fn parallel_calls_are_answered_in_one_turn() {
    let call = |id: &str, name: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{\"q\":1}"}});
    let body = || {
        json!({"model": "m", "messages": [
            {"role": "user", "content": "Look"},
            {"role": "assistant", "content": null, "tool_calls": [call("a", "near"), call("b", "far")]},
            {"role": "tool", "tool_call_id": "a", "content": "a tree"},
            {"role": "tool", "tool_call_id": "b", "content": "a hill"},
            {"role": "user", "content": "And?"}
        ], "tools": tool()})
    };
    let (gemini, losses) = to_gemini(body(), "gemini-3-flash");
    assert_eq!(losses, "");
    assert_eq!(
        gemini["contents"],
        json!([
            {"role": "user", "parts": [{"text": "Look"}]},
            {"role": "model", "parts": [
                {"functionCall": {"id": "a", "name": "near", "args": {"q": 1}},
                    "thoughtSignature": "skip_thought_signature_validator"},
                {"functionCall": {"id": "b", "name": "far", "args": {"q": 1}}}
            ]},
            {"role": "user", "parts": [
                {"functionResponse": {"id": "a", "name": "near", "response": {"output": "a tree"}}},
                {"functionResponse": {"id": "b", "name": "far", "response": {"output": "a hill"}}},
                {"text": "And?"}
            ]}
        ])
    );
    // Earlier models ask for no signature.
    let (gemini, _) = to_gemini(body(), "gemini-2.5-flash");
    assert_eq!(gemini["contents"][1]["parts"][0].get("thoughtSignature"), None);
    let (converse, losses) = to_converse(body(), CLAUDE);
    assert_eq!(losses, "");
    assert_eq!(
        converse["messages"],
        json!([
            {"role": "user", "content": [{"text": "Look"}]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "a", "name": "near", "input": {"q": 1}}},
                {"toolUse": {"toolUseId": "b", "name": "far", "input": {"q": 1}}}
            ]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "a", "content": [{"text": "a tree"}]}},
                {"toolResult": {"toolUseId": "b", "content": [{"text": "a hill"}]}},
                {"text": "And?"}
            ]}
        ])
    );
}

#[test]
fn results_of_tools_show_pictures_from_gemini_3_on() {
    let inline = json!({"type": "base64", "media_type": "image/png", "data": "AAAA"});
    let far = json!({"type": "url", "url": "https://pictures.example/a.png"});
    let shown = json!([{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]);
    let lost = "$.messages[1].content[0].content[0]";
    let table = [
        (&inline, "gemini-3-flash", shown, ""),
        (&inline, "gemini-2.5-flash", Value::Null, lost),
        (&far, "gemini-3-flash", Value::Null, lost),
    ];
    for (source, model, expected, lost) in table {
        let body = json!({"model": "m", "max_tokens": 9, "messages": [
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "look", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t",
                "content": [{"type": "image", "source": source}]}]}]});
        let mut losses = Losses::default();
        let request = request::from_messages::read(body, &mut losses).unwrap();
        let body = request::to_gemini::write(&request, model, &mut losses);
        let result = &body["contents"][1]["parts"][0]["functionResponse"];
        assert_eq!(
            (&result["parts"], losses.to_string().as_str()),
            (&expected, lost),
            "{model}"
        );
    }
}

#[test]
fn pictures_and_documents_are_carried_where_they_can_be() {
    let image = |url: &str| json!({"type": "image_url", "image_url": {"url": url}});
    let file =
        json!({"type": "file", "file": {"filename": "a_b.pdf", "file_data": "data:application/pdf;base64,AAAA"}});
    let table = [
        (
            image("data:image/png;base64,AAAA"),
            json!([{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]),
            json!([{"image": {"format": "png", "source": {"bytes": "AAAA"}}}]),
            "",
        ),
        (
            image("https://pictures.example/cat.jpg?size=9"),
            json!([{"fileData": {"mimeType": "image/jpeg", "fileUri": "https://pictures.example/cat.jpg?size=9"}}]),
            Value::Null,
            "$.messages[0].content[0]",
        ),
        (
            file,
            json!([{"text": "a_b.pdf"}, {"inlineData": {"mimeType": "application/pdf", "data": "AAAA"}}]),
            json!([{"document": {"format": "pdf", "name": "a b pdf", "source": {"bytes": "AAAA"}}}]),
            "",
        ),
    ];
    for (part, gemini, converse, lost) in table {
        let body = || json!({"model": "m", "messages": [{"role": "user", "content": [part.clone()]}]});
        let (written, losses) = to_gemini(body(), "gemini-3-flash");
        assert_eq!(
            (&written["contents"][0]["parts"], losses.as_str()),
            (&gemini, ""),
            "{part}"
        );
        let (written, losses) = to_converse(body(), CLAUDE);
        assert_eq!(
            (&written["messages"][0]["content"], losses.as_str()),
            (&converse, lost),
            "{part}"
        );
    }
}

#[test]
fn thoughts_calls_and_markers_of_a_client_of_anthropic_come_back() {
    let marker = json!({"type": "ephemeral"});
    let body = json!({"model": "m", "max_tokens": 9, "system": [{"type": "text", "text": "Be brief.", "cache_control": marker}],
        "messages": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
                {"type": "redacted_thinking", "data": "AAAA"},
                {"type": "tool_use", "id": "t.1", "name": "look", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t.1", "is_error": true, "content": "no",
                "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}],
        "tools": [{"name": "look", "input_schema": {"type": "object"}, "cache_control": marker}]});
    let mut losses = Losses::default();
    let request = request::from_messages::read(body, &mut losses).unwrap();
    let written = request::to_converse::write(&request, CLAUDE, &mut losses);
    assert_eq!(losses.to_string(), "");
    let point = json!({"cachePoint": {"type": "default"}});
    assert_eq!(written["system"], json!([{"text": "Be brief."}, point]));
    assert_eq!(written["toolConfig"]["tools"][1], point);
    assert_eq!(
        written["messages"][1]["content"],
        json!([
            {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
            {"reasoningContent": {"redactedContent": "AAAA"}},
            {"toolUse": {"toolUseId": "t_1", "name": "look", "input": {}}}
        ])
    );
    assert_eq!(
        written["messages"][2]["content"],
        json!([
            {"toolResult": {"toolUseId": "t_1", "content": [{"text": "no"}], "status": "error"}},
            {"cachePoint": {"type": "default", "ttl": "1h"}}
        ])
    );
    let mut losses = Losses::default();
    let written = request::to_gemini::write(&request, "gemini-3-flash", &mut losses);
    assert_eq!(
        losses.to_string(),
        "$.messages[1].content[1], $.messages[2].content[0].cache_control.ttl"
    );
    assert_eq!(
        written["contents"][1]["parts"],
        json!([
            {"text": "Hm.", "thought": true, "thoughtSignature": "c2ln"},
            {"functionCall": {"id": "t.1", "name": "look", "args": {}},
                "thoughtSignature": "skip_thought_signature_validator"}
        ])
    );
    assert_eq!(
        written["contents"][2]["parts"],
        json!([{"functionResponse": {"id": "t.1", "name": "look", "response": {"error": "no"}}}])
    );
}

#[test]
fn an_earlier_answer_can_do_without_its_citations_and_the_client_is_told() {
    let text = json!({"type": "text", "text": "Hi", "citations": [{"type": "page_of_a_book", "cited_text": "Hi"}]});
    let user = json!({"role": "user", "content": "Hi"});
    let answered = json!({"messages": [user, {"role": "assistant", "content": [text]}, user]});
    let asked = json!({"messages": [{"role": "user", "content": [text]}]});
    for (body, lost, is_grave) in [
        (answered, "$.messages[1].content[0].citations", false),
        (asked, "$.messages[0].content[0].citations", true),
    ] {
        let mut losses = [Losses::default(), Losses::default(), Losses::default()];
        let request = request::from_messages::read(body, &mut losses[0]).unwrap();
        let _ = request::to_converse::write(&request, CLAUDE, &mut losses[0]);
        let _ = request::to_gemini::write(&request, "gemini-3-flash", &mut losses[1]);
        let _ = request::to_messages::write(&request, "claude-opus-5", &mut losses[2]);
        assert_eq!(
            losses.map(|losses| (losses.to_string(), losses.is_grave())),
            std::array::from_fn(|_| (lost.to_owned(), is_grave))
        );
    }
    let page = json!({"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}});
    let body =
        json!({"model": "m", "messages": [user, {"role": "assistant", "content": "Hi", "annotations": [page]}, user]});
    let mut losses = Losses::default();
    let request = request::from_chat::read(body, &mut losses).unwrap();
    let written = request::to_messages::write(&request, "claude-opus-5", &mut losses);
    assert_eq!(
        (losses.to_string().as_str(), losses.is_grave()),
        ("$.messages[1].content.citations", false)
    );
    assert_eq!(
        written["messages"][1]["content"],
        json!([{"type": "text", "text": "Hi"}])
    );
}

#[test]
fn bedrock_is_told_of_the_tools_that_a_conversation_names() {
    let call =
        |id: &str, name: &str| json!({"id": id, "type": "function", "function": {"name": name, "arguments": "{}"}});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "a tree"});
    let calls = [call("a", "near"), call("b", "far"), call("c", "near")];
    let messages = json!([{"role": "user", "content": "Look"}, {"role": "assistant", "tool_calls": calls},
        result("a"), result("b"), result("c")]);
    let open = |name: &str| json!({"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}});
    let table = [
        (json!({}), json!({"tools": [open("near"), open("far")]}), ""),
        (
            json!({"tool_choice": "none"}),
            json!({"tools": [open("near"), open("far")]}),
            "$.tool_choice",
        ),
        (json!({"tools": tool()}), json!({"tools": [open("look")]}), ""),
    ];
    for (more, expected, lost) in table {
        let mut body = json!({"model": "m", "messages": messages});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let (written, losses) = to_converse(body, CLAUDE);
        assert_eq!((&written["toolConfig"], losses.as_str()), (&expected, lost), "{more}");
    }
}

#[test]
fn claude_on_bedrock_is_told_of_the_features_that_bedrock_knows() {
    let (long, context, other) = (
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "claude-code-20250219",
    );
    let edits = json!({"edits": [{"type": "clear_tool_uses_20250919"}]});
    let table = [
        (json!({}), CLAUDE, Value::Null, ""),
        (
            json!({"anthropic_beta": [long, long]}),
            CLAUDE,
            json!({"anthropic_beta": [long]}),
            "",
        ),
        (
            json!({"anthropic_beta": [other, context]}),
            CLAUDE,
            Value::Null,
            "$.anthropic_beta[0], $.anthropic_beta[1]",
        ),
        (
            json!({"anthropic_beta": [context], "context_management": edits}),
            CLAUDE,
            json!({"anthropic_beta": [context], "context_management": edits}),
            "",
        ),
        (
            json!({"anthropic_beta": [long], "context_management": edits}),
            "us.amazon.nova-pro-v1:0",
            Value::Null,
            "$.anthropic_beta[0], $.context_management",
        ),
    ];
    for (more, model, expected, lost) in table {
        let mut losses = Losses::default();
        let request = request::from_messages::read(asks(&more), &mut losses).unwrap();
        let written = request::to_converse::write(&request, model, &mut losses);
        let found = written.get("additionalModelRequestFields").cloned().unwrap_or_default();
        assert_eq!((found, losses.to_string().as_str()), (expected, lost), "{more}");
        assert!(!losses.is_grave());
    }
}

#[test]
fn what_says_nothing_is_not_said() {
    let text = |text: &str| json!({"type": "text", "text": text});
    let body = || {
        json!({"model": "m", "messages": [{"role": "system", "content": ""},
            {"role": "user", "content": [text(""), text(" \n"), text("Hi")]}, {"role": "assistant", "content": ""},
            {"role": "user", "content": "there"}]})
    };
    let (written, losses) = to_converse(body(), CLAUDE);
    let content = json!([{"role": "user", "content": [{"text": "Hi"}, {"text": "there"}]}]);
    assert_eq!((&written["messages"], losses.as_str()), (&content, ""));
    assert_eq!(written.get("system"), None);
    let (written, losses) = to_gemini(body(), "gemini-3-flash");
    let contents = json!([{"role": "user", "parts": [{"text": " \n"}, {"text": "Hi"}, {"text": "there"}]}]);
    assert_eq!((&written["contents"], losses.as_str()), (&contents, ""));
}

#[test]
fn tokens_are_counted_of_what_the_model_reads() {
    let body = json!({"model": "m", "system": "Be brief.", "messages": [{"role": "user", "content": "Hi"}]});
    let mut losses = Losses::default();
    let request = request::from_messages::read(body, &mut losses).unwrap();
    assert_eq!(
        request::to_gemini::write_count(&request, "gemini-3-flash", &mut losses),
        json!({"generateContentRequest": {"model": "models/gemini-3-flash",
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}})
    );
    assert_eq!(
        request::to_converse::write_count(&request, CLAUDE, &mut losses),
        json!({"input": {"converse": {"system": [{"text": "Be brief."}],
            "messages": [{"role": "user", "content": [{"text": "Hi"}]}]}}})
    );
}
