use axum::{body::Body, http::Request};
use http_body_util::BodyExt;
use jiff::Timestamp;
use prometheus::IntCounter;
use tokio::sync::watch;
use tower::ServiceExt;

use super::*;

struct OneNode;

impl NodeDirectory for OneNode {
    fn nodes(&self) -> Vec<NodeStatus> {
        vec![NodeStatus {
            id: "edge-1".to_owned(),
            cluster: "bartizan".to_owned(),
            connected: true,
            envoy_version: None,
            policy_digest: Some("abc".to_owned()),
            resources: Vec::new(),
        }]
    }
}

fn sources() -> Sources {
    let report = PolicyReport {
        digest: "abc".to_owned(),
        loaded_at: Timestamp::UNIX_EPOCH,
        files: 2,
        problems: vec!["policies/a.yaml:1:1: kind: missing".to_owned()],
    };
    let registry = Registry::new();
    registry
        .register(Box::new(IntCounter::new("bartizan_test_total", "A test").unwrap()))
        .unwrap();
    Sources {
        readiness: Readiness::default(),
        reports: watch::channel(report).1,
        nodes: Some(Arc::new(OneNode)),
        registry,
    }
}

async fn get_from(sources: &Sources, path: &str) -> (u16, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = router(sources.clone()).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn health_begins_with_the_name_of_the_product() {
    let (status, body) = get_from(&sources(), "/healthz").await;
    assert_eq!(status, 200);
    assert_eq!(body.split(' ').next(), Some(PRODUCT));
}

#[tokio::test]
async fn readiness_names_what_is_awaited() {
    let sources = sources();
    let (xds, envoy) = (sources.readiness.register("xds"), sources.readiness.register("envoy"));
    assert_eq!(
        get_from(&sources, "/readyz").await,
        (503, "waiting for xds, envoy\n".to_owned())
    );
    drop((xds, envoy));
    assert_eq!(get_from(&sources, "/readyz").await, (200, "ready\n".to_owned()));
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let (status, body) = get_from(&sources(), "/metrics").await;
    assert_eq!(status, 200);
    assert!(
        body.contains("# TYPE bartizan_test_total counter\nbartizan_test_total 0\n"),
        "{body}"
    );
}

#[tokio::test]
async fn nodes_come_with_the_policy_report() {
    let (status, body) = get_from(&sources(), "/v1/nodes").await;
    assert_eq!(status, 200);
    let expected = serde_json::json!({
        "policy": {
            "digest": "abc",
            "loadedAt": "1970-01-01T00:00:00Z",
            "files": 2,
            "problems": ["policies/a.yaml:1:1: kind: missing"],
        },
        "nodes": [{
            "id": "edge-1",
            "cluster": "bartizan",
            "connected": true,
            "envoyVersion": null,
            "policyDigest": "abc",
            "resources": [],
        }],
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&body).unwrap(), expected);
}

#[tokio::test]
async fn the_index_lists_every_path() {
    let (_, index) = get_from(&sources(), "/").await;
    for path in ["/healthz", "/readyz", "/metrics", "/v1/nodes"] {
        assert!(index.contains(path), "{path}");
        assert_ne!(get_from(&sources(), path).await.0, 404, "{path}");
    }
    assert_eq!(get_from(&sources(), "/nowhere").await.0, 404);
}

#[tokio::test]
async fn a_drain_ends_the_role() {
    let listen = ([127, 0, 0, 1], 0).into();
    let bound = bind(Config { listen }, sources()).await.unwrap();
    assert_ne!(bound.address().port(), 0);
    let (trigger, watch) = drain::channel();
    let (drained, served) = tokio::join!(trigger.drain(std::time::Duration::from_secs(5)), bound.serve(watch));
    assert_eq!(drained, drain::Drained::All);
    served.unwrap();
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let taken = bind(
        Config {
            listen: ([127, 0, 0, 1], 0).into(),
        },
        sources(),
    )
    .await
    .unwrap();
    let error = bind(
        Config {
            listen: taken.address(),
        },
        sources(),
    )
    .await
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {} for admin", taken.address())
    );
    assert_eq!(error.source.kind(), io::ErrorKind::AddrInUse);
}
