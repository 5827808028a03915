"""Paths, methods and models that exist and that do not."""

import pytest

from harness.dialects import ANTHROPIC, OPENAI, Dialect
from harness.policies import key_of
from harness.process import Bartizan
from harness.scenario import BLOCKED, ask, model_of
from harness.upstream import ANSWER


def get(edge: Bartizan, dialect: Dialect, path: str, tenant: str = "tester", method: str = "GET"):
    return edge.request(method, path, dialect.credential(key_of(tenant)))


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nowhere", "/v1/chat/completions/", "/v1//models", "/V1/models"])
def test_an_unknown_path_is_404(edge: Bartizan, dialect: Dialect, path: str):
    dialect.refusal(get(edge, dialect, path), 404, "unknown_path")


def test_an_unknown_path_below_messages_is_404_in_anthropic_s_dialect(edge: Bartizan):
    response = edge.request("POST", "/v1/messages/nowhere", [("x-api-key", key_of("tester"))], b"{}")
    ANTHROPIC.refusal(response, 404, "unknown_path")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_wrong_method_is_405(edge: Bartizan, dialect: Dialect, method: str):
    dialect.refusal(get(edge, dialect, dialect.path, method=method), 405, "method_not_allowed")


def test_an_unknown_model_is_404(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="no-such-thing")
    dialect.refusal(response, 404, "model_not_found")


def test_a_model_of_the_other_dialect_answers_in_the_one_called(edge: Bartizan, dialect: Dialect):
    other = OPENAI if dialect is ANTHROPIC else ANTHROPIC
    body = dialect.body("Good evening.", model_of(other, "answers"))
    response = edge.request("POST", dialect.path, dialect.credential(key_of("tester")), body)
    assert response.status == 200, response
    assert dialect.text_of(response) == ANSWER


def test_a_model_the_tenant_may_not_use_is_403(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="held", tenant="narrow")
    dialect.refusal(response, 403, "model_not_permitted")


def test_a_query_is_allowed_and_ignored(edge: Bartizan, dialect: Dialect):
    body = dialect.body("Good evening.", model_of(dialect, "answers"))
    response = edge.request("POST", f"{dialect.path}?beta=true", dialect.credential(key_of("tester")), body)
    assert response.status == 200, response


@pytest.mark.parametrize(
    "path",
    [
        "/v1/chat/completions?x=1",
        "/v1/chat/completions#f",
        "/v1/chat/./completions",
        "/v1/x/../chat/completions",
        "/v1/chat%2fcompletions",
        "/v1/chat/%63ompletions",
        "//v1/chat/completions",
        "http://elsewhere/v1/chat/completions",
    ],
)
def test_no_spelling_of_a_path_gets_an_attack_past_the_scan(edge: Bartizan, path: str):
    body = OPENAI.body(f"Now {BLOCKED}.", model_of(OPENAI, "answers"))
    response = edge.request("POST", path, OPENAI.credential(key_of("tester")), body)
    assert response.status in (400, 404), response


def test_the_models_are_listed_in_the_caller_s_dialect(edge: Bartizan, dialect: Dialect):
    listed = get(edge, dialect, "/v1/models", tenant="narrow").json()
    entry = next(entry for entry in listed["data"] if entry["id"] == model_of(dialect, "answers"))
    if dialect is ANTHROPIC:
        assert set(listed) == {"data", "has_more", "first_id", "last_id"}
        assert entry["type"] == "model"
        assert {"display_name", "created_at"} <= set(entry)
    else:
        assert listed["object"] == "list"
        assert entry["object"] == "model"
        assert {"created", "owned_by"} <= set(entry)


def test_one_model_can_be_read(edge: Bartizan, dialect: Dialect):
    name = model_of(dialect, "answers")
    response = get(edge, dialect, f"/v1/models/{name}", tenant="narrow")
    assert response.status == 200, response
    assert response.json()["id"] == name


@pytest.mark.parametrize("name", ["no-such-model", "openai-held"], ids=["unknown", "not-permitted"])
def test_a_model_that_is_not_the_tenant_s_cannot_be_read(edge: Bartizan, dialect: Dialect, name: str):
    response = get(edge, dialect, f"/v1/models/{name}", tenant="narrow")
    assert response.status in (403, 404), response
    code = {403: "model_not_permitted", 404: "model_not_found"}[response.status]
    dialect.refusal(response, response.status, code)
