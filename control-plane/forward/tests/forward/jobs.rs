//! Jobs, with the part of Envoy played by the tests; a real one is in `tests/edge`.

use std::{sync::Arc, time::Duration};

use bartizan_forward::{EdgeAddress, EdgeTrust, Jobs};
use bartizan_ports::{JobStore, JobTimes};
use bartizan_store::{JobStoreAddress, SqlJobs};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::{
    faulty_store::{Fault, FaultyStore},
    support::{Forwarder, PATIENCE, policy, post, sandbox},
};

const CHAT: &str = "/v1/jobs?endpoint=/v1/chat/completions";
const OK: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";

/// A forwarder with a store in memory, and what tells it where Envoy is.
struct Case {
    forwarder: Forwarder,
    store: Arc<dyn JobStore>,
    edge: watch::Sender<Option<EdgeAddress>>,
}

impl Case {
    async fn start(gateway: &str) -> Self {
        let document = format!(
            "{}---\napiVersion: bartizan.dev/v1alpha1\nkind: Gateway\nmetadata: {{name: default}}\nspec: {{{gateway}}}\n",
            sandbox()
        );
        Self::with_store(&document, &JobStoreAddress::Memory).await
    }

    async fn with_store(document: &str, address: &JobStoreAddress) -> Self {
        Self::over_store(document, Arc::new(SqlJobs::open(address).await.unwrap())).await
    }

    /// One job is worked on at a time.
    async fn with_faults(store: &Arc<FaultyStore>) -> Self {
        let gateway = "---\napiVersion: bartizan.dev/v1alpha1\nkind: Gateway\nmetadata: {name: default}\nspec: {jobs: {maxRunning: 1}}\n";
        Self::over_store(
            &format!("{}{gateway}", sandbox()),
            Arc::clone(store) as Arc<dyn JobStore>,
        )
        .await
    }

    async fn over_store(document: &str, store: Arc<dyn JobStore>) -> Self {
        let (edge, told) = watch::channel(None);
        let jobs = Jobs {
            store: Arc::clone(&store),
            edge: told,
        };
        Self {
            forwarder: Forwarder::with_jobs(policy(document), jobs).await,
            store,
            edge,
        }
    }

    fn serves_at(&self, address: std::net::SocketAddr) {
        self.edge.send_replace(Some(EdgeAddress {
            uri: format!("http://{address}").parse().unwrap(),
            trust: EdgeTrust::System,
        }));
    }

    async fn submit(&self) -> String {
        self.submit_with(&[]).await
    }

    async fn submit_with(&self, headers: &[(&str, &str)]) -> String {
        let body = json!({"model": "sandbox-chat", "messages": [{"role": "user", "content": "hi"}]});
        let request = post(CHAT).header("x-bartizan-key", "dev");
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(body.to_string().into()).unwrap();
        let answer = self.forwarder.envoy.answer(request).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    /// The job once it is over.
    async fn over(&self, id: &str) -> Value {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let job = self.forwarder.envoy.get(&format!("/v1/jobs/{id}")).await.json();
            if !["queued", "running"].contains(&job["status"].as_str().unwrap()) {
                return job;
            }
            assert!(tokio::time::Instant::now() < deadline, "never over: {job}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Takes one request of the worker, to its end; returns its head.
async fn take(listener: &TcpListener) -> (TcpStream, String) {
    tokio::time::timeout(PATIENCE, taken(listener)).await.unwrap()
}

async fn taken(listener: &TcpListener) -> (TcpStream, String) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&read).to_ascii_lowercase();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
            if body.len() >= length.parse().unwrap() {
                return (stream, head.to_owned());
            }
        }
        let count = stream.read(&mut buffer).await.unwrap();
        assert!(count > 0, "cut short: {text}");
        read.extend_from_slice(&buffer[..count]);
    }
}

