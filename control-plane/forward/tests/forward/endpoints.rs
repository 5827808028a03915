//! OpenAI's responses and embeddings, and Anthropic's count of tokens, answered by the sandbox.

use serde_json::{Value, json};

use super::support::{Answer, Forwarder, events, sandbox};

const RESPONSES: &str = "/v1/responses";
const EMBEDDINGS: &str = "/v1/embeddings";
const COUNT_TOKENS: &str = "/v1/messages/count_tokens";

/// The events of a stream as JSON.
fn parsed(answer: &Answer) -> Vec<Value> {
    let body = answer.text();
    let data = events(&body).into_iter();
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[tokio::test]
async fn a_response_is_the_same_whole_and_streamed() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let inputs = [
        json!("tell me a word"),
        json!([{"role": "user", "content": [{"type": "input_text", "text": "tell me a word"}]}]),
    ];
    for input in inputs {
        let body = |stream: bool| json!({"model": "sandbox-echo", "input": input, "stream": stream}).to_string();
        let whole = forwarder.envoy.post(RESPONSES, body(false)).await;
        let stream = forwarder.envoy.post(RESPONSES, body(true)).await;
        assert_eq!((whole.status.as_u16(), stream.status.as_u16()), (200, 200));
        let answer = whole.json();
        assert_eq!(answer["output"][0]["content"][0]["text"], "tell me a word");
        assert_eq!(
            (&answer["object"], &answer["status"]),
            (&"response".into(), &"completed".into())
        );

        assert_eq!(stream.header("content-type"), "text/event-stream");
        let events = parsed(&stream);
        let deltas: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
        assert_eq!(deltas, "tell me a word");
        let numbers: Vec<_> = events
            .iter()
            .map(|event| event["sequence_number"].as_u64().unwrap())
            .collect();
        assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "{numbers:?}");
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.completed");
        assert_eq!(last["response"]["output"][0]["content"], answer["output"][0]["content"]);
        assert!(whole.usage().ends_with("output=4"), "{}", whole.usage());
        assert_eq!(whole.usage(), stream.usage());
    }
}

#[tokio::test]
async fn a_response_that_reaches_its_limit_says_so() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let body = |stream: bool| {
        json!({"model": "sandbox-chat", "input": "x", "max_output_tokens": 3, "stream": stream}).to_string()
    };
    let whole = forwarder.envoy.post(RESPONSES, body(false)).await.json();
    assert_eq!(whole["status"], "incomplete");
    assert_eq!(whole["incomplete_details"]["reason"], "max_output_tokens");
    let stream = forwarder.envoy.post(RESPONSES, body(true)).await;
    assert_eq!(parsed(&stream).last().unwrap()["type"], "response.incomplete");
    assert!(stream.usage().ends_with("output=3"), "{}", stream.usage());
}

#[tokio::test]
async fn a_response_calls_tools() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let tools = json!([{"type": "function", "name": "get_weather", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}]);
    let body = |stream: bool| {
        json!({"model": "sandbox-chat", "input": "use get_weather", "tools": tools, "stream": stream}).to_string()
    };
    let whole = forwarder.envoy.post(RESPONSES, body(false)).await.json();
    let call = &whole["output"][0];
    assert_eq!(
        (&call["type"], &call["name"]),
        (&"function_call".into(), &"get_weather".into())
    );
    assert_eq!(call["arguments"], r#"{"city":"sandbox"}"#);
    let events = parsed(&forwarder.envoy.post(RESPONSES, body(true)).await);
    let deltas: String = events.iter().filter_map(|event| event["delta"].as_str()).collect();
    assert_eq!(deltas, r#"{"city":"sandbox"}"#);

    let result = json!({"model": "sandbox-chat", "input": [
        {"role": "user", "content": "use get_weather"}, call,
        {"type": "function_call_output", "call_id": call["call_id"], "output": "sunny"}]});
    let answer = forwarder.envoy.post(RESPONSES, result.to_string()).await.json();
    assert_eq!(answer["output"][0]["content"][0]["text"], "The tool answered: sunny");
}

#[tokio::test]
async fn a_response_that_breaks_off_ends_with_an_event_that_sdks_raise_on() {
    let forwarder = Forwarder::start(&sandbox()).await;
    for (model, code) in [
        ("sandbox-cut", "provider_cut"),
        ("sandbox-garbage", "answer_unreadable"),
    ] {
        let body = json!({"model": model, "input": "x", "stream": true});
        let answer = forwarder.envoy.post(RESPONSES, body.to_string()).await;
        let last = parsed(&answer).pop().unwrap();
        assert_eq!(last["type"], "error", "{model}");
        assert_eq!(
            (&last["code"], &last["error"]["code"]),
            (&code.into(), &code.into()),
            "{model}"
        );
        assert!(answer.text().contains("event: error\n"), "{model}");
        assert!(answer.usage().ends_with("estimated"), "{}", answer.usage());
    }
}

#[tokio::test]
async fn texts_are_embedded_one_by_one() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let embed = async |more: Value| {
        let mut body = json!({"model": "sandbox-chat"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        forwarder.envoy.post(EMBEDDINGS, body.to_string()).await
    };
    let answer = embed(json!({"input": ["one", "two", "one"]})).await;
    let data = answer.json()["data"].clone();
    assert_eq!(data.as_array().unwrap().len(), 3);
    assert_eq!(data[0]["embedding"].as_array().unwrap().len(), 8);
    assert!(data[0]["embedding"] == data[2]["embedding"] && data[0]["embedding"] != data[1]["embedding"]);
    assert!(answer.usage().ends_with("output=0"), "{}", answer.usage());

    let encoded = embed(json!({"input": "one", "dimensions": 3, "encoding_format": "base64"}))
        .await
        .json();
    assert_eq!(encoded["data"][0]["embedding"].as_str().unwrap().len(), 16);
    let tokens = embed(json!({"input": [[1, 2], [3]]})).await.json();
    assert_eq!(tokens["data"].as_array().unwrap().len(), 2);
    // A wish for a stream is not one that this endpoint knows.
    assert_eq!(
        embed(json!({"input": "one", "stream": true}))
            .await
            .header("content-type"),
        "application/json"
    );
}

#[tokio::test]
async fn a_count_of_tokens_uses_none() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let body = json!({"model": "sandbox-chat", "messages": [{"role": "user", "content": "count me"}]});
    let answer = forwarder.envoy.post(COUNT_TOKENS, body.to_string()).await;
    assert!(answer.json()["input_tokens"].as_u64().unwrap() > 5);
    assert_eq!(answer.usage(), "input=0, output=0");
}

#[tokio::test]
async fn mistakes_are_told_in_the_dialect_of_the_path() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let table = [
        (RESPONSES, r#"{"input":"x"}"#, 400, "wrong_type"),
        (RESPONSES, r#"{"model":"nothing","input":"x"}"#, 404, "model_not_found"),
        (EMBEDDINGS, r#"{"model":7,"input":"x"}"#, 400, "wrong_type"),
        (EMBEDDINGS, "", 400, "empty_body"),
        (COUNT_TOKENS, "{", 400, "malformed_body"),
        (
            COUNT_TOKENS,
            r#"{"model":"sandbox-error","messages":[{"role":"user","content":"x"}]}"#,
            502,
            "provider_failed",
        ),
        (
            RESPONSES,
            r#"{"model":"sandbox-rate-limited","input":"x"}"#,
            429,
            "provider_rate_limited",
        ),
    ];
    for (path, body, status, code) in table {
        forwarder.envoy.post(path, body).await.assert_error(path, status, code);
    }
}
