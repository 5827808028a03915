//! Long silences of streams.

use std::{sync::Arc, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tokio::sync::Notify;

use super::{
    candidates::{model, openai, request},
    support::{Forwarder, PATIENCE, assert_envelope, events, policy, post},
    upstream::{ONCE, Step, Upstream, chunk, stream_head},
};

const CHAT: &str = "/v1/chat/completions";
const COMMENT: &str = ": keep-alive\n\n";
const DELTA: &str = "data: {\"choices\":[{}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

async fn forwarder(first: &Upstream, second: &Upstream) -> Forwarder {
    let documents = [
        openai("first", first, ONCE),
        openai("second", second, ONCE),
        model(
            "m",
            "provider: first, fallbacks: [{provider: second, upstreamModel: m}]",
        ),
    ];
    let mut policy = policy(&documents.concat());
    policy.gateway.keep_alive_interval = Duration::from_millis(20);
    Forwarder::with(policy).await
}

async fn next(body: &mut Incoming) -> String {
    let frame = tokio::time::timeout(PATIENCE, body.frame()).await.unwrap();
    let bytes = frame.unwrap().unwrap().into_data().unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

async fn after_comments(body: &mut Incoming) -> String {
    loop {
        let bytes = next(body).await;
        if bytes != COMMENT {
            return bytes;
        }
    }
}

#[tokio::test]
async fn a_silent_stream_is_kept_alive_by_comments() {
    let gate = Arc::new(Notify::new());
    let script = vec![
        stream_head(),
        chunk(DELTA),
        Step::Gate(Arc::clone(&gate)),
        chunk(DONE),
        chunk(""),
    ];
    let upstream = Upstream::start(script).await;
    let forwarder = forwarder(&upstream, &upstream).await;
    let response = forwarder
        .envoy
        .send(post(CHAT).body(Full::new(request("m", true).into())).unwrap())
        .await;
    let mut body = response.into_body();
    assert_eq!(next(&mut body).await, DELTA);
    for _ in 0..3 {
        assert_eq!(next(&mut body).await, COMMENT);
    }
    gate.notify_one();
    assert_eq!(after_comments(&mut body).await, DONE);
}

#[tokio::test]
async fn comments_leave_before_the_first_event_and_another_may_still_answer() {
    let gate = Arc::new(Notify::new());
    let first = Upstream::start(vec![stream_head(), Step::Gate(Arc::clone(&gate))]).await;
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: there-1\r\ntransfer-encoding: chunked\r\n\r\n";
    let second = [
        Step::Send(head.into()),
        chunk(DELTA),
        chunk(DONE),
        chunk(""),
        Step::Keep,
    ];
    let second = Upstream::start(second.to_vec()).await;
    let forwarder = forwarder(&first, &second).await;
    let response = forwarder
        .envoy
        .send(post(CHAT).body(Full::new(request("m", true).into())).unwrap())
        .await;
    assert_eq!((response.status().as_u16(), second.requests()), (200, 0));
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut body = response.into_body();
    for _ in 0..2 {
        assert_eq!(next(&mut body).await, COMMENT);
    }
    gate.notify_one();
    let rest = body.collect().await.unwrap();
    let trailers = rest.trailers().unwrap();
    assert!(trailers["x-bartizan-usage"].to_str().unwrap().contains("estimated"));
    assert_eq!(trailers["x-provider-request-id"], "there-1");
    let rest = String::from_utf8(rest.to_bytes().to_vec())
        .unwrap()
        .replace(COMMENT, "");
    assert_eq!(rest, [DELTA, DONE].concat());
}

#[tokio::test]
async fn a_failure_after_the_first_comment_is_an_event() {
    let gate = Arc::new(Notify::new());
    let first = Upstream::start(vec![Step::Gate(Arc::clone(&gate))]).await;
    let second = Upstream::answering("500 Oops", "", "{}").await;
    let forwarder = forwarder(&first, &second).await;
    let response = forwarder
        .envoy
        .send(post(CHAT).body(Full::new(request("m", true).into())).unwrap())
        .await;
    assert_eq!(response.status(), 200);
    gate.notify_one();
    let rest = response.into_body().collect().await.unwrap();
    assert_eq!(rest.trailers().unwrap()["x-bartizan-usage"], "input=0, output=0");
    let rest = String::from_utf8(rest.to_bytes().to_vec()).unwrap();
    assert_envelope(
        &serde_json::from_str(events(&rest)[0]).unwrap(),
        CHAT,
        "provider_failed",
    );
    forwarder
        .metric_becomes("bartizan_forward_requests_total", &["second", "provider_failed"], 1.0)
        .await;
}

#[tokio::test]
async fn a_client_that_leaves_before_the_first_event_takes_its_request_with_it() {
    let closed = Arc::new(Notify::new());
    let first = Upstream::start(vec![Step::Closed(Arc::clone(&closed))]).await;
    let forwarder = forwarder(&first, &first).await;
    let response = forwarder
        .envoy
        .send(post(CHAT).body(Full::new(request("m", true).into())).unwrap())
        .await;
    let mut body = response.into_body();
    assert_eq!(next(&mut body).await, COMMENT);
    drop(body);
    tokio::time::timeout(PATIENCE, closed.notified()).await.unwrap();
    forwarder
        .metric_becomes("bartizan_forward_requests_total", &["first", "client_gone"], 1.0)
        .await;
}