async fn reply(stream: &mut TcpStream, body: &str) {
    let answer = format!("{OK}content-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.unwrap();
}

#[tokio::test]
async fn jobs_that_are_not_configured_are_refused() {
    let forwarder = Forwarder::start(&sandbox()).await;
    let body = json!({"model": "sandbox-chat", "messages": []});
    let background = json!({"model": "sandbox-chat", "input": "hi", "background": true});
    for (path, body) in [
        (CHAT, &body),
        ("/v1/responses", &background),
        ("/v1/jobs/job_1/cancel", &body),
    ] {
        let answer = forwarder.envoy.post(path, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.json()["error"]["code"], "jobs_not_configured", "{path}");
    }
}

#[tokio::test]
async fn a_job_is_sent_once_envoy_is_there() {
    let case = Case::start("").await;
    let job = case.submit().await;
    // Nobody listens there at first.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    case.serves_at(address);
    let running = format!("/v1/jobs/{job}");
    while case.forwarder.envoy.get(&running).await.json()["status"] == "queued" {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let listener = TcpListener::bind(address).await.unwrap();
    let (mut stream, head) = take(&listener).await;
    assert!(head.starts_with("post /v1/chat/completions http/1.1"), "{head}");
    assert!(head.contains("authorization: bearer bz-job/"), "{head}");
    assert!(!head.contains("x-bartizan-"), "{head}");
    reply(&mut stream, r#"{"choices":[]}"#).await;
    let job = case.over(&job).await;
    assert_eq!(
        (&job["status"], &job["response"]["body"]),
        (&json!("succeeded"), &json!({"choices": []}))
    );
    assert!(!format!("{job}").contains("bz-job/"));
}

#[tokio::test]
async fn a_job_that_was_sent_is_never_sent_again() {
    let case = Case::start("").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    case.serves_at(listener.local_addr().unwrap());
    // Before an answer, in its head, in a whole body, in a stream.
    for said in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n9\r\ndata: a\n\n\r\n",
    ] {
        let job = case.submit().await;
        let (mut stream, _) = take(&listener).await;
        stream.write_all(said.as_bytes()).await.unwrap();
        drop(stream);
        let job = case.over(&job).await;
        assert_eq!(job["error"]["code"], "interrupted", "{said:?}: {job}");
    }
    let again = tokio::time::timeout(Duration::from_millis(300), listener.accept()).await;
    assert!(again.is_err(), "it was sent again");
}

#[tokio::test]
async fn a_job_that_takes_too_long_or_says_too_much_fails() {
    let case = Case::start("maxAnswerBytes: 1024, jobs: {maxDuration: 500ms}").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    case.serves_at(listener.local_addr().unwrap());
    let slow = case.submit().await;
    let (mut stream, _) = take(&listener).await;
    assert_eq!(case.over(&slow).await["error"]["code"], "timed_out");
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0, "it is hung up on");

    let long = case.submit().await;
    let (mut stream, _) = take(&listener).await;
    reply(&mut stream, &format!("\"{}\"", "x".repeat(2048))).await;
    assert_eq!(case.over(&long).await["error"]["code"], "answer_too_large");
}

#[tokio::test]
async fn a_store_that_is_away_is_told_and_counted() {
    let nowhere = JobStoreAddress::Postgres("postgres://nobody@127.0.0.1:1/none?connect_timeout=1".to_owned());
    let case = Case::with_store(&sandbox(), &nowhere).await;
    let answer = case.forwarder.envoy.get("/v1/jobs/job_1").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["error"]["code"], "unavailable");
    assert!(answer.headers.contains_key("retry-after"));
    assert!(case.forwarder.metric("bartizan_job_store_failures_total", &[]) >= 1.0);
    let body = json!({"model": "sandbox-chat", "messages": [{"role": "user", "content": "hi"}]});
    let other = case
        .forwarder
        .envoy
        .post("/v1/chat/completions", body.to_string())
        .await;
    assert_eq!(other.status, StatusCode::OK);
}

