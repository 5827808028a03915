//! Clients at Gemini, Bedrock and Azure: where calls go, what proves that they are ours, and what comes back.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::{
    event_stream::{Header, HeaderValue, Message},
    str_bytes::StrBytes,
};
use bytes::Bytes;
use http_body_util::Full;
use serde_json::{Value, json};

use super::{
    support::{Answer, CREDENTIAL, Forwarder, events, model, policy, post, provider},
    upstream::{Step, Upstream, chunk, stream_head},
};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";
const COUNT: &str = "/v1/messages/count_tokens";
const EMBEDDINGS: &str = "/v1/embeddings";
const JSON: &str = "content-type: application/json\r\n";
const GEMINI_ANSWER: &str = r#"{"candidates":[{"content":{"role":"model","parts":[{"text":"hello"}]},"finishReason":"STOP"}],
  "usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":4},"modelVersion":"gemini-3-flash","responseId":"r1"}"#;
const CONVERSE_ANSWER: &str = r#"{"output":{"message":{"role":"assistant","content":[{"text":"hello"}]}},
  "stopReason":"end_turn","usage":{"inputTokens":9,"outputTokens":4,"totalTokens":13},"metrics":{"latencyMs":7}}"#;
const CLAUDE: &str = "eu.anthropic.claude-haiku-4-5-20251001-v1:0";
const CLAUDE_PATH: &str = "/model/eu.anthropic.claude-haiku-4-5-20251001-v1%3A0";

/// A forwarder whose model `m` is at a provider of that kind, with keys of AWS in its environment.
async fn forwarder(upstream: &Upstream, kind: &str, more: &str, upstream_model: &str) -> Forwarder {
    let spec = format!(
        "type: {kind}, baseUrl: 'http://{}', allowInsecureHttp: true, {more}",
        upstream.address
    );
    let documents = [
        provider("there", &spec),
        model("m", "there", &format!("'{upstream_model}'")),
    ]
    .concat();
    let variables = [
        ("AWS_ACCESS_KEY_ID", "AKIDTEST"),
        ("AWS_SECRET_ACCESS_KEY", "planted-aws-secret"),
        ("AWS_SESSION_TOKEN", "planted-aws-token"),
    ];
    Forwarder::within(policy(&documents), &variables).await
}

async fn gemini(upstream: &Upstream) -> Forwarder {
    forwarder(upstream, "gemini", "credential: {env: PLANTED}", "gemini-3-flash").await
}

async fn bedrock(upstream: &Upstream, upstream_model: &str) -> Forwarder {
    let more = "region: eu-central-1, credential: {aws: {}}";
    forwarder(upstream, "bedrock", more, upstream_model).await
}

