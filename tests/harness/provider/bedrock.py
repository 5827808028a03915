"""Amazon Bedrock: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html"""

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

from harness.provider import event_stream, sigv4
from harness.provider.conversation import INPUT_TOKENS, OUTPUT_TOKENS, Asked, Said, reply, vector
from harness.provider.server import Reply, StandIn, endlessly
from harness.provider.strict import Check, anything, each, expect, members, schema, value, within, word

ACCESS_KEY = "AKIASTANDIN000000001"
SECRET_KEY = "stand-in-secret-5514"
REGION = "eu-west-2"
PATH = re.compile(r"/model/([^/]+)/([\w-]+)")
TOOL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
ERRORS = {400: "ValidationException", 429: "ThrottlingException", 503: "ServiceUnavailableException"}
USAGE = {
    "inputTokens": INPUT_TOKENS - 5,
    "outputTokens": OUTPUT_TOKENS,
    "totalTokens": INPUT_TOKENS + OUTPUT_TOKENS,
    "cacheReadInputTokens": 5,
    "cacheWriteInputTokens": 0,
}


def _id(found: Any, place: str) -> None:
    expect(TOOL_ID.fullmatch(found) is not None, f"{place}: {found!r} is no id")


def _filled(found: Any, place: str) -> None:
    expect(bool(value(found, place, str).strip()), f"{place}: empty text")


SOURCE: dict[str, Check] = {"bytes": str}
IMAGE: dict[str, Check] = {
    "format": word("png", "jpeg", "gif", "webp"),
    "source": lambda found, place: members(found, place, SOURCE),
}
USE: dict[str, Check] = {"toolUseId": _id, "name": str, "input": dict}
SAID: dict[str, Check] = {"text": _filled, "json": dict, "image": lambda found, place: members(found, place, IMAGE)}
RESULT: dict[str, Check] = {"toolUseId": _id, "content": each(lambda found, place: _one(found, place, SAID))}
BLOCK: dict[str, Check] = {
    "text": _filled,
    "image": lambda found, place: members(found, place, IMAGE),
    "toolUse": lambda found, place: members(found, place, USE),
    "toolResult": lambda found, place: members(found, place, RESULT, {"status": word("success", "error")}),
    "cachePoint": lambda found, place: members(found, place, {"type": word("default")}, {"ttl": word("5m", "1h")}),
}
SPEC: dict[str, Check] = {
    "name": str,
    "inputSchema": lambda found, place: members(found, place, {"json": schema}),
}


def _one(found: Any, place: str, kinds: dict[str, Check]) -> None:
    members(found, place, {}, kinds)
    expect(len(found) == 1, f"{place}: one kind is wanted, not {list(found)}")


def _tool(found: Any, place: str) -> None:
    spec: Check = lambda inner, at: members(inner, at, SPEC, {"description": str, "strict": bool})  # noqa: E731
    _one(found, place, {"toolSpec": spec, "cachePoint": BLOCK["cachePoint"]})


def _choice(found: Any, place: str) -> None:
    _one(found, place, {"auto": dict, "any": dict, "tool": lambda inner, at: members(inner, at, {"name": str})})


def _output(found: Any, place: str) -> None:
    form: Check = lambda inner, at: members(inner, at, {"schema": str}, {"name": str, "description": str})  # noqa: E731
    structure: Check = lambda inner, at: members(inner, at, {"jsonSchema": form})  # noqa: E731
    text: Check = lambda inner, at: members(inner, at, {"type": word("json_schema"), "structure": structure})  # noqa: E731
    members(found, place, {"textFormat": text})


CONFIG: dict[str, Check] = {
    "maxTokens": int,
    "temperature": within(0, 1),
    "topP": within(0, 1),
    "stopSequences": each(str),
}
TOOLS: dict[str, Check] = {"tools": each(_tool)}
PROMPT: dict[str, Check] = {
    "system": each(lambda found, place: _one(found, place, {"text": _filled, "cachePoint": BLOCK["cachePoint"]})),
    "toolConfig": lambda found, place: members(found, place, TOOLS, {"toolChoice": _choice}),
    "additionalModelRequestFields": dict,
}
BODY: dict[str, Check] = PROMPT | {
    "inferenceConfig": lambda found, place: members(found, place, {}, CONFIG),
    "requestMetadata": dict,
    "outputConfig": _output,
    "additionalModelResponseFieldPaths": each(str),
}


