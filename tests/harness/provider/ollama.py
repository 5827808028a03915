"""Ollama, as far as it is compatible with OpenAI: https://docs.ollama.com/api/openai-compatibility

No key, no developer role, `max_tokens`, no details of usage; thoughts as `reasoning`.
"""

import json
from typing import Any

from harness.provider import chat
from harness.provider.conversation import INPUT_TOKENS, OUTPUT_TOKENS
from harness.provider.server import Reply, StandIn
from harness.provider.strict import expect

USAGE = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
}

# Thoughts of earlier turns; what other servers call them is passed over.
THOUGHTS = {"reasoning": str, "reasoning_content": str}


class Ollama(StandIn):
    kind = "openai-compatible"
    name = "ollama"
    environment: dict[str, str] = {}

    @property
    def provider(self) -> dict[str, Any]:
        return {"baseUrl": f"http://{self.address}/v1"}

    def serve(self, path: str, query: dict[str, str], headers: dict[str, str], body: Any, raw: bytes) -> Reply:
        expect("authorization" not in headers, "a key")
        if path == "/v1/embeddings":
            return chat.embeddings(body, {})
        expect(path == "/v1/chat/completions", f"no such path {path}")
        for number, message in enumerate(body.get("messages", [])):
            expect(message.get("role") != "developer", f"$.messages[{number}].role")
        reply = chat.answer(chat.read(body, {"max_tokens": int}, ("system",), THOUGHTS), USAGE)
        if reply.pieces is None:
            message = reply.body["choices"][0]["message"]
            del message["refusal"], message["annotations"]
            message["content"] = message["content"] or ""
            message["reasoning"] = "Let me think."
        else:
            reply.pieces = (self._chunk(piece) for piece in reply.pieces)
        return reply

    def _chunk(self, piece: bytes) -> bytes:
        """Every delta has a role and content, and calls come whole, all at index 0 in older versions."""
        data = piece.removeprefix(b"data: ").strip()
        if data == b"[DONE]":
            return piece
        chunk = json.loads(data)
        for choice in chunk["choices"]:
            del choice["logprobs"]
            choice["delta"] = {"role": "assistant", "content": choice["delta"].get("content") or ""} | {
                name: inner for name, inner in choice["delta"].items() if name == "tool_calls"
            }
        return b"data: " + json.dumps(chunk).encode() + b"\n\n"

    def error(self, status: int, message: str) -> tuple[Any, dict[str, str]]:
        kind = "invalid_request_error" if status == 400 else "api_error"
        return {"error": {"message": message, "type": kind, "param": None, "code": None}}, {}
