//! Who answers, when several may.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::{
    support::{Forwarder, admitted, post, provider},
    upstream::{ONCE, Step, Upstream, chunk, stream_head},
};

const CHAT: &str = "/v1/chat/completions";
const JSON: &str = "content-type: application/json\r\n";

/// An OpenAI provider of that name at an upstream.
pub(crate) fn openai(name: &str, upstream: &Upstream, more: &str) -> String {
    let spec = format!(
        "type: openai, baseUrl: 'http://{}/v1', allowInsecureHttp: true, credential: {{env: PLANTED}}, {more}",
        upstream.address
    );
    provider(name, &spec)
}

pub(crate) fn model(name: &str, spec: &str) -> String {
    format!("---\napiVersion: bartizan.dev/v1alpha1\nkind: Model\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n")
}

pub(crate) fn request(model: &str, stream: bool) -> String {
    format!(r#"{{"model":"{model}","stream":{stream},"messages":[]}}"#)
}

/// An upstream that says its name.
async fn saying(name: &str) -> Upstream {
    Upstream::answering("200 OK", JSON, &format!(r#"{{"said":"{name}"}}"#)).await
}

async fn asked(upstream: &mut Upstream) -> Value {
    serde_json::from_str::<Value>(&upstream.next().await.body).unwrap()["model"].clone()
}

#[tokio::test]
async fn what_a_provider_fails_at_the_next_one_answers() {
    let failing = [
        Upstream::answering("500 Oops", JSON, "{}").await,
        Upstream::answering("429 Limited", "retry-after: 60\r\n", "{}").await,
        Upstream::answering("529 Overloaded", JSON, "{}").await,
        Upstream::answering("408 Slow", JSON, "{}").await,
        Upstream::answering("401 No", JSON, "{}").await,
        Upstream::answering("200 OK", JSON, "{garbage").await,
        Upstream::start(vec![]).await,
        Upstream::start(vec![stream_head(), chunk("data: {\"error\":{}}\n\n")]).await,
        Upstream::start(vec![stream_head(), chunk(": wait\n\n"), chunk("")]).await,
    ];
    for first in failing {
        for stream in [false, true] {
            let events = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n";
            let mut second = if stream {
                Upstream::start(vec![stream_head(), chunk(events), chunk(""), Step::Keep]).await
            } else {
                saying("second").await
            };
            let documents = [
                openai("first", &first, ONCE),
                openai("second", &second, ONCE),
                model(
                    "m",
                    "provider: first, upstreamModel: one, fallbacks: [{provider: second, upstreamModel: two}]",
                ),
            ];
            let forwarder = Forwarder::start(&documents.concat()).await;
            let answer = forwarder.envoy.post(CHAT, request("m", stream)).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let expected = if stream { events } else { r#"{"said":"second"}"# };
            assert_eq!(answer.text(), expected);
            assert_eq!(asked(&mut second).await, "two");
            forwarder
                .metric_becomes("bartizan_forward_requests_total", &["second", "ok"], 1.0)
                .await;
            for name in ["first", "second"] {
                let in_flight = forwarder.metric("bartizan_forward_requests_in_flight", &[name]);
                assert_eq!(in_flight, 0.0, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn what_concerns_the_request_is_told_at_once() {
    for (status, code) in [
        ("400 Bad", "provider_rejected_request"),
        ("413 Large", "provider_rejected_request"),
    ] {
        let first = Upstream::answering(status, JSON, "{}").await;
        let second = saying("second").await;
        let documents = [
            openai("first", &first, ONCE),
            openai("second", &second, ONCE),
            model(
                "m",
                "provider: first, fallbacks: [{provider: second, upstreamModel: two}]",
            ),
        ];
        let forwarder = Forwarder::start(&documents.concat()).await;
        let answer = forwarder.envoy.post(CHAT, request("m", false)).await;
        answer.assert_error(CHAT, 400, code);
        assert_eq!(second.connections(), 0);
    }
}

#[tokio::test]
async fn nothing_is_repeated_once_a_byte_has_left() {
    let first = Upstream::start(vec![stream_head(), chunk("data: {\"choices\":[{}]}\n\n")]).await;
    let second = saying("second").await;
    let documents = [
        openai("first", &first, ONCE),
        openai("second", &second, ONCE),
        model(
            "m",
            "provider: first, fallbacks: [{provider: second, upstreamModel: two}]",
        ),
    ];
    let forwarder = Forwarder::start(&documents.concat()).await;
    let answer = forwarder.envoy.post(CHAT, request("m", true)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("provider_cut"), "{}", answer.text());
    assert_eq!((first.connections(), second.connections()), (1, 0));
}

#[tokio::test]
async fn headers_and_weights_decide() {
    let (stable, canary) = (saying("stable").await, saying("canary").await);
    let documents = [
        openai("stable", &stable, ONCE),
        openai("canary", &canary, ONCE),
        model(
            "m",
            "targets: [{provider: stable}, {provider: canary, match: {headers: [{name: X-Canary, value: 'yes'}]}}]",
        ),
        model(
            "w",
            "targets: [{provider: stable, weight: 3}, {provider: canary, weight: 1}]",
        ),
    ];
    let forwarder = Forwarder::start(&documents.concat()).await;
    let ask = async |model: &str, canary: Option<&'static str>| {
        let mut request = post(CHAT).body(Full::new(Bytes::from(request(model, false)))).unwrap();
        if let Some(value) = canary {
            request
                .headers_mut()
                .insert("x-canary", HeaderValue::from_static(value));
        }
        forwarder.envoy.answer(request).await.json()["said"].clone()
    };
    assert_eq!(ask("m", None).await, "stable");
    assert_eq!(ask("m", Some("no")).await, "stable");
    assert_eq!(ask("m", Some("yes")).await, "canary");
    let mut canaries = 0;
    for _ in 0..400 {
        canaries += i32::from(ask("w", None).await == "canary");
    }
    // Six standard deviations on either side.
    assert!((48..=152).contains(&canaries), "{canaries}");
}

#[tokio::test]
async fn a_model_goes_by_its_aliases_and_by_what_its_tenant_means() {
    let mut there = Upstream::answering("200 OK", JSON, "{}").await;
    let tenant = "---\napiVersion: bartizan.dev/v1alpha1\nkind: Tenant\nmetadata: {name: other}\n\
                  spec: {models: [old], modelOverrides: [{name: latest, model: old}]}\n";
    let documents = [
        openai("there", &there, ONCE),
        model("new", "provider: there, upstreamModel: new-2, aliases: [latest]"),
        model("old", "provider: there, upstreamModel: old-1"),
        tenant.to_owned(),
    ];
    let forwarder = Forwarder::start(&documents.concat()).await;
    for (tenant, model, sent) in [
        ("acme", "latest", "new-2"),
        ("acme", "new", "new-2"),
        ("other", "latest", "old-1"),
    ] {
        let mut request = post(CHAT).body(Full::new(Bytes::from(request(model, false)))).unwrap();
        request
            .headers_mut()
            .insert("x-bartizan-tenant", HeaderValue::from_static(tenant));
        assert_eq!(forwarder.envoy.answer(request).await.status, 200);
        assert_eq!(asked(&mut there).await, sent, "{tenant} asks for {model}");
    }
    let list = async |tenant: &'static str| {
        let mut request = admitted("GET", "/v1/models").body(Full::default()).unwrap();
        request
            .headers_mut()
            .insert("x-bartizan-tenant", HeaderValue::from_static(tenant));
        let list = forwarder.envoy.answer(request).await.json();
        let ids = list["data"].as_array().unwrap().iter().map(|entry| entry["id"].clone());
        Value::from_iter(ids)
    };
    assert_eq!(list("acme").await, json!(["latest", "new", "old"]));
    assert_eq!(list("other").await, json!(["latest", "old"]));
}

#[tokio::test]
async fn what_one_format_has_no_place_for_another_may_take() {
    let (first, second) = (saying("first").await, saying("second").await);
    let spec = format!(
        "type: anthropic, baseUrl: 'http://{}', allowInsecureHttp: true, {ONCE}",
        first.address
    );
    let documents = [
        provider("first", &spec),
        openai("second", &second, ONCE),
        model(
            "m",
            "provider: first, fallbacks: [{provider: second, upstreamModel: two}]",
        ),
        model("alone", "provider: first"),
    ];
    let forwarder = Forwarder::start(&documents.concat()).await;
    let request = |model: &str| {
        format!(r#"{{"model":"{model}","logprobs":true,"messages":[{{"role":"user","content":"hello"}}]}}"#)
    };
    let answer = forwarder.envoy.post(CHAT, request("m")).await;
    assert_eq!(answer.json()["said"], "second");
    let answer = forwarder.envoy.post(CHAT, request("alone")).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    assert!(answer.text().contains("logprobs"), "{}", answer.text());
    assert_eq!(first.connections(), 0);
}

#[tokio::test]
async fn nobody_is_asked_when_the_time_is_over() {
    let first = Upstream::start(vec![Step::Closed(Arc::new(Notify::new()))]).await;
    let second = saying("second").await;
    let settings = format!("{ONCE}, timeouts: {{total: 200ms}}");
    let documents = [
        openai("first", &first, &settings),
        openai("second", &second, &settings),
        model(
            "m",
            "provider: first, fallbacks: [{provider: second, upstreamModel: two}]",
        ),
    ];
    let forwarder = Forwarder::start(&documents.concat()).await;
    let answer = forwarder.envoy.post(CHAT, request("m", false)).await;
    answer.assert_error(CHAT, 504, "provider_timeout");
    assert_eq!((first.connections(), second.connections()), (1, 0));
}
