"""Google Gemini: https://ai.google.dev/api/generate-content, …/embeddings, …/tokens"""

import base64
import re
from collections.abc import Iterator
from typing import Any

from harness.provider.conversation import INPUT_TOKENS, OUTPUT_TOKENS, Asked, Said, reply, vector
from harness.provider.server import Reply, StandIn, endlessly, sse
from harness.provider.strict import Check, each, expect, members, schema, value, within, word

KEY = "stand-in-gemini-5513"
PATH = re.compile(r"/v1beta/models/([^/:]+):(\w+)")
SIGNATURE = base64.b64encode(b"signed by the stand-in").decode()
STATUSES = {400: "INVALID_ARGUMENT", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}

BLOB: dict[str, Check] = {"mimeType": str, "data": str}
CALL: dict[str, Check] = {"name": str}
RESPONSE: dict[str, Check] = {"name": str, "response": dict}
PART: dict[str, Check] = {
    "text": str,
    "inlineData": lambda found, place: members(found, place, BLOB),
    "functionCall": lambda found, place: members(found, place, CALL, {"args": dict, "id": str}),
    "functionResponse": lambda found, place: members(found, place, RESPONSE, {"id": str}),
    "thought": bool,
    "thoughtSignature": str,
}


def _part(found: Any, place: str) -> None:
    members(found, place, {}, PART)
    kinds = [name for name in ("text", "inlineData", "functionCall", "functionResponse") if name in found]
    expect(len(kinds) == 1, f"{place}: one kind of data is wanted, not {kinds}")


def _declaration(found: Any, place: str) -> None:
    more: dict[str, Check] = {"description": str, "parametersJsonSchema": schema}
    members(found, place, {"name": str}, more)


def _thinking(found: Any, place: str) -> None:
    members(found, place, {}, {"includeThoughts": bool, "thinkingBudget": int, "thinkingLevel": str})


CONFIG: dict[str, Check] = {
    "temperature": within(0, 2),
    "topP": within(0, 1),
    "topK": int,
    "maxOutputTokens": int,
    "stopSequences": each(str),
    "candidateCount": int,
    "seed": int,
    "responseMimeType": word("text/plain", "application/json"),
    "responseJsonSchema": schema,
    "presencePenalty": float,
    "frequencyPenalty": float,
    "thinkingConfig": _thinking,
}
CALLING: dict[str, Check] = {"mode": word("AUTO", "ANY", "NONE", "VALIDATED")}
BODY: dict[str, Check] = {
    "systemInstruction": lambda found, place: members(found, place, {"parts": each(_part)}, {"role": str}),
    "tools": each(lambda found, place: members(found, place, {"functionDeclarations": each(_declaration)})),
    "toolConfig": lambda found, place: members(
        found,
        place,
        {"functionCallingConfig": lambda inner, at: members(inner, at, CALLING, {"allowedFunctionNames": each(str)})},
    ),
    "generationConfig": lambda found, place: members(found, place, {}, CONFIG),
}


def read(body: Any, model: str, streams: bool, more: dict[str, Check] | None = None) -> Asked:
    """Reads a request strictly."""
    members(body, "$", {"contents": list}, BODY | (more or {}))
    asked = Asked(model=model, streams=streams)
    asked.system = "".join(part["text"] for part in body.get("systemInstruction", {}).get("parts", []))
    before = None
    waiting: list[str] = []
    for number, content in enumerate(body["contents"]):
        place = f"$.contents[{number}]"
        members(content, place, {"role": word("user", "model"), "parts": each(_part)})
        expect(content["role"] != before, f"{place}: two turns of one role")
        expect(bool(content["parts"]), f"{place}: says nothing")
        before = content["role"]
        answered = [part["functionResponse"]["name"] for part in content["parts"] if "functionResponse" in part]
        expect(answered == waiting, f"{place}: {answered} answers {waiting}")
        waiting = [part["functionCall"]["name"] for part in content["parts"] if "functionCall" in part]
        if before == "user":
            _user(content["parts"], place, asked)
        elif waiting:
            first = next(part for part in content["parts"] if "functionCall" in part)
            expect("thoughtSignature" in first, f"{place}: the first call has lost its signature")
    expect(before == "user", "$.contents: the user has to come last")
    for tool in body.get("tools", []):
        for declared in tool["functionDeclarations"]:
            asked.tools[declared["name"]] = declared.get("parametersJsonSchema", {})
    asked.form = body.get("generationConfig", {}).get("responseJsonSchema")
    expect(
        asked.form is None or body["generationConfig"].get("responseMimeType") == "application/json",
        "a schema for what is not JSON",
    )
    return asked


