"""Limits hold exactly, across both workers of one Envoy, and nothing is kept that was not used."""

import re
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import pytest

from harness import http1, http2
from harness.dialects import OPENAI, Dialect
from harness.policies import key_of
from harness.polling import until
from harness.process import Bartizan
from harness.response import Response
from harness.scenario import BLOCKED, CONCURRENT, REQUESTS, TOKENS, ask, model_of
from harness.upstream import INPUT_TOKENS, OUTPUT_TOKENS, Upstream

# https://platform.openai.com/docs/guides/rate-limits: durations as Go writes them.
GO_DURATION = re.compile(r"(\d+h)?(\d+m)?(\d+(\.\d+)?s)?|\d+ms")


def limits(dialect: Dialect, response: Response, unit: str) -> tuple[int, int]:
    """The limit and what remains of it, by the dialect's headers; the reset's form is checked on the way."""
    reset = response.header(dialect.limit_headers[f"reset-{unit}"])
    assert reset, response
    if dialect is OPENAI:
        assert GO_DURATION.fullmatch(reset), reset
    else:
        assert datetime.strptime(reset.partition(".")[0].rstrip("Z"), "%Y-%m-%dT%H:%M:%S"), reset
        assert reset.endswith("Z"), reset
    values = [response.header(dialect.limit_headers[f"{what}-{unit}"]) for what in ("limit", "remaining")]
    assert all(value is not None and value.isdigit() for value in values), response
    return int(values[0] or ""), int(values[1] or "")


def retry_after(response: Response) -> int:
    value = response.header("retry-after")
    assert value is not None and value.isdigit(), response
    return int(value)


# === Requests in a window ===


def test_a_window_of_requests_holds_as_many_as_it_says(edge: Bartizan, dialect: Dialect):
    tenant = f"requests-{dialect}"
    for used in range(1, REQUESTS + 1):
        response = ask(edge, dialect, tenant=tenant)
        assert response.status == 200, response
        assert limits(dialect, response, "requests") == (REQUESTS, REQUESTS - used)
    refused = ask(edge, dialect, tenant=tenant)
    message = dialect.refusal(refused, 429, "rate_limit_exceeded")
    assert "request" in message.lower()
    assert limits(dialect, refused, "requests") == (REQUESTS, 0)
    assert 1 <= retry_after(refused) <= 60 // REQUESTS


def test_headers_of_the_other_dialect_are_not_sent(edge: Bartizan):
    response = ask(edge, OPENAI, tenant="thousand")
    assert response.header("x-ratelimit-limit-requests") == "1000"
    assert not [name for name, _ in response.headers if name.startswith("anthropic-")]


def test_a_tenant_without_limits_gets_no_limit_headers(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect)
    assert not [name for name, _ in response.headers if "ratelimit" in name]


# === Requests at once ===