#[tokio::test]
async fn what_waits_is_left_to_the_next_process_and_what_runs_may_finish() {
    let case = Case::start("jobs: {maxRunning: 1}").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    case.serves_at(listener.local_addr().unwrap());
    let running = case.submit().await;
    let (mut stream, _) = take(&listener).await;
    let waiting = case.submit().await;
    let Case { forwarder, store, .. } = case;
    let drained = tokio::spawn(forwarder.trigger.drain(PATIENCE));
    reply(&mut stream, "{}").await;
    forwarder.serving.await.unwrap();
    drop(forwarder.envoy);
    drained.await.unwrap();
    let state = async |id: &str| store.job("acme", id).await.unwrap().unwrap().state.as_str();
    assert_eq!((state(&running).await, state(&waiting).await), ("succeeded", "queued"));
    let times = JobTimes {
        now: jiff::Timestamp::now(),
        keep: jiff::SignedDuration::from_secs(1),
    };
    assert_eq!(store.sweep(times).await.unwrap().interrupted, 0);
}

#[tokio::test]
async fn who_follows_a_job_is_told_to_come_back_when_a_stop_is_announced() {
    let case = Case::start("jobs: {maxRunning: 1}").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    case.serves_at(listener.local_addr().unwrap());
    let running = case.submit().await;
    let (mut stream, _) = take(&listener).await;
    let envoy = case.forwarder.envoy.clone();
    let followed = format!("/v1/jobs/{running}?stream=true");
    let follower = tokio::spawn(async move { envoy.get(&followed).await.text() });
    let envoy = case.forwarder.envoy.clone();
    let background = json!({"model": "sandbox-chat", "input": "hi", "background": true, "stream": true}).to_string();
    let background = tokio::spawn(async move { envoy.post("/v1/responses", background).await.text() });
    case.forwarder
        .metric_becomes("bartizan_job_submissions_total", &["queued"], 2.0)
        .await;

    case.forwarder.trigger.announce();
    let (follower, background) = (follower.await.unwrap(), background.await.unwrap());
    let told = "retry: 1000\ndata: {\"error\":{\"message\":\"The service is stopping.";
    assert!(follower.contains(told), "{follower}");
    assert!(follower.ends_with("data: [DONE]\n\n"), "{follower}");
    let told = "retry: 1000\nevent: error\ndata: {\"type\":\"error\",\"code\":\"unavailable\"";
    assert!(background.contains(told), "{background}");

    // What was begun comes to its end, and what was not is left for later.
    reply(&mut stream, "{}").await;
    assert_eq!(case.over(&running).await["status"], "succeeded");
    let now = jiff::Timestamp::now();
    let left = case.store.claim("test", now, jiff::SignedDuration::from_secs(1)).await;
    assert!(left.unwrap().is_some());
}

#[tokio::test]
async fn a_job_cannot_ask_for_another() {
    let case = Case::start("").await;
    let body = json!({"model": "sandbox-chat", "input": "hi", "background": true});
    let answer = case
        .forwarder
        .envoy
        .post("/v1/jobs?endpoint=/v1/responses", body.to_string())
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["error"]["param"], "$.background");
}

#[tokio::test]
async fn of_a_client_s_headers_only_those_that_matter_are_kept() {
    let canary = "---\napiVersion: bartizan.dev/v1alpha1\nkind: Model\nmetadata: {name: routed}\nspec:\n  targets:\n  \
                  - {provider: sandbox}\n  - {provider: sandbox, upstreamModel: sandbox-echo, match: {headers: [{name: x-canary}]}}\n";
    let document = format!("{}{canary}", sandbox());
    let case = Case::with_store(&document, &JobStoreAddress::Memory).await;
    let sent = [
        ("anthropic-beta", "one"),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("x-canary", "next"),
        ("cookie", "planted=1"),
        ("proxy-authorization", "planted"),
        ("x-goog-api-key", "planted"),
        ("x-bartizan-dropped", "planted"),
    ];
    case.submit_with(&sent).await;
    let now = jiff::Timestamp::now();
    let claimed = case.store.claim("test", now, jiff::SignedDuration::from_secs(1)).await;
    let headers = claimed.unwrap().unwrap().headers;
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["anthropic-beta", "traceparent", "x-canary"]);
}

