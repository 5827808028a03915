//! Whatever a provider does, the client is told in its dialect, and nothing of the provider's leaks.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use super::{
    support::{CREDENTIAL, Forwarder, policy},
    upstream::{Step, Upstream, model_of, whole},
};

pub(crate) const PATHS: [&str; 2] = ["/v1/chat/completions", "/v1/messages"];
const JSON: &str = "content-type: application/json\r\n";
const LEAK: &str = r#"{"error":{"message":"stack trace at 10.1.2.3","type":"x"}}"#;

pub(crate) fn requests(path: &str) -> [String; 2] {
    ["false", "true"].map(|stream| format!(r#"{{"model":"{}","stream":{stream},"messages":[]}}"#, model_of(path)))
}

#[tokio::test]
async fn statuses_and_bodies_become_errors_of_ours() {
    let endless = || Step::Endless(vec![b' '; 4096]);
    let send = |bytes: &[u8]| Step::Send(bytes.to_vec());
    let table: Vec<(&str, Vec<Step>, u16, &str)> = vec![
        (
            "401 with the key",
            vec![Step::Send(whole(
                "401 No",
                JSON,
                &format!(r#"{{"error":{{"message":"bad {CREDENTIAL}"}}}}"#),
            ))],
            502,
            "provider_failed",
        ),
        (
            "403",
            vec![Step::Send(whole("403 No", JSON, LEAK))],
            502,
            "provider_failed",
        ),
        (
            "402",
            vec![Step::Send(whole("402 Pay", JSON, LEAK))],
            502,
            "provider_failed",
        ),
        (
            "408",
            vec![Step::Send(whole("408 Slow", JSON, LEAK))],
            504,
            "provider_timeout",
        ),
        (
            "429",
            vec![Step::Send(whole("429 Limited", JSON, LEAK))],
            429,
            "provider_rate_limited",
        ),
        (
            "500",
            vec![Step::Send(whole("500 Oops", JSON, LEAK))],
            502,
            "provider_failed",
        ),
        (
            "503",
            vec![Step::Send(whole("503 Busy", JSON, LEAK))],
            503,
            "unavailable",
        ),
        (
            "529",
            vec![Step::Send(whole("529 Overloaded", JSON, LEAK))],
            503,
            "unavailable",
        ),
        (
            "redirect",
            vec![Step::Send(whole(
                "307 There",
                "location: http://127.0.0.1:9/\r\n",
                LEAK,
            ))],
            502,
            "provider_failed",
        ),
        (
            "no content",
            vec![Step::Send(whole("204 Nothing", JSON, ""))],
            502,
            "provider_failed",
        ),
        (
            "html",
            vec![Step::Send(whole(
                "200 OK",
                "content-type: text/html\r\n",
                "<b>10.1.2.3</b>",
            ))],
            502,
            "answer_unreadable",
        ),
        (
            "no type",
            vec![Step::Send(whole("200 OK", "", "{}"))],
            502,
            "answer_unreadable",
        ),
        (
            "gzip",
            vec![Step::Send(whole(
                "200 OK",
                "content-type: application/json\r\ncontent-encoding: gzip\r\n",
                "{}",
            ))],
            502,
            "answer_unreadable",
        ),
        ("no http", vec![send(b"SSH-2.0-10.1.2.3\r\n\r\n")], 502, "provider_cut"),
        ("hang up", vec![], 502, "provider_cut"),
        (
            "half a head",
            vec![send(b"HTTP/1.1 200 OK\r\ncontent-ty")],
            502,
            "provider_cut",
        ),
        (
            "huge head",
            vec![send(b"HTTP/1.1 200 OK\r\nx: "), endless()],
            502,
            "provider_cut",
        ),
    ];
    for (name, script, status, code) in table {
        let upstream = Upstream::start(script).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        for path in PATHS {
            for body in requests(path) {
                let answer = forwarder.envoy.post(path, body).await;
                assert_eq!(answer.status, status, "{name}: {}", answer.text());
                answer.assert_error(path, status, code);
                let text = answer.text();
                assert!(
                    !text.contains("10.1.2.3") && !text.contains(CREDENTIAL),
                    "{name}: {text}"
                );
                assert!(answer.headers.get("location").is_none(), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn whole_answers_that_are_not_are_refused() {
    let send = |text: &str| Step::Send(text.as_bytes().to_vec());
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let table: Vec<(&str, Vec<Step>, &str)> = vec![
        (
            "garbage",
            vec![Step::Send(whole("200 OK", JSON, "{\"a\":"))],
            "answer_unreadable",
        ),
        (
            "array",
            vec![Step::Send(whole("200 OK", JSON, "[]"))],
            "answer_unreadable",
        ),
        (
            "two values",
            vec![Step::Send(whole("200 OK", JSON, "{}{}"))],
            "answer_unreadable",
        ),
        (
            "empty",
            vec![Step::Send(whole("200 OK", JSON, ""))],
            "answer_unreadable",
        ),
        (
            "not utf-8",
            vec![
                send(&format!("{head}content-length: 7\r\n\r\n")),
                Step::Send(b"{\"\xff\":1}".to_vec()),
            ],
            "answer_unreadable",
        ),
        (
            "cut",
            vec![send(&format!("{head}content-length: 99\r\n\r\n{{"))],
            "provider_cut",
        ),
        (
            "cut chunk",
            vec![send(&format!(
                "{head}transfer-encoding: chunked\r\n\r\n5\r\n{{\"a\":\r\n"
            ))],
            "provider_cut",
        ),
        (
            "announced too large",
            vec![send(&format!("{head}content-length: 99999999\r\n\r\n{{"))],
            "answer_too_large",
        ),
        (
            "endless",
            vec![send(&format!("{head}\r\n{{\"a\":\"")), Step::Endless(vec![b'a'; 65536])],
            "answer_too_large",
        ),
    ];
    for (name, script, code) in table {
        let upstream = Upstream::start(script).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        for path in PATHS {
            let [whole, _] = requests(path);
            let answer = forwarder.envoy.post(path, whole).await;
            assert_eq!(answer.status, 502, "{name}");
            answer.assert_error(path, 502, code);
        }
    }
}

#[tokio::test]
async fn a_refusal_of_the_request_keeps_its_meaning_and_loses_the_key() {
    let body = format!(
        r#"{{"type":"error","error":{{"message":"too long for {CREDENTIAL}\u0007","type":"invalid_request_error","code":"context_length_exceeded","param":"messages"}}}}"#
    );
    for status in ["400 Bad", "404 None", "409 Conflict", "413 Large", "422 Odd"] {
        let upstream = Upstream::answering(
            status,
            "content-type: application/json\r\nrequest-id: req_there\r\n",
            &body,
        )
        .await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        for path in PATHS {
            for request in requests(path) {
                let answer = forwarder.envoy.post(path, request).await;
                assert_eq!((answer.status.as_u16(), answer.usage()), (400, "input=0, output=0"));
                assert_eq!(answer.header("x-provider-request-id"), "req_there");
                let error = &answer.json()["error"];
                assert_eq!(error["message"], "too long for [credential]");
                assert_eq!(error["type"], "invalid_request_error");
                if path == "/v1/chat/completions" {
                    assert_eq!(
                        (&error["code"], &error["param"]),
                        (&"context_length_exceeded".into(), &"messages".into())
                    );
                } else {
                    assert_eq!(answer.header("request-id"), "req-test-1");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_without_words_is_told_in_ours() {
    for body in [
        "",
        "<html>10.1.2.3",
        r#"{"error":"10.1.2.3"}"#,
        r#"{"detail":"10.1.2.3"}"#,
    ] {
        let upstream = Upstream::answering("400 Bad", "", body).await;
        let forwarder = Forwarder::start(&upstream.documents()).await;
        for path in PATHS {
            let [request, _] = requests(path);
            forwarder
                .envoy
                .post(path, request)
                .await
                .assert_error(path, 400, "provider_rejected_request");
        }
    }
}

#[tokio::test]
async fn the_provider_s_retry_after_is_kept_if_it_is_one() {
    let table = [
        ("retry-after: 17\r\n", "17"),
        ("retry-after: tomorrow\r\n", "1"),
        ("", "1"),
    ];
    for (header, expected) in table {
        for status in ["429 Limited", "503 Busy"] {
            let upstream = Upstream::answering(status, header, "{}").await;
            let forwarder = Forwarder::start(&upstream.documents()).await;
            let [request, _] = requests(PATHS[0]);
            let answer = forwarder.envoy.post(PATHS[0], request).await;
            assert_eq!(answer.header("retry-after"), expected, "{status} {header}");
        }
    }
}

#[tokio::test]
async fn patience_ends_before_the_head_and_in_the_body() {
    let silent = || Step::Closed(Arc::new(Notify::new()));
    let half = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    let scripts = [vec![silent()], vec![Step::Send(half.as_bytes().to_vec()), silent()]];
    for script in scripts {
        let upstream = Upstream::start(script).await;
        let mut policy = policy(&upstream.documents());
        for provider in policy.forward.providers.values_mut() {
            provider.timeouts.first_byte = Duration::from_millis(50);
            provider.timeouts.idle = Duration::from_millis(50);
        }
        let forwarder = Forwarder::with(policy).await;
        for path in PATHS {
            let [request, _] = requests(path);
            forwarder
                .envoy
                .post(path, request)
                .await
                .assert_error(path, 504, "provider_timeout");
        }
    }
}

#[tokio::test]
async fn an_answer_that_drips_is_ended_by_the_total() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{";
    let upstream = Upstream::start(vec![Step::Send(head.into()), Step::Drip(b" ".to_vec())]).await;
    let mut policy = policy(&upstream.documents());
    for provider in policy.forward.providers.values_mut() {
        provider.timeouts.total = Duration::from_millis(300);
    }
    let forwarder = Forwarder::with(policy).await;
    for path in PATHS {
        let [request, _] = requests(path);
        let answer = forwarder.envoy.post(path, request).await;
        answer.assert_error(path, 504, "provider_timeout");
    }
}
