use std::num::NonZeroU32;
use std::thread;

use bartizan_host::{
    Filter, Headers,
    fake::{Ending, Exchange, Message, World},
};
use bartizan_limit::{Quota, TenantLimits, TenantState};
use bartizan_policy::RateLimitConfig;

use crate::{RateLimit, RateLimitStream};

const SECOND: u64 = 1_000_000_000;
const NOW: u64 = 1_800_000_000 * SECOND;
const BODY: &[u8] = br#"{"model":"m","max_tokens":100,"messages":[{"role":"user","content":"four words are here"}]}"#;
/// What [`BODY`] reserves: its strings are 1 + 4 + 19 bytes, that is 6 tokens, and 100 more.
const RESERVED: u64 = 106;

fn limits(requests: Option<u64>, tokens: Option<u64>, at_once: Option<u32>) -> TenantLimits {
    TenantLimits {
        requests: requests.and_then(|limit| Quota::new(limit, 3_600 * SECOND)),
        tokens: tokens.and_then(|limit| Quota::new(limit, 3_600 * SECOND)),
        concurrent_requests: at_once.and_then(NonZeroU32::new),
    }
}

fn configuration() -> Vec<u8> {
    let tenants = [
        ("acme", limits(Some(5), Some(1_000), Some(2))),
        ("hundred", limits(Some(100), None, None)),
        ("single", limits(None, None, Some(1))),
        ("free", TenantLimits::default()),
    ];
    let tenants = tenants.map(|(name, limits)| (name.to_owned(), limits)).into();
    RateLimitConfig::new(600 * SECOND, tenants).encode()
}

fn filter(world: &World) -> RateLimit {
    let mut filter = RateLimit::unconfigured();
    filter.configure(world, &configuration()).unwrap();
    filter
}

/// A call whose body says that it is short.
fn chat(tenant: &str) -> Vec<(&'static str, String)> {
    signed(".", tenant)
}

fn signed(signs: &str, tenant: &str) -> Vec<(&'static str, String)> {
    let call = format!("{signs}chat_completions openai {tenant}");
    vec![(":path", "/v1/chat/completions".to_owned()), ("x-bartizan-call", call)]
}

fn send(world: &World, filter: &RateLimit, tenant: &str, body: &[u8]) -> Exchange<RateLimitStream> {
    send_signed(world, filter, (".", tenant), body)
}

fn send_signed(
    world: &World,
    filter: &RateLimit,
    (signs, tenant): (&str, &str),
    body: &[u8],
) -> Exchange<RateLimitStream> {
    let mut exchange = Exchange::new(world, filter);
    let headers = signed(signs, tenant);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    exchange.request(&headers, &[body]);
    exchange
}

/// A state's tokens left and requests running.
fn state(world: &World, tenant: &str) -> (u64, u32) {
    let state = TenantState::decode(&world.shared_value(tenant).unwrap()).unwrap();
    let config = RateLimitConfig::decode(&configuration()).unwrap();
    let (_, limits) = config.tenant(tenant).unwrap();
    let left = state.snapshot(limits, NOW).tokens.map_or(0, |level| level.remaining);
    (left, state.running(config.lease(), NOW))
}

fn header<'m>(message: &'m Message, name: &str) -> Option<&'m str> {
    message.headers.get(name).map(|value| str::from_utf8(value).unwrap())
}

fn code(exchange: &Exchange<RateLimitStream>) -> String {
    let body = String::from_utf8(exchange.reply().unwrap().body).unwrap();
    let (_, code) = body.rsplit_once("\"code\":\"").unwrap();
    code.trim_end_matches("\"}}").to_owned()
}

const JSON: (&str, &str) = ("content-type", "application/json");
const STREAM: (&str, &str) = ("content-type", "text/event-stream; charset=utf-8");

#[test]
fn an_allowed_request_is_told_its_limits_and_charged_what_it_used() {
    let world = World::at(NOW);
    let filter = filter(&world);
    let mut exchange = send(&world, &filter, "acme", BODY);
    assert_eq!(state(&world, "acme"), (1_000 - RESERVED, 1));
    let forwarded = exchange.forwarded().unwrap();
    assert_eq!(
        header(&forwarded, "x-bartizan-call"),
        Some(".chat_completions openai acme")
    );
    let answer = exchange.response(
        &[(":status", "200"), JSON, ("x-bartizan-usage", "input=10, output=20")],
        &[b"{}"],
        &Ending::LastPiece,
    );
    let told = |name| header(&answer, name);
    assert_eq!(told("x-ratelimit-limit-requests"), Some("5"));
    assert_eq!(told("x-ratelimit-remaining-requests"), Some("4"));
    assert_eq!(told("x-ratelimit-remaining-tokens"), Some("970"));
    assert_eq!(told("x-bartizan-usage"), None);
    exchange.finish();
    assert_eq!(state(&world, "acme"), (970, 0));
    assert_eq!(world.counter("bartizan_rate_limit_settlements_total.basis.reported"), 1);
}

