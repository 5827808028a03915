//! Steady when a provider is not.

use std::{sync::Arc, time::Duration};

use http_body_util::Full;
use tokio::{sync::Notify, task::JoinSet, time::Instant};

use super::{
    candidates::{model, openai, request},
    support::{Answer, Forwarder, PATIENCE, policy, post, provider},
    upstream::{ONCE, Step, Upstream, WITHOUT_BREAKER, chunk, stream_head, whole},
};

const CHAT: &str = "/v1/chat/completions";
const JSON: &str = "content-type: application/json\r\n";
const USAGE: &str = r#"{"usage":{"prompt_tokens":7,"completion_tokens":2}}"#;
const BREAKER: &str = "bartizan_forward_breaker_state";

fn good() -> Vec<Step> {
    vec![Step::Send(whole("200 OK", JSON, USAGE)), Step::Keep]
}

fn good_stream() -> Vec<Step> {
    let events = "data: {\"choices\":[{}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n";
    vec![stream_head(), chunk(events), chunk(""), Step::Keep]
}

fn bad(status: &str, headers: &str) -> Vec<Step> {
    vec![Step::Send(whole(status, headers, "{}")), Step::Keep]
}

/// One provider, and a model `m` of it.
fn alone(upstream: &Upstream, more: &str) -> String {
    [openai("there", upstream, more), model("m", "provider: there")].concat()
}

/// Two providers, and a model `m` that falls back from the first to the second.
fn pair(first: &Upstream, second: &Upstream, more: &str) -> String {
    [
        openai("first", first, more),
        openai("second", second, more),
        model(
            "m",
            "provider: first, fallbacks: [{provider: second, upstreamModel: m}]",
        ),
    ]
    .concat()
}