def _user(parts: list[Any], place: str, asked: Asked) -> None:
    asked.results, words = [], []
    for number, part in enumerate(parts):
        if "functionResponse" in part:
            response = part["functionResponse"]["response"]
            expect(set(response) <= {"output", "error"}, f"{place}.parts[{number}]: {response}")
            (text,) = response.values()
            asked.results.append((part["functionResponse"]["name"], value(text, place, str)))
        elif "inlineData" in part:
            blob = part["inlineData"]
            asked.pictures.append((blob["mimeType"], base64.b64decode(blob["data"], validate=True)))
        else:
            words.append(part["text"])
    asked.words = " ".join(words)


class Gemini(StandIn):
    kind = "gemini"
    name = "gemini"
    chat_model = "gemini-talker"
    environment = {"STAND_IN_GEMINI_KEY": KEY}

    @property
    def provider(self) -> dict[str, Any]:
        return {"baseUrl": f"http://{self.address}", "credential": {"env": "STAND_IN_GEMINI_KEY"}}

    def serve(self, path: str, query: dict[str, str], headers: dict[str, str], body: Any, raw: bytes) -> Reply:
        expect(headers.get("x-goog-api-key") == KEY, "no key")
        expect("key" not in query and "authorization" not in headers, "another key")
        called = PATH.fullmatch(path)
        expect(called is not None, f"no such path {path}")
        assert called
        model, method = called.groups()
        match method:
            case "generateContent":
                asked = read(body, model, False)
                return Reply(_answer(asked, _parts(reply(asked)), "STOP"))
            case "streamGenerateContent":
                expect(query == {"alt": "sse"}, f"a query {query}")
                asked = read(body, model, True)
                return Reply(pieces=_events(asked, reply(asked)), content_type="text/event-stream")
            case "countTokens":
                inner = members(body, "$", {"generateContentRequest": dict})["generateContentRequest"]
                expect(inner.get("model") == f"models/{model}", "another model within")
                read(inner, model, False, {"model": str})
                return Reply({"totalTokens": INPUT_TOKENS, "promptTokensDetails": []})
            case _:
                expect(method == "batchEmbedContents", f"no method {method}")
                return _embeddings(body, model)

    def error(self, status: int, message: str) -> tuple[Any, dict[str, str]]:
        error: dict[str, Any] = {"code": status, "message": message, "status": STATUSES.get(status, "UNKNOWN")}
        if status == 429:
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}]
        return {"error": error}, {}


def _embeddings(body: Any, model: str) -> Reply:
    content: Check = lambda found, place: members(found, place, {"parts": each(_part)})  # noqa: E731
    one: Check = lambda found, place: members(  # noqa: E731
        found,
        place,
        {"model": word(f"models/{model}"), "content": content},
        {"outputDimensionality": int, "taskType": str},
    )
    members(body, "$", {"requests": each(one)})
    vectors = [
        {
            "values": vector(
                "".join(part["text"] for part in entry["content"]["parts"]), entry.get("outputDimensionality", 4)
            )
        }
        for entry in body["requests"]
    ]
    return Reply({"embeddings": vectors, "usageMetadata": {"promptTokenCount": 6}})


def _parts(said: Said) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = [{"text": said.text}] if said.text else []
    for number, call in enumerate(said.calls):
        part: dict[str, Any] = {"functionCall": {"id": call.id, "name": call.name, "args": call.arguments}}
        # Only the first of parallel calls is signed.
        parts.append(part | ({"thoughtSignature": SIGNATURE} if number == 0 else {}))
    return parts


def _answer(asked: Asked, parts: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    usage = {
        "promptTokenCount": INPUT_TOKENS,
        "cachedContentTokenCount": 5,
        "candidatesTokenCount": OUTPUT_TOKENS - 2,
        "thoughtsTokenCount": 2,
        "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS,
    }
    return {
        "candidates": [candidate | ({"finishReason": reason} if reason else {})],
        "usageMetadata": usage,
        "modelVersion": f"{asked.model}-001",
        "responseId": "stand-in",
    }


def _events(asked: Asked, said: Said) -> Iterator[bytes]:
    pieces = [[{"text": piece}] for piece in said.pieces] + [[part] for part in _parts(Said(calls=said.calls))]
    yield from sse(*(_answer(asked, piece, None) for piece in pieces))
    if said.endless:
        yield from endlessly(next(sse(_answer(asked, [{"text": " more"}], None))))
    yield from sse(_answer(asked, [{"text": ""}], "STOP"))