#[test]
fn the_work_of_a_job_was_counted_when_it_was_submitted() {
    let world = World::at(NOW);
    let filter = filter(&world);
    for _ in 0..20 {
        let mut exchange = Exchange::new(&world, &filter);
        let headers = [(":path", "/"), ("x-bartizan-call", "+chat_completions openai acme")];
        exchange.request(&headers, &[BODY]);
        assert!(exchange.forwarded().is_some());
        // Tokens and a place are taken all the same.
        assert_eq!(state(&world, "acme"), (1_000 - RESERVED, 1));
        let usage = ("x-bartizan-usage", "input=0, output=0");
        let answer = exchange.response(&[(":status", "200"), JSON, usage], &[b"{}"], &Ending::LastPiece);
        assert_eq!(header(&answer, "x-ratelimit-limit-requests"), None);
        exchange.finish();
    }
    let mut submitted = send(&world, &filter, "acme", BODY);
    let accepted = [(":status", "202"), JSON, ("x-bartizan-usage", "input=0, output=0")];
    let answer = submitted.response(&accepted, &[b"{}"], &Ending::LastPiece);
    assert_eq!(header(&answer, "x-ratelimit-remaining-requests"), Some("4"));
    assert_eq!(header(&answer, "x-ratelimit-remaining-tokens"), Some("1000"));
}