#[tokio::test]
async fn a_tenant_keeps_as_many_bytes_of_jobs_as_it_may() {
    let case = Case::start("jobs: {maxBytesPerTenant: 1024}").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    case.serves_at(listener.local_addr().unwrap());
    let long = "x".repeat(2000);
    for path in [CHAT, "/v1/jobs?endpoint=/v1/messages"] {
        let body = json!({"model": "sandbox-chat", "max_tokens": 9, "messages": [{"role": "user", "content": long}]});
        let answer = case.forwarder.envoy.post(path, body.to_string()).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS, "{}", answer.text());
        assert!(answer.headers.contains_key("retry-after"));
        assert!(
            answer.text().contains("more bytes than they may: 1024"),
            "{}",
            answer.text()
        );
        if path == CHAT {
            assert_eq!(answer.json()["error"]["code"], "too_many_job_bytes");
        }
    }
    let refused = case
        .forwarder
        .metric("bartizan_job_submissions_total", &["too_many_job_bytes"]);
    assert_eq!(refused, 2.0);

    for (answer, status) in [(&long[..], "failed"), ("brief", "succeeded")] {
        let id = case.submit().await;
        let (mut stream, _) = take(&listener).await;
        reply(&mut stream, &format!("\"{answer}\"")).await;
        let job = case.over(&id).await;
        assert_eq!(job["status"], status, "{job}");
        let code = if status == "failed" {
            json!("too_many_job_bytes")
        } else {
            Value::Null
        };
        assert_eq!(job["error"].get("code").cloned().unwrap_or_default(), code);
    }
}

#[tokio::test]
async fn a_job_whose_work_panics_is_failed_and_gives_up_its_place() {
    let store = Arc::new(FaultyStore::new(Fault::Panics).await);
    let case = Case::with_faults(&store).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    case.serves_at(listener.local_addr().unwrap());
    let broken = case.submit().await;
    let (mut stream, _) = take(&listener).await;
    reply(&mut stream, "{}").await;
    let job = case.over(&broken).await;
    assert_eq!(
        (&job["status"], &job["error"]["code"]),
        (&json!("failed"), &json!("internal_error"))
    );
    assert_eq!(case.forwarder.metric("bartizan_job_runs_total", &["failed"]), 1.0);
    case.forwarder.metric_becomes("bartizan_jobs_unsettled", &[], 0.0).await;

    store.becomes(Fault::None);
    let next = case.submit().await;
    let (mut stream, _) = take(&listener).await;
    reply(&mut stream, "{}").await;
    assert_eq!(case.over(&next).await["status"], "succeeded");
}

#[tokio::test]
async fn a_store_that_is_full_fails_the_job_at_once_and_frees_its_place() {
    let store = Arc::new(FaultyStore::new(Fault::Full).await);
    let case = Case::with_faults(&store).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    case.serves_at(listener.local_addr().unwrap());
    let [full, next] = [case.submit().await, case.submit().await];
    let (mut stream, _) = take(&listener).await;
    reply(&mut stream, "{}").await;
    let told = tokio::time::timeout(Duration::from_secs(3), case.over(&full)).await;
    let job = told.expect("nobody waits for room");
    assert_eq!(
        (&job["status"], &job["error"]["code"]),
        (&json!("failed"), &json!("store_full"))
    );
    let (mut stream, _) = tokio::time::timeout(Duration::from_secs(3), taken(&listener))
        .await
        .unwrap();
    assert!(case.forwarder.metric("bartizan_job_store_failures_total", &["full"]) >= 1.0);
    assert_eq!(case.forwarder.metric("bartizan_jobs_unsettled", &[]), 1.0);

    // With room there is an end in the store too, and the next job is kept.
    store.becomes(Fault::None);
    reply(&mut stream, "{}").await;
    assert_eq!(case.over(&next).await["status"], "succeeded");
    case.forwarder.metric_becomes("bartizan_jobs_unsettled", &[], 0.0).await;
    let kept = store.job("acme", &full).await.unwrap().unwrap();
    assert_eq!(
        (kept.state.as_str(), kept.failure.unwrap().code.as_str()),
        ("failed", "store_full")
    );
}

