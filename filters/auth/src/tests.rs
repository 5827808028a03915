use bartizan_host::{
    Filter, Gated, Headers, Level,
    fake::{Ending, Exchange, World},
};
use bartizan_identity::{JobKey, JobPass, Key, KeyHash, KeyState, KeyTable};
use bartizan_policy::AuthConfig;

use crate::{Auth, AuthStream};

const KEY: &str = "acme-key";

fn configuration() -> Vec<u8> {
    let key = |secret: &str, id, expires_at, state| Key {
        hash: KeyHash::of(secret.as_bytes()),
        tenant: "acme",
        id,
        expires_at,
        state,
    };
    let keys = [
        key(KEY, "dev", None, KeyState::Enabled),
        key("old-key", "old", Some(5), KeyState::Enabled),
        key("off-key", "off", None, KeyState::Disabled),
    ];
    let config = AuthConfig {
        keys: KeyTable::build(&keys).unwrap(),
        job_key: Some(JobKey::derive(b"token")),
    };
    config.encode()
}

fn auth(world: &World) -> Auth {
    let mut auth = Auth::unconfigured();
    auth.configure(world, &configuration()).unwrap();
    auth
}

fn call(headers: &[(&str, &str)]) -> (World, Exchange<Gated<AuthStream>>) {
    let world = World::at(1_000);
    let mut exchange = Exchange::new(&world, &auth(&world));
    exchange.request(headers, &[b"{}"]);
    (world, exchange)
}

fn post(path: &str, more: &[(&'static str, &'static str)]) -> Vec<(&'static str, String)> {
    let first = [(":method", "POST".to_owned()), (":path", path.to_owned())];
    first
        .into_iter()
        .chain(more.iter().map(|(name, value)| (*name, (*value).to_owned())))
        .collect()
}