async fn ask(forwarder: &Forwarder) -> Answer {
    forwarder.envoy.post(CHAT, request("m", false)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_one_provider_failing_half_its_calls_every_request_succeeds_and_is_charged_once() {
    const REQUESTS: u32 = 1000;
    let table = [
        (bad("500 Oops", JSON), ""),
        (bad("500 Oops", JSON), ONCE),
        (
            vec![],
            "retry: {backOff: {baseInterval: 1ms}}, circuitBreaker: {failures: 0}",
        ),
        (vec![stream_head(), chunk("")], ONCE),
    ];
    for (failure, settings) in table {
        for stream in [false, true] {
            let answer = if stream { good_stream() } else { good() };
            let first = Upstream::taking_turns(vec![failure.clone(), answer.clone()]).await;
            let second = Upstream::start(answer).await;
            let forwarder = Forwarder::start(&pair(&first, &second, settings)).await;
            let mut asking = JoinSet::new();
            for number in 0..REQUESTS {
                if number >= 20 {
                    asking.join_next().await.unwrap().unwrap();
                }
                let envoy = forwarder.envoy.clone();
                asking.spawn(async move {
                    let answer = envoy.post(CHAT, request("m", stream)).await;
                    assert_eq!(answer.status, 200, "{}", answer.text());
                    assert!(!answer.text().contains("error"), "{}", answer.text());
                    assert_eq!(answer.usage(), "input=7, output=2");
                });
            }
            while let Some(asked) = asking.join_next().await {
                asked.unwrap();
            }
            let sum = |name: &str, label: &str| {
                let of = |provider| forwarder.metric(name, &[provider, label]);
                of("first") + of("second")
            };
            let requests = f64::from(REQUESTS);
            assert_eq!(sum("bartizan_forward_requests_total", "ok"), requests);
            assert_eq!(sum("bartizan_forward_tokens_total", "input"), requests * 7.0);
            assert_eq!(sum("bartizan_forward_tokens_total", "output"), requests * 2.0);
            assert_eq!(sum("bartizan_forward_attempts_total", "ok"), requests);
        }
    }
}

#[tokio::test]
async fn a_breaker_opens_rests_tries_and_closes() {
    let mut scripts = vec![bad("500 Oops", JSON); 6];
    scripts.extend(vec![good(); 100]);
    let upstream = Upstream::taking_turns(scripts).await;
    let mut policy = policy(&alone(&upstream, "retry: {numRetries: 0}"));
    let breaker = &mut policy
        .forward
        .providers
        .get_mut("there")
        .unwrap()
        .resilience
        .circuit_breaker;
    assert_eq!((breaker.failures, breaker.trial_requests), (5, 3));
    breaker.open_time = Duration::from_millis(400);
    let forwarder = Forwarder::with(policy).await;
    for _ in 0..5 {
        ask(&forwarder).await.assert_error(CHAT, 502, "provider_failed");
    }
    assert_eq!(forwarder.metric(BREAKER, &["there", "m"]), 2.0);
    let answer = ask(&forwarder).await;
    answer.assert_error(CHAT, 503, "unavailable");
    assert_eq!(answer.header("retry-after"), "1");
    assert!(answer.text().contains("is given a rest"), "{}", answer.text());
    assert_eq!(upstream.requests(), 5);
    let passed_over = forwarder.metric("bartizan_forward_passed_over_total", &["there", "resting"]);
    assert_eq!(passed_over, 1.0);

    // The trial request fails, and it rests again.
    until_asked(&forwarder, &upstream, 6).await;
    assert_eq!(forwarder.metric(BREAKER, &["there", "m"]), 2.0);
    until_asked(&forwarder, &upstream, 7).await;
    assert_eq!(forwarder.metric(BREAKER, &["there", "m"]), 1.0);
    for _ in 0..2 {
        assert_eq!(ask(&forwarder).await.status, 200);
    }
    assert_eq!(forwarder.metric(BREAKER, &["there", "m"]), 0.0);
}

async fn until_asked(forwarder: &Forwarder, upstream: &Upstream, requests: usize) {
    let deadline = Instant::now() + PATIENCE;
    while upstream.requests() < requests {
        assert!(Instant::now() < deadline);
        ask(forwarder).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_breaker_is_of_one_model_and_outlives_a_policy() {
    let upstream = Upstream::taking_turns(vec![bad("500 Oops", JSON)]).await;
    let documents = [
        alone(&upstream, "retry: {numRetries: 0}, circuitBreaker: {failures: 1}"),
        model("n", "provider: there"),
    ]
    .concat();
    let forwarder = Forwarder::start(&documents).await;
    ask(&forwarder).await.assert_error(CHAT, 502, "provider_failed");
    let other = forwarder.envoy.post(CHAT, request("n", false)).await;
    other.assert_error(CHAT, 502, "provider_failed");

    let more = [&documents, &model("new", "provider: there")[..]].concat();
    forwarder.publish.send_replace(Arc::new(policy(&more)));
    let deadline = Instant::now() + PATIENCE;
    while forwarder.envoy.get("/v1/models/new").await.status != 200 {
        assert!(Instant::now() < deadline);
    }
    ask(&forwarder).await.assert_error(CHAT, 503, "unavailable");
}

#[tokio::test]
async fn a_stream_that_breaks_off_counts_for_the_breaker() {
    let upstream = Upstream::start(vec![stream_head(), chunk("data: {\"choices\":[{}]}\n\n")]).await;
    let forwarder = Forwarder::start(&alone(&upstream, "circuitBreaker: {failures: 2}")).await;
    for _ in 0..2 {
        let answer = forwarder.envoy.post(CHAT, request("m", true)).await;
        assert!(answer.text().contains("provider_cut"), "{}", answer.text());
    }
    forwarder.metric_becomes(BREAKER, &["there", "m"], 2.0).await;
}

#[tokio::test]
async fn a_request_is_retried_when_the_provider_wants_it() {
    let upstream = Upstream::taking_turns(vec![bad("429 Limited", "retry-after: 1\r\n"), good()]).await;
    let forwarder = Forwarder::start(&alone(&upstream, "")).await;
    let began = Instant::now();
    assert_eq!(ask(&forwarder).await.status, 200);
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(upstream.requests(), 2);
    let retries = forwarder.metric("bartizan_forward_retries_total", &["there", "provider_rate_limited"]);
    assert_eq!(retries, 1.0);
}

#[tokio::test]
async fn a_wish_that_takes_too_long_is_passed_on() {
    let table = [("", "6"), ("timeouts: {total: 900ms}", "1")];
    for (settings, wish) in table {
        let upstream = Upstream::start(bad("429 Limited", &format!("retry-after: {wish}\r\n"))).await;
        let forwarder = Forwarder::start(&alone(&upstream, settings)).await;
        let answer = ask(&forwarder).await;
        answer.assert_error(CHAT, 429, "provider_rate_limited");
        assert_eq!(answer.header("retry-after"), wish);
        assert_eq!(upstream.requests(), 1);
    }
}

#[tokio::test]
async fn nobody_waits_for_a_limited_provider_while_another_is_there() {
    let (first, second) = (
        Upstream::start(bad("429 Limited", "retry-after: 1\r\n")).await,
        Upstream::start(good()).await,
    );
    let forwarder = Forwarder::start(&pair(&first, &second, "")).await;
    for _ in 0..3 {
        assert_eq!(ask(&forwarder).await.status, 200);
    }
    assert_eq!((first.requests(), second.requests()), (1, 3));
    let labels = ["first", "provider_rate_limited"];
    assert_eq!(forwarder.metric("bartizan_forward_failovers_total", &labels), 1.0);
    let labels = ["first", "used_up"];
    assert_eq!(forwarder.metric("bartizan_forward_passed_over_total", &labels), 2.0);
}

#[tokio::test]
async fn a_provider_that_has_nothing_left_is_asked_last() {
    let used_up = format!("{JSON}x-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 5m\r\n");
    let (first, second) = (
        Upstream::answering("200 OK", &used_up, USAGE).await,
        Upstream::taking_turns(vec![good(), bad("500 Oops", JSON)]).await,
    );
    let forwarder = Forwarder::start(&pair(&first, &second, ONCE)).await;
    for asked in [(1, 0), (1, 1), (2, 2)] {
        assert_eq!(ask(&forwarder).await.status, 200);
        assert_eq!((first.requests(), second.requests()), asked);
    }
}

#[tokio::test]
async fn a_provider_that_is_unwell_is_asked_last() {
    let (first, second) = (
        Upstream::start(bad("500 Oops", JSON)).await,
        Upstream::start(good()).await,
    );
    let settings = format!("{ONCE}, healthCheck: {{passive: {{requestVolume: 3}}}}");
    let forwarder = Forwarder::start(&pair(&first, &second, &settings)).await;
    for _ in 0..10 {
        assert_eq!(ask(&forwarder).await.status, 200);
    }
    assert_eq!((first.requests(), second.requests()), (3, 10));
}

#[tokio::test]
async fn retries_are_bounded_by_their_budget() {
    let upstream = Upstream::start(bad("500 Oops", JSON)).await;
    let settings = format!("retry: {{backOff: {{baseInterval: 1ms}}, budgetPercent: 0}}, {WITHOUT_BREAKER}");
    let forwarder = Forwarder::start(&alone(&upstream, &settings)).await;
    for _ in 0..20 {
        ask(&forwarder).await.assert_error(CHAT, 502, "provider_failed");
    }
    assert_eq!(upstream.requests(), 30);
}

#[tokio::test]
async fn a_tool_is_not_called_again() {
    let upstream = Upstream::start(bad("500 Oops", JSON)).await;
    let spec = format!(
        "type: mcp, baseUrl: 'http://{}/mcp', allowInsecureHttp: true",
        upstream.address
    );
    let tenant =
        "---\napiVersion: bartizan.dev/v1alpha1\nkind: Tenant\nmetadata: {name: agent}\nspec: {mcpServers: [tools]}\n";
    let forwarder = Forwarder::start(&[&provider("tools", &spec), tenant].concat()).await;
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#;
    let mut request = post("/mcp/tools").body(Full::new(body.into())).unwrap();
    request
        .headers_mut()
        .insert("x-bartizan-tenant", "agent".parse().unwrap());
    let answer = forwarder.envoy.answer(request).await;
    answer.assert_error("/mcp/tools", 502, "provider_failed");
    assert_eq!(upstream.requests(), 1);
}

/// An upstream that answers when the gate lets it, and a forwarder that sends it one request at a time.
async fn one_at_a_time(settings: &str) -> (Arc<Notify>, Upstream, Forwarder) {
    let gate = Arc::new(Notify::new());
    let mut script = vec![Step::Gate(Arc::clone(&gate))];
    script.extend(good());
    let upstream = Upstream::start(script).await;
    let settings = format!("{ONCE}, concurrency: {{maxParallelRequests: 1, {settings}}}");
    let forwarder = Forwarder::start(&alone(&upstream, &settings)).await;
    (gate, upstream, forwarder)
}

const DEPTH: &str = "bartizan_forward_queue_depth";

#[tokio::test]
async fn requests_wait_for_their_turn() {
    let (gate, mut upstream, forwarder) = one_at_a_time("pendingTimeout: 1m").await;
    let mut asking = JoinSet::new();
    for _ in 0..3 {
        let envoy = forwarder.envoy.clone();
        asking.spawn(async move { envoy.post(CHAT, request("m", false)).await.status });
    }
    forwarder.metric_becomes(DEPTH, &["there"], 2.0).await;
    for left in [1.0, 0.0, 0.0] {
        upstream.next().await;
        assert_eq!(upstream.requests(), 0);
        gate.notify_one();
        assert_eq!(asking.join_next().await.unwrap().unwrap(), 200);
        forwarder.metric_becomes(DEPTH, &["there"], left).await;
    }
}

#[tokio::test]
async fn a_wait_has_an_end_and_the_line_too() {
    let (gate, mut upstream, forwarder) = one_at_a_time("maxPendingRequests: 1, pendingTimeout: 1200ms").await;
    let envoy = forwarder.envoy.clone();
    let running = tokio::spawn(async move { envoy.post(CHAT, request("m", false)).await.status });
    upstream.next().await;
    let envoy = forwarder.envoy.clone();
    let waiting = tokio::spawn(async move { envoy.post(CHAT, request("m", false)).await });
    forwarder.metric_becomes(DEPTH, &["there"], 1.0).await;
    let too_many = ask(&forwarder).await;
    let too_late = waiting.await.unwrap();
    for (answer, told) in [
        (too_many, "Too many requests wait"),
        (too_late, "The request waited too long"),
    ] {
        answer.assert_error(CHAT, 503, "unavailable");
        assert_eq!(answer.header("retry-after"), "2");
        assert!(answer.text().contains(told), "{}", answer.text());
    }
    for cause in ["queue_full", "queue_timeout"] {
        let passed_over = forwarder.metric("bartizan_forward_passed_over_total", &["there", cause]);
        assert_eq!(passed_over, 1.0, "{cause}");
    }
    assert_eq!(forwarder.metric(DEPTH, &["there"]), 0.0);
    gate.notify_one();
    assert_eq!(running.await.unwrap(), 200);
}

#[tokio::test]
async fn a_client_that_leaves_frees_its_place_and_its_turn_at_once() {
    let (gate, mut upstream, forwarder) = one_at_a_time("pendingTimeout: 1m").await;
    let mut asking = Vec::new();
    for waiting in [0.0, 1.0, 2.0] {
        let envoy = forwarder.connect().await;
        asking.push(tokio::spawn(async move {
            envoy.post(CHAT, request("m", false)).await.status
        }));
        if waiting == 0.0 {
            upstream.next().await;
        }
        forwarder.metric_becomes(DEPTH, &["there"], waiting).await;
    }
    // The second leaves the line, then the first leaves the provider, which is the third's now.
    asking[1].abort();
    forwarder.metric_becomes(DEPTH, &["there"], 1.0).await;
    asking[0].abort();
    upstream.next().await;
    assert_eq!(forwarder.metric(DEPTH, &["there"]), 0.0);
    // One for the request that was left, whose script goes on.
    gate.notify_one();
    gate.notify_one();
    assert_eq!(asking.pop().unwrap().await.unwrap(), 200);
}
