//! Clients of one dialect at providers of another.

use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{
    support::{CREDENTIAL, Forwarder, events, model, post, provider},
    upstream::{Step, Upstream, chunk, stream_head},
};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";
const JSON: &str = "content-type: application/json\r\n";
const OPENAI_ANSWER: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"real-model",
  "choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],
  "usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}}"#;
const ANTHROPIC_ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"real-model",
  "content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","stop_sequence":null,
  "usage":{"input_tokens":5,"cache_read_input_tokens":4,"output_tokens":4}}"#;

fn sent(upstream: &Upstream, kind: &str) -> String {
    let base = if kind == "anthropic" { "" } else { "/v1" };
    let spec = format!(
        "type: {kind}, baseUrl: 'http://{}{base}', allowInsecureHttp: true, credential: {{env: PLANTED}}",
        upstream.address
    );
    [provider("there", &spec), model("m", "there", "real-model")].concat()
}

fn asked(path: &str, more: &str) -> String {
    if path == RESPONSES {
        format!(r#"{{"model":"m",{more}"max_output_tokens":50,"instructions":"Be brief.","input":"tell me a word"}}"#)
    } else if path == MESSAGES {
        format!(
            r#"{{"model":"m",{more}"max_tokens":50,"system":"Be brief.","messages":[{{"role":"user","content":"tell me a word"}}]}}"#
        )
    } else {
        format!(
            r#"{{"model":"m",{more}"max_tokens":50,"messages":[{{"role":"system","content":"Be brief."}},{{"role":"user","content":"tell me a word"}}]}}"#
        )
    }
}

/// The words of an answer in the dialect of the path.
fn said(path: &str, answer: &Value) -> Value {
    match path {
        RESPONSES => answer["output"][0]["content"][0]["text"].clone(),
        MESSAGES => answer["content"][0]["text"].clone(),
        _ => answer["choices"][0]["message"]["content"].clone(),
    }
}

#[tokio::test]
async fn every_dialect_is_answered_by_providers_of_another() {
    let table = [
        (
            MESSAGES,
            "openai",
            OPENAI_ANSWER,
            "/v1/chat/completions",
            "authorization: Bearer ",
        ),
        (
            MESSAGES,
            "openai-compatible",
            OPENAI_ANSWER,
            "/v1/chat/completions",
            "authorization: Bearer ",
        ),
        (
            RESPONSES,
            "openai-compatible",
            OPENAI_ANSWER,
            "/v1/chat/completions",
            "authorization: Bearer ",
        ),
        (CHAT, "anthropic", ANTHROPIC_ANSWER, "/v1/messages", "x-api-key: "),
        (RESPONSES, "anthropic", ANTHROPIC_ANSWER, "/v1/messages", "x-api-key: "),
    ];
    for (path, kind, provided, upstream_path, key) in table {
        let mut upstream = Upstream::answering("200 OK", JSON, provided).await;
        let forwarder = Forwarder::start(&sent(&upstream, kind)).await;
        let answer = forwarder.envoy.post(path, asked(path, "")).await;
        assert_eq!(answer.status, 200, "{path} at {kind}: {}", answer.text());
        assert_eq!(said(path, &answer.json()), "hello", "{path} at {kind}");
        let cached = if kind == "anthropic" { ", cached=4" } else { "" };
        assert_eq!(answer.usage(), format!("input=9, output=4{cached}"), "{path} at {kind}");
        assert_eq!(answer.header("content-type"), "application/json");
        let received = upstream.next().await;
        assert!(
            received.head.starts_with(&format!("POST {upstream_path} ")),
            "{}",
            received.head
        );
        assert!(
            received.head.contains(&format!("{key}{CREDENTIAL}\r\n")),
            "{}",
            received.head
        );
        let body: Value = serde_json::from_str(&received.body).unwrap();
        assert_eq!(body["model"], "real-model");
        assert!(
            received.body.contains("Be brief.") && received.body.contains("tell me a word"),
            "{body}"
        );
        let is_anthropic = received.head.contains("anthropic-version: ");
        assert_eq!(is_anthropic, kind == "anthropic", "{}", received.head);
    }
}

#[tokio::test]
async fn what_is_converted_has_our_version_of_the_provider_s_api() {
    let mut upstream = Upstream::answering("200 OK", JSON, ANTHROPIC_ANSWER).await;
    let forwarder = Forwarder::start(&sent(&upstream, "anthropic")).await;
    for (path, version, beta) in [(CHAT, "2023-06-01", false), (MESSAGES, "2026-10-21", true)] {
        let request = post(path)
            .header("anthropic-version", "2026-10-21")
            .header("anthropic-beta", "context-1m-2025-08-07");
        let body = Full::new(Bytes::from(asked(path, "")));
        let answer = forwarder.envoy.answer(request.body(body).unwrap()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let received = upstream.next().await;
        let told = format!("anthropic-version: {version}\r\n");
        assert!(received.head.contains(&told), "{}", received.head);
        assert_eq!(received.head.contains("anthropic-beta: "), beta, "{}", received.head);
    }
}

#[tokio::test]
async fn what_a_provider_cannot_be_told_is_refused_by_name() {
    let upstream = Upstream::answering("200 OK", JSON, ANTHROPIC_ANSWER).await;
    let forwarder = Forwarder::start(&sent(&upstream, "anthropic")).await;
    let answer = forwarder
        .envoy
        .post(CHAT, asked(CHAT, r#""seed":7,"logit_bias":{"5":1},"#))
        .await;
    answer.assert_error(CHAT, 400, "unsupported_field");
    let error = &answer.json()["error"];
    let message = error["message"].as_str().unwrap();
    assert!(
        message.contains("$.seed") && message.contains("$.logit_bias"),
        "{message}"
    );
    assert!(
        ["$.seed", "$.logit_bias"].contains(&error["param"].as_str().unwrap()),
        "{error}"
    );
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn what_asks_for_nothing_of_the_answer_refuses_none() {
    let mut upstream = Upstream::answering("200 OK", JSON, ANTHROPIC_ANSWER).await;
    let forwarder = Forwarder::start(&sent(&upstream, "anthropic")).await;
    let table = [
        (
            CHAT,
            r#""metadata":{"post":"gate"},"response_format":{"type":"json_object"},"#,
            "$.response_format, $.metadata",
        ),
        (
            RESPONSES,
            r#""store":true,"prompt_cache_key":"a","#,
            "$.store, $.prompt_cache_key",
        ),
    ];
    for (path, more, told) in table {
        let answer = forwarder.envoy.post(path, asked(path, more)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(answer.header("x-bartizan-dropped-fields"), told);
        assert_eq!(said(path, &answer.json()), "hello");
        if path == RESPONSES {
            let repeated = answer.json();
            assert_eq!(
                (&repeated["store"], &repeated["prompt_cache_key"]),
                (&json!(false), &Value::Null)
            );
        }
        upstream.next().await;
    }
    // Beside what is refused they are not named: they are not to blame.
    let answer = forwarder
        .envoy
        .post(CHAT, asked(CHAT, r#""metadata":{"post":"gate"},"seed":7,"#))
        .await;
    answer.assert_error(CHAT, 400, "unsupported_field");
    let message = answer.json()["error"]["message"].to_string();
    assert!(message.contains("$.seed") && !message.contains("metadata"), "{message}");
}

#[tokio::test]
async fn a_request_without_a_turn_is_refused_here() {
    let upstream = Upstream::answering("200 OK", JSON, ANTHROPIC_ANSWER).await;
    let forwarder = Forwarder::start(&sent(&upstream, "anthropic")).await;
    let table = [
        (CHAT, r#"{"model":"m","messages":[]}"#, "$.messages"),
        (
            CHAT,
            r#"{"model":"m","messages":[{"role":"system","content":"Be brief."}]}"#,
            "$.messages",
        ),
        (
            CHAT,
            r#"{"model":"m","messages":[{"role":"user","content":" "}]}"#,
            "$.messages",
        ),
        (RESPONSES, r#"{"model":"m","input":[]}"#, "$.input"),
    ];
    for (path, body, place) in table {
        let answer = forwarder.envoy.post(path, body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
        let error = &answer.json()["error"];
        assert_eq!(error["param"], place, "{error}");
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn policy_may_let_it_be_dropped_and_the_client_is_told() {
    let mut upstream = Upstream::answering("200 OK", JSON, ANTHROPIC_ANSWER).await;
    let documents = sent(&upstream, "anthropic").replace(
        "upstreamModel: real-model",
        "upstreamModel: real-model, unsupportedFields: drop",
    );
    let forwarder = Forwarder::start(&documents).await;
    let answer = forwarder
        .envoy
        .post(CHAT, asked(CHAT, r#""seed":7,"logit_bias":{"5":1},"#))
        .await;
    assert_eq!(said(CHAT, &answer.json()), "hello");
    let dropped: Vec<&str> = answer.header("x-bartizan-dropped-fields").split(", ").collect();
    assert!(
        dropped.contains(&"$.seed") && dropped.contains(&"$.logit_bias") && dropped.len() == 2,
        "{dropped:?}"
    );
    assert!(!upstream.next().await.body.contains("seed"));
}

#[tokio::test]
async fn compatible_servers_get_chats_as_they_are_in_words_they_know() {
    let mut upstream = Upstream::answering("200 OK", JSON, OPENAI_ANSWER).await;
    let forwarder = Forwarder::start(&sent(&upstream, "openai-compatible")).await;
    let body =
        r#"{ "top_k" : 5, "model":"m","max_completion_tokens":5,"messages":[{"role":"developer","content":"x"}]}"#;
    let answer = forwarder.envoy.post(CHAT, body).await;
    assert_eq!(answer.text(), OPENAI_ANSWER);
    assert_eq!(
        upstream.next().await.body,
        r#"{ "top_k" : 5, "model":"real-model","max_tokens":5,"messages":[{"role":"system","content":"x"}]}"#
    );
}

fn openai_stream() -> Vec<Step> {
    let piece = |delta: Value| {
        let data = json!({"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"real-model","choices":[{"index":0,"delta":delta}]});
        chunk(&format!("data: {data}\n\n"))
    };
    vec![
        stream_head(),
        piece(json!({"role":"assistant","content":""})),
        piece(json!({"content":"hel"})),
        piece(json!({"content":"lo"})),
        chunk("data: {\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"),
        chunk(
            "data: {\"id\":\"chatcmpl-1\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":4}}\n\n",
        ),
        chunk("data: [DONE]\n\n"),
        chunk(""),
        Step::Keep,
    ]
}

#[tokio::test]
async fn streams_are_converted_event_by_event() {
    let mut upstream = Upstream::start(openai_stream()).await;
    let forwarder = Forwarder::start(&sent(&upstream, "openai")).await;
    let answer = forwarder
        .envoy
        .post(MESSAGES, asked(MESSAGES, r#""stream":true,"#))
        .await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    assert_eq!(answer.usage(), "input=9, output=4");
    let text = answer.text();
    let data: Vec<Value> = events(&text)
        .iter()
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let kinds: Vec<&str> = data.iter().map(|event| event["type"].as_str().unwrap()).collect();
    assert_eq!(kinds.first(), Some(&"message_start"));
    assert_eq!(kinds.last(), Some(&"message_stop"));
    let words: String = data
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .collect();
    assert_eq!(words, "hello");
    let asked: Value = serde_json::from_str(&upstream.next().await.body).unwrap();
    assert_eq!(
        (&asked["stream"], &asked["stream_options"]["include_usage"]),
        (&json!(true), &json!(true))
    );
}

#[tokio::test]
async fn a_converted_stream_that_breaks_off_ends_with_an_error_of_the_dialect_called() {
    let mut script = openai_stream();
    script.truncate(3);
    let upstream = Upstream::start(script).await;
    let forwarder = Forwarder::start(&sent(&upstream, "openai")).await;
    let answer = forwarder
        .envoy
        .post(MESSAGES, asked(MESSAGES, r#""stream":true,"#))
        .await;
    let text = answer.text();
    let last: Value = serde_json::from_str(events(&text).last().unwrap()).unwrap();
    assert_eq!(last["type"], "error", "{text}");
    assert!(answer.usage().ends_with("estimated"), "{}", answer.usage());
}

#[tokio::test]
async fn the_error_of_a_broken_response_goes_on_counting() {
    let passing = |number: u64, kind: &str| {
        chunk(&format!(
            "event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{number},\"delta\":\"a\"}}\n\n"
        ))
    };
    let mut converted = openai_stream();
    converted.truncate(3);
    let passed = vec![
        stream_head(),
        passing(0, "response.created"),
        passing(1, "response.output_text.delta"),
    ];
    for (kind, script) in [("openai-compatible", converted), ("openai", passed)] {
        let upstream = Upstream::start(script).await;
        let forwarder = Forwarder::start(&sent(&upstream, kind)).await;
        let answer = forwarder
            .envoy
            .post(RESPONSES, asked(RESPONSES, r#""stream":true,"#))
            .await;
        let text = answer.text();
        let events: Vec<Value> = events(&text)
            .iter()
            .map(|data| serde_json::from_str(data).unwrap())
            .collect();
        assert_eq!(events.last().unwrap()["type"], "error", "{text}");
        for (number, event) in events.iter().enumerate() {
            assert_eq!(event["sequence_number"], number, "{kind}: {text}");
        }
    }
}

#[tokio::test]
async fn what_a_message_counts_at_its_beginning_is_not_taken_for_the_end() {
    let events = [
        r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"real-model","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":9,"output_tokens":1}}}"#,
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"forty bytes of text that were delivered.."}}"#,
    ];
    let chunks = events.map(|data| chunk(&format!("data: {data}\n\n")));
    let script = [stream_head()].into_iter().chain(chunks).collect();
    let upstream = Upstream::start(script).await;
    let forwarder = Forwarder::start(&sent(&upstream, "anthropic")).await;
    let answer = forwarder.envoy.post(CHAT, asked(CHAT, r#""stream":true,"#)).await;
    assert!(answer.text().contains("delivered"), "{}", answer.text());
    assert_eq!(answer.usage(), "input=9, output=11, estimated");
}

#[tokio::test]
async fn garbage_of_another_format_is_unreadable() {
    for garbage in ["{}", "[]", "null", "{\"choices\":[]}", "nothing"] {
        let upstream = Upstream::answering("200 OK", JSON, garbage).await;
        let forwarder = Forwarder::start(&sent(&upstream, "openai")).await;
        let answer = forwarder.envoy.post(MESSAGES, asked(MESSAGES, "")).await;
        answer.assert_error(MESSAGES, 502, "answer_unreadable");
    }
}

#[tokio::test]
async fn tokens_are_estimated_for_providers_that_do_not_count() {
    let upstream = Upstream::answering("200 OK", JSON, OPENAI_ANSWER).await;
    let forwarder = Forwarder::start(&sent(&upstream, "openai")).await;
    let path = "/v1/messages/count_tokens";
    let body = |words: usize| {
        let text = "word ".repeat(words);
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":"{text}"}}]}}"#)
    };
    let [few, many] = [40, 400].map(|words| forwarder.envoy.post(path, body(words)));
    let (few, many) = (few.await, many.await);
    assert_eq!(few.header("x-bartizan-estimated"), "input_tokens");
    let count = |answer: &super::support::Answer| answer.json()["input_tokens"].as_u64().unwrap();
    assert!(
        (40..80).contains(&count(&few)) && (400..800).contains(&count(&many)),
        "{} {}",
        count(&few),
        count(&many)
    );
    assert_eq!((few.usage(), upstream.connections()), ("input=0, output=0", 0));
    let unknown = body(1).replace("\"m\"", "\"nothing\"");
    forwarder
        .envoy
        .post(path, unknown)
        .await
        .assert_error(path, 404, "model_not_found");
}
