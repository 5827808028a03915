//! What reaches the provider, and what of its answer reaches the client.

use http_body_util::Full;

use super::{
    support::{CREDENTIAL, Forwarder, post},
    upstream::{Upstream, model_of},
};

const PATHS: [&str; 2] = ["/v1/chat/completions", "/v1/messages"];
const OPENAI_ANSWER: &str = r#"{ "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "real-model",
  "choices": [ {"index": 0, "message": {"role": "assistant", "content": "h\u00e9llo"}, "finish_reason": "stop"} ],
  "usage": {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}, "x_unknown": [1.50, null] }"#;
const ANTHROPIC_ANSWER: &str = r#"{"id":"msg_1","type":"message","role":"assistant","model":"real-model",
  "content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","stop_sequence":null,
  "usage":{"input_tokens":5,"cache_read_input_tokens":4,"output_tokens":4}, "x_unknown": 1.50 }"#;

fn answer_of(path: &str) -> &'static str {
    if path == "/v1/messages" {
        ANTHROPIC_ANSWER
    } else {
        OPENAI_ANSWER
    }
}

fn usage_of(path: &str) -> &'static str {
    if path == "/v1/messages" {
        "input=9, output=4, cached=4"
    } else {
        "input=9, output=4"
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn the_body_arrives_as_it_was_sent_but_for_the_model() {
    for path in PATHS {
        let mut upstream = Upstream::answering("200 OK", "content-type: application/json\r\n", answer_of(path)).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        let body = format!(
            "{{\"messages\" : [ {{\"role\":\"user\", \"content\":\"a\\u0062c\"}} ],\n \"x\": 1.500, \"model\" : \"{}\", \"max_tokens\":5}} ",
            model_of(path)
        );
        let answer = forwarder.envoy.post(path, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text()),
            (200, answer_of(path).to_owned())
        );
        assert_eq!(answer.usage(), usage_of(path));
        let received = upstream.next().await;
        assert_eq!(received.body, body.replace(model_of(path), "real-model"));
        assert!(
            received.head.starts_with(&format!("POST {path} HTTP/1.1\r\n")),
            "{}",
            received.head
        );
    }
}

