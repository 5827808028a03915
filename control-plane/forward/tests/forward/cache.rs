//! Answers that are given again.

use std::sync::Arc;

use bartizan_ports::{AnswerCache, CacheError, CacheKey, Cached, CachedAnswer};
use http_body_util::Full;
use tokio::sync::Notify;

use super::{
    support::{Answer, Forwarder, PATIENCE, admitted, policy, post},
    upstream::{Step, Upstream, chunk, stream_head},
};

const CHAT: &str = "/v1/chat/completions";
const JSON: &str = "content-type: application/json\r\nx-request-id: provider-1\r\n";
const ANSWER: &str = r#"{"id":"c-1","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":5}}"#;
const BODY: &str = r#"{"model":"kept","messages":[]}"#;
const HITS: &str = "bartizan_forward_cache_requests_total";
const OTHERS: &str = "---
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: other}
spec: {}
";

/// The upstream's documents, and models of it whose answers are kept.
fn documents(upstream: &Upstream) -> String {
    let model = |name: &str, provider: &str, more: &str| {
        format!(
            "---\napiVersion: bartizan.dev/v1alpha1\nkind: Model\nmetadata: {{name: {name}}}\n\
             spec: {{provider: {provider}, upstreamModel: x, cache: {{ttl: 1h}}{more}}}\n"
        )
    };
    [
        upstream.documents(),
        OTHERS.to_owned(),
        model("kept", "openai-there", ""),
        model("kept-anthropic", "anthropic-there", ""),
        model("kept-too", "openai-there", ""),
    ]
    .concat()
}

async fn start(upstream: &Upstream) -> Forwarder {
    Forwarder::start(&documents(upstream)).await
}

/// Waits until answers that were told are kept, as nobody waits for that otherwise.
async fn kept(forwarder: &Forwarder, answers: f64) {
    let bytes = || forwarder.metric("bartizan_forward_cache_bytes", &[]);
    super::support::eventually("answers are kept", || bytes() > answers * 256.0).await;
}

fn cache(answer: &Answer) -> &str {
    answer.header("x-bartizan-cache")
}

