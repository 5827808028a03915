"""A provider's bad day becomes a clear refusal in the caller's dialect, and nothing of its inside leaks."""

import json
import time

import pytest

from harness import http1
from harness.dialects import ANTHROPIC, OPENAI, Dialect
from harness.policies import key_of
from harness.polling import until
from harness.process import Bartizan
from harness.response import Response
from harness.scenario import PROVIDER_KEYS, ask, model_of
from harness.upstream import ANSWER, LEAK, Upstream


def nothing_leaked(response: Response) -> None:
    everything = str(response.headers) + response.body.decode(errors="replace") + str(response.trailers)
    for secret in (LEAK, *PROVIDER_KEYS.values(), "127.0.0.1"):
        assert secret not in everything, response


@pytest.mark.parametrize(
    ("behaviour", "status", "code"),
    [
        ("fails-500", 502, "provider_failed"),
        ("fails-401", 502, "provider_failed"),
        ("fails-429", 429, "provider_rate_limited"),
        ("garbage", 502, "answer_unreadable"),
        ("cut", 502, "provider_cut"),
        ("silent", 504, "provider_timeout"),
        ("huge", 502, "answer_too_large"),
        ("unreachable", 502, "provider_failed"),
    ],
)
def test_a_failing_provider_is_answered_in_the_caller_s_dialect(edge, dialect: Dialect, behaviour, status, code):
    started = time.monotonic()
    response = ask(edge, dialect, behaviour=behaviour)
    dialect.refusal(response, status, code)
    nothing_leaked(response)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("behaviour", "status", "code"),
    [
        ("fails-500", 502, "provider_failed"),
        ("fails-429", 429, "provider_rate_limited"),
        ("garbage", 502, "answer_unreadable"),
        ("silent", 504, "provider_timeout"),
        ("unreachable", 502, "provider_failed"),
    ],
)
def test_a_stream_that_fails_before_it_begins_is_a_whole_refusal(edge, dialect: Dialect, behaviour, status, code):
    response = ask(edge, dialect, behaviour=behaviour, stream=True)
    dialect.refusal(response, status, code)
    nothing_leaked(response)


def test_a_provider_s_retry_after_is_passed_on(edge: Bartizan, dialect: Dialect):
    assert ask(edge, dialect, behaviour="fails-429").header("retry-after") == "7"


def test_a_request_the_provider_finds_wrong_is_400_without_its_inside(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="fails-400")
    assert response.status in (400, 502), response
    assert not [value for _, value in response.headers if LEAK in value]
    for secret in PROVIDER_KEYS.values():
        assert secret not in str(response)


@pytest.mark.parametrize(("behaviour", "code"), [("cut", "provider_cut"), ("stalls", "provider_timeout")])
def test_a_stream_that_breaks_ends_with_an_error_event_of_the_dialect(edge, dialect: Dialect, behaviour, code):
    response = ask(edge, dialect, behaviour=behaviour, stream=True)
    assert response.status == 200, response
    assert (response.header("content-type") or "").startswith("text/event-stream")
    nothing_leaked(response)
    events = response.body.decode().rstrip("\n").split("\n\n")
    if dialect is OPENAI and events[-1] == "data: [DONE]":
        events.pop()
    last = events[-1].splitlines()
    if dialect is ANTHROPIC:
        assert last[0] == "event: error", response
    error = json.loads(last[-1].removeprefix("data: "))["error"]
    assert error["message"].endswith("."), error
    if dialect is OPENAI:
        assert error["code"] == code


def test_a_provider_s_own_headers_stay_behind(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect)
    names = {name for name, _ in response.headers}
    assert not names & {"set-cookie", "openai-organization", "x-bartizan-usage"}
    assert response.header("server") != "upstream"
    nothing_leaked(response)


def test_an_answer_without_usage_passes_all_the_same(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="answers-without-usage")
    assert response.status == 200, response
    assert dialect.text_of(response) == ANSWER


def test_a_client_that_does_not_read_holds_the_provider_back(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    """Nothing on the way stores a stream that nobody takes."""
    upstream.taken = 0
    body = dialect.body("Good evening.", model_of(dialect, "firehose"), stream=True)
    seen, since = 0, time.monotonic()

    def is_at_rest() -> bool:
        nonlocal seen, since
        if upstream.taken != seen:
            seen, since = upstream.taken, time.monotonic()
        return seen > 0 and time.monotonic() - since > 0.5

    with http1.Connection(edge.listen) as connection:
        connection.start("POST", dialect.path, dialect.credential(key_of("tester")), body)
        head = connection.head()
        assert head.status == 200
        until(is_at_rest, "the provider is held back")
        held = upstream.taken
        assert held < 32 * 2**20
        # It is held back, not ended: as soon as it is read it goes on.
        read = 0
        for piece in connection.pieces(head):
            assert b'"error"' not in piece
            read += len(piece)
            if read > held:
                break
        assert upstream.taken > held
        assert ask(edge, dialect).status == 200


# === The sandbox has the same bad days ===


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("sandbox-rate-limited", 429, "provider_rate_limited"),
        ("sandbox-error", 502, "provider_failed"),
        ("sandbox-cut", 502, "provider_cut"),
        ("sandbox-garbage", 502, "answer_unreadable"),
    ],
)
def test_the_sandbox_fails_as_its_model_s_name_says(edge: Bartizan, dialect: Dialect, model, status, code):
    body = dialect.body("Good evening.", model)
    response = edge.request("POST", dialect.path, dialect.credential(key_of("tester")), body)
    dialect.refusal(response, status, code)


@pytest.mark.parametrize("model", ["sandbox-chat", "sandbox-echo", "sandbox-long", "sandbox-huge"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_sandbox_answers(edge: Bartizan, dialect: Dialect, model: str, stream: bool):
    body = dialect.body("Good evening.", model, stream=stream)
    response = edge.request("POST", dialect.path, dialect.credential(key_of("tester")), body)
    assert response.status == 200, response
    assert response.complete
    if not stream:
        assert dialect.text_of(response)
    elif dialect is OPENAI:
        assert response.body.endswith(b"data: [DONE]\n\n")
    else:
        assert b"event: message_stop" in response.body
