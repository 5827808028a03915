//! Events pass as they arrive, and every stream ends properly.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use serde_json::Value;
use tokio::sync::Notify;

use super::{
    support::{Answer, Forwarder, PATIENCE, assert_envelope, events, policy, post},
    upstream::{Step, Upstream, chunk, model_of, stream_head},
};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const DELTA: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}],\"usage\":null}\n\n";
const USAGE: &str = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const START: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n";
const PIECE: &str =
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"delta\":{\"text\":\"a\"}}\n\n";
const ENDING: &str = "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":2}}\n\n";
const STOP: &str = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

fn request(path: &str, more: &str) -> String {
    format!(r#"{{"model":"{}","stream":true{more},"messages":[]}}"#, model_of(path))
}

async fn stream(path: &str, script: Vec<Step>) -> (Forwarder, Answer) {
    let upstream = Upstream::start(script).await;
    let forwarder = Forwarder::start(&upstream.documents()).await;
    let answer = forwarder.envoy.post(path, request(path, "")).await;
    (forwarder, answer)
}

async fn next(body: &mut Incoming) -> Option<Bytes> {
    let frame = tokio::time::timeout(PATIENCE, body.frame()).await.unwrap()?.unwrap();
    frame.into_data().ok()
}

#[tokio::test]
async fn every_event_leaves_when_it_has_arrived() {
    for path in [CHAT, MESSAGES] {
        let gate = Arc::new(Notify::new());
        let parts: [&str; 3] = if path == CHAT {
            [DELTA, DELTA, DONE]
        } else {
            [START, PIECE, STOP]
        };
        let mut script = vec![stream_head()];
        for part in parts {
            let (first, second) = part.split_at(part.len() / 2);
            script.extend([Step::Gate(Arc::clone(&gate)), chunk(first), chunk(second)]);
        }
        script.extend([Step::Gate(Arc::clone(&gate)), chunk(""), Step::Keep]);
        let upstream = Upstream::start(script).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        gate.notify_one();
        let response = forwarder
            .envoy
            .send(post(path).body(Full::new(request(path, "").into())).unwrap())
            .await;
        assert_eq!(response.status(), 200);
        let mut body = response.into_body();
        for (index, part) in parts.into_iter().enumerate() {
            if index > 0 {
                gate.notify_one();
            }
            assert_eq!(next(&mut body).await.unwrap(), part);
        }
    }
}

#[tokio::test]
async fn the_usage_chunk_is_for_whoever_asked_for_it() {
    let script = vec![
        stream_head(),
        chunk(&[DELTA, USAGE, DONE].concat()),
        chunk(""),
        Step::Keep,
    ];
    let mut upstream = Upstream::start(script).await;
    let forwarder = Forwarder::start(&upstream.documents()).await;
    let answer = forwarder.envoy.post(CHAT, request(CHAT, "")).await;
    assert_eq!(answer.text(), [DELTA, DONE].concat());
    assert_eq!(answer.usage(), "input=7, output=2");
    let sent: Value = serde_json::from_str(&upstream.next().await.body).unwrap();
    assert_eq!(sent["stream_options"]["include_usage"], true);

    let asked = request(CHAT, r#","stream_options":{"include_usage":true}"#);
    let answer = forwarder.envoy.post(CHAT, asked.clone()).await;
    assert_eq!(answer.text(), [DELTA, USAGE, DONE].concat());
    assert_eq!(upstream.next().await.body, asked.replace("m-openai", "real-model"));
}

#[tokio::test]
async fn usage_of_both_dialects_is_in_the_trailer() {
    let table = [
        (CHAT, vec![DELTA, DELTA, USAGE, DONE], "input=7, output=2"),
        (MESSAGES, vec![START, PIECE, PIECE, ENDING, STOP], "input=7, output=2"),
        (CHAT, vec![DELTA, DELTA, DONE], "input=0, output=2, estimated"),
        (
            MESSAGES,
            vec![PIECE, PIECE, PIECE, STOP],
            "input=0, output=3, estimated",
        ),
    ];
    for (path, parts, usage) in table {
        let mut script = vec![stream_head()];
        script.extend(parts.iter().map(|part| chunk(part)));
        script.extend([chunk(""), Step::Keep]);
        let (_forwarder, answer) = stream(path, script).await;
        let given: u64 = answer.usage().split(['=', ',']).nth(1).unwrap().parse().unwrap();
        let rest = |usage: &str| usage.split_once(", ").unwrap().1.to_owned();
        assert_eq!(rest(answer.usage()), rest(usage), "{parts:?}");
        assert!(given == 7 || usage.ends_with("estimated"), "{}", answer.usage());
        assert!(!answer.headers.contains_key("x-bartizan-usage"));
    }
}

#[tokio::test]
async fn a_stream_that_goes_wrong_ends_with_an_error_event_and_its_usage() {
    let long = format!("data: \"{}", "x".repeat(1 << 20));
    let table: Vec<(&str, Vec<&str>, &str)> = vec![
        ("cut between events", vec![DELTA], "provider_cut"),
        ("cut within an event", vec![DELTA, "data: {\"choi"], "provider_cut"),
        ("ended early", vec![DELTA, ""], "provider_cut"),
        (
            "no json",
            vec![DELTA, "data: {\"choices\": oops\n\n"],
            "answer_unreadable",
        ),
        ("no event", vec![DELTA, "<html>\n\n"], "answer_unreadable"),
        (
            "not text",
            vec![DELTA, "data: {\"a\":\"\u{1}\"}\n\n"],
            "answer_unreadable",
        ),
        ("endless event", vec![DELTA, &long], "answer_unreadable"),
        (
            "failed",
            vec![DELTA, "data: {\"error\":{\"message\":\"secret reason\"}}\n\n"],
            "provider_failed",
        ),
        (
            "overloaded",
            vec![
                DELTA,
                "event: error\ndata: {\"error\":{\"type\":\"overloaded_error\"}}\n\n",
            ],
            "unavailable",
        ),
    ];
    for (name, parts, code) in table {
        for path in [CHAT, MESSAGES] {
            let mut script = vec![stream_head()];
            script.extend(parts.iter().map(|part| chunk(part)));
            let (forwarder, answer) = stream(path, script).await;
            assert_eq!(answer.status, 200, "{name}");
            let text = answer.text();
            let data = events(&text);
            let error = data.iter().find(|data| data.contains("\"error\"")).unwrap();
            assert_envelope(&serde_json::from_str(error).unwrap(), path, code);
            assert!(text.starts_with(DELTA) && !text.contains("secret"), "{name}: {text}");
            let rest = &text[DELTA.len()..];
            let opening = if path == CHAT { "data: " } else { "event: error\ndata: " };
            assert!(rest.starts_with(opening) && rest.ends_with("\n\n"), "{name}: {text}");
            assert!(answer.usage().ends_with("estimated"), "{name}: {}", answer.usage());
            let there = if path == CHAT {
                "openai-there"
            } else {
                "anthropic-there"
            };
            forwarder
                .metric_becomes("bartizan_forward_requests_total", &[there, code], 1.0)
                .await;
        }
    }
}

#[tokio::test]
async fn a_stream_that_goes_wrong_before_its_first_event_is_an_error_with_a_status() {
    let table: Vec<(&str, Vec<&str>, u16, &str)> = vec![
        ("ended at once", vec![""], 502, "provider_cut"),
        ("cut at once", vec![], 502, "provider_cut"),
        ("cut after a comment", vec![": wait\n\n"], 502, "provider_cut"),
        ("cut within an event", vec!["data: {\"choi"], 502, "provider_cut"),
        ("no event", vec!["<html>\n\n"], 502, "answer_unreadable"),
        (
            "overloaded",
            vec!["event: error\ndata: {\"error\":{\"type\":\"overloaded_error\"}}\n\n"],
            503,
            "unavailable",
        ),
    ];
    for (name, parts, status, code) in table {
        for path in [CHAT, MESSAGES] {
            let mut script = vec![stream_head()];
            script.extend(parts.iter().map(|part| chunk(part)));
            let (_forwarder, answer) = stream(path, script).await;
            assert_eq!(answer.status, status, "{name}");
            answer.assert_error(path, status, code);
        }
    }
}

#[tokio::test]
async fn what_comes_after_the_end_does_not_leave() {
    let script = vec![
        stream_head(),
        chunk(DELTA),
        chunk(&[DONE, DELTA].concat()),
        chunk(DELTA),
        chunk(""),
        Step::Keep,
    ];
    let (_forwarder, answer) = stream(CHAT, script).await;
    assert_eq!(answer.text(), [DELTA, DONE].concat());
}

#[tokio::test]
async fn a_provider_that_does_not_hang_up_is_not_waited_for() {
    let script = vec![
        stream_head(),
        chunk(DELTA),
        chunk(DONE),
        Step::Closed(Arc::new(Notify::new())),
    ];
    let (_forwarder, answer) = stream(CHAT, script).await;
    assert_eq!(answer.text(), [DELTA, DONE].concat());
}

#[tokio::test]
async fn comments_and_signs_of_life_pass() {
    let events = [
        ": keep-alive\n\n",
        "event: ping\r\ndata: {\"type\": \"ping\"}\r\n\r\n",
        STOP,
    ]
    .concat();
    let (_forwarder, answer) = stream(MESSAGES, vec![stream_head(), chunk(&events), chunk(""), Step::Keep]).await;
    assert_eq!(answer.text(), events);
}

#[tokio::test]
async fn a_client_that_leaves_takes_its_request_with_it() {
    let closed = Arc::new(Notify::new());
    let script = vec![stream_head(), chunk(DELTA), Step::Closed(Arc::clone(&closed))];
    let upstream = Upstream::start(script).await;
    let forwarder = Forwarder::start(&upstream.documents()).await;
    let response = forwarder
        .envoy
        .send(post(CHAT).body(Full::new(request(CHAT, "").into())).unwrap())
        .await;
    let mut body = response.into_body();
    assert_eq!(next(&mut body).await.unwrap(), DELTA);
    drop(body);
    tokio::time::timeout(PATIENCE, closed.notified()).await.unwrap();
    let labels = ["openai-there", "client_gone"];
    forwarder
        .metric_becomes("bartizan_forward_requests_total", &labels, 1.0)
        .await;
    forwarder
        .metric_becomes("bartizan_forward_requests_in_flight", &["openai-there"], 0.0)
        .await;
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_does_so_too() {
    let closed = Arc::new(Notify::new());
    let mut upstream = Upstream::start(vec![Step::Closed(Arc::clone(&closed))]).await;
    let forwarder = Forwarder::start(&upstream.documents()).await;
    let envoy = forwarder.connect().await;
    let waiting = tokio::spawn(async move { envoy.post(CHAT, request(CHAT, "")).await });
    upstream.next().await;
    waiting.abort();
    tokio::time::timeout(PATIENCE, closed.notified()).await.unwrap();
    let labels = ["openai-there", "client_gone"];
    forwarder
        .metric_becomes("bartizan_forward_requests_total", &labels, 1.0)
        .await;
}

#[tokio::test]
async fn silence_in_a_stream_ends_it() {
    let upstream = Upstream::start(vec![stream_head(), chunk(DELTA), Step::Closed(Arc::new(Notify::new()))]).await;
    let mut policy = policy(&upstream.documents());
    for provider in policy.forward.providers.values_mut() {
        provider.timeouts.idle = Duration::from_millis(50);
    }
    let forwarder = Forwarder::with(policy).await;
    let answer = forwarder.envoy.post(CHAT, request(CHAT, "")).await;
    assert!(answer.text().contains("provider_timeout"), "{}", answer.text());
    assert!(answer.usage().ends_with("estimated"));
}

#[tokio::test]
async fn a_drip_that_never_ends_is_ended_by_the_total() {
    let Step::Send(drip) = chunk(": still here\n\n") else {
        unreachable!()
    };
    let upstream = Upstream::start(vec![stream_head(), Step::Endless(drip)]).await;
    let mut policy = policy(&upstream.documents());
    for provider in policy.forward.providers.values_mut() {
        provider.timeouts.total = Duration::from_millis(300);
    }
    let forwarder = Forwarder::with(policy).await;
    let answer = forwarder.envoy.post(CHAT, request(CHAT, "")).await;
    assert!(answer.text().contains("provider_timeout"), "{}", answer.body.len());
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_the_provider_back_and_may_go_on_later() {
    let piece = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "a".repeat(16 << 10)
    );
    let Step::Send(bytes) = chunk(&piece) else {
        unreachable!()
    };
    let upstream = Upstream::start(vec![stream_head(), Step::Endless(bytes)]).await;
    let mut policy = policy(&upstream.documents());
    for provider in policy.forward.providers.values_mut() {
        provider.timeouts.idle = Duration::from_millis(100);
    }
    let forwarder = Forwarder::with(policy).await;
    let response = forwarder
        .envoy
        .send(post(CHAT).body(Full::new(request(CHAT, "").into())).unwrap())
        .await;
    // Everything between the provider and us fills up, and then nothing moves: what was sent stays the same.
    let mut before = 0;
    while before == 0 || upstream.sent() != before {
        before = upstream.sent();
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(before < 32 << 20, "{before}");
    let mut body = response.into_body();
    let mut received = 0;
    while received < before + (1 << 20) {
        let bytes = next(&mut body).await.unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("error"));
        received += bytes.len();
    }
}
