//! MCP servers: the sandbox, and others.

use http_body_util::Full;
use serde_json::{Value, json};

use super::{
    support::{Answer, Forwarder, events, post, sandbox},
    upstream::Upstream,
};

const MCP: &str = "/mcp/sandbox";

/// A forwarder with a tenant that may call the sandbox's tools.
async fn forwarder() -> Forwarder {
    let handy = "
---
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {name: handy}
spec: {mcpServers: [sandbox]}
";
    Forwarder::start(&(sandbox() + handy)).await
}

async fn ask(forwarder: &Forwarder, tenant: &str, path: &str, body: impl Into<bytes::Bytes>) -> Answer {
    let mut request = post(path).body(Full::new(body.into())).unwrap();
    let headers = request.headers_mut();
    headers.insert("x-bartizan-tenant", tenant.parse().unwrap());
    headers.insert("mcp-session-id", "s-1".parse().unwrap());
    forwarder.envoy.answer(request).await
}

fn call(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string()
}

#[tokio::test]
async fn a_tool_is_called_whole_streamed_and_in_batches() {
    let forwarder = forwarder().await;
    for path in [MCP, "/mcp", "/mcp/sandbox?x=1"] {
        let echo = call(
            "tools/call",
            &json!({"name": "echo", "arguments": {"text": "hello there"}}),
        );
        let answer = ask(&forwarder, "handy", path, echo).await;
        assert_eq!((answer.status.as_u16(), answer.usage()), (200, "input=0, output=0"));
        assert_eq!(answer.json()["result"]["content"][0]["text"], "hello there");
    }
    let echo = call(
        "tools/call",
        &json!({"name": "echo_streamed", "arguments": {"text": "hello there"}}),
    );
    let answer = ask(&forwarder, "handy", MCP, echo).await;
    assert_eq!(answer.header("content-type"), "text/event-stream");
    let body = answer.text();
    let last: Value = serde_json::from_str(events(&body).last().unwrap()).unwrap();
    assert_eq!((events(&body).len(), &last["id"]), (2, &7.into()));
    assert_eq!(answer.usage(), "input=0, output=0");

    let batch = format!("[{},{}]", call("ping", &json!({})), call("nothing", &json!({})));
    let answer = ask(&forwarder, "handy", MCP, batch).await.json();
    assert_eq!(
        (&answer[0]["result"], &answer[1]["error"]["code"]),
        (&json!({}), &json!(-32_601))
    );
    let outcome = ["sandbox", "ok"];
    assert_eq!(forwarder.metric("bartizan_forward_requests_total", &outcome), 5.0);
}

#[tokio::test]
async fn a_notification_is_accepted_without_an_answer() {
    let forwarder = forwarder().await;
    let told = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let answer = ask(&forwarder, "handy", MCP, told).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (202, String::new()));
    assert!(!answer.headers.contains_key("content-type"));
}

#[tokio::test]
async fn only_servers_that_the_tenant_may_call_are_there() {
    let forwarder = forwarder().await;
    let table = [
        ("handy", "/mcp/nothing"),
        ("handy", "/mcp/sandbox/x"),
        ("acme", MCP),
        ("acme", "/mcp"),
        ("nobody", MCP),
    ];
    for (tenant, path) in table {
        let answer = ask(&forwarder, tenant, path, call("ping", &json!({}))).await;
        answer.assert_error(path, 404, "unknown_path");
    }
    ask(&forwarder, "handy", MCP, "")
        .await
        .assert_error(MCP, 400, "empty_body");
}

/// A forwarder with a server elsewhere, whose tools `handy` may call.
async fn towards(upstream: &Upstream) -> Forwarder {
    let documents = format!(
        "
---
apiVersion: bartizan.dev/v1alpha1
kind: Provider
metadata: {{name: there}}
spec: {{type: mcp, baseUrl: 'http://{}/tools/mcp', allowInsecureHttp: true, credential: {{env: PLANTED}}}}
---
apiVersion: bartizan.dev/v1alpha1
kind: Tenant
metadata: {{name: handy}}
spec: {{mcpServers: [there]}}
",
        upstream.address
    );
    Forwarder::start(&(sandbox() + &documents)).await
}

#[tokio::test]
async fn the_session_passes_both_ways_and_nothing_else_does() {
    let headers = "content-type: application/json; charset=utf-8\r\nmcp-session-id: s-2\r\nset-cookie: a=b\r\n";
    let mut upstream = Upstream::answering("200 OK", headers, r#"{"jsonrpc":"2.0","id":7,"result":{}}"#).await;
    let forwarder = towards(&upstream).await;
    let sent = call("ping", &json!({}));
    let answer = ask(&forwarder, "handy", "/mcp/there", sent.clone()).await;
    assert_eq!((answer.status.as_u16(), answer.header("mcp-session-id")), (200, "s-2"));
    assert!(!answer.headers.contains_key("set-cookie"));
    let received = upstream.next().await;
    assert_eq!(received.body, sent);
    let head = received.head.to_ascii_lowercase();
    assert!(head.starts_with("post /tools/mcp http/1.1"), "{head}");
    for line in [
        "mcp-session-id: s-1",
        "accept: application/json, text/event-stream",
        "authorization: bearer ",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    assert!(!head.contains("x-bartizan") && !head.contains("x-request-id"), "{head}");
}

#[tokio::test]
async fn a_stream_ends_where_the_server_ends_it() {
    let body = "id: 1\ndata: \n\n: still there\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}\n\n";
    let upstream = Upstream::answering("200 OK", "content-type: text/event-stream\r\n", body).await;
    let forwarder = towards(&upstream).await;
    let answer = ask(&forwarder, "handy", "/mcp/there", call("ping", &json!({}))).await;
    assert_eq!(answer.text(), body);
    assert_eq!(answer.usage(), "input=0, output=0");
    assert_eq!(
        forwarder.metric("bartizan_forward_requests_total", &["there", "ok"]),
        1.0
    );

    let cut = &body[..body.len() - 1];
    let upstream = Upstream::answering("200 OK", "content-type: text/event-stream\r\n", cut).await;
    let forwarder = towards(&upstream).await;
    let answer = ask(&forwarder, "handy", "/mcp/there", call("ping", &json!({})))
        .await
        .text();
    assert!(answer.contains("\"provider_cut\""), "{answer}");
}

#[tokio::test]
async fn failures_of_a_server_are_errors_of_json_rpc() {
    let json = "content-type: application/json\r\n";
    let table = [
        ("404 Not Found", json, "{}", 404, "unknown_session"),
        (
            "400 Bad Request",
            json,
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no such version"}}"#,
            400,
            "provider_rejected_request",
        ),
        ("401 Unauthorized", json, "{}", 502, "provider_failed"),
        ("429 Too Many Requests", json, "{}", 429, "provider_rate_limited"),
        ("200 OK", json, "7", 502, "answer_unreadable"),
        ("200 OK", "content-type: text/html\r\n", "<p>", 502, "answer_unreadable"),
    ];
    for (status, headers, body, expected, code) in table {
        let upstream = Upstream::answering(status, headers, body).await;
        let forwarder = towards(&upstream).await;
        let answer = ask(&forwarder, "handy", "/mcp/there", call("ping", &json!({}))).await;
        answer.assert_error("/mcp/there", expected, code);
    }
}
