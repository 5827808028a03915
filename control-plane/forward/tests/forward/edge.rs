//! Only our own Envoy is answered.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;

use super::support::{Forwarder, TOKEN, chats, sandbox};

fn without_token(path: &str) -> http::request::Builder {
    Request::builder()
        .method("POST")
        .uri(format!("http://forward{path}"))
        .header("x-bartizan-tenant", "acme")
        .header("x-request-id", "req-test-1")
}

#[tokio::test]
async fn a_request_without_the_exact_token_is_refused_in_its_dialect() {
    let forwarder = Forwarder::start(&sandbox()).await;
    for (path, body) in chats("sandbox-chat", "") {
        let wrong: [&[&str]; 6] = [
            &[],
            &[""],
            &["edge-token-of-this-tes"],
            &["edge-token-of-this-testX"],
            &["Edge-token-of-this-test"],
            &[TOKEN, TOKEN],
        ];
        for tokens in wrong {
            let builder = tokens.iter().fold(without_token(path), |builder, token| {
                builder.header("x-bartizan-edge", *token)
            });
            let answer = forwarder
                .envoy
                .answer(builder.body(Full::new(Bytes::from(body.clone()))).unwrap())
                .await;
            answer.assert_error(path, 403, "not_from_edge");
        }
        let right = without_token(path).header("x-bartizan-edge", TOKEN);
        let answer = forwarder
            .envoy
            .answer(right.body(Full::new(body.into())).unwrap())
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert_eq!(
        forwarder.metric("bartizan_forward_requests_total", &["none", "not_from_edge"]),
        12.0
    );
}

#[tokio::test]
async fn even_an_unknown_path_needs_the_token() {
    let forwarder = Forwarder::start("").await;
    let request = Request::get("http://forward/nothing").body(Full::default()).unwrap();
    forwarder
        .envoy
        .answer(request)
        .await
        .assert_error("/nothing", 403, "not_from_edge");
}