#[tokio::test]
async fn an_end_that_the_store_does_not_take_is_told_by_us_until_it_does() {
    let store = Arc::new(FaultyStore::new(Fault::NoEnds).await);
    let case = Case::with_faults(&store).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    case.serves_at(listener.local_addr().unwrap());
    let id = case.submit().await;
    let (mut stream, _) = take(&listener).await;
    reply(&mut stream, r#"{"paid":true}"#).await;
    let told = tokio::time::timeout(Duration::from_secs(3), case.over(&id)).await;
    let told = told.expect("the answer is there");
    assert_eq!(
        (&told["status"], &told["response"]["body"]),
        (&json!("succeeded"), &json!({"paid": true}))
    );
    assert_eq!(store.job("acme", &id).await.unwrap().unwrap().state.as_str(), "running");
    store.becomes(Fault::None);
    case.forwarder.metric_becomes("bartizan_jobs_unsettled", &[], 0.0).await;
    assert_eq!(
        store.job("acme", &id).await.unwrap().unwrap().state.as_str(),
        "succeeded"
    );
    assert_eq!(case.over(&id).await, told);
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_failed_and_counted() {
    let store = Arc::new(FaultyStore::new(Fault::Unreadable).await);
    let case = Case::with_faults(&store).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    case.serves_at(listener.local_addr().unwrap());
    let job = case.submit().await;
    let job = case.over(&job).await;
    assert_eq!(
        (&job["status"], &job["error"]["code"]),
        (&json!("failed"), &json!("unreadable"))
    );
    let counted = || {
        case.forwarder
            .metric("bartizan_job_store_failures_total", &["unreadable"])
    };
    assert_eq!(counted(), 1.0);
    assert_eq!(case.forwarder.metric("bartizan_job_runs_total", &["failed"]), 1.0);
    store.becomes(Fault::Foreign);
    let answer = case.forwarder.envoy.get("/v1/jobs/job_1").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["error"]["code"], "unreadable");
    assert_eq!(counted(), 2.0);
}

/// A job that was put back, which the store did without saying so, and is worked on again.
async fn tried_again(case: &Case, listener: &TcpListener) -> (String, TcpStream) {
    case.serves_at(listener.local_addr().unwrap());
    let id = case.submit().await;
    let (mut stream, _) = take(listener).await;
    let held_back =
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(held_back.as_bytes()).await.unwrap();
    (id, take(listener).await.0)
}

#[tokio::test]
async fn a_late_word_of_one_try_does_nothing_to_the_next() {
    let store = Arc::new(FaultyStore::new(Fault::UnheardPutBacks).await);
    let case = Case::with_faults(&store).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (id, mut stream) = tried_again(&case, &listener).await;
    let begun = store.job("acme", &id).await.unwrap().unwrap().started_at;

    store.becomes(Fault::None);
    case.forwarder.metric_becomes("bartizan_jobs_unsettled", &[], 0.0).await;
    let job = store.job("acme", &id).await.unwrap().unwrap();
    assert_eq!((job.state.as_str(), job.started_at), ("running", begun));
    reply(&mut stream, "{}").await;
    assert_eq!(case.over(&id).await["status"], "succeeded");
    for (outcome, runs) in [("put_back", 1.0), ("succeeded", 1.0)] {
        assert_eq!(case.forwarder.metric("bartizan_job_runs_total", &[outcome]), runs);
    }
}

#[tokio::test]
async fn an_end_is_not_forgotten_because_an_earlier_try_is_settled_meanwhile() {
    let store = Arc::new(FaultyStore::new(Fault::UnheardPutBacks).await);
    let case = Case::with_faults(&store).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (id, mut stream) = tried_again(&case, &listener).await;

    store.becomes(Fault::SlowPutBacks);
    store.puts_back().await;
    reply(&mut stream, "{}").await;
    assert_eq!(case.over(&id).await["status"], "succeeded");
    store.becomes(Fault::None);
    case.forwarder.metric_becomes("bartizan_jobs_unsettled", &[], 0.0).await;
    assert_eq!(
        store.job("acme", &id).await.unwrap().unwrap().state.as_str(),
        "succeeded"
    );
}
