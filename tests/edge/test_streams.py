"""Answers are judged as they stream."""

import time

import pytest

from harness import http1, http2
from harness.dialects import ANTHROPIC, OPENAI, Dialect, data_of, text_of
from harness.policies import key_of
from harness.polling import until
from harness.process import Bartizan
from harness.response import Response
from harness.scenario import TOKENS, ask, model_of
from harness.upstream import ANSWER, ATTACK, EMAIL, Upstream, events

MASKED_EMAIL = EMAIL.replace("watch.captain@castle-keep.org", "[EMAIL]").replace("gate@castle-keep.org", "[EMAIL]")


def start(edge: Bartizan, dialect: Dialect, behaviour: str, tenant: str = "tester") -> tuple[list, bytes]:
    headers = [*dialect.credential(key_of(tenant)), ("content-type", "application/json")]
    return headers, dialect.body("Good evening.", model_of(dialect, behaviour), stream=True)


def over_http2(edge: Bartizan, dialect: Dialect, behaviour: str) -> Response:
    with http2.Connection(edge.listen) as connection:
        return connection.request("POST", dialect.path, *start(edge, dialect, behaviour))


def test_a_clean_stream_says_what_it_said_and_when(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    release = upstream.hold()
    with http1.Connection(edge.listen) as connection:
        connection.start("POST", dialect.path, *start(edge, dialect, "held"))
        response = connection.head()
        pieces = connection.pieces(response)
        received = b""
        # The provider waits until we have had its fourth event.
        sent = events(dialect is ANTHROPIC, ANSWER, "held")
        while received.count(b"\n\n") < 4:
            received += next(pieces)
        release.set()
        received += b"".join(pieces)
    assert response.header("x-bartizan-verdict") == "allow;answer=streaming"
    assert text_of(dialect, received) == ANSWER + " "
    # Without the usage that nobody asked for, and maybe with one event for what was kept back to the last.
    expected = len(sent) - (dialect is OPENAI)
    assert received.count(b"data: ") in (expected, expected + 1), received


def test_a_stream_is_masked_however_it_is_cut(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="spells-email", stream=True)
    assert response.complete
    assert text_of(dialect, response.body) == MASKED_EMAIL
    whole = ask(edge, dialect, behaviour="spells-email")
    assert dialect.text_of(whole) == MASKED_EMAIL
    assert whole.header("x-bartizan-verdict") == "mask"


def test_the_verdict_on_a_stream_comes_as_a_trailer(edge: Bartizan, dialect: Dialect):
    for behaviour, verdict in [("answers", "allow"), ("spells-email", "mask")]:
        response = over_http2(edge, dialect, behaviour)
        assert response.complete
        assert response.header("x-bartizan-verdict") == "allow;answer=streaming"
        assert ("x-bartizan-verdict", verdict) in response.trailers, response.trailers


def refused_in_stream(dialect: Dialect, body: bytes) -> dict:
    """The error that ends a stream, which is the last there is of it."""
    if dialect is ANTHROPIC:
        assert body.count(b"event: error\n") == 1
        last = data_of(body)[-1]
        assert set(last) == {"type", "error", "request_id"}
        return last["error"]
    assert body.endswith(b"\n\ndata: [DONE]\n\n")
    last = data_of(body)[-1]
    assert set(last) == {"error"}
    assert last["error"]["code"] == "content_blocked"
    return last["error"]


@pytest.mark.parametrize("carried", ["http1", "http2"])
def test_an_attack_in_a_stream_ends_it_with_an_error_event(edge: Bartizan, dialect: Dialect, carried: str):
    for _ in range(20 if carried == "http2" else 2):
        if carried == "http2":
            response = over_http2(edge, dialect, "spells-attack")
        else:
            response = ask(edge, dialect, behaviour="spells-attack", stream=True)
        error = refused_in_stream(dialect, response.body)
        assert "prompt-injection" in error["message"]
        said = text_of(dialect, response.body)
        assert ATTACK.startswith(said) and "ignore" not in said, said
    dialect.refusal(ask(edge, dialect, behaviour="spells-attack"), 400, "content_blocked")


@pytest.mark.parametrize("behaviour", ["rambles", "rambles-slowly"])
@pytest.mark.parametrize("carried", ["http1", "http2"])
def test_the_provider_of_a_blocked_stream_is_hung_up_on(
    edge: Bartizan, dialect: Dialect, upstream: Upstream, behaviour: str, carried: str
):
    upstream.gone.clear()
    began = time.monotonic()
    if carried == "http2":
        response = over_http2(edge, dialect, behaviour)
    else:
        with http1.Connection(edge.listen) as connection:
            connection.start("POST", dialect.path, *start(edge, dialect, behaviour))
            response = connection.head()
            for piece in connection.pieces(response):
                response.body += piece
                if b"error" in piece:
                    break
            until(lambda: behaviour in upstream.gone, "the provider is hung up on", 2.0)
    refused_in_stream(dialect, response.body)
    until(lambda: behaviour in upstream.gone, "the provider is hung up on", 2.0)
    assert time.monotonic() - began < 1.0


def test_what_a_blocked_stream_used_is_settled(edge: Bartizan, dialect: Dialect):
    tenant = f"token-stream-blocks-{dialect}"
    blocked = ask(edge, dialect, behaviour="rambles", tenant=tenant, stream=True)
    refused_in_stream(dialect, blocked.body)
    # Its own reservation is up to a thousand tokens, and its place is the only one.
    after = ask(edge, dialect, tenant=tenant)
    assert after.status == 200, after
    remaining = int(after.header(dialect.limit_headers["remaining-tokens"]) or 0)
    assert TOKENS - 150 < remaining < TOKENS


def test_a_stream_that_is_garbage_ends_with_an_error_event(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="garbage", stream=True)
    assert b"error" in response.body and b"garbage" not in response.body


def test_an_answer_that_only_calls_itself_a_stream_does_not_leave(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="streams-unasked")
    assert b"castle-keep.org" not in response.body, response


def test_streams_are_counted_by_outcome(edge: Bartizan):
    def counted(outcome: str) -> int:
        name = f'bartizan_threat_scan_answers_total{{outcome="{outcome}"}} '
        lines = edge.envoy_admin("/stats/prometheus").splitlines()
        return sum(int(line.rpartition(" ")[2]) for line in lines if name in line)

    for behaviour, outcome in [("spells-answer", "allow"), ("spells-email", "mask"), ("spells-attack", "content_blocked")]:
        before = counted(outcome)
        ask(edge, OPENAI, behaviour=behaviour, stream=True)
        until(lambda outcome=outcome, before=before: counted(outcome) > before, f"{outcome} is counted")