def test_as_many_run_at_once_as_the_limit_says(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    tenant, release = f"concurrent-{dialect}", upstream.hold()
    open_streams = [start_stream(edge, dialect, tenant) for _ in range(CONCURRENT)]
    for _ in range(4):
        refused = ask(edge, dialect, tenant=tenant)
        message = dialect.refusal(refused, 429, "concurrency_limit_exceeded")
        assert "at once" in message
        assert retry_after(refused) >= 1
    release.set()
    for connection, pieces in open_streams:
        assert b"".join(pieces)
        connection.close()
    until(lambda: ask(edge, dialect, tenant=tenant).status == 200, "a place is given back")


def test_of_a_crowd_exactly_as_many_pass_as_the_limit_says(edge: Bartizan, upstream: Upstream):
    release = upstream.hold()
    statuses: list[int] = []
    before = len(upstream.of_model("held"))

    def one() -> None:
        statuses.append(ask(edge, OPENAI, behaviour="held", tenant="crowd").status)

    threads = [threading.Thread(target=one) for _ in range(60)]
    for thread in threads:
        thread.start()
    until(lambda: len(statuses) == 52, "52 of 60 are refused")
    assert len(upstream.of_model("held")) - before == 8
    release.set()
    for thread in threads:
        thread.join()
    assert Counter(statuses) == {200: 8, 429: 52}


def start_stream(edge: Bartizan, dialect: Dialect, tenant: str, **more) -> tuple[http1.Connection, Iterator[bytes]]:
    """Opens a stream that is held by the provider, read up to its first event, and what follows it."""
    connection = http1.Connection(edge.listen)
    body = dialect.body("Good evening.", model_of(dialect, "held"), stream=True, **more)
    connection.start("POST", dialect.path, dialect.credential(key_of(tenant)), body)
    head = connection.head()
    assert head.status == 200, head
    assert head.header("x-bartizan-usage") is None
    pieces = connection.pieces(head)
    assert next(pieces)
    return connection, pieces


# === Tokens in a window ===


def test_tokens_are_settled_to_what_the_provider_counted(edge: Bartizan, dialect: Dialect):
    tenant = f"tokens-{dialect}"
    used = INPUT_TOKENS + OUTPUT_TOKENS
    first = ask(edge, dialect, tenant=tenant, max_tokens=1000)
    assert first.status == 200, first
    limit, remaining = limits(dialect, first, "tokens")
    assert limit == TOKENS
    assert TOKENS - 1100 <= remaining <= TOKENS - used
    for earlier in range(1, 4):
        remaining = limits(dialect, ask(edge, dialect, tenant=tenant, max_tokens=1000), "tokens")[1]
        # What earlier requests used is gone, to the token; what this one reserved may or may not be settled by now.
        assert TOKENS - earlier * used - 1100 <= remaining <= TOKENS - earlier * used


def test_a_request_that_alone_could_cost_more_than_a_window_is_refused(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, tenant=f"tokens-{dialect}", max_tokens=TOKENS + 1)
    message = dialect.refusal(response, 429, "request_exceeds_token_limit")
    assert "max_tokens" in message


def test_a_reservation_that_does_not_fit_is_refused_and_told_when_it_will(edge: Bartizan, dialect: Dialect, upstream):
    tenant, release = f"token-streams-{dialect}", upstream.hold()
    connection, pieces = start_stream(edge, dialect, tenant, max_tokens=TOKENS * 3 // 5)
    refused = ask(edge, dialect, tenant=tenant, max_tokens=TOKENS * 3 // 5)
    dialect.refusal(refused, 429, "token_limit_exceeded")
    assert retry_after(refused) >= 1
    limit, remaining = limits(dialect, refused, "tokens")
    assert limit == TOKENS and remaining < TOKENS * 2 // 5
    release.set()
    assert b"".join(pieces)
    connection.close()
    # The stream said what it used, in a trailer between forwarder and Envoy: the rest comes back.
    after = until(
        lambda: ok(ask(edge, dialect, tenant=tenant, max_tokens=TOKENS * 3 // 5)), "the reservation is given back"
    )
    assert limits(dialect, after, "tokens")[0] == TOKENS


def ok(response: Response) -> Response | None:
    return response if response.status == 200 else None


@pytest.mark.parametrize("behaviour", ["fails-500", "fails-429", "unreachable", "no-such-model"])
def test_what_never_ran_costs_no_tokens(edge: Bartizan, dialect: Dialect, behaviour: str):
    tenant = f"token-failures-{dialect}"
    refused = ask(edge, dialect, behaviour=behaviour, tenant=tenant, max_tokens=TOKENS * 9 // 10)
    assert refused.status in (404, 429, 502), refused
    again = ask(edge, dialect, behaviour=behaviour, tenant=tenant, max_tokens=TOKENS * 9 // 10)
    assert again.status == refused.status, again


def test_a_blocked_request_costs_no_tokens(edge: Bartizan, dialect: Dialect):
    for _ in range(3):
        response = ask(edge, dialect, BLOCKED, tenant=f"token-blocks-{dialect}", max_tokens=TOKENS * 9 // 10)
        dialect.refusal(response, 400, "content_blocked")


def test_a_client_that_leaves_half_way_gives_back_its_place_and_its_tokens(edge, dialect: Dialect, upstream: Upstream):
    tenant = f"leaver-{dialect}"
    upstream.hold()
    gone = len(upstream.gone)
    connection, _ = start_stream(edge, dialect, tenant, max_tokens=TOKENS * 9 // 10)
    dialect.refusal(ask(edge, dialect, tenant=tenant), 429, "concurrency_limit_exceeded")
    connection.close()
    after = until(
        lambda: ok(ask(edge, dialect, tenant=tenant, max_tokens=TOKENS * 9 // 10)), "place and tokens are given back"
    )
    # One event was seen, so a few tokens stay spent; by far most of what was reserved came back.
    assert limits(dialect, after, "tokens")[1] < TOKENS
    until(lambda: len(upstream.gone) > gone, "the provider is hung up on, so it stops generating")


def test_a_client_that_leaves_before_the_answer_gives_back_its_place(
    edge: Bartizan, dialect: Dialect, upstream: Upstream
):
    tenant = f"early-leaver-{dialect}"
    upstream.hold()
    before = len(upstream.of_model("held"))
    body = dialect.body("Good evening.", model_of(dialect, "held"), max_tokens=TOKENS * 9 // 10)
    with http1.Connection(edge.listen) as connection:
        connection.start("POST", dialect.path, dialect.credential(key_of(tenant)), body)
        until(lambda: len(upstream.of_model("held")) > before, "the provider is asked")
        dialect.refusal(ask(edge, dialect, tenant=tenant), 429, "concurrency_limit_exceeded")
    until(lambda: ok(ask(edge, dialect, tenant=tenant)), "the place is given back")


def test_a_stream_reset_over_http_2_gives_back_its_place_and_its_tokens(edge, dialect: Dialect, upstream: Upstream):
    tenant = f"http2-leaver-{dialect}"
    upstream.hold()
    before = len(upstream.of_model("held"))
    with http2.Connection(edge.listen) as connection:
        body = dialect.body("Good evening.", model_of(dialect, "held"), stream=True, max_tokens=TOKENS * 9 // 10)
        stream = connection.start("POST", dialect.path, dialect.credential(key_of(tenant)), body)
        until(lambda: len(upstream.of_model("held")) > before, "the provider is asked")
        dialect.refusal(ask(edge, dialect, tenant=tenant), 429, "concurrency_limit_exceeded")
        connection.reset(stream)
        until(
            lambda: ok(ask(edge, dialect, tenant=tenant, max_tokens=TOKENS * 9 // 10)),
            "place and tokens are given back",
        )


# === Exactness under pressure ===


def test_of_ten_thousand_at_once_exactly_a_hundred_pass(edge: Bartizan):
    """100 HTTP/2 connections of 100 streams each, spread over both workers; every request is sent before any answer
    is read."""
    headers = OPENAI.credential(key_of("hundred"))
    body = OPENAI.body("Good evening.", "sandbox-chat")
    connections = [http2.Connection(edge.listen, timeout=60) for _ in range(100)]
    streams = [
        (connection, [connection.start("POST", OPENAI.path, headers, body) for _ in range(100)])
        for connection in connections
    ]
    statuses = Counter(connection.response(stream).status for connection, ids in streams for stream in ids)
    for connection in connections:
        connection.close()
    assert statuses == {200: 100, 429: 9_900}
    assert all(connections >= 20 for connections in connections_of_workers(edge).values())


def connections_of_workers(edge: Bartizan) -> dict[str, int]:
    """How many connections each worker has taken since the start."""
    stats = re.findall(r"^listener\.[^ ]*\.(worker_\d+)\.downstream_cx_total: (\d+)$", edge.envoy_admin("/stats"), re.M)
    counted = {worker: int(connections) for worker, connections in stats if int(connections)}
    assert len(counted) == 2, stats
    return counted