#[tokio::test]
async fn of_the_client_s_headers_only_the_harmless_ones_pass() {
    let private = [
        ("authorization", "Bearer client"),
        ("cookie", "client=1"),
        ("x-stainless-os", "client"),
        ("openai-organization", "org-client"),
        ("x-forwarded-for", "10.9.8.7"),
        ("user-agent", "client/1.0"),
        ("x-bartizan-key", "dev"),
        ("accept-encoding", "gzip"),
        ("traceparent", "00-client-01"),
    ];
    for path in PATHS {
        let mut upstream = Upstream::answering("200 OK", "content-type: application/json\r\n", answer_of(path)).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        let builder = private
            .iter()
            .fold(post(path), |builder, (name, value)| builder.header(*name, *value));
        let builder = builder.header("anthropic-beta", "one").header("anthropic-beta", "two");
        let body = format!(r#"{{"model":"{}"}}"#, model_of(path));
        forwarder
            .envoy
            .answer(builder.body(Full::new(body.into())).unwrap())
            .await;

        let head = upstream.next().await.head;
        let mut names: Vec<&str> = head.lines().skip(1).filter_map(|line| line.split(':').next()).collect();
        names.retain(|name| !name.is_empty());
        names.sort_unstable();
        let common = ["accept", "content-length", "content-type", "host", "user-agent"];
        let (credential, own): (_, &[&str]) = match path {
            "/v1/messages" => (
                ("x-api-key", CREDENTIAL.to_owned()),
                &["anthropic-beta", "anthropic-beta", "anthropic-version", "x-api-key"],
            ),
            _ => (("authorization", format!("Bearer {CREDENTIAL}")), &["authorization"]),
        };
        let mut expected = [&common[..], own].concat();
        expected.sort_unstable();
        assert_eq!(names, expected, "{head}");
        assert_eq!(header(&head, credential.0), Some(&*credential.1));
        assert!(!head.contains("client") && !head.contains("bartizan-"), "{head}");
    }
}

#[tokio::test]
async fn the_version_of_anthropic_s_api_is_the_client_s_or_a_known_one() {
    for (given, expected) in [(None, "2023-06-01"), (Some("2024-01-01"), "2024-01-01")] {
        let mut upstream = Upstream::answering("200 OK", "content-type: application/json\r\n", ANTHROPIC_ANSWER).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        let builder = given.into_iter().fold(post("/v1/messages"), |builder, version| {
            builder.header("anthropic-version", version)
        });
        let body = r#"{"model":"m-anthropic","max_tokens":1}"#;
        forwarder
            .envoy
            .answer(builder.body(Full::new(body.into())).unwrap())
            .await;
        assert_eq!(header(&upstream.next().await.head, "anthropic-version"), Some(expected));
    }
}

#[tokio::test]
async fn of_the_provider_s_headers_only_content_type_and_its_id_pass() {
    let headers = "content-type: application/json; charset=utf-8\r\nx-request-id: req_there\r\nset-cookie: a=b\r\n\
                   x-ratelimit-remaining-requests: 5\r\nanthropic-ratelimit-tokens-limit: 5\r\nserver: there\r\n\
                   openai-organization: ours\r\nx-bartizan-usage: input=1, output=1\r\nretry-after: 5\r\n";
    for path in PATHS {
        let upstream = Upstream::answering("200 OK", headers, answer_of(path)).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        let answer = forwarder
            .envoy
            .post(path, format!(r#"{{"model":"{}"}}"#, model_of(path)))
            .await;
        let mut names: Vec<&str> = answer.headers.keys().map(http::HeaderName::as_str).collect();
        names.sort_unstable();
        let expected: &[&str] = match path {
            "/v1/messages" => {
                assert_eq!(answer.header("request-id"), "req_there");
                &[
                    "content-length",
                    "content-type",
                    "request-id",
                    "x-bartizan-usage",
                    "x-provider-request-id",
                ]
            }
            _ => &[
                "content-length",
                "content-type",
                "x-bartizan-usage",
                "x-provider-request-id",
            ],
        };
        assert_eq!(names, expected);
        assert_eq!(answer.header("x-provider-request-id"), "req_there");
        assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
        assert_eq!(answer.usage(), usage_of(path));
    }
}

#[tokio::test]
async fn usage_that_is_missing_or_absurd_is_estimated_and_says_so() {
    for usage in [r#""x":1"#, r#""usage":{"prompt_tokens":-1,"completion_tokens":1e300}"#] {
        let body = format!(r#"{{"choices":[],{usage}}}"#);
        let upstream = Upstream::answering("200 OK", "content-type: application/json\r\n", &body).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        let request = r#"{"model":"m-openai","messages":[{"role":"user","content":"0123456789012345"}]}"#;
        let answer = forwarder.envoy.post("/v1/chat/completions", request).await;
        let estimate = format!("output={}, estimated", body.len().div_ceil(4));
        assert!(answer.usage().ends_with(&estimate), "{}", answer.usage());
        let tokens = ["openai-there", "estimated_output"];
        assert!(forwarder.metric("bartizan_forward_tokens_total", &tokens) > 0.0);
        assert_eq!(
            forwarder.metric("bartizan_forward_tokens_total", &["openai-there", "output"]),
            0.0
        );
    }
}

#[tokio::test]
async fn connections_are_used_again() {
    let mut upstream = Upstream::answering("200 OK", "content-type: application/json\r\n", OPENAI_ANSWER).await;
    let forwarder = Forwarder::start(&upstream.documents()).await;
    for _ in 0..20 {
        let answer = forwarder
            .envoy
            .post("/v1/chat/completions", r#"{"model":"m-openai"}"#)
            .await;
        assert_eq!(answer.status, 200);
        upstream.next().await;
    }
    assert_eq!(upstream.connections(), 1);
}