def read(body: Any, model: str, streams: bool, known: dict[str, Check]) -> Asked:
    """Reads a request strictly."""
    members(body, "$", {"messages": list}, known)
    asked = Asked(model=model, streams=streams)
    asked.system = "".join(part.get("text", "") for part in body.get("system", []))
    before = None
    waiting: set[str] = set()
    for number, message in enumerate(body["messages"]):
        place = f"$.messages[{number}]"
        block: Check = lambda found, at: _one(found, at, BLOCK)  # noqa: E731
        members(message, place, {"role": word("user", "assistant"), "content": each(block)})
        expect(message["role"] != before, f"{place}: two turns of one role")
        expect(bool(message["content"]), f"{place}: says nothing")
        before = message["role"]
        answered = {part["toolResult"]["toolUseId"] for part in message["content"] if "toolResult" in part}
        expect(answered == waiting, f"{place}: {answered} answers {waiting}")
        uses = [part["toolUse"] for part in message["content"] if "toolUse" in part]
        asked.calls |= {use["toolUseId"]: use["name"] for use in uses}
        waiting = {use["toolUseId"] for use in uses}
        if before == "user":
            _user(message["content"], asked)
    expect(before == "user", "$.messages: the user has to come last")
    for tool in body.get("toolConfig", {}).get("tools", []):
        if spec := tool.get("toolSpec"):
            asked.tools[spec["name"]] = spec["inputSchema"]["json"]
    form = body.get("outputConfig", {}).get("textFormat", {}).get("structure", {}).get("jsonSchema")
    asked.form = json.loads(form["schema"]) if form else None
    choice = body.get("additionalModelRequestFields", {}).get("tool_choice", {})
    asked.one_call = choice.get("disable_parallel_tool_use", False)
    return asked


def _user(blocks: list[Any], asked: Asked) -> None:
    asked.results, words = [], []
    for block in blocks:
        if result := block.get("toolResult"):
            text = "".join(part.get("text", "") for part in result["content"])
            asked.results.append((asked.calls[result["toolUseId"]], text))
        elif image := block.get("image"):
            data = base64.b64decode(image["source"]["bytes"], validate=True)
            asked.pictures.append((f"image/{image['format']}", data))
        elif text := block.get("text"):
            words.append(text)
    asked.words = " ".join(words)


class Bedrock(StandIn):
    kind = "bedrock"
    name = "bedrock"
    chat_model = "eu.anthropic.claude-haiku-4-5-20251001-v1:0"
    embedding_model = "amazon.titan-embed-text-v2:0"
    environment = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    @property
    def provider(self) -> dict[str, Any]:
        return {"baseUrl": f"http://{self.address}", "region": REGION, "credential": {"aws": {}}}

    def serve(self, path: str, query: dict[str, str], headers: dict[str, str], body: Any, raw: bytes) -> Reply:
        sigv4.check(headers, raw, ACCESS_KEY, SECRET_KEY, REGION, "bedrock")
        expect(query == {}, f"a query {query}")
        called = PATH.fullmatch(path)
        expect(called is not None, f"no such path {path}")
        assert called
        model, operation = called.groups()
        expect(model in (self.chat_model, self.embedding_model), f"no such model {model}")
        match operation:
            case "converse":
                asked = read(body, model, False, BODY)
                return Reply(_answer(reply(asked)))
            case "converse-stream":
                asked = read(body, model, True, BODY)
                return Reply(pieces=_events(reply(asked)), content_type="application/vnd.amazon.eventstream")
            case "count-tokens":
                one: Check = lambda found, place: members(found, place, {"converse": anything})  # noqa: E731
                members(body, "$", {"input": one})
                read(body["input"]["converse"], model, False, PROMPT)
                return Reply({"inputTokens": INPUT_TOKENS})
            case _:
                expect(operation == "invoke", f"no operation {operation}")
                members(body, "$", {"inputText": str}, {"dimensions": word(256, 512, 1024), "normalize": bool})
                values = vector(body["inputText"], body.get("dimensions", 1024))
                return Reply({"embedding": values, "inputTextTokenCount": 6})

    def error(self, status: int, message: str) -> tuple[Any, dict[str, str]]:
        kind = ERRORS.get(status, "InternalServerException")
        return {"message": message}, {"x-amzn-errortype": f"{kind}:http://internal.amazon.com/coral/"}


def _answer(said: Said) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"text": said.text}] if said.text else []
    content += [{"toolUse": {"toolUseId": call.id, "name": call.name, "input": call.arguments}} for call in said.calls]
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": "tool_use" if said.calls else "end_turn",
        "usage": USAGE,
        "metrics": {"latencyMs": 12},
    }


def _events(said: Said) -> Iterator[bytes]:
    yield event_stream.event("messageStart", {"role": "assistant", "p": "abc"})
    blocks: list[tuple[dict[str, Any] | None, list[dict[str, Any]]]] = []
    if said.text:
        # A block of text begins with its first piece.
        blocks.append((None, [{"text": piece} for piece in said.pieces]))
    for call in said.calls:
        arguments = json.dumps(call.arguments)
        pieces = [{"toolUse": {"input": piece}} for piece in (arguments[:5], arguments[5:])]
        blocks.append(({"toolUse": {"toolUseId": call.id, "name": call.name}}, pieces))
    for index, (start, deltas) in enumerate(blocks):
        if start:
            yield event_stream.event("contentBlockStart", {"contentBlockIndex": index, "start": start})
        for delta in deltas:
            yield event_stream.event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})
        if said.endless:
            more = {"contentBlockIndex": index, "delta": {"text": " more"}}
            yield from endlessly(event_stream.event("contentBlockDelta", more))
        yield event_stream.event("contentBlockStop", {"contentBlockIndex": index})
    yield event_stream.event("messageStop", {"stopReason": "tool_use" if said.calls else "end_turn"})
    yield event_stream.event("metadata", {"usage": USAGE, "metrics": {"latencyMs": 12}})
