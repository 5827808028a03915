//! What may be asked for, and by whom.

use http_body_util::Full;
use serde_json::json;

use super::{
    support::{Forwarder, admitted, chats, model, policy, provider, sandbox},
    upstream,
};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";

#[tokio::test]
async fn models_are_listed_as_each_sdk_expects_them() {
    let documents = [
        model("sandbox-chat", "sandbox", "sandbox-chat"),
        upstream::documents(([127, 0, 0, 1], 9).into()),
    ];
    let forwarder = Forwarder::start(&documents.concat()).await;
    let openai = forwarder.envoy.get("/v1/models?limit=5").await.json();
    let entry = |id: &str, owner: &str| json!({"id": id, "object": "model", "created": 0, "owned_by": owner});
    let entries = [
        entry("m-anthropic", "anthropic-there"),
        entry("m-openai", "openai-there"),
        entry("sandbox-chat", "sandbox"),
    ];
    assert_eq!(openai, json!({"object": "list", "data": entries}));
    let version = |path| {
        admitted("GET", path)
            .header("anthropic-version", "2023-06-01")
            .body(Full::default())
            .unwrap()
    };
    let answer = forwarder.envoy.answer(version("/v1/models")).await;
    assert_eq!(answer.usage(), "input=0, output=0");
    let anthropic = answer.json();
    assert_eq!(anthropic["data"][0]["id"], "m-anthropic");
    assert_eq!(anthropic["data"][1]["type"], "model");
    assert_eq!(
        (&anthropic["first_id"], &anthropic["last_id"]),
        (&"m-anthropic".into(), &"sandbox-chat".into())
    );
    assert_eq!(anthropic["has_more"], false);

    let one = forwarder.envoy.get("/v1/models/m%2Dopenai").await;
    assert_eq!(one.json()["id"], "m-openai");
    let one = forwarder.envoy.answer(version("/v1/models/sandbox-chat")).await;
    assert_eq!(one.json()["display_name"], "sandbox-chat");
    let none = forwarder.envoy.answer(version("/v1/models/nothing")).await;
    assert_eq!(
        (none.status.as_u16(), &none.json()["error"]["type"]),
        (404, &"not_found_error".into())
    );
}

#[tokio::test]
async fn a_tenant_sees_only_what_it_may_use() {
    let forwarder = Forwarder::start(&[sandbox(), model("other-1", "sandbox", "x")].concat()).await;
    let list = |tenant: &'static str| {
        let mut request = admitted("GET", "/v1/models").body(Full::default()).unwrap();
        request
            .headers_mut()
            .insert("x-bartizan-tenant", tenant.parse().unwrap());
        request
    };
    let table = [("acme", 11), ("narrow", 2), ("nobody", 0)];
    for (tenant, count) in table {
        let answer = forwarder.envoy.answer(list(tenant)).await;
        assert_eq!(answer.json()["data"].as_array().unwrap().len(), count, "{tenant}");
    }
}

#[tokio::test]
async fn models_that_may_not_be_had_are_refused() {
    let documents = [sandbox(), upstream::documents(([127, 0, 0, 1], 9).into())].concat();
    let forwarder = Forwarder::start(&documents).await;
    let table = [
        ("acme", CHAT, "nothing", 404, "model_not_found"),
        ("acme", MESSAGES, "nothing", 404, "model_not_found"),
        ("narrow", CHAT, "sandbox-echo", 403, "model_not_permitted"),
        ("narrow", MESSAGES, "sandbox-echo", 403, "model_not_permitted"),
        ("nobody", CHAT, "sandbox-chat", 403, "model_not_permitted"),
        // Anthropic has no embeddings to convert to.
        ("acme", "/v1/embeddings", "m-anthropic", 404, "model_not_found"),
    ];
    for (tenant, path, model, status, code) in table {
        let body = format!(r#"{{"model":"{model}","max_tokens":9,"messages":[{{"role":"user","content":"x"}}]}}"#);
        let mut request = admitted("POST", path).body(Full::new(body.into())).unwrap();
        request
            .headers_mut()
            .insert("x-bartizan-tenant", tenant.parse().unwrap());
        forwarder.envoy.answer(request).await.assert_error(path, status, code);
    }
}

#[tokio::test]
async fn bad_requests_are_refused_with_their_place() {
    let forwarder = Forwarder::start(&sandbox()).await;
    for path in [CHAT, MESSAGES] {
        let table = [
            ("", "empty_body"),
            ("{", "malformed_body"),
            ("[]", "wrong_type"),
            ("{}", "wrong_type"),
            (r#"{"model":null}"#, "wrong_type"),
            (r#"{"model":7}"#, "wrong_type"),
            (r#"{"model":"a","model":"b"}"#, "duplicate_key"),
            (r#"{"model":"a","stream":"yes"}"#, "wrong_type"),
        ];
        for (body, code) in table {
            forwarder.envoy.post(path, body).await.assert_error(path, 400, code);
        }
    }
    let answer = forwarder.envoy.post(CHAT, "{}").await.json();
    assert_eq!(answer["error"]["param"], "$.model");
}

#[tokio::test]
async fn paths_and_methods_are_held_to_the_table() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let table = [
        ("POST", "/v1/completions", 404, "unknown_path"),
        ("POST", "/v1/messages/batches", 404, "unknown_path"),
        ("GET", CHAT, 405, "method_not_allowed"),
        ("GET", MESSAGES, 405, "method_not_allowed"),
        ("POST", "/v1/models", 405, "method_not_allowed"),
    ];
    for (method, path, status, code) in table {
        let request = admitted(method, path).body(Full::default()).unwrap();
        forwarder.envoy.answer(request).await.assert_error(path, status, code);
    }
    let (path, body) = chats("sandbox-chat", "").into_iter().next().unwrap();
    assert_eq!(
        forwarder.envoy.post(&format!("{path}?beta=true"), body).await.status,
        200
    );
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let mut policy = policy(&sandbox());
    policy.gateway.max_body_bytes = 1000;
    let forwarder = Forwarder::with(policy).await;
    for (path, body) in chats("sandbox-chat", "") {
        let body = format!("{body}{}", " ".repeat(1000));
        forwarder
            .envoy
            .post(path, body)
            .await
            .assert_error(path, 413, "body_too_large");
    }
}

#[tokio::test]
async fn a_provider_without_its_credential_is_absent_or_unavailable() {
    let spec = "type: openai, baseUrl: 'https://127.0.0.1:9/v1', credential: {env: NOT_SET}";
    let documents = [
        provider("needed", spec),
        provider("optional", &format!("{spec}, optional: true")),
        model("needed-1", "needed", "x"),
        model("optional-1", "optional", "x"),
    ];
    let forwarder = Forwarder::start(&documents.concat()).await;
    let [(path, body), _] = chats("needed-1", "");
    let answer = forwarder.envoy.post(path, body).await;
    answer.assert_error(path, 503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    let [(path, body), _] = chats("optional-1", "");
    forwarder
        .envoy
        .post(path, body)
        .await
        .assert_error(path, 404, "model_not_found");
    let list = forwarder.envoy.get("/v1/models").await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "{list}");
}
