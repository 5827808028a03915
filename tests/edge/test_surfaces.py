"""A sample of the matrix of surfaces, through a real Envoy: the same words get the same verdict on every endpoint.

Every cell is tested in `tests/surface`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from harness.dialects import ANTHROPIC, MCP, OPENAI, Dialect
from harness.policies import key_of
from harness.process import Bartizan
from harness.response import Response
from harness.scenario import AUDITED, BLOCKED, MASKED, MAX_ANSWER, PLACEHOLDER, TOKENS

CLEAN = "Good evening."
IMAGE = "data:image/png;base64,iVBORw0KGgo="


@dataclass(frozen=True)
class Endpoint:
    """How an endpoint is asked, and where it says what it heard."""

    name: str
    dialect: Dialect
    path: str
    body: Callable[[str], dict[str, Any]]
    heard: Callable[[dict[str, Any]], str | None]
    wrong: dict[str, Any]
    place: str

    def __str__(self) -> str:
        return self.name


def _call(tool: str, text: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": {"text": text}}}


def _messages(text: str) -> dict[str, Any]:
    return {"model": "sandbox-echo", "messages": [{"role": "user", "content": text}]}


ENDPOINTS = [
    Endpoint(
        "chat",
        OPENAI,
        "/v1/chat/completions",
        _messages,
        lambda answer: answer["choices"][0]["message"]["content"],
        {"model": "sandbox-echo", "messages": [{"role": "user", "content": 7}]},
        "$.messages[0].content",
    ),
    Endpoint(
        "responses",
        OPENAI,
        "/v1/responses",
        lambda text: {"model": "sandbox-echo", "input": [{"content": text, "role": "user"}]},
        lambda answer: answer["output"][0]["content"][0]["text"],
        {"model": "sandbox-echo", "input": [{"content": "hello"}]},
        "$.input[0].role",
    ),
    Endpoint(
        "embeddings",
        OPENAI,
        "/v1/embeddings",
        lambda text: {"model": "sandbox-echo", "input": ["hello", text]},
        lambda answer: None,
        {"model": "sandbox-echo", "input": [{}]},
        "$.input[0]",
    ),
    Endpoint(
        "messages",
        ANTHROPIC,
        "/v1/messages",
        lambda text: _messages(text) | {"max_tokens": 64},
        lambda answer: answer["content"][0]["text"],
        {"model": "sandbox-echo", "max_tokens": 9, "messages": [{"role": "user", "content": None}]},
        "$.messages[0].content",
    ),
    Endpoint(
        "count_tokens",
        ANTHROPIC,
        "/v1/messages/count_tokens",
        _messages,
        lambda answer: None,
        {"model": "sandbox-echo", "messages": [{"role": "user", "content": None}]},
        "$.messages[0].content",
    ),
    Endpoint(
        "mcp",
        MCP,
        "/mcp/sandbox",
        lambda text: _call("echo", text),
        lambda answer: answer["result"]["content"][0]["text"],
        {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "echo", "arguments": []}},
        "$.params.arguments",
    ),
]


@pytest.fixture(params=ENDPOINTS, ids=str)
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    """Each endpoint in turn."""
    return request.param


def send(edge: Bartizan, endpoint: Endpoint, body: Any, tenant: str = "tester", path: str | None = None) -> Response:
    headers = [*endpoint.dialect.credential(key_of(tenant)), ("content-type", "application/json")]
    return edge.request("POST", path or endpoint.path, headers, json.dumps(body).encode())


def verdict(response: Response) -> str | None:
    return response.header("x-bartizan-verdict")


def test_what_is_clean_is_answered(edge: Bartizan, endpoint: Endpoint):
    response = send(edge, endpoint, endpoint.body(CLEAN))
    assert (response.status, verdict(response)) == (200, "allow"), response
    assert endpoint.heard(response.json()) in (CLEAN, None)


def test_an_attack_is_blocked_in_the_words_of_the_endpoint(edge: Bartizan, endpoint: Endpoint):
    response = send(edge, endpoint, endpoint.body(f"Now {BLOCKED}."))
    assert "prompt-injection" in endpoint.dialect.refusal(response, 400, "content_blocked")
    assert verdict(response) == "block"


def test_what_is_audited_passes(edge: Bartizan, endpoint: Endpoint):
    response = send(edge, endpoint, endpoint.body(f"They say {AUDITED}."))
    assert (response.status, verdict(response)) == (200, "audit"), response


def test_what_is_masked_is_not_heard(edge: Bartizan, endpoint: Endpoint):
    response = send(edge, endpoint, endpoint.body(f"It is {MASKED}."))
    assert (response.status, verdict(response)) == (200, "mask"), response
    assert endpoint.heard(response.json()) in (f"It is {PLACEHOLDER}.", None)


def test_a_wrong_type_is_refused_naming_the_place(edge: Bartizan, endpoint: Endpoint):
    response = send(edge, endpoint, endpoint.wrong)
    message = endpoint.dialect.refusal(response, 400, "wrong_type")
    assert message.startswith(f"{endpoint.place}: "), message


def test_a_stranger_is_refused_in_the_words_of_the_endpoint(edge: Bartizan, endpoint: Endpoint):
    response = edge.request("POST", endpoint.path, [], json.dumps(endpoint.body(CLEAN)).encode())
    endpoint.dialect.refusal(response, 401, "missing_api_key")


def test_envoy_s_own_refusals_are_in_the_words_of_the_endpoint(edge: Bartizan, endpoint: Endpoint):
    response = send(edge, endpoint, endpoint.body("x" * (MAX_ANSWER + 1)))
    endpoint.dialect.refusal(response, 413, "body_too_large")


def test_other_methods_are_405(edge: Bartizan, endpoint: Endpoint):
    for method in ("GET", "DELETE"):
        response = edge.request(method, endpoint.path, endpoint.dialect.credential(key_of("tester")))
        endpoint.dialect.refusal(response, 405, "method_not_allowed")


# === What cannot be scanned ===

UNSCANNABLE = {
    "chat": {
        "model": "sandbox-chat",
        "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": IMAGE}}]}],
    },
    "responses": {"model": "sandbox-chat", "input": "hello", "previous_response_id": "resp_1"},
    "embeddings": {"model": "sandbox-chat", "input": [101, 102]},
    "messages": {
        "model": "sandbox-chat",
        "max_tokens": 9,
        "messages": [
            {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "EmwKAhgB"}]},
            {"role": "user", "content": "hello"},
        ],
    },
}


@pytest.mark.parametrize("name", UNSCANNABLE)
def test_what_cannot_be_scanned_is_reported(edge: Bartizan, name: str):
    endpoint = next(endpoint for endpoint in ENDPOINTS if endpoint.name == name)
    response = send(edge, endpoint, UNSCANNABLE[name])
    assert (response.status, verdict(response)) == (200, "audit"), response


# === Tokens ===


def test_each_endpoint_is_charged_what_it_used(edge: Bartizan):
    """One tenant, whose tokens nobody else spends: each answer tells what is left when it has been settled."""
    left = TOKENS
    for endpoint in ENDPOINTS:
        response = send(edge, endpoint, endpoint.body(CLEAN), tenant="spender")
        assert response.status == 200, response
        answer = response.json()
        usage = answer.get("usage") or {}
        if endpoint.name in ("count_tokens", "mcp"):
            spent = 0
        elif "total_tokens" in usage:
            spent = usage["total_tokens"]
        else:
            spent = usage["input_tokens"] + usage["output_tokens"]
        assert (spent == 0) == (endpoint.name in ("count_tokens", "mcp")), answer
        left -= spent
        remaining = response.header(endpoint.dialect.limit_headers["remaining-tokens"])
        # Tokens come back as time goes by, a few a second.
        assert remaining is not None and left <= int(remaining) <= left + 60, (endpoint.name, left, remaining)
        left = int(remaining)


# === MCP ===


def test_a_notification_is_accepted(edge: Bartizan):
    mcp = ENDPOINTS[-1]
    response = send(edge, mcp, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (response.status, response.body, verdict(response)) == (202, b"", "allow"), response


def test_the_only_server_of_a_tenant_needs_no_name(edge: Bartizan):
    mcp = ENDPOINTS[-1]
    response = send(edge, mcp, mcp.body(CLEAN), path="/mcp")
    assert response.status == 200, response


@pytest.mark.parametrize(("tenant", "path"), [("other", "/mcp/sandbox"), ("other", "/mcp"), ("tester", "/mcp/none")])
def test_a_server_that_is_not_the_tenant_s_is_404(edge: Bartizan, tenant: str, path: str):
    mcp = ENDPOINTS[-1]
    response = send(edge, mcp, mcp.body(CLEAN), tenant=tenant, path=path)
    MCP.refusal(response, 404, "unknown_path")


def test_a_stream_of_messages_passes(edge: Bartizan):
    mcp = ENDPOINTS[-1]
    response = send(edge, mcp, _call("echo_streamed", CLEAN))
    assert response.status == 200, response
    assert response.header("content-type") == "text/event-stream"
    assert response.complete and CLEAN in response.body.decode(), response
