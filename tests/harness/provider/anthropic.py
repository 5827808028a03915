"""Anthropic: https://platform.claude.com/docs/en/api/messages"""

import base64
import json
from collections.abc import Iterator
from typing import Any

from harness.provider.conversation import INPUT_TOKENS, OUTPUT_TOKENS, Asked, Said, reply
from harness.provider.server import Reply, StandIn, endlessly, sse
from harness.provider.strict import Check, anything, each, expect, members, schema, value, within, word

KEY = "sk-ant-stand-in-5512"
TOOL_ID = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


def _cache(found: Any, place: str) -> None:
    members(found, place, {"type": word("ephemeral")}, {"ttl": word("5m", "1h")})


def _filled(found: Any, place: str) -> None:
    value(found, place, str)
    expect(bool(found.strip()), f"{place}: empty text")


def _id(found: Any, place: str) -> None:
    value(found, place, str)
    expect(bool(found) and set(found) <= set(TOOL_ID), f"{place}: {found!r} is no id")


TEXT: dict[str, Check] = {"type": word("text"), "text": _filled}
IMAGE_SOURCE: dict[str, Check] = {
    "type": word("base64"),
    "media_type": word("image/png", "image/jpeg", "image/gif", "image/webp"),
    "data": str,
}
CHOICES: dict[str, dict[str, Check]] = {
    "auto": {"disable_parallel_tool_use": bool},
    "any": {"disable_parallel_tool_use": bool},
    "tool": {"name": str, "disable_parallel_tool_use": bool},
    "none": {},
}
USAGE = {
    "input_tokens": INPUT_TOKENS - 5,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 5,
    "output_tokens": OUTPUT_TOKENS,
    "service_tier": "standard",
}


def _choice(found: Any, place: str) -> None:
    word(*CHOICES)(found.get("type"), f"{place}.type")
    members(found, place, {"type": str}, CHOICES[found["type"]])


def _system(found: Any, place: str) -> None:
    if not isinstance(found, str):
        each(lambda inner, at: members(inner, at, TEXT, {"cache_control": _cache}))(found, place)


def _tool(found: Any, place: str) -> None:
    more: dict[str, Check] = {"description": str, "strict": bool, "cache_control": _cache, "type": word("custom")}
    members(found, place, {"name": str, "input_schema": schema}, more)


def _form(found: Any, place: str) -> None:
    members(found, place, {"type": word("json_schema"), "schema": schema})


PROMPT: dict[str, Check] = {
    "system": _system,
    "tools": each(_tool),
    "tool_choice": _choice,
    "thinking": dict,
    "output_config": lambda found, place: members(found, place, {}, {"effort": str, "format": _form}),
}
OPTIONAL: dict[str, Check] = PROMPT | {
    "stream": bool,
    "temperature": within(0, 1),
    "top_p": within(0, 1),
    "top_k": int,
    "stop_sequences": each(_filled),
    "metadata": lambda found, place: members(found, place, {}, {"user_id": str}),
}


def read(body: Any) -> Asked:
    """Reads a request strictly."""
    asked = Asked(model=body["model"], streams=body.get("stream", False))
    system = body.get("system", "")
    asked.system = system if isinstance(system, str) else "".join(part["text"] for part in system)
    expect("tool_choice" not in body or "tools" in body, "$.tool_choice without tools")
    before = None
    waiting: list[str] = []
    for number, message in enumerate(body["messages"]):
        place = f"$.messages[{number}]"
        members(message, place, {"role": word("user", "assistant"), "content": anything})
        expect(message["role"] != before, f"{place}: two turns of one role")
        before = message["role"]
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        expect(bool(value(blocks, f"{place}.content", list)), f"{place}: says nothing")
        if before == "assistant":
            waiting = _assistant(blocks, place, asked)
        else:
            results = [block for block in blocks if block.get("type") == "tool_result"]
            expect(blocks[: len(results)] == results, f"{place}: results have to come first")
            expect({block["tool_use_id"] for block in results} == set(waiting), f"{place}: other results than calls")
            _user(blocks, place, asked)
    expect(before == "user", "$.messages: the user has to come last")
    asked.tools = {tool["name"]: tool["input_schema"] for tool in body.get("tools", [])}
    asked.one_call = body.get("tool_choice", {}).get("disable_parallel_tool_use", False)
    asked.form = body.get("output_config", {}).get("format", {}).get("schema")
    return asked


def _assistant(blocks: list[Any], place: str, asked: Asked) -> list[str]:
    waiting = []
    for number, block in enumerate(blocks):
        at = f"{place}.content[{number}]"
        if block.get("type") == "tool_use":
            members(block, at, {"type": str, "id": _id, "name": str, "input": dict}, {"cache_control": _cache})
            asked.calls[block["id"]] = block["name"]
            waiting.append(block["id"])
        elif block.get("type") == "thinking":
            members(block, at, {"type": str, "thinking": str, "signature": str})
        else:
            members(block, at, TEXT, {"cache_control": _cache})
    return waiting


