"""OpenAI."""

from typing import Any

from harness.provider import chat
from harness.provider.server import Reply, StandIn
from harness.provider.strict import anything, expect, word

KEY = "sk-stand-in-openai-5510"
MORE = {
    "max_completion_tokens": int,
    "max_tokens": int,
    "parallel_tool_calls": bool,
    "n": int,
    "user": str,
    "store": bool,
    "metadata": dict,
    "logprobs": bool,
    "top_logprobs": int,
    "safety_identifier": str,
    "reasoning_effort": word("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    "verbosity": word("low", "medium", "high"),
    "prediction": anything,
}


class OpenAi(StandIn):
    kind = "openai"
    name = "openai"
    environment = {"STAND_IN_OPENAI_KEY": KEY}

    @property
    def provider(self) -> dict[str, Any]:
        return {"baseUrl": f"http://{self.address}/v1", "credential": {"env": "STAND_IN_OPENAI_KEY"}}

    def serve(self, path: str, query: dict[str, str], headers: dict[str, str], body: Any, raw: bytes) -> Reply:
        expect(headers.get("authorization") == f"Bearer {KEY}", "no key")
        expect(query == {}, f"a query {query}")
        if path == "/v1/embeddings":
            return chat.embeddings(body, {"user": str})
        expect(path == "/v1/chat/completions", f"no such path {path}")
        return chat.answer(chat.read(body, MORE, ("developer", "system")), chat.USAGE)

    def error(self, status: int, message: str) -> tuple[Any, dict[str, str]]:
        return chat.error(status, message)
