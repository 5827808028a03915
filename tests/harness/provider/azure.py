"""Azure OpenAI, by a dated version: https://learn.microsoft.com/azure/ai-foundry/openai/reference"""

import itertools
from typing import Any

from harness.provider import chat
from harness.provider.openai import MORE
from harness.provider.server import Reply, StandIn, sse
from harness.provider.strict import expect

KEY = "stand-in-azure-5511"
FILTERS = {"hate": {"filtered": False, "severity": "safe"}, "violence": {"filtered": False, "severity": "safe"}}


class Azure(StandIn):
    kind = "azure-openai"
    name = "azure"
    environment = {"STAND_IN_AZURE_KEY": KEY}

    @property
    def provider(self) -> dict[str, Any]:
        return {
            "baseUrl": f"http://{self.address}",
            "credential": {"env": "STAND_IN_AZURE_KEY"},
            "apiVersion": "2024-10-21",
        }

    def serve(self, path: str, query: dict[str, str], headers: dict[str, str], body: Any, raw: bytes) -> Reply:
        expect(headers.get("api-key") == KEY, "no key")
        expect("authorization" not in headers, "another key")
        expect(query == {"api-version": "2024-10-21"}, f"a query {query}")
        # The deployment tells the model; one in the body is not looked at.
        if path == "/openai/deployments/embedder/embeddings":
            return chat.embeddings({"model": "embedder"} | body, {"user": str})
        expect(path == "/openai/deployments/talker/chat/completions", f"no such path {path}")
        asked = chat.read({"model": "talker"} | body, MORE, ("developer", "system"))
        reply = chat.answer(asked, chat.USAGE)
        if reply.pieces is not None:
            found = {"prompt_index": 0, "content_filter_results": FILTERS}
            first = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": [found]}
            reply.pieces = itertools.chain(sse(first), reply.pieces)
        else:
            reply.body["choices"][0]["content_filter_results"] = FILTERS
            reply.body["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": FILTERS}]
        return reply

    def error(self, status: int, message: str) -> tuple[Any, dict[str, str]]:
        codes = {400: "BadRequest", 429: "429"}
        return {"error": {"code": codes.get(status, "InternalServerError"), "message": message}}, {}