fn asked(path: &str, more: &str) -> String {
    match path {
        RESPONSES => format!(r#"{{"model":"m",{more}"input":"tell me a word"}}"#),
        EMBEDDINGS => format!(r#"{{"model":"m",{more}"input":"a word"}}"#),
        COUNT => format!(r#"{{"model":"m",{more}"messages":[{{"role":"user","content":"tell me a word"}}]}}"#),
        _ => format!(
            r#"{{"model":"m",{more}"max_tokens":50,"messages":[{{"role":"user","content":"tell me a word"}}]}}"#
        ),
    }
}

/// The words of a whole answer in the dialect of the path.
fn said(path: &str, answer: &Answer) -> String {
    let answer = answer.json();
    let text = match path {
        RESPONSES => &answer["output"][0]["content"][0]["text"],
        MESSAGES => &answer["content"][0]["text"],
        _ => &answer["choices"][0]["message"]["content"],
    };
    text.as_str().unwrap_or_default().to_owned()
}

/// The words of a streamed answer, in any dialect.
fn streamed(answer: &Answer) -> String {
    let text = answer.text();
    let data = events(&text).into_iter().filter(|data| *data != "[DONE]");
    let data = data.map(|data| serde_json::from_str::<Value>(data).unwrap());
    let words = data.filter_map(|event| match event["type"].as_str() {
        Some("response.output_text.delta") => event["delta"].as_str().map(str::to_owned),
        Some(_) => event["delta"]["text"].as_str().map(str::to_owned),
        None => event["choices"][0]["delta"]["content"].as_str().map(str::to_owned),
    });
    words.collect()
}

/// The last event of a stream that says something.
fn last(text: &str) -> &str {
    let mut data = events(text).into_iter();
    data.rfind(|data| *data != "[DONE]").unwrap()
}

#[tokio::test]
async fn geminis_models_answer_every_dialect() {
    for path in [CHAT, RESPONSES, MESSAGES] {
        let mut upstream = Upstream::answering("200 OK", JSON, GEMINI_ANSWER).await;
        let forwarder = gemini(&upstream).await;
        let answer = forwarder.envoy.post(path, asked(path, "")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(
            (said(path, &answer).as_str(), answer.usage()),
            ("hello", "input=9, output=4")
        );
        let received = upstream.next().await;
        let target = "POST /v1beta/models/gemini-3-flash:generateContent HTTP/1.1";
        assert!(received.head.starts_with(target), "{}", received.head);
        let key = format!("x-goog-api-key: {CREDENTIAL}\r\n");
        assert!(
            received.head.contains(&key) && !received.head.contains("authorization"),
            "{}",
            received.head
        );
        let body: Value = serde_json::from_str(&received.body).unwrap();
        assert_eq!(body["contents"][0]["parts"][0]["text"], "tell me a word");
    }
}

#[tokio::test]
async fn features_of_anthropics_reach_its_models_at_bedrock() {
    let mut upstream = Upstream::answering("200 OK", JSON, CONVERSE_ANSWER).await;
    let forwarder = bedrock(&upstream, CLAUDE).await;
    let request = post(MESSAGES)
        .header("anthropic-beta", "interleaved-thinking-2025-05-14, oauth-2025-04-20")
        .header("anthropic-beta", "context-1m-2025-08-07");
    let body = Full::new(Bytes::from(asked(MESSAGES, "")));
    let answer = forwarder.envoy.answer(request.body(body).unwrap()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.header("x-bartizan-dropped-fields");
    assert_eq!(told, "anthropic-beta: oauth-2025-04-20");
    let received: Value = serde_json::from_str(&upstream.next().await.body).unwrap();
    assert_eq!(
        received["additionalModelRequestFields"],
        json!({"anthropic_beta": ["interleaved-thinking-2025-05-14", "context-1m-2025-08-07"]})
    );
}

#[tokio::test]
async fn geminis_streams_end_where_their_bytes_do() {
    let piece = |text: &str, finish: &str| {
        chunk(&format!(
            "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"text\":\"{text}\"}}]}}{finish}}}],\
             \"usageMetadata\":{{\"promptTokenCount\":9,\"candidatesTokenCount\":4}}}}\r\n\r\n"
        ))
    };
    for path in [CHAT, RESPONSES, MESSAGES] {
        let script = vec![
            stream_head(),
            piece("hel", ""),
            piece("lo", ",\"finishReason\":\"STOP\""),
            chunk(""),
            Step::Keep,
        ];
        let mut upstream = Upstream::start(script).await;
        let forwarder = gemini(&upstream).await;
        let answer = forwarder.envoy.post(path, asked(path, r#""stream":true,"#)).await;
        assert_eq!(
            (streamed(&answer).as_str(), answer.usage()),
            ("hello", "input=9, output=4"),
            "{path}"
        );
        let target = "POST /v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse HTTP/1.1";
        assert!(upstream.next().await.head.starts_with(target));
    }
    let cut = Upstream::start(vec![stream_head(), piece("hel", ""), chunk(""), Step::Keep]).await;
    let forwarder = gemini(&cut).await;
    let answer = forwarder.envoy.post(CHAT, asked(CHAT, r#""stream":true,"#)).await;
    let text = answer.text();
    assert!(last(&text).contains("provider_cut"), "{text}");
}

/// A frame of an event stream, as a chunk.
fn frame(kind: &'static str, name: &'static str, payload: &Value) -> Step {
    let header =
        |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(StrBytes::from(value)));
    let type_header = if kind == "event" {
        ":event-type"
    } else {
        ":exception-type"
    };
    let message = Message::new(payload.to_string().into_bytes())
        .add_header(header(type_header, name))
        .add_header(header(":content-type", "application/json"))
        .add_header(header(":message-type", kind));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    binary_chunk(&bytes)
}

fn binary_chunk(bytes: &[u8]) -> Step {
    let head = format!("{:x}\r\n", bytes.len());
    Step::Send([head.as_bytes(), bytes, b"\r\n"].concat())
}

fn frames(inner: Vec<Step>) -> Vec<Step> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/vnd.amazon.eventstream\r\nx-amzn-requestid: a-1\r\n\
                transfer-encoding: chunked\r\n\r\n";
    let mut script = vec![Step::Send(head.into())];
    script.extend(inner);
    script.extend([chunk(""), Step::Keep]);
    script
}

fn words() -> Vec<Step> {
    let delta = |text: &str| json!({"contentBlockIndex": 0, "delta": {"text": text}, "p": "abc"});
    vec![
        frame("event", "messageStart", &json!({"role": "assistant"})),
        frame("event", "contentBlockDelta", &delta("hel")),
        frame("event", "contentBlockDelta", &delta("lo")),
        frame("event", "contentBlockStop", &json!({"contentBlockIndex": 0})),
    ]
}

#[tokio::test]
async fn bedrocks_models_answer_every_dialect() {
    for path in [CHAT, RESPONSES, MESSAGES] {
        let headers = format!("{JSON}x-amzn-requestid: a-1\r\n");
        let mut upstream = Upstream::answering("200 OK", &headers, CONVERSE_ANSWER).await;
        let forwarder = bedrock(&upstream, CLAUDE).await;
        let answer = forwarder.envoy.post(path, asked(path, "")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_eq!(
            (said(path, &answer).as_str(), answer.usage()),
            ("hello", "input=9, output=4")
        );
        assert_eq!(answer.header("x-provider-request-id"), "a-1");
        let received = upstream.next().await;
        let target = format!("POST {CLAUDE_PATH}/converse HTTP/1.1");
        assert!(received.head.starts_with(&target), "{}", received.head);
        for header in [
            "authorization: AWS4-HMAC-SHA256 Credential=AKIDTEST/",
            "/eu-central-1/bedrock/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, ",
            "x-amz-security-token: planted-aws-token\r\n",
        ] {
            assert!(received.head.contains(header), "{}", received.head);
        }
        assert!(!received.head.contains("planted-aws-secret"));
        let body: Value = serde_json::from_str(&received.body).unwrap();
        assert_eq!(body["messages"][0]["content"][0]["text"], "tell me a word");
    }
}

#[tokio::test]
async fn bedrock_takes_keys_of_its_own() {
    let mut upstream = Upstream::answering("200 OK", JSON, CONVERSE_ANSWER).await;
    let more = "region: eu-central-1, credential: {env: PLANTED}";
    let forwarder = forwarder(&upstream, "bedrock", more, CLAUDE).await;
    assert_eq!(forwarder.envoy.post(CHAT, asked(CHAT, "")).await.status, 200);
    let head = upstream.next().await.head;
    assert!(
        head.contains(&format!("authorization: Bearer {CREDENTIAL}\r\n")),
        "{head}"
    );
}

#[tokio::test]
async fn bedrocks_frames_become_events() {
    for path in [CHAT, RESPONSES, MESSAGES] {
        let mut inner = words();
        inner.push(frame("event", "messageStop", &json!({"stopReason": "end_turn"})));
        let usage = json!({"usage": {"inputTokens": 9, "outputTokens": 4}, "metrics": {"latencyMs": 7}});
        inner.push(frame("event", "metadata", &usage));
        let mut upstream = Upstream::start(frames(inner)).await;
        let forwarder = bedrock(&upstream, CLAUDE).await;
        let answer = forwarder.envoy.post(path, asked(path, r#""stream":true,"#)).await;
        assert_eq!(
            (streamed(&answer).as_str(), answer.usage()),
            ("hello", "input=9, output=4"),
            "{path}"
        );
        assert_eq!(answer.header("content-type"), "text/event-stream");
        let head = upstream.next().await.head;
        assert!(
            head.starts_with(&format!("POST {CLAUDE_PATH}/converse-stream HTTP/1.1")),
            "{head}"
        );
        assert!(
            head.contains("accept: application/vnd.amazon.eventstream\r\n"),
            "{head}"
        );
    }
}

#[tokio::test]
async fn bedrocks_broken_streams_end_in_the_dialect_called() {
    let exception = |name| frame("exception", name, &json!({"message": "planted"}));
    let mut broken = vec![0; 40];
    broken[3] = 40;
    let table = [
        (exception("throttlingException"), "provider_rate_limited"),
        (exception("serviceUnavailableException"), "unavailable"),
        (exception("modelStreamErrorException"), "provider_failed"),
        (binary_chunk(&broken), "answer_unreadable"),
        (chunk("no frame at all, but long enough for one"), "answer_unreadable"),
    ];
    for (step, code) in table {
        let mut inner = words();
        inner.push(step);
        let upstream = Upstream::start(frames(inner)).await;
        let forwarder = bedrock(&upstream, CLAUDE).await;
        let answer = forwarder.envoy.post(CHAT, asked(CHAT, r#""stream":true,"#)).await;
        let text = answer.text();
        assert_eq!(answer.status, 200);
        assert!(last(&text).contains(code), "{code}: {text}");
        assert!(!text.contains("planted"), "{text}");
    }
    let upstream = Upstream::start(frames(words())).await;
    let forwarder = bedrock(&upstream, CLAUDE).await;
    let answer = forwarder
        .envoy
        .post(MESSAGES, asked(MESSAGES, r#""stream":true,"#))
        .await;
    let text = answer.text();
    assert!(events(&text).last().unwrap().contains("\"type\":\"error\""), "{text}");
}

#[tokio::test]
async fn vectors_and_counts_come_from_each_clouds_own_operations() {
    let gemini_vectors = r#"{"embeddings":[{"values":[0.5,1]}]}"#;
    let titan = r#"{"embedding":[0.5,1],"inputTextTokenCount":3}"#;
    let cohere = r#"{"embeddings":[[0.5,1]],"response_type":"embeddings_floats"}"#;
    let table = [
        (
            "gemini",
            "gemini-embedding-001",
            EMBEDDINGS,
            gemini_vectors,
            "/v1beta/models/gemini-embedding-001:batchEmbedContents",
        ),
        (
            "bedrock",
            "amazon.titan-embed-text-v2:0",
            EMBEDDINGS,
            titan,
            "/model/amazon.titan-embed-text-v2%3A0/invoke",
        ),
        (
            "bedrock",
            "cohere.embed-english-v3",
            EMBEDDINGS,
            cohere,
            "/model/cohere.embed-english-v3/invoke",
        ),
        (
            "gemini",
            "gemini-3-flash",
            COUNT,
            r#"{"totalTokens":7}"#,
            "/v1beta/models/gemini-3-flash:countTokens",
        ),
        (
            "bedrock",
            CLAUDE,
            COUNT,
            r#"{"inputTokens":7}"#,
            "/model/eu.anthropic.claude-haiku-4-5-20251001-v1%3A0/count-tokens",
        ),
    ];
    for (kind, upstream_model, path, provided, target) in table {
        let mut upstream = Upstream::answering("200 OK", JSON, provided).await;
        let more = if kind == "gemini" {
            "credential: {env: PLANTED}"
        } else {
            "region: eu-central-1, credential: {aws: {}}"
        };
        let forwarder = forwarder(&upstream, kind, more, upstream_model).await;
        let answer = forwarder.envoy.post(path, asked(path, "")).await;
        assert_eq!(answer.status, 200, "{upstream_model}: {}", answer.text());
        if path == COUNT {
            assert_eq!(answer.json(), json!({"input_tokens": 7}));
        } else {
            assert_eq!(answer.json()["data"][0]["embedding"], json!([0.5, 1.0]));
        }
        let head = upstream.next().await.head;
        assert!(head.starts_with(&format!("POST {target} HTTP/1.1")), "{head}");
    }
}

#[tokio::test]
async fn a_text_is_never_left_without_its_vector() {
    let upstream = Upstream::answering("200 OK", JSON, r#"{"embedding":[0.5]}"#).await;
    let spec = format!(
        "type: bedrock, baseUrl: 'http://{}', allowInsecureHttp: true, region: eu-central-1, credential: {{env: PLANTED}}",
        upstream.address
    );
    let model = model("m", "there", "'amazon.titan-embed-text-v1', unsupportedFields: drop");
    let forwarder = Forwarder::start(&[provider("there", &spec), model].concat()).await;
    let dropped = forwarder
        .envoy
        .post(EMBEDDINGS, asked(EMBEDDINGS, r#""dimensions":8,"#))
        .await;
    assert_eq!(
        (dropped.status.as_u16(), dropped.header("x-bartizan-dropped-fields")),
        (200, "$.dimensions")
    );
    let two = forwarder
        .envoy
        .post(EMBEDDINGS, r#"{"model":"m","input":["a","b"]}"#)
        .await;
    two.assert_error(EMBEDDINGS, 400, "unsupported_field");
    assert!(two.text().contains("$.input[1]"), "{}", two.text());
}

#[tokio::test]
async fn azures_deployments_are_called_as_openais_models() {
    let answer = r#"{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},
      "finish_reason":"stop","content_filter_results":{}}],"usage":{"prompt_tokens":9,"completion_tokens":4}}"#;
    let table = [
        ("", CHAT, "/openai/v1/chat/completions"),
        (
            "apiVersion: '2024-10-21', ",
            CHAT,
            "/openai/deployments/my-deployment/chat/completions?api-version=2024-10-21",
        ),
        ("", MESSAGES, "/openai/v1/chat/completions"),
    ];
    for (version, path, target) in table {
        let mut upstream = Upstream::answering("200 OK", JSON, answer).await;
        let more = format!("{version}credential: {{env: PLANTED}}");
        let forwarder = forwarder(&upstream, "azure-openai", &more, "my-deployment").await;
        let answer = forwarder.envoy.post(path, asked(path, "")).await;
        assert_eq!(
            (said(path, &answer).as_str(), answer.usage()),
            ("hello", "input=9, output=4")
        );
        let received = upstream.next().await;
        assert!(
            received.head.starts_with(&format!("POST {target} HTTP/1.1")),
            "{}",
            received.head
        );
        assert!(
            received.head.contains(&format!("api-key: {CREDENTIAL}\r\n")),
            "{}",
            received.head
        );
        assert!(
            received.body.contains(r#""model":"my-deployment""#),
            "{}",
            received.body
        );
    }
}

#[tokio::test]
async fn each_clouds_errors_are_told_for_what_they_are() {
    let google = |code: u16, status: &str, details: Value| json!({"error": {"code": code, "message": "the words", "status": status, "details": details}});
    let words = json!({"message": "the words"});
    let azure = json!({"error": {"message": "the words", "type": null, "param": "prompt", "code": "content_filter",
        "innererror": {"code": "ResponsibleAIPolicyViolation"}}});
    let bad_key = json!([{"reason": "API_KEY_INVALID"}]);
    let wait = json!([{"retryDelay": "34s"}]);
    // The provider, its status, headers and body; ours, its code, whether the provider's words are told.
    let table = [
        (
            "gemini",
            "400 Bad Request",
            "",
            google(400, "INVALID_ARGUMENT", json!([])),
            400,
            "INVALID_ARGUMENT",
            true,
        ),
        (
            "gemini",
            "400 Bad Request",
            "",
            google(400, "INVALID_ARGUMENT", bad_key),
            502,
            "provider_failed",
            false,
        ),
        (
            "gemini",
            "429 Too Many",
            "",
            google(429, "RESOURCE_EXHAUSTED", wait),
            429,
            "provider_rate_limited",
            false,
        ),
        (
            "gemini",
            "503 No",
            "",
            google(503, "UNAVAILABLE", json!([])),
            503,
            "unavailable",
            false,
        ),
        (
            "bedrock",
            "400 Bad Request",
            "x-amzn-errortype: ValidationException:http://a.example/\r\n",
            words.clone(),
            400,
            "ValidationException",
            true,
        ),
        (
            "bedrock",
            "400 Bad Request",
            "x-amzn-errortype: ServiceQuotaExceededException\r\n",
            words.clone(),
            429,
            "provider_rate_limited",
            false,
        ),
        (
            "bedrock",
            "403 Forbidden",
            "x-amzn-errortype: AccessDeniedException\r\n",
            words.clone(),
            502,
            "provider_failed",
            false,
        ),
        (
            "bedrock",
            "429 Too Many",
            "x-amzn-errortype: ThrottlingException\r\n",
            words.clone(),
            429,
            "provider_rate_limited",
            false,
        ),
        (
            "bedrock",
            "429 Too Many",
            "x-amzn-errortype: ModelNotReadyException\r\n",
            words,
            503,
            "unavailable",
            false,
        ),
        (
            "azure-openai",
            "400 Bad Request",
            "",
            azure,
            400,
            "content_filter",
            true,
        ),
    ];
    for (kind, status, headers, body, expected, code, tells) in table {
        let upstream = Upstream::answering(status, &format!("{JSON}{headers}"), &body.to_string()).await;
        let more = if kind == "bedrock" {
            "region: eu-central-1, credential: {aws: {}}"
        } else {
            "credential: {env: PLANTED}"
        };
        let forwarder = forwarder(&upstream, kind, more, CLAUDE).await;
        let answer = forwarder.envoy.post(CHAT, asked(CHAT, "")).await;
        assert_eq!(answer.status.as_u16(), expected, "{kind} {body}: {}", answer.text());
        let error = &answer.json()["error"];
        assert_eq!(error["code"], code, "{kind} {body}");
        assert_eq!(error["message"] == "the words", tells, "{kind} {body}: {error}");
        if body.to_string().contains("34s") {
            assert_eq!(answer.header("retry-after"), "34");
        }
    }
}
