"""Real models' routes, as far as a server that replays the documented shapes can show."""

import json
import re

import pytest

from harness.dialects import ANTHROPIC, OPENAI, Dialect
from harness.process import Bartizan
from harness.scenario import PROVIDER_KEYS, ask
from harness.upstream import ANSWER, INPUT_TOKENS, OUTPUT_TOKENS, Upstream, events


def with_usage(dialect: Dialect) -> dict:
    """OpenAI sends usage in a stream only to who asks for it; Anthropic always does."""
    return {"stream_options": {"include_usage": True}} if dialect is OPENAI else {}


PIECE = re.compile(rb'("(?:content|text)": ?)("(?:[^"\\]|\\.)*")')


def passes(sent: bytes, received: bytes) -> None:
    """Every event arrives as it was sent and in its order, but for where its text is cut. One may be made for what is left."""
    left = iter(PIECE.sub(rb'\1""', received).split(b"\n\n"))
    for event in PIECE.sub(rb'\1""', sent).split(b"\n\n"):
        assert event in left, event
    said, heard = ("".join(json.loads(text) for _, text in PIECE.findall(stream)) for stream in (sent, received))
    assert heard == said


def test_a_stream_passes_byte_for_byte_but_for_where_its_text_is_cut(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, stream=True, **with_usage(dialect))
    assert response.status == 200, response
    assert response.complete
    passes(b"".join(events(dialect is ANTHROPIC, ANSWER, "answers")), response.body)


def test_a_stream_that_arrives_in_awkward_pieces_passes_as_any_other(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="awkward-pieces", stream=True, **with_usage(dialect))
    passes(b"".join(events(dialect is ANTHROPIC, ANSWER + " é — 漢字 🏰", "awkward-pieces")), response.body)


def test_fields_nobody_here_knows_are_kept(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    extra = {"x_future_field": {"deep": [1, 2.50, "é"]}, "temperature": 0.0}
    assert ask(edge, dialect, **extra).status == 200
    sent = json.loads(upstream.of_model("answers")[-1].body)
    assert sent["x_future_field"] == extra["x_future_field"]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_the_provider_s_credential_arrives_there_and_nowhere_else(edge, dialect: Dialect, upstream, stream: bool):
    response = ask(edge, dialect, stream=stream)
    assert response.status == 200, response
    request = upstream.of_model("answers")[-1]
    mine = PROVIDER_KEYS[f"TEST_{dialect.name.upper()}_KEY"]
    (other,) = set(PROVIDER_KEYS.values()) - {mine}
    headers = dict(request.headers)
    assert headers["authorization" if dialect is OPENAI else "x-api-key"].removeprefix("Bearer ") == mine
    assert other not in str(request.headers)
    for key in PROVIDER_KEYS.values():
        assert key not in str(response)
        assert key not in edge.output
        assert key not in edge.admin("/v1/nodes").body.decode()
        assert key not in edge.envoy_admin("/config_dump")


def test_a_client_cannot_choose_the_provider_s_credential(edge: Bartizan, upstream: Upstream):
    assert ask(edge, OPENAI, headers=[("openai-organization", "org-of-a-stranger")]).status == 200
    request = upstream.of_model("answers")[-1]
    assert len(request.values("authorization")) == 1
    assert not request.values("cookie")


def test_the_client_s_api_version_and_betas_arrive(edge: Bartizan, upstream: Upstream):
    response = ask(edge, ANTHROPIC, headers=[("anthropic-beta", "prompt-tools-2025-01-01")])
    assert response.status == 200, response
    request = upstream.of_model("answers")[-1]
    assert request.values("anthropic-version") == ["2023-06-01"]
    assert request.values("anthropic-beta") == ["prompt-tools-2025-01-01"]


def test_the_provider_is_asked_for_the_name_it_knows(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    assert ask(edge, dialect).status == 200
    assert json.loads(upstream.of_model("answers")[-1].body)["model"] == "answers"


def test_usage_counts_as_the_provider_told(edge: Bartizan, dialect: Dialect):
    usage = ask(edge, dialect).json()["usage"]
    names = ("prompt_tokens", "completion_tokens") if dialect is OPENAI else ("input_tokens", "output_tokens")
    assert tuple(usage[name] for name in names) == (INPUT_TOKENS, OUTPUT_TOKENS)