def _user(blocks: list[Any], place: str, asked: Asked) -> None:
    asked.results, words = [], []
    for number, block in enumerate(blocks):
        at = f"{place}.content[{number}]"
        match block.get("type"):
            case "tool_result":
                more: dict[str, Check] = {"content": anything, "is_error": bool, "cache_control": _cache}
                members(block, at, {"type": str, "tool_use_id": _id}, more)
                content = block.get("content", "")
                text = content if isinstance(content, str) else "".join(inner["text"] for inner in content)
                asked.results.append((asked.calls[block["tool_use_id"]], text))
            case "image":
                source: Check = lambda found, inner: members(found, inner, IMAGE_SOURCE)  # noqa: E731
                members(block, at, {"type": str, "source": source}, {"cache_control": _cache})
                data = base64.b64decode(block["source"]["data"], validate=True)
                asked.pictures.append((block["source"]["media_type"], data))
            case _:
                members(block, at, TEXT, {"cache_control": _cache})
                words.append(block["text"])
    asked.words = " ".join(words)


class Anthropic(StandIn):
    kind = "anthropic"
    name = "anthropic"
    embedding_model = None
    environment = {"STAND_IN_ANTHROPIC_KEY": KEY}

    @property
    def provider(self) -> dict[str, Any]:
        return {"baseUrl": f"http://{self.address}", "credential": {"env": "STAND_IN_ANTHROPIC_KEY"}}

    def serve(self, path: str, query: dict[str, str], headers: dict[str, str], body: Any, raw: bytes) -> Reply:
        expect(headers.get("x-api-key") == KEY, "no key")
        expect("authorization" not in headers, "another key")
        version = headers.get("anthropic-version")
        word("2023-06-01", "2026-10-21")(version, "anthropic-version")
        if version == "2026-10-21":
            expect(not {"temperature", "top_p", "top_k"} & set(body), "sampling is gone with this version")
        if path == "/v1/messages/count_tokens":
            members(body, "$", {"model": str, "messages": list}, PROMPT)
            read(body)
            return Reply({"input_tokens": INPUT_TOKENS})
        expect(path == "/v1/messages", f"no such path {path}")
        members(body, "$", {"model": str, "max_tokens": int, "messages": list}, OPTIONAL)
        expect(body["max_tokens"] > 0, "$.max_tokens")
        asked = read(body)
        said = reply(asked)
        if asked.streams:
            return Reply(pieces=_events(asked, said), content_type="text/event-stream; charset=utf-8")
        content = [{"type": "text", "text": said.text}] if said.text else []
        content += [_tool_use(call.id, call.name, call.arguments) for call in said.calls]
        return Reply(_message(asked, content, "tool_use" if said.calls else "end_turn", USAGE))

    def error(self, status: int, message: str) -> tuple[Any, dict[str, str]]:
        kinds = {400: "invalid_request_error", 429: "rate_limit_error", 529: "overloaded_error"}
        error = {"type": kinds.get(status, "api_error"), "message": message}
        return {"type": "error", "error": error, "request_id": "req_stand_in"}, {}


def _tool_use(call: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{call}", "name": name, "input": arguments}


def _message(asked: Asked, content: list[Any], reason: str | None, usage: dict[str, Any]) -> dict[str, Any]:
    head = {"id": "msg_stand_in", "type": "message", "role": "assistant", "model": asked.model}
    return head | {"content": content, "stop_reason": reason, "stop_sequence": None, "usage": usage}


def _events(asked: Asked, said: Said) -> Iterator[bytes]:
    events: list[Any] = [
        {"type": "message_start", "message": _message(asked, [], None, USAGE | {"output_tokens": 1})},
        {"type": "ping"},
    ]
    blocks: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    if said.text:
        deltas = [{"type": "text_delta", "text": piece} for piece in said.pieces]
        blocks.append(({"type": "text", "text": ""}, deltas))
    for call in said.calls:
        arguments = json.dumps(call.arguments)
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", arguments[:5], arguments[5:])]
        blocks.append((_tool_use(call.id, call.name, {}), deltas))
    for index, (block, deltas) in enumerate(blocks):
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        events += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        if not said.endless:
            events.append({"type": "content_block_stop", "index": index})
    yield from sse(*events, named=True)
    if said.endless:
        more = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " more"}}
        yield from endlessly(next(sse(more, named=True)))
    delta = {"stop_reason": "tool_use" if said.calls else "end_turn", "stop_sequence": None}
    usage = {"output_tokens": OUTPUT_TOKENS}
    yield from sse({"type": "message_delta", "delta": delta, "usage": usage}, {"type": "message_stop"}, named=True)