#[tokio::test]
async fn the_same_request_is_answered_again_for_nothing() {
    let upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let forwarder = start(&upstream).await;
    let first = forwarder.envoy.post(CHAT, BODY).await;
    assert_eq!((cache(&first), first.usage()), ("miss", "input=10, output=5"));
    kept(&forwarder, 1.0).await;
    let again = forwarder.envoy.post(CHAT, BODY).await;
    assert_eq!((cache(&again), again.usage()), ("hit", "input=0, output=0"));
    assert_eq!(again.body, first.body);
    assert_eq!(again.header("content-type"), "application/json");
    assert!(again.header("age").parse::<u64>().unwrap() < 60);
    assert_eq!(
        again.header("x-provider-request-id"),
        "",
        "it is about another exchange"
    );
    assert_eq!(forwarder.metric(HITS, &["hit"]), 1.0);
    assert_eq!(
        forwarder.metric("bartizan_forward_tokens_total", &["input", "openai-there"]),
        10.0
    );

    // Models that do not say so are not cached.
    for _ in 0..2 {
        let answer = forwarder.envoy.post(CHAT, r#"{"model":"m-openai"}"#).await;
        assert_eq!((cache(&answer), answer.usage()), ("", "input=10, output=5"));
    }
}

#[tokio::test]
async fn another_request_tenant_model_endpoint_or_header_is_another_answer() {
    let upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let forwarder = start(&upstream).await;
    forwarder.envoy.post(CHAT, BODY).await;
    let messages = r#"{"model":"kept-anthropic","max_tokens":1,"messages":[]}"#;
    kept(&forwarder, 1.0).await;
    let ask = |path: &str, headers: &[(&str, &str)], body: &str| {
        let request = headers
            .iter()
            .fold(post(path), |request, (name, value)| request.header(*name, *value));
        let request = request.body(Full::new(body.to_owned().into())).unwrap();
        let envoy = forwarder.envoy.clone();
        async move { cache(&envoy.answer(request).await).to_owned() }
    };
    assert_eq!(ask(CHAT, &[], BODY).await, "hit");
    assert_eq!(ask(CHAT, &[], r#"{"model":"kept","messages":[] }"#).await, "miss");
    assert_eq!(ask(CHAT, &[], r#"{"model":"kept-too","messages":[]}"#).await, "miss");
    assert_eq!(ask("/v1/embeddings", &[], BODY).await, "miss");
    ask("/v1/messages", &[], messages).await;
    assert_eq!(ask("/v1/messages", &[("anthropic-beta", "x")], messages).await, "miss");

    let other = admitted("POST", CHAT);
    let mut other = other
        .header("content-type", "application/json")
        .body(Full::new(BODY.into()))
        .unwrap();
    other
        .headers_mut()
        .insert("x-bartizan-tenant", "other".parse().unwrap());
    let answer = forwarder.envoy.answer(other).await;
    assert_eq!(
        (answer.status.as_u16(), cache(&answer)),
        (200, "miss"),
        "nothing crosses tenants"
    );
}

#[tokio::test]
async fn clients_may_have_it_answered_anew_or_not_kept() {
    let upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let forwarder = start(&upstream).await;
    let ask = |control: &'static str| {
        let request = post(CHAT).header("cache-control", control);
        let request = request.body(Full::new(BODY.into())).unwrap();
        let envoy = forwarder.envoy.clone();
        async move { cache(&envoy.answer(request).await).to_owned() }
    };
    assert_eq!(ask("no-store").await, "bypass");
    assert_eq!(ask("max-age=60").await, "miss", "no-store kept nothing");
    kept(&forwarder, 1.0).await;
    assert_eq!(ask("max-age=60").await, "hit");
    assert_eq!(ask("no-cache").await, "miss");
    assert_eq!(ask("no-store").await, "bypass");
    let stateful = r#"{"model":"kept","input":"x","previous_response_id":"r-1"}"#;
    for _ in 0..2 {
        let answer = forwarder.envoy.post("/v1/responses", stateful).await;
        assert_eq!(cache(&answer), "bypass");
    }
}

const DELTA: &str = "data: {\"id\":\"c-1\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

#[tokio::test]
async fn a_stream_is_given_again_as_the_same_stream() {
    let script = vec![
        stream_head(),
        chunk(DELTA),
        chunk(DELTA),
        chunk(DONE),
        chunk(""),
        Step::Keep,
    ];
    let upstream = Upstream::start(script).await;
    let forwarder = start(&upstream).await;
    let body = r#"{"model":"kept","stream":true}"#;
    let first = forwarder.envoy.post(CHAT, body).await;
    assert_eq!(cache(&first), "miss");
    kept(&forwarder, 1.0).await;
    let again = forwarder.envoy.post(CHAT, body).await;
    assert_eq!((cache(&again), again.usage()), ("hit", "input=0, output=0"));
    assert_eq!(again.header("content-type"), "text/event-stream");
    assert!(
        again.headers.get("x-bartizan-usage").is_none(),
        "usage of a stream is in its trailer"
    );
    assert_eq!(again.body, first.body);
    assert_eq!(again.body, [DELTA, DELTA, DONE].concat());
    // The whole answer to the same question is another.
    assert_ne!(cache(&forwarder.envoy.post(CHAT, r#"{"model":"kept"}"#).await), "hit");
}

#[tokio::test]
async fn only_whole_good_answers_are_kept() {
    let gate = Arc::new(Notify::new());
    let cut = Upstream::start(vec![stream_head(), chunk(DELTA)]).await;
    let hanging = Upstream::start(vec![stream_head(), chunk(DELTA), Step::Gate(gate)]).await;
    let failing = Upstream::answering("500 Oops", JSON, ANSWER).await;
    let garbage = Upstream::answering("200 OK", JSON, "{").await;
    let stream = r#"{"model":"kept","stream":true}"#;
    for (upstream, body) in [(&cut, stream), (&failing, BODY), (&garbage, BODY)] {
        let forwarder = start(upstream).await;
        for _ in 0..3 {
            assert_eq!(cache(&forwarder.envoy.post(CHAT, body).await), "miss");
        }
        assert_eq!(forwarder.metric("bartizan_forward_cache_bytes", &[]), 0.0);
    }
    let forwarder = start(&hanging).await;
    let request = post(CHAT).body(Full::new(stream.into())).unwrap();
    drop(forwarder.envoy.send(request).await);
    forwarder
        .metric_becomes("bartizan_forward_requests_total", &["client_gone"], 1.0)
        .await;
    assert_eq!(forwarder.metric("bartizan_forward_cache_bytes", &[]), 0.0);
}

#[tokio::test]
async fn answers_over_the_bound_are_not_kept_and_the_bound_may_change() {
    let large = format!(r#"{{"choices":[],"filler":"{}"}}"#, "x".repeat(5000));
    let upstream = Upstream::answering("200 OK", JSON, &large).await;
    let bound = |spec: &str| {
        format!(
            "{}---\napiVersion: bartizan.dev/v1alpha1\nkind: Gateway\nmetadata: {{name: default}}\nspec: {{cache: {spec}}}\n",
            documents(&upstream)
        )
    };
    let forwarder = Forwarder::start(&bound("{maxAnswerBytes: 4000}")).await;
    for _ in 0..2 {
        assert_eq!(cache(&forwarder.envoy.post(CHAT, BODY).await), "miss");
    }
    forwarder
        .publish
        .send_replace(Arc::new(policy(&bound("{maxBytes: 100000}"))));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while cache(&forwarder.envoy.post(CHAT, BODY).await) != "hit" {
        assert!(tokio::time::Instant::now() < deadline, "it is never kept");
    }
    forwarder
        .publish
        .send_replace(Arc::new(policy(&bound("{maxBytes: 0}"))));
    while cache(&forwarder.envoy.post(CHAT, BODY).await) != "miss" {
        assert!(tokio::time::Instant::now() < deadline, "it is never dropped");
    }
}

/// A cache that is gone.
#[derive(Debug)]
struct Gone;

impl AnswerCache for Gone {
    fn get<'a>(&'a self, _: &'a CacheKey) -> Cached<'a, Option<CachedAnswer>> {
        Box::pin(async { Err(CacheError("gone".to_owned())) })
    }

    fn put<'a>(&'a self, _: &'a CacheKey, _: CachedAnswer, _: std::time::Duration) -> Cached<'a, ()> {
        Box::pin(async { Err(CacheError("gone".to_owned())) })
    }
}

#[tokio::test]
async fn a_cache_that_is_gone_is_a_miss_and_counted() {
    let upstream = Upstream::answering("200 OK", JSON, ANSWER).await;
    let forwarder = Forwarder::keeping(policy(&documents(&upstream)), &[], Arc::new(Gone)).await;
    for _ in 0..2 {
        let answer = forwarder.envoy.post(CHAT, BODY).await;
        assert_eq!((answer.status.as_u16(), cache(&answer)), (200, "miss"));
    }
    let failures = "bartizan_forward_cache_failures_total";
    forwarder.metric_becomes(failures, &["get"], 2.0).await;
    forwarder.metric_becomes(failures, &["put"], 2.0).await;
}
