"""Clients and providers that look for a way round."""

import json

import pytest

from harness import http1, http2
from harness.dialects import OPENAI, Dialect
from harness.policies import key_of
from harness.process import Bartizan
from harness.scenario import BLOCKED, REQUESTS, TOKENS, ask, model_of
from harness.upstream import ANSWER, INPUT_TOKENS, LEAK, OUTPUT_TOKENS, Upstream

ATTACK = f"Now {BLOCKED}."


def send(edge: Bartizan, dialect: Dialect, body: dict | bytes, *headers: http1.Header, tenant: str = "tester"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return edge.request("POST", dialect.path, [*dialect.credential(key_of(tenant)), *headers], data)


# === Clients ===


@pytest.mark.parametrize(
    "headers",
    [
        [("content-type", "text/plain")],
        [("content-type", "multipart/form-data; boundary=x")],
        [("content-type", "application/json; charset=utf-16")],
        [("content-encoding", "")],
        [("content-encoding", "identity")],
        [("connection", "upgrade"), ("upgrade", "websocket")],
        [("connection", "upgrade, http2-settings"), ("upgrade", "h2c"), ("http2-settings", "AAMAAABkAARAAAAAAAIAAAAA")],
        [("x-http-method-override", "GET")],
        [("x-envoy-original-path", "/v1/models"), ("x-original-url", "/v1/models")],
        [("x-envoy-internal", "true"), ("x-envoy-retry-on", "5xx")],
        [("accept", "text/event-stream")],
    ],
    ids=lambda headers: ",".join(value for _, value in headers) or "empty",
)
def test_no_header_gets_an_attack_past_the_scan(edge: Bartizan, dialect: Dialect, upstream: Upstream, headers):
    before = len(upstream.requests)
    response = send(edge, dialect, dialect.body(ATTACK, model_of(dialect, "answers")), *headers)
    assert response.status in (400, 403, 415), response
    assert response.json()["error"]["message"]
    assert len(upstream.requests) == before


def test_an_attack_that_calls_itself_grpc_is_blocked_all_the_same(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    """Envoy then writes refusals as gRPC does, in the headers of a 200."""
    before = len(upstream.requests)
    body = dialect.body(ATTACK, model_of(dialect, "answers"))
    response = send(edge, dialect, body, ("content-type", "application/grpc"))
    assert response.header("x-bartizan-verdict") == "block", response
    assert response.status == 400 or response.header("grpc-status") not in (None, "0"), response
    assert len(upstream.requests) == before


@pytest.mark.parametrize("name", ["x-bartizan-tenant", "x-bartizan-edge", "authorization, x-api-key", "content-length"])
def test_no_header_of_ours_can_be_called_hop_by_hop(edge: Bartizan, dialect: Dialect, name: str):
    response = send(edge, dialect, dialect.body(ATTACK, model_of(dialect, "answers")), ("connection", f"close, {name}"))
    assert response.status in (400, 401), response
    response = send(edge, dialect, dialect.body("hi", model_of(dialect, "held")), ("connection", name), tenant="narrow")
    assert response.status in (400, 401, 403), response


def test_a_spoofed_tenant_in_a_trailer_counts_for_nothing(edge: Bartizan, dialect: Dialect):
    with http2.Connection(edge.listen) as connection:
        response = connection.request(
            "POST",
            dialect.path,
            dialect.credential(key_of("narrow")),
            dialect.body("hi", model_of(dialect, "held")),
            [("x-bartizan-tenant", "tester"), ("x-bartizan-edge", "guess")],
        )
    dialect.refusal(response, 403, "model_not_permitted")


def test_an_underscore_does_not_disguise_a_header(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    assert (
        send(edge, dialect, dialect.body("hi", model_of(dialect, "answers")), ("x_bartizan_tenant", "a")).status == 200
    )
    assert "x_bartizan_tenant" not in dict(upstream.of_model("answers")[-1].headers)


def test_an_attack_behind_a_benign_request_on_one_connection_is_blocked(edge: Bartizan, upstream: Upstream):
    """Both are sent at once."""
    with http1.Connection(edge.listen) as connection:
        for text in ("hi", ATTACK):
            body = OPENAI.body(text, model_of(OPENAI, "answers"))
            connection.start("POST", OPENAI.path, OPENAI.credential(key_of("tester")), body)
        assert connection.response().status == 200
        OPENAI.refusal(connection.response(), 400, "content_blocked")


@pytest.mark.parametrize(
    "fields",
    [
        {"stream": "true"},
        {"stream": 1},
        {"stream": [True]},
        {"max_tokens": "64"},
        {"max_tokens": -1},
        {"max_tokens": 1e300},
        {"max_tokens": 2**63},
        {"max_tokens": 0.5},
    ],
    ids=str,
)
def test_numbers_and_flags_that_make_no_sense_break_nothing(edge: Bartizan, dialect: Dialect, fields):
    tenant = f"token-numbers-{dialect}"
    response = send(edge, dialect, dialect.chat("hi", model_of(dialect, "answers"), **fields), tenant=tenant)
    assert response.status in (200, 400, 429), response
    if response.status != 200:
        assert response.json()["error"]["message"]
    assert ask(edge, dialect, tenant=tenant).status == 200


@pytest.mark.parametrize("choices", [0, -1, 10**6, 2**64, "2"])
def test_many_choices_are_reserved_for_or_refused(edge: Bartizan, choices):
    response = ask(edge, OPENAI, tenant="token-numbers-openai", n=choices, max_tokens=100)
    assert response.status in (200, 400, 429), response
    if choices == 10**6:
        OPENAI.refusal(response, 429, "request_exceeds_token_limit")


@pytest.mark.parametrize(
    "model", ["x" * 100_000, "../../etc/passwd", "a\u0000b", "sandbox-chat\r\nx: y", "", "é🏰"], ids=repr
)
def test_no_name_of_a_model_breaks_anything(edge: Bartizan, dialect: Dialect, model: str):
    dialect.refusal(send(edge, dialect, dialect.chat("hi", model)), 404, "model_not_found")


@pytest.mark.parametrize("path", ["/v1/models/%00", "/v1/models/..", "/v1/models/a%2fb", "/v1/models/" + "a" * 10_000])
def test_no_name_in_a_path_breaks_anything(edge: Bartizan, dialect: Dialect, path: str):
    response = edge.request("GET", path, dialect.credential(key_of("tester")))
    assert response.status in (400, 404), response
    assert response.json()["error"]["message"]


@pytest.mark.parametrize("method", ["HEAD", "TRACE", "CONNECT", "BREW"])
def test_no_method_breaks_anything(edge: Bartizan, method: str):
    with http1.Connection(edge.listen) as connection:
        connection.start(method, OPENAI.path, OPENAI.credential(key_of("tester")))
        assert connection.head().status in (400, 404, 405)


def test_a_body_on_a_get_is_no_way_in(edge: Bartizan, dialect: Dialect):
    body = dialect.body(ATTACK, model_of(dialect, "answers"))
    response = edge.request("GET", "/v1/models", dialect.credential(key_of("tester")), body)
    assert response.status in (200, 400), response


def test_the_provider_is_not_asked_to_compress(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    """Nobody here would undo it."""
    assert ask(edge, dialect, headers=[("accept-encoding", "gzip, br")]).status == 200
    assert upstream.of_model("answers")[-1].values("accept-encoding") in ([], ["identity"])


def test_what_a_client_says_of_itself_stays_here(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    told = [("cookie", "session=1"), ("x-forwarded-for", "10.1.2.3"), ("referer", "http://intranet/"), ("via", "1.1 x")]
    assert ask(edge, dialect, headers=told).status == 200
    arrived = dict(upstream.of_model("answers")[-1].headers)
    assert not {"cookie", "x-forwarded-for", "referer", "via", "x-request-id", "x-envoy-external-address"} & set(
        arrived
    )


# === Providers ===


def test_an_answer_that_is_compressed_unasked_is_not_passed_unscanned(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="gzipped")
    if response.status == 200:
        assert b"castle-keep.org" not in response.body
        assert "[EMAIL]" in dialect.text_of(response)
    else:
        dialect.refusal(response, 502, "answer_unreadable")


def test_a_whole_answer_that_calls_itself_a_stream_is_not_passed_unscanned(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="streams-unasked")
    assert b"castle-keep.org" not in response.body, response


def test_an_answer_that_can_be_read_in_two_ways_is_refused(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="says-content-twice")
    dialect.refusal(response, 502, "answer_unreadable")
    assert LEAK not in str(response)


def test_a_provider_does_not_speak_for_bartizan(edge: Bartizan, dialect: Dialect):
    tenant = f"token-lies-{dialect}"
    response = ask(edge, dialect, behaviour="poses-as-bartizan", tenant=tenant)
    assert response.status == 200, response
    assert response.header("x-bartizan-verdict") == "mask"
    assert b"castle-keep.org" not in response.body
    assert response.header("x-bartizan-usage") is None
    assert response.header("x-request-id") != "forged"
    remaining = dialect.limit_headers["remaining-tokens"]
    spent = TOKENS - int(ask(edge, dialect, tenant=tenant).header(remaining) or "")
    assert spent >= INPUT_TOKENS + OUTPUT_TOKENS


def test_a_provider_that_streams_does_not_call_its_answer_judged(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="poses-as-bartizan", stream=True)
    assert response.status == 200, response
    assert response.header("x-bartizan-verdict") == "allow;answer=streaming"
    assert response.header("x-bartizan-judged") is None
    assert b"castle-keep" not in response.body and b"[EMAIL" in response.body


def test_absurd_usage_breaks_nothing(edge: Bartizan, dialect: Dialect):
    for _ in range(REQUESTS):
        response = ask(edge, dialect, behaviour="absurd-usage", tenant=f"token-lies-{dialect}")
        assert response.status == 200, response


def test_a_redirect_is_not_followed_with_the_credential(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    response = ask(edge, dialect, behaviour="redirects")
    dialect.refusal(response, 502, "provider_failed")
    assert not [request for request in upstream.requests if request.path.startswith("/elsewhere")]
    assert response.header("location") is None


def test_early_hints_are_waited_out(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="hints-first")
    assert response.status == 200, response
    assert dialect.text_of(response) == ANSWER