#[test]
fn each_endpoint_reserves_what_it_may_come_to_use() {
    let table: [(&str, &[u8], u64); 9] = [
        ("mcp mcp", br#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#, 0),
        (
            "responses openai",
            br#"{"model":"m","input":"four words are here","max_output_tokens":100}"#,
            105,
        ),
        (
            "responses openai",
            br#"{"model":"m","input":"four words are here"}"#,
            1_000,
        ),
        (
            "embeddings openai",
            br#"{"model":"m","input":["four words","are here"]}"#,
            5,
        ),
        ("embeddings openai", br#"{"model":"m","input":[[1,2,3],[4]]}"#, 4),
        ("messages anthropic", BODY, RESERVED),
        ("count_tokens anthropic", BODY, 0),
        ("models openai", b"", 0),
        ("chat_completions openai", BODY, RESERVED),
    ];
    for (call, body, reserved) in table {
        let world = World::at(NOW);
        let filter = filter(&world);
        let mut exchange = Exchange::new(&world, &filter);
        let call = format!("{call} acme");
        exchange.request(&[(":path", "/"), ("x-bartizan-call", &call)], &[body]);
        assert!(exchange.forwarded().is_some(), "{call}");
        assert_eq!(state(&world, "acme"), (1_000 - reserved, 1), "{call}");
        exchange.finish();
        assert_eq!(state(&world, "acme").1, 0, "{call}");
    }
}

#[test]
fn whatever_becomes_of_the_answer_the_reservation_is_settled_and_the_place_given_back() {
    let usage = |value: &str| Headers(vec![("x-bartizan-usage".to_owned(), value.as_bytes().to_vec())]);
    let with_usage = |value: &'static str| vec![(":status", "200"), JSON, ("x-bartizan-usage", value)];
    let events: &[&[u8]] = &[b"data: 1\n\nda", b"ta: 2\n\ndata: 3\n\n"];
    let last = Ending::LastPiece;
    type Row<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a [&'a [u8]], Ending, u64);
    let table: [Row<'_>; 9] = [
        (
            "reported",
            with_usage("input=10, output=20"),
            &[b"{}"],
            last.clone(),
            30,
        ),
        (
            "estimated",
            with_usage("input=1, output=2, estimated"),
            &[b"{}"],
            last.clone(),
            3,
        ),
        ("reported", with_usage("input=0, output=0"), &[b"{}"], last.clone(), 0),
        ("kept", with_usage("input=lots"), &[b"{}"], last.clone(), RESERVED),
        (
            "refunded",
            vec![(":status", "503"), ("content-type", "text/plain")],
            &[b"no"],
            last.clone(),
            0,
        ),
        ("refunded", vec![(":status", "400"), JSON], &[], last.clone(), 0),
        (
            "reported",
            vec![(":status", "200"), STREAM],
            events,
            Ending::Trailers(usage("input=7, output=5")),
            12,
        ),
        (
            "seen",
            vec![(":status", "200"), STREAM],
            events,
            Ending::EmptyPiece,
            6 + 3,
        ),
        (
            "kept",
            vec![(":status", "200"), STREAM],
            events,
            Ending::Trailers(usage("?")),
            RESERVED,
        ),
    ];
    for (basis, headers, pieces, ending, charged) in table {
        let world = World::at(NOW);
        let filter = filter(&world);
        let mut exchange = send(&world, &filter, "acme", BODY);
        let answer = exchange.response(&headers, pieces, &ending);
        assert_eq!(answer.trailers.get("x-bartizan-usage"), None, "{headers:?}");
        assert_eq!(answer.body, pieces.concat(), "{headers:?}");
        exchange.finish();
        assert_eq!(state(&world, "acme"), (1_000 - charged, 0), "{headers:?} {ending:?}");
        let counter = format!("bartizan_rate_limit_settlements_total.basis.{basis}");
        assert_eq!(world.counter(&counter), 1, "{headers:?} {ending:?}");
    }
}

#[test]
fn a_client_that_leaves_gets_back_all_but_its_prompt() {
    let world = World::at(NOW);
    let filter = filter(&world);
    let mut before_the_answer = send(&world, &filter, "acme", BODY);
    before_the_answer.finish();
    assert_eq!(state(&world, "acme"), (1_000 - 6, 0));
    for (signs, places) in [("", 1), (".", 0)] {
        let mut within_its_body = Exchange::new(&world, &filter);
        let headers = signed(signs, "acme");
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        within_its_body.request_unfinished(&headers, b"{");
        assert_eq!(state(&world, "acme").1, places, "{signs}");
        within_its_body.finish();
        assert_eq!(state(&world, "acme"), (1_000 - 6, 0));
    }
}

#[test]
fn each_limit_refuses_by_name_and_tells_when_to_come_back() {
    for signs in ["", "."] {
        each_limit_refuses((signs, "acme"));
    }
}

fn each_limit_refuses(call: (&str, &str)) {
    let world = World::at(NOW);
    let filter = filter(&world);
    let running: Vec<_> = (0..2).map(|_| send_signed(&world, &filter, call, BODY)).collect();
    let third = send_signed(&world, &filter, call, BODY);
    assert_eq!(
        (code(&third).as_str(), retry_after(&third)),
        ("concurrency_limit_exceeded", 1)
    );
    drop(running);

    let world = World::at(NOW);
    let filter = self::filter(&world);
    for _ in 0..5 {
        let mut exchange = send_signed(&world, &filter, call, b"{\"max_tokens\":1}");
        assert!(exchange.forwarded().is_some());
        exchange.finish();
    }
    let sixth = send_signed(&world, &filter, call, b"{}");
    assert_eq!(
        (code(&sixth).as_str(), retry_after(&sixth)),
        ("rate_limit_exceeded", 720)
    );
    let reply = Message::from(&sixth.reply().unwrap());
    assert_eq!(header(&reply, "x-ratelimit-remaining-requests"), Some("0"));
    assert_eq!(header(&reply, "x-bartizan-overhead-us"), Some("0"));

    let world = World::at(NOW);
    let filter = self::filter(&world);
    let first = send_signed(&world, &filter, call, br#"{"max_tokens":900}"#);
    assert!(first.forwarded().is_some());
    let mut second = send_signed(&world, &filter, call, br#"{"max_tokens":450,"n":2}"#);
    assert_eq!(
        (code(&second).as_str(), retry_after(&second)),
        ("token_limit_exceeded", 2_880)
    );
    assert_eq!(state(&world, "acme").1, 1, "its place is free at once");
    second.finish();
    assert_eq!(state(&world, "acme").1, 1, "and given back only once");
    let never = send_signed(&world, &filter, call, br#"{"max_tokens":1001}"#);
    assert_eq!(
        (code(&never).as_str(), retry_after(&never)),
        ("request_exceeds_token_limit", 3_600)
    );
    assert!(
        never
            .reply()
            .unwrap()
            .headers
            .contains(&("x-should-retry", "false".to_owned()))
    );
}

fn retry_after(exchange: &Exchange<RateLimitStream>) -> u64 {
    let reply = Message::from(&exchange.reply().unwrap());
    assert_eq!(reply.headers.get(":status"), Some(&b"429"[..]));
    header(&reply, "retry-after").unwrap().parse().unwrap()
}

#[test]
fn limits_are_told_in_the_dialect_called() {
    let world = World::at(NOW);
    let filter = filter(&world);
    let call = [(":path", "/v1/models"), ("x-bartizan-call", "models anthropic hundred")];
    let mut exchange = Exchange::new(&world, &filter);
    exchange.request(&call, &[]);
    let answer = exchange.response(&[(":status", "200"), JSON], &[b"{}"], &Ending::LastPiece);
    assert_eq!(header(&answer, "anthropic-ratelimit-requests-remaining"), Some("99"));
    assert_eq!(header(&answer, "x-ratelimit-remaining-requests"), None);
    for _ in 0..99 {
        Exchange::new(&world, &filter).request(&call, &[]).finish();
    }
    exchange = Exchange::new(&world, &filter);
    exchange.request(&call, &[]);
    let reply = exchange.reply().unwrap();
    assert!(
        String::from_utf8(reply.body)
            .unwrap()
            .contains("\"type\":\"rate_limit_error\"")
    );
}

#[test]
fn where_a_request_does_not_say_what_it_may_use_a_guess_is_reserved() {
    let table: [(&[u8], u64); 4] = [
        // Not JSON: by its length.
        (&[b'x'; 400], 1_000),
        (br#"{"messages":[]}"#, 1_000),
        (br#"{"messages":[],"max_tokens":10,"n":3}"#, 30),
        (br#"{"messages":[],"max_completion_tokens":10}"#, 10),
    ];
    for (body, reserved) in table {
        let world = World::at(NOW);
        send(&world, &filter(&world), "acme", body);
        assert_eq!(
            state(&world, "acme").0,
            1_000 - reserved,
            "{}",
            String::from_utf8_lossy(body)
        );
    }
    let world = World::at(NOW);
    let too_long = send(&world, &filter(&world), "acme", &[b'x'; 4_004]);
    assert_eq!(code(&too_long), "request_exceeds_token_limit");
}

#[test]
fn trailers_and_pieces_end_a_body_like_any_other() {
    for ending in [
        Ending::LastPiece,
        Ending::EmptyPiece,
        Ending::Trailers(Headers::default()),
    ] {
        let world = World::at(NOW);
        let filter = filter(&world);
        let headers = chat("acme")
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.into_bytes()));
        let pieces: Vec<_> = BODY.chunks(1).collect();
        let mut exchange = Exchange::new(&world, &filter);
        exchange.request_ending(Headers(headers.collect()), &pieces, &ending);
        assert_eq!(state(&world, "acme"), (1_000 - RESERVED, 1), "{ending:?}");
    }
}

#[test]
fn a_tenant_without_limits_is_neither_counted_nor_told() {
    let world = World::at(NOW);
    let filter = filter(&world);
    let before = world.shared_value("free");
    let mut exchange = send(&world, &filter, "free", BODY);
    let usage = ("x-bartizan-usage", "input=1, output=2");
    let answer = exchange.response(&[(":status", "200"), JSON, usage], &[b"{}"], &Ending::LastPiece);
    exchange.finish();
    assert_eq!(answer.headers.0.len(), 2);
    assert_eq!(world.shared_value("free"), before);
}

#[test]
fn what_cannot_be_counted_is_refused() {
    type Damage = fn(&World, &mut Exchange<RateLimitStream>);
    let broken: [(&str, Damage); 6] = [
        ("no state", |world, _| world.put_shared("acme", b"")),
        ("a damaged state", |world, _| {
            world.put_shared("acme", &[7; TenantState::BYTES])
        }),
        ("other workers always faster", |world, _| world.contend(64)),
        ("shared data gone", |world, _| world.break_shared_data()),
        ("a body that Envoy keeps", |_, exchange| {
            exchange.break_call("read a body")
        }),
        ("a header that Envoy keeps", |_, exchange| {
            exchange.break_call("read a header")
        }),
    ];
    for (name, damage) in broken {
        let world = World::at(NOW);
        let mut exchange = Exchange::new(&world, &filter(&world));
        damage(&world, &mut exchange);
        let headers = chat("acme");
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        exchange.request(&headers, &[BODY]);
        assert_eq!(exchange.reply().map(|reply| reply.status), Some(503), "{name}");
        assert_eq!(
            world.counter("bartizan_rate_limit_requests_total.outcome.filter_failed"),
            1,
            "{name}"
        );
        exchange.finish();
    }
}

#[test]
fn without_configuration_call_or_tenant_nothing_passes() {
    let world = World::at(NOW);
    let mut unconfigured = RateLimit::unconfigured();
    assert!(unconfigured.configure(&world, b"").is_err());
    assert_eq!(send(&world, &unconfigured, "acme", BODY).reply().unwrap().status, 503);
    assert_eq!(
        send(&world, &filter(&world), "nobody", BODY).reply().unwrap().status,
        503
    );
    let mut exchange = Exchange::new(&world, &filter(&world));
    exchange.request(&[(":path", "/v1/messages")], &[]);
    let reply = exchange.reply().unwrap();
    assert_eq!(reply.status, 503);
    assert!(String::from_utf8(reply.body).unwrap().starts_with(r#"{"type":"error""#));
}

#[test]
fn a_swap_lost_to_another_worker_is_tried_again() {
    for (tenant, signs) in [("single", ""), ("acme", ""), ("acme", ".")] {
        let world = World::at(NOW);
        let filter = filter(&world);
        world.contend(63);
        assert!(
            send_signed(&world, &filter, (signs, tenant), BODY)
                .forwarded()
                .is_some()
        );
        assert_eq!(state(&world, tenant).1, 1);
    }
}

#[test]
fn a_short_body_costs_one_swap_and_one_settlement() {
    let world = World::at(NOW);
    let filter = filter(&world);
    // The first request is also timed.
    send(&world, &filter, "acme", BODY).finish();
    let mut exchange = send(&world, &filter, "acme", BODY);
    // The call, the clock, the state, the body, the swap, a counter.
    assert_eq!(exchange.calls(), 6);
    let usage = ("x-bartizan-usage", "input=10, output=20");
    exchange.response(&[(":status", "200"), JSON, usage], &[b"{}"], &Ending::LastPiece);
    // The clock, the usage, the state, the swap, a counter, six headers, the usage out.
    assert_eq!(exchange.calls(), 6 + 12);
    exchange.finish();
    assert_eq!(exchange.calls(), 6 + 12);
}

#[test]
fn a_request_that_is_not_admitted_is_not_read() {
    let world = World::at(NOW);
    let filter = filter(&world);
    let _running: Vec<_> = (0..2).map(|_| send(&world, &filter, "acme", BODY)).collect();
    let mut third = Exchange::new(&world, &filter);
    third.break_call("read a body");
    let headers = chat("acme");
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    third.request(&headers, &[BODY]);
    assert_eq!(code(&third), "concurrency_limit_exceeded");
}

#[test]
fn counts_survive_a_new_configuration_and_start_anew_only_after_another_version() {
    let world = World::at(NOW);
    let mut filter = filter(&world);
    let running = send(&world, &filter, "single", BODY);
    assert!(running.forwarded().is_some());
    filter.configure(&world, &configuration()).unwrap();
    assert_eq!(
        code(&send(&world, &filter, "single", BODY)),
        "concurrency_limit_exceeded"
    );
    world.put_shared("single", b"of another version");
    filter.configure(&world, &configuration()).unwrap();
    assert!(send(&world, &filter, "single", BODY).forwarded().is_some());
    assert_eq!(world.log_lines().len(), 1);
}

#[test]
fn a_place_lost_with_a_crashed_worker_heals() {
    let world = World::at(NOW);
    let filter = filter(&world);
    let lost = send(&world, &filter, "single", BODY);
    drop(lost);
    assert_eq!(
        code(&send(&world, &filter, "single", BODY)),
        "concurrency_limit_exceeded"
    );
    world.advance(900 * SECOND);
    assert!(send(&world, &filter, "single", BODY).forwarded().is_some());
}

#[test]
fn of_ten_thousand_requests_by_eight_workers_exactly_the_limit_pass() {
    let world = World::at(NOW);
    filter(&world);
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let world = world.clone();
            thread::spawn(move || {
                let filter = filter(&world);
                let passed = (0..1_250).filter(|_| {
                    let mut exchange = send(&world, &filter, "hundred", BODY);
                    exchange.finish();
                    exchange.forwarded().is_some()
                });
                passed.count()
            })
        })
        .collect();
    let passed: usize = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    assert_eq!(passed, 100);
}
