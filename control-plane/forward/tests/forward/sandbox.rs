//! The built-in provider, as clients see it.

use std::time::Instant;

use serde_json::{Value, json};

use super::support::{Answer, Forwarder, chats, events, sandbox};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";

fn text(path: &str, answer: &Answer) -> String {
    let pointer = if path == MESSAGES {
        "/content/0/text"
    } else {
        "/choices/0/message/content"
    };
    answer
        .json()
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap()
        .to_owned()
}

/// The text of a stream, put together.
fn streamed(path: &str, answer: &Answer) -> String {
    let pointer = if path == MESSAGES {
        "/delta/text"
    } else {
        "/choices/0/delta/content"
    };
    let body = answer.text();
    let parts = events(&body)
        .into_iter()
        .filter_map(|data| serde_json::from_str::<Value>(data).ok());
    parts
        .filter_map(|event| Some(event.pointer(pointer)?.as_str()?.to_owned()))
        .collect()
}

#[tokio::test]
async fn an_answer_is_the_same_whole_and_streamed() {
    let forwarder = Forwarder::start(&sandbox()).await;
    for ((path, whole), (_, stream)) in chats("sandbox-chat", "")
        .into_iter()
        .zip(chats("sandbox-chat", r#""stream":true,"#))
    {
        let whole = forwarder.envoy.post(path, whole).await;
        let stream = forwarder.envoy.post(path, stream).await;
        assert_eq!((whole.status.as_u16(), stream.status.as_u16()), (200, 200));
        assert_eq!(stream.header("content-type"), "text/event-stream");
        assert_eq!(text(path, &whole), streamed(path, &stream));
        assert_eq!(whole.usage(), stream.usage());
        assert!(whole.headers.contains_key("x-bartizan-usage") && stream.trailers.contains_key("x-bartizan-usage"));
        assert_eq!(stream.header("x-provider-request-id"), "req_sandbox");
        let last = if path == MESSAGES {
            r#"{"type":"message_stop"}"#
        } else {
            "[DONE]"
        };
        assert_eq!(events(&stream.text()).last(), Some(&last));
    }
    let tokens = |kind| forwarder.metric("bartizan_forward_tokens_total", &["sandbox", kind]);
    assert_eq!((tokens("output"), tokens("estimated_output")), (72.0, 0.0));
    assert_eq!(
        forwarder.metric("bartizan_forward_requests_total", &["sandbox", "ok"]),
        4.0
    );
    assert_eq!(
        forwarder.metric("bartizan_forward_requests_in_flight", &["sandbox"]),
        0.0
    );
}

#[tokio::test]
async fn the_echo_repeats_the_last_user_message() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let said = "mail [EMAIL] \"now\"\n\u{1f600}";
    for (path, content) in [
        (CHAT, json!(said)),
        (CHAT, json!([{"type": "text", "text": said}])),
        (MESSAGES, json!(said)),
    ] {
        for stream in [false, true] {
            let body = json!({"model": "sandbox-echo", "max_tokens": 50, "stream": stream, "messages": [
                {"role": "user", "content": "first"}, {"role": "assistant", "content": "second"},
                {"role": "user", "content": content},
            ]});
            let answer = forwarder.envoy.post(path, body.to_string()).await;
            let heard = if stream {
                streamed(path, &answer)
            } else {
                text(path, &answer)
            };
            assert_eq!(heard, said);
        }
    }
}

#[tokio::test]
async fn a_stream_has_as_many_events_as_asked_for() {
    let forwarder = Forwarder::start(&sandbox()).await;
    for path in [CHAT, MESSAGES] {
        let body = json!({"model": "sandbox-long", "max_tokens": 50, "stream": true, "messages": [{"role": "user", "content": "x"}]});
        let answer = forwarder.envoy.post(path, body.to_string()).await;
        let deltas = if path == MESSAGES {
            "text_delta"
        } else {
            "\"delta\":{\"content\""
        };
        let count = answer.text().matches(deltas).count();
        assert_eq!(count, 50, "{}", answer.text());
        assert!(answer.usage().ends_with("output=50"), "{}", answer.usage());
    }
}

#[tokio::test]
async fn tools_are_called_and_their_results_taken() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let question = json!({"role": "user", "content": "use get_weather please"});
    let openai = |stream: bool| {
        json!({"model": "sandbox-chat", "stream": stream, "messages": [question], "tools": [
            {"type": "function", "function": {"name": "get_weather", "parameters": schema}}]})
    };
    let answer = forwarder.envoy.post(CHAT, openai(false).to_string()).await.json();
    let call = &answer["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(
        call["function"],
        json!({"name": "get_weather", "arguments": r#"{"city":"sandbox"}"#})
    );
    assert_eq!(answer["choices"][0]["finish_reason"], "tool_calls");

    let stream = forwarder.envoy.post(CHAT, openai(true).to_string()).await.text();
    let deltas: Vec<Value> = events(&stream)
        .iter()
        .filter_map(|data| serde_json::from_str(data).ok())
        .collect();
    let arguments: String = deltas
        .iter()
        .filter_map(|event| {
            event
                .pointer("/choices/0/delta/tool_calls/0/function/arguments")?
                .as_str()
        })
        .collect();
    assert_eq!(arguments, r#"{"city":"sandbox"}"#);

    let anthropic = |stream: bool| {
        json!({"model": "sandbox-chat", "max_tokens": 50, "stream": stream, "messages": [question],
            "tools": [{"name": "get_weather", "input_schema": schema}]})
    };
    let answer = forwarder
        .envoy
        .post(MESSAGES, anthropic(false).to_string())
        .await
        .json();
    assert_eq!(
        (&answer["content"][0]["type"], &answer["stop_reason"]),
        (&json!("tool_use"), &json!("tool_use"))
    );
    assert_eq!(answer["content"][0]["input"], json!({"city": "sandbox"}));
    let stream = forwarder.envoy.post(MESSAGES, anthropic(true).to_string()).await.text();
    let input: String = events(&stream)
        .iter()
        .filter_map(|data| serde_json::from_str::<Value>(data).ok())
        .filter_map(|event| Some(event.pointer("/delta/partial_json")?.as_str()?.to_owned()))
        .collect();
    assert_eq!(input, r#"{"city":"sandbox"}"#);

    let result = json!({"model": "sandbox-chat", "messages": [question, answer_message(call), {"role": "tool", "tool_call_id": "x", "content": "12 degrees"}]});
    let answer = forwarder.envoy.post(CHAT, result.to_string()).await;
    assert_eq!(text(CHAT, &answer), "The tool answered: 12 degrees");
}

fn answer_message(call: &Value) -> Value {
    json!({"role": "assistant", "content": null, "tool_calls": [call]})
}

#[tokio::test]
async fn every_bad_day_is_told_in_the_dialect() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let table = [
        ("sandbox-rate-limited", 429, "provider_rate_limited"),
        ("sandbox-error", 502, "provider_failed"),
        ("sandbox-cut", 502, "provider_cut"),
        ("sandbox-garbage", 502, "answer_unreadable"),
    ];
    for (model, status, code) in table {
        for (path, body) in chats(model, "") {
            let answer = forwarder.envoy.post(path, body).await;
            answer.assert_error(path, status, code);
            assert!(!answer.text().contains("must not leave"), "{}", answer.text());
            let retry = if status == 429 { "7" } else { "" };
            assert_eq!(answer.header("retry-after"), retry);
            let outcome = ["sandbox", code];
            assert!(
                forwarder.metric("bartizan_forward_requests_total", &outcome) > 0.0,
                "{outcome:?}"
            );
        }
        for (path, body) in chats(model, r#""stream":true,"#) {
            let answer = forwarder.envoy.post(path, body).await;
            if status == 429 || model == "sandbox-error" {
                answer.assert_error(path, status, code);
            } else {
                assert_eq!(answer.status, 200);
                assert!(answer.text().contains(code) || path == MESSAGES, "{}", answer.text());
                assert!(!answer.text().contains(": garbage"), "{}", answer.text());
            }
        }
    }
}

#[tokio::test]
async fn the_slow_models_take_their_time() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let [(path, body), _] = chats("sandbox-slow-first-token", "");
    let started = Instant::now();
    assert_eq!(forwarder.envoy.post(path, body).await.status, 200);
    assert!(started.elapsed().as_millis() >= 2000);
    let [_, (path, body)] = chats("sandbox-slow-stream", "");
    let started = Instant::now();
    assert_eq!(forwarder.envoy.post(path, body).await.status, 200);
    assert!(started.elapsed().as_millis() >= 1900);
}

#[tokio::test]
async fn the_huge_answer_passes_or_is_refused_by_size() {
    let mut policy = super::support::policy(&sandbox());
    for (limit, status) in [(8 << 20, 200), (1 << 20, 502)] {
        policy.gateway.max_answer_bytes = limit;
        let forwarder = Forwarder::with(policy.clone()).await;
        for (path, body) in chats("sandbox-huge", "") {
            let answer = forwarder.envoy.post(path, body).await;
            if status == 200 {
                assert!(answer.body.len() > 1_500_000);
            } else {
                answer.assert_error(path, 502, "answer_too_large");
            }
        }
        let [(path, body), _] = chats("sandbox-huge", r#""stream":true,"#);
        assert!(forwarder.envoy.post(path, body).await.text().ends_with("[DONE]\n\n"));
    }
}

#[tokio::test]
async fn mistakes_are_explained_by_the_sandbox() {
    let documents = super::support::model("typo", "sandbox", "sandbox-eror");
    let forwarder = Forwarder::start(&documents).await;
    for (path, body) in chats("typo", "") {
        let answer = forwarder.envoy.post(path, body).await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.json()["error"]["message"],
            "The sandbox has no model named sandbox-eror."
        );
    }
}

#[tokio::test]
async fn the_sandbox_answers_nobody_but_its_forwarder() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let sandbox = bartizan_forward::sandbox::Sandbox::start().await.unwrap();
    for key in ["", "authorization: Bearer guess\r\n", "x-api-key: guess\r\n"] {
        let mut stream = tokio::net::TcpStream::connect(sandbox.address()).await.unwrap();
        let request =
            format!("POST /v1/messages HTTP/1.1\r\nhost: x\r\n{key}connection: close\r\ncontent-length: 2\r\n\r\n{{}}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    }
}
