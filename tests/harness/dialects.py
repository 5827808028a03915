"""The wire formats: how to ask, and what a refusal must look like."""

import json
from dataclasses import dataclass
from typing import Any

from harness.response import Response


@dataclass(frozen=True)
class Dialect:
    """How one provider's API is called."""

    name: str
    path: str
    limit_headers: dict[str, str]

    def __str__(self) -> str:
        return self.name

    def credential(self, key: str) -> list[tuple[str, str]]:
        """The headers this provider's SDK sends for a key."""
        if self is ANTHROPIC:
            return [("x-api-key", key), ("anthropic-version", "2023-06-01")]
        if self is MCP:
            return [("authorization", f"Bearer {key}"), ("accept", "application/json, text/event-stream")]
        return [("authorization", f"Bearer {key}")]

    def chat(self, text: str, model: str, **more: Any) -> dict[str, Any]:
        """The smallest chat request with one user message."""
        body: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": text}]}
        if self is ANTHROPIC:
            body["max_tokens"] = 64
        return body | more

    def body(self, text: str, model: str, **more: Any) -> bytes:
        """`chat` as bytes."""
        return json.dumps(self.chat(text, model, **more)).encode()

    def text_of(self, response: Response) -> str:
        """The text of a whole answer."""
        answer = response.json()
        if self is ANTHROPIC:
            return "".join(block["text"] for block in answer["content"] if block["type"] == "text")
        return answer["choices"][0]["message"]["content"]

    def refusal(self, response: Response, status: int, code: str, kind: str | None = None) -> str:
        """Checks that the answer is a whole, well-formed refusal of this dialect, and returns its message.

        `code` is Bartizan's stable code, which only OpenAI's envelope has room for; `kind` is Anthropic's error type.
        """
        assert response.status == status, response
        assert response.complete, response
        assert response.header("content-type") == "application/json", response
        assert response.header("x-request-id"), response
        answer = response.json()
        error = answer["error"]
        if self is ANTHROPIC:
            assert set(answer) == {"type", "error", "request_id"}, answer
            assert answer["type"] == "error", answer
            assert answer["request_id"] == response.header("x-request-id"), response
            assert error["type"] == (kind or _ANTHROPIC_TYPES[status]), answer
        elif self is MCP:
            assert set(answer) == {"jsonrpc", "id", "error"}, answer
            assert (answer["jsonrpc"], answer["id"]) == ("2.0", None), answer
            assert isinstance(error["code"], int), answer
            assert error["data"]["code"] == code, answer
            assert error["data"]["request_id"] == response.header("x-request-id"), response
        else:
            assert set(answer) == {"error"}, answer
            assert set(error) == {"message", "type", "param", "code"}, answer
            assert error["code"] == code, answer
        assert error["message"], answer
        return error["message"]


# https://docs.anthropic.com/en/api/errors
_ANTHROPIC_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
    502: "api_error",
    503: "api_error",
    504: "timeout_error",
}

OPENAI = Dialect(
    "openai",
    "/v1/chat/completions",
    {
        f"{what}-{unit}": f"x-ratelimit-{what}-{unit}"
        for what in ("limit", "remaining", "reset")
        for unit in ("requests", "tokens")
    },
)
ANTHROPIC = Dialect(
    "anthropic",
    "/v1/messages",
    {
        f"{what}-{unit}": f"anthropic-ratelimit-{unit}-{what}"
        for what in ("limit", "remaining", "reset")
        for unit in ("requests", "tokens")
    },
)
DIALECTS = (OPENAI, ANTHROPIC)
# Tools, not models: tests of chats do not run over it.
MCP = Dialect("mcp", "/mcp/sandbox", OPENAI.limit_headers)


def data_of(body: bytes) -> list[dict]:
    """The data of each event but `[DONE]`."""
    lines = [line.removeprefix("data: ") for line in body.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def text_of(dialect: Dialect, body: bytes) -> str:
    """What a client joins of a stream."""
    if dialect is ANTHROPIC:
        return "".join(event.get("delta", {}).get("text", "") for event in data_of(body))
    choices = [choice for event in data_of(body) for choice in event.get("choices", [])]
    return "".join(choice["delta"].get("content") or "" for choice in choices)