fn text<'h>(headers: &'h [(&'static str, String)]) -> Vec<(&'static str, &'h str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[test]
fn a_good_key_goes_on_as_its_tenant_and_nothing_else() {
    let headers = [
        (":method", "POST"),
        (":path", "/v1/chat/completions?beta=1"),
        ("authorization", "Bearer acme-key"),
        ("x-bartizan-tenant", "globex"),
        ("x-bartizan-tenant", "initech"),
        ("x-bartizan-call", "models openai globex"),
        ("x-bartizan-edge", "token"),
        ("x-bartizan-usage", "input=0, output=0"),
        ("user-agent", "curl"),
    ];
    let (world, exchange) = call(&headers);
    let forwarded = exchange.forwarded().unwrap();
    let mut seen: Vec<_> = forwarded
        .headers
        .iter()
        .map(|(name, value)| (name, str::from_utf8(value).unwrap()))
        .collect();
    seen.sort_unstable();
    let expected = [
        (":method", "POST"),
        (":path", "/v1/chat/completions?beta=1"),
        ("user-agent", "curl"),
        ("x-bartizan-call", "=chat_completions openai acme"),
        ("x-bartizan-key", "dev"),
        ("x-bartizan-tenant", "acme"),
    ];
    assert_eq!(seen, expected);
    assert_eq!(world.counter("bartizan_auth_requests_total.outcome.allow"), 1);
}

#[test]
fn no_credential_goes_on() {
    let bearer = "Bearer acme-key";
    for (name, value) in [("authorization", bearer), ("x-api-key", KEY), ("api-key", KEY)] {
        for more in [&[][..], &[("x-bartizan-edge", "token")]] {
            let plain = [(":method", "GET"), (":path", "/v1/models"), (name, value)];
            let (_, exchange) = call(&[&plain, more].concat());
            let forwarded = exchange.forwarded().unwrap();
            let mut names: Vec<_> = forwarded.headers.iter().map(|(name, _)| name).collect();
            names.sort_unstable();
            let expected = [
                ":method",
                ":path",
                "x-bartizan-call",
                "x-bartizan-key",
                "x-bartizan-tenant",
            ];
            assert_eq!(names, expected, "{name} {more:?}");
        }
    }
}

#[test]
fn a_body_is_read_in_the_dialect_of_its_path_whatever_the_headers_say() {
    let version = ("anthropic-version", "2023-06-01");
    let table = [
        ("POST", "/v1/chat/completions", "=chat_completions openai acme"),
        ("POST", "/v1/messages", "=messages anthropic acme"),
        ("GET", "/v1/models", "=models anthropic acme"),
    ];
    for (method, path, expected) in table {
        let (_, exchange) = call(&[(":method", method), (":path", path), ("x-api-key", KEY), version]);
        let forwarded = exchange.forwarded().unwrap();
        assert_eq!(
            forwarded.headers.get("x-bartizan-call"),
            Some(expected.as_bytes()),
            "{path}"
        );
    }
}

#[test]
fn later_filters_are_told_how_the_body_comes() {
    let table: [(&[(&str, &str)], &str); 5] = [
        (&[], "=chat_completions openai acme"),
        (&[("content-length", "65536")], "=.chat_completions openai acme"),
        (&[("content-length", "65537")], "=chat_completions openai acme"),
        (
            &[("content-length", "9"), ("content-encoding", "gzip")],
            ".chat_completions openai acme",
        ),
        (&[("content-encoding", "identity")], "chat_completions openai acme"),
    ];
    for (headers, expected) in table {
        let plain = [
            (":method", "POST"),
            (":path", "/v1/chat/completions"),
            ("x-api-key", KEY),
        ];
        let (_, exchange) = call(&[&plain, headers].concat());
        let forwarded = exchange.forwarded().unwrap();
        assert_eq!(
            forwarded.headers.get("x-bartizan-call"),
            Some(expected.as_bytes()),
            "{headers:?}"
        );
    }
}

#[test]
fn every_way_in_is_refused_with_its_reason_in_the_dialect_called() {
    let chat = "/v1/chat/completions";
    let bearer = ("authorization", "Bearer acme-key");
    let table = [
        (post(chat, &[]), 401, "missing_api_key"),
        (post(chat, &[("x-api-key", "nobody")]), 401, "invalid_api_key"),
        (post(chat, &[("api-key", "off-key")]), 401, "invalid_api_key"),
        (post(chat, &[("api-key", "old-key")]), 401, "expired_api_key"),
        (post(chat, &[bearer, ("x-api-key", KEY)]), 401, "ambiguous_api_key"),
        (post(chat, &[bearer, bearer]), 401, "ambiguous_api_key"),
        (post(chat, &[("authorization", "Basic YTpi")]), 401, "malformed_api_key"),
        (post("/v1/unknown", &[]), 401, "missing_api_key"),
        (post("/v1/unknown", &[bearer]), 404, "unknown_path"),
        (post("/v1/models", &[bearer]), 405, "method_not_allowed"),
        (post("/v1/jobs", &[bearer]), 400, "malformed_request"),
        (post("/v1/jobs?endpoint=/mcp", &[bearer]), 400, "malformed_request"),
        (post("/v1/jobs/job_1", &[bearer]), 405, "method_not_allowed"),
        (post("/v1/jobs/job_1/x", &[bearer]), 404, "unknown_path"),
        (
            post(chat, &[bearer, ("upgrade", "websocket")]),
            405,
            "method_not_allowed",
        ),
    ];
    for (headers, status, code) in table {
        let (world, exchange) = call(&text(&headers));
        let reply = exchange.reply().unwrap_or_else(|| panic!("{headers:?} passes"));
        let body = String::from_utf8(reply.body.clone()).unwrap();
        assert_eq!(reply.status, status, "{headers:?}");
        assert!(body.contains(&format!("\"code\":\"{code}\"")), "{headers:?}: {body}");
        let header = |name| {
            reply
                .headers
                .iter()
                .find(|(header, _)| *header == name)
                .map(|(_, value)| value.as_str())
        };
        assert_eq!(header("content-type"), Some("application/json"));
        assert_eq!(header("x-bartizan-overhead-us"), Some("0"));
        assert_eq!(
            header("www-authenticate"),
            (status == 401).then_some("Bearer"),
            "{headers:?}"
        );
        assert_eq!(header("allow").is_some(), status == 405, "{headers:?}");
        assert_eq!(
            world.counter(&format!("bartizan_auth_requests_total.outcome.{code}")),
            1,
            "{headers:?}"
        );
        assert_eq!(world.counted().len(), 1, "{headers:?}");
    }
}

#[test]
fn jobs_are_judged_as_what_they_are_for() {
    let table = [
        ("POST", "/v1/jobs?endpoint=/v1/messages", "=messages anthropic acme"),
        ("POST", "/v1/jobs?endpoint=/v1/embeddings", "=embeddings openai acme"),
        ("GET", "/v1/jobs/job_1", "=models openai acme"),
        ("DELETE", "/v1/responses/resp_1", "=models openai acme"),
        ("POST", "/v1/jobs/job_1/cancel", "=models openai acme"),
    ];
    for (method, path, expected) in table {
        let (_, exchange) = call(&[(":method", method), (":path", path), ("x-api-key", KEY)]);
        let forwarded = exchange.forwarded().unwrap();
        assert_eq!(
            forwarded.headers.get("x-bartizan-call"),
            Some(expected.as_bytes()),
            "{path}"
        );
    }
}

/// A credential of a job; the clock of the tests stands at 1,000 ns.
fn credential(token: &str, key_id: &str, expires_at: u64) -> String {
    let pass = JobPass {
        job: "job_1",
        tenant: "acme",
        key_id,
        expires_at,
    };
    JobKey::derive(token.as_bytes()).issue(&pass).unwrap()
}

#[test]
fn the_forwarder_speaks_for_a_tenant_whose_job_it_works_on() {
    let credential = credential("token", "dev", 60);
    let headers = [
        (":method", "POST"),
        (":path", "/v1/chat/completions"),
        ("x-api-key", credential.as_str()),
        ("x-bartizan-job", "job_2"),
    ];
    let (_, exchange) = call(&headers);
    let forwarded = exchange.forwarded().unwrap();
    let header = |name| forwarded.headers.get(name).map(|value| str::from_utf8(value).unwrap());
    assert_eq!(header("x-bartizan-call"), Some("+=chat_completions openai acme"));
    assert_eq!(header("x-bartizan-tenant"), Some("acme"));
    assert_eq!(header("x-bartizan-key"), Some("dev"));
    assert_eq!(header("x-bartizan-job"), Some("job_1"));
    assert_eq!(header("x-api-key"), None);
}

#[test]
fn a_job_of_nobody_is_not_worked_on() {
    let chat = "/v1/chat/completions";
    let table = [
        (credential("token", "off", 60), chat, 401, "invalid_api_key"),
        (credential("token", "old", 60), chat, 401, "expired_api_key"),
        (credential("token", "gone", 60), chat, 401, "invalid_api_key"),
        (credential("token", "dev", 0), chat, 401, "expired_api_key"),
        (credential("guessed", "dev", 60), chat, 401, "invalid_api_key"),
        ("bz-job/60/job_1/acme/dev/00".to_owned(), chat, 401, "invalid_api_key"),
        (
            credential("token", "dev", 60),
            "/v1/jobs?endpoint=/v1/messages",
            404,
            "unknown_path",
        ),
        (
            credential("token", "dev", 60),
            "/v1/jobs/job_1/cancel",
            404,
            "unknown_path",
        ),
        (credential("token", "dev", 60), "/mcp", 404, "unknown_path"),
    ];
    for (credential, path, status, code) in table {
        let (_, exchange) = call(&[(":method", "POST"), (":path", path), ("x-api-key", &credential)]);
        let reply = exchange.reply().unwrap();
        let body = String::from_utf8(reply.body).unwrap();
        assert_eq!(reply.status, status, "{credential} {path}");
        assert!(body.contains(&format!("\"code\":\"{code}\"")), "{credential}: {body}");
    }
}

#[test]
fn without_a_job_key_no_job_is_worked_on() {
    let world = World::at(1_000);
    let keys = KeyTable::build(&[]).unwrap();
    let mut auth = Auth::unconfigured();
    auth.configure(&world, &AuthConfig { keys, job_key: None }.encode())
        .unwrap();
    let mut exchange = Exchange::new(&world, &auth);
    let credential = credential("token", "dev", 60);
    exchange.request(
        &[
            (":method", "POST"),
            (":path", "/v1/messages"),
            ("x-api-key", &credential),
        ],
        &[],
    );
    assert_eq!(exchange.reply().unwrap().status, 401);
}

#[test]
fn the_allowed_method_is_the_one_the_path_takes() {
    for (method, path, allowed) in [
        ("POST", "/v1/models/small", "GET"),
        ("GET", "/v1/messages", "POST"),
        ("PUT", "/v1/jobs/job_1", "GET, DELETE"),
    ] {
        let (_, exchange) = call(&[(":method", method), (":path", path), ("x-api-key", KEY)]);
        assert!(
            exchange
                .reply()
                .unwrap()
                .headers
                .contains(&("allow", allowed.to_owned())),
            "{method} {path}"
        );
    }
}

#[test]
fn anthropic_refusals_carry_the_request_id() {
    for (path, version) in [("/v1/messages", None), ("/v1/models", Some("2023-06-01"))] {
        let mut headers = vec![(":method", "GET"), (":path", path), ("x-request-id", "id-1")];
        headers.extend(version.map(|version| ("anthropic-version", version)));
        let (_, exchange) = call(&headers);
        let body = String::from_utf8(exchange.reply().unwrap().body).unwrap();
        assert!(
            body.starts_with(r#"{"type":"error""#) && body.ends_with(r#""request_id":"id-1"}"#),
            "{body}"
        );
    }
}

#[test]
fn headers_that_are_not_text_are_refused_and_never_a_panic() {
    let world = World::at(1_000);
    let odd = [0xff, 0xfe];
    for name in ["authorization", ":path", ":method", "x-request-id", "x-bartizan-tenant"] {
        let mut exchange = Exchange::new(&world, &auth(&world));
        let mut headers: Vec<_> = [(":method", "POST"), (":path", "/v1/messages"), ("x-api-key", KEY)]
            .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
            .into();
        headers.retain(|(header, _)| header != name);
        headers.push((name.to_owned(), odd.to_vec()));
        exchange.request_ending(Headers(headers), &[], &Ending::LastPiece);
        let passes = ["x-request-id", "x-bartizan-tenant"].contains(&name);
        assert_eq!(exchange.forwarded().is_some(), passes, "{name}");
    }
}

#[test]
fn without_a_configuration_nothing_passes() {
    let world = World::default();
    let mut auth = Auth::unconfigured();
    assert!(auth.configure(&world, b"BZ1A but no more").is_err());
    let mut exchange = Exchange::new(&world, &auth);
    exchange.request(&[(":method", "GET"), (":path", "/v1/models"), ("x-api-key", KEY)], &[]);
    assert_eq!(exchange.reply().unwrap().status, 503);
    assert_eq!(world.counter("bartizan_auth_requests_total.outcome.filter_failed"), 1);
    assert!(world.log_lines().iter().all(|(level, _)| *level == Level::Warn));
}

#[test]
fn a_bad_configuration_leaves_the_good_one_in_force() {
    let world = World::at(1_000);
    let mut auth = auth(&world);
    let mut damaged = configuration();
    damaged.pop();
    assert!(auth.configure(&world, &damaged).is_err());
    let mut exchange = Exchange::new(&world, &auth);
    exchange.request(&[(":method", "GET"), (":path", "/v1/models"), ("x-api-key", KEY)], &[]);
    assert!(exchange.forwarded().is_some());
}

#[test]
fn a_hostcall_that_fails_closes() {
    let headers = [(":method", "GET"), (":path", "/v1/models"), ("x-api-key", KEY)];
    for broken in ["read headers", "set a header", "remove a header"] {
        let world = World::at(1_000);
        let mut exchange = Exchange::new(&world, &auth(&world));
        exchange.break_call(broken);
        exchange.request(&headers, &[]);
        assert_eq!(exchange.reply().map(|reply| reply.status), Some(503), "{broken}");
        assert_eq!(
            world.counter("bartizan_auth_requests_total.outcome.filter_failed"),
            1,
            "{broken}"
        );
    }
}

#[test]
fn a_plain_request_costs_six_hostcalls() {
    // All headers, the credential out, three headers in, one counter. The first request is also timed: the clock twice,
    // and the histogram.
    let (_, exchange) = call(&[(":method", "GET"), (":path", "/v1/models"), ("x-api-key", KEY)]);
    assert_eq!(exchange.calls(), 6 + 3);
}
