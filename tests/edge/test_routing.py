"""Models served by several, through the whole edge: the sample policies, with shorter silences."""

from collections.abc import Iterator

import pytest

from harness.dialects import OPENAI, Dialect
from harness.policies import copy_samples, edit
from harness.process import Bartizan
from harness.response import Response

ACME = "bz-acme-dev-key"


@pytest.fixture(scope="module")
def routing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bartizan]:
    policies = tmp_path_factory.mktemp("routing-policies")
    copy_samples(policies)
    edit(policies, "Gateway", lambda spec: spec.update(keepAliveInterval="300ms"))
    bartizan = Bartizan(tmp_path_factory.mktemp("routing"), policies)
    yield bartizan
    bartizan.stop()


def chat(edge: Bartizan, dialect: Dialect, model: str, headers: tuple = (), **more) -> Response:
    credential = [*dialect.credential(ACME), *headers]
    return edge.request("POST", dialect.path, credential, dialect.body("Good evening.", model, **more))


@pytest.mark.parametrize("model", ["sandbox-steady", "sandbox-always"])
def test_a_model_whose_first_provider_fails_is_answered_by_its_fallback(routing: Bartizan, dialect: Dialect, model: str):
    for _ in range(10):
        response = chat(routing, dialect, model)
        assert response.status == 200, response
        assert dialect.text_of(response)


def test_its_streams_are_too(routing: Bartizan, dialect: Dialect):
    response = chat(routing, dialect, "sandbox-steady", stream=True)
    assert response.status == 200, response
    assert response.body.count(b"data: ") > 3 and b"error" not in response.body


def test_a_header_chooses_the_canary(routing: Bartizan, dialect: Dialect):
    response = chat(routing, dialect, "sandbox-steady", headers=(("x-canary", "echo"),))
    assert dialect.text_of(response) == "Good evening."


def test_aliases_are_listed(routing: Bartizan):
    listed = routing.request("GET", "/v1/models", OPENAI.credential(ACME)).json()["data"]
    assert {"sandbox-steady", "sandbox-always"} <= {entry["id"] for entry in listed}


def test_a_silent_stream_is_kept_alive_through_the_filters(routing: Bartizan, dialect: Dialect):
    response = chat(routing, dialect, "sandbox-slow-first-token", stream=True)
    assert response.status == 200, response
    before, _, answer = response.body.partition(b"data: ")
    assert before.count(b": keep-alive\n\n") >= 3, response
    assert b"error" not in answer and answer.count(b"data: ") > 3, response
