//! New policies while requests run, and the end of the role.

use std::sync::Arc;

use bartizan_platform::drain::Drained;
use http_body_util::{BodyExt, Full};
use tokio::sync::Notify;

use super::{
    support::{Forwarder, PATIENCE, chats, model, policy, post, provider, sandbox},
    upstream::{Step, Upstream, chunk, stream_head},
};

const CHAT: &str = "/v1/chat/completions";
const DELTA: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
const DONE: &str = "data: [DONE]\n\n";

#[tokio::test]
async fn a_new_policy_is_followed_and_the_request_under_way_is_not_disturbed() {
    let gate = Arc::new(Notify::new());
    let script = vec![
        stream_head(),
        chunk(DELTA),
        Step::Gate(Arc::clone(&gate)),
        chunk(DONE),
        chunk(""),
        Step::Keep,
    ];
    let upstream = Upstream::start(script).await;
    let forwarder = Forwarder::start(&upstream.documents()).await;
    let request = post(CHAT)
        .body(Full::new(r#"{"model":"m-openai","stream":true}"#.into()))
        .unwrap();
    let running = forwarder.envoy.send(request).await;

    forwarder.publish.send_replace(Arc::new(policy(&sandbox())));
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while forwarder.envoy.get("/v1/models/sandbox-chat").await.status != 200 {
        assert!(tokio::time::Instant::now() < deadline);
    }
    let [(path, body), _] = chats("m-openai", "");
    forwarder
        .envoy
        .post(path, body)
        .await
        .assert_error(path, 404, "model_not_found");

    gate.notify_one();
    let body = running.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, [DELTA, DONE].concat());
}

#[tokio::test]
async fn a_rotated_credential_is_used_without_an_edit_and_connections_are_kept() {
    let mut upstream = Upstream::answering("200 OK", "content-type: application/json\r\n", "{}").await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "first-key\n").unwrap();
    let spec = format!(
        "type: openai, baseUrl: 'http://{}', allowInsecureHttp: true, credential: {{file: {}}}",
        upstream.address,
        file.path().display()
    );
    let documents = [provider("there", &spec), model("m", "there", "x")].concat();
    let forwarder = Forwarder::start(&documents).await;
    forwarder.envoy.post(CHAT, r#"{"model":"m"}"#).await;
    assert!(
        upstream
            .next()
            .await
            .head
            .contains("authorization: Bearer first-key\r\n")
    );

    std::fs::write(file.path(), "second-key\n").unwrap();
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        assert!(tokio::time::Instant::now() < deadline, "the new key is not used");
        forwarder.envoy.post(CHAT, r#"{"model":"m"}"#).await;
        if upstream
            .next()
            .await
            .head
            .contains("authorization: Bearer second-key\r\n")
        {
            break;
        }
    }
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn the_drain_waits_for_the_stream_and_takes_nothing_new() {
    let gate = Arc::new(Notify::new());
    let script = vec![
        stream_head(),
        chunk(DELTA),
        Step::Gate(Arc::clone(&gate)),
        chunk(DONE),
        chunk(""),
        Step::Keep,
    ];
    let upstream = Upstream::start(script).await;
    let forwarder = Forwarder::start(&upstream.documents()).await;
    let request = post(CHAT)
        .body(Full::new(r#"{"model":"m-openai","stream":true}"#.into()))
        .unwrap();
    let running = forwarder.envoy.send(request).await;
    let Forwarder { trigger, serving, .. } = forwarder;
    let draining = tokio::spawn(trigger.drain(PATIENCE));
    assert!(!serving.is_finished());
    gate.notify_one();
    let body = running.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, [DELTA, DONE].concat());
    assert_eq!(draining.await.unwrap(), Drained::All);
    serving.await.unwrap();
}

#[tokio::test]
async fn an_idle_role_ends_at_once_and_removes_its_socket() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let socket = forwarder.socket();
    assert!(socket.exists());
    assert_eq!(forwarder.trigger.drain(PATIENCE).await, Drained::All);
    forwarder.serving.await.unwrap();
    assert!(!socket.exists());
}
