"""Who is let in."""

import pytest

from harness.dialects import OPENAI, Dialect
from harness.policies import key_of
from harness.process import Bartizan
from harness.scenario import PROVIDER_KEYS, ask, model_of
from harness.upstream import Upstream

KEY = key_of("tester")


def call(edge: Bartizan, dialect: Dialect, headers: list, body: bytes | None = None):
    body = body or dialect.body("Good evening.", model_of(dialect, "answers"))
    version = [("anthropic-version", "2023-06-01")] if dialect is not OPENAI else []
    return edge.request("POST", dialect.path, [*headers, *version], body)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        pytest.param([], "missing_api_key", id="missing"),
        pytest.param([("authorization", "")], "missing_api_key|malformed_api_key", id="empty"),
        pytest.param([("authorization", "Bearer bz-no-such-key")], "invalid_api_key", id="wrong"),
        pytest.param([("x-api-key", "bz-no-such-key")], "invalid_api_key", id="wrong-x-api-key"),
        pytest.param([("authorization", f"Bearer {key_of('expired')}")], "expired_api_key", id="expired"),
        pytest.param([("authorization", f"Bearer {key_of('disabled')}")], "invalid_api_key", id="disabled"),
        pytest.param([("authorization", f"Bearer {KEY}")] * 2, "ambiguous_api_key|malformed_api_key", id="doubled"),
        pytest.param([("x-api-key", KEY)] * 2, "ambiguous_api_key|malformed_api_key", id="doubled-x-api-key"),
        pytest.param(
            [("authorization", f"Bearer {KEY}"), ("x-api-key", key_of("other"))], "ambiguous_api_key", id="two-keys"
        ),
        pytest.param([("authorization", f"Basic {KEY}")], "malformed_api_key", id="another-scheme"),
        pytest.param([("authorization", f"Bearer {KEY} x")], "malformed_api_key|invalid_api_key", id="with-a-tail"),
        pytest.param([("authorization", b"Bearer \xff\xfe")], "malformed_api_key", id="not-utf-8"),
        pytest.param([("x-api-key", b"\xc3\x28")], "malformed_api_key", id="not-utf-8-x-api-key"),
        pytest.param([("authorization", "Bearer " + "k" * 20_000)], "invalid_api_key|malformed_api_key", id="long"),
    ],
)
def test_a_bad_credential_is_401_in_the_dialect_called(edge: Bartizan, dialect: Dialect, headers, code):
    response = call(edge, dialect, headers)
    codes = code.split("|")
    given = response.json()["error"].get("code") if dialect is OPENAI else codes[0]
    assert given in codes, response
    dialect.refusal(response, 401, given)


def test_a_key_that_is_unknown_and_one_that_is_disabled_read_the_same(edge: Bartizan, dialect: Dialect):
    unknown = call(edge, dialect, [("x-api-key", "bz-no-such-key")]).json()["error"]
    disabled = call(edge, dialect, [("x-api-key", key_of("disabled"))]).json()["error"]
    assert unknown == disabled


@pytest.mark.parametrize(
    "header",
    [("authorization", f"Bearer {KEY}"), ("Authorization", f"bearer {KEY}"), ("x-api-key", KEY), ("api-key", KEY)],
    ids=str,
)
def test_a_key_is_taken_from_any_of_the_three_headers(edge: Bartizan, dialect: Dialect, header):
    assert call(edge, dialect, [header]).status == 200


def test_a_key_that_expires_later_is_still_good(edge: Bartizan, dialect: Dialect):
    assert ask(edge, dialect, tenant="unexpired").status == 200


def test_the_filter_outlives_two_hundred_unreadable_credentials(edge: Bartizan):
    for number in range(200):
        response = call(edge, OPENAI, [("authorization", b"Bearer \xff" + bytes([128 + number % 100]))])
        assert response.status == 401, response
    assert ask(edge, OPENAI).status == 200


def test_a_stranger_is_refused_before_the_path_is_judged(edge: Bartizan):
    OPENAI.refusal(edge.request("GET", "/nowhere"), 401, "missing_api_key")


def test_the_client_s_key_never_reaches_the_provider(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    assert ask(edge, dialect).status == 200
    request = upstream.of_model("answers")[-1]
    assert request.anthropic == (dialect is not OPENAI)
    seen = repr(request.headers)
    assert KEY not in seen
    assert "x-bartizan" not in seen
    if dialect is OPENAI:
        assert request.values("authorization") == [f"Bearer {PROVIDER_KEYS['TEST_OPENAI_KEY']}"]
        assert request.path == "/v1/chat/completions"
        assert not request.values("x-api-key")
    else:
        assert request.values("x-api-key") == [PROVIDER_KEYS["TEST_ANTHROPIC_KEY"]]
        assert request.values("anthropic-version") == ["2023-06-01"]
        assert request.path == "/v1/messages"
        assert not request.values("authorization")
