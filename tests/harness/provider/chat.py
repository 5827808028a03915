"""Chat completions and embeddings, as OpenAI, Azure and Ollama have them; what differs is in their own files.

https://platform.openai.com/docs/api-reference/chat, …/embeddings
"""

import base64
import itertools
import json
import re
import struct
from collections.abc import Iterator
from types import NoneType
from typing import Any

from harness.provider.conversation import INPUT_TOKENS, OUTPUT_TOKENS, Asked, Said, reply, vector
from harness.provider.server import Reply, endlessly, sse
from harness.provider.strict import NUMBER, Check, anything, each, expect, members, schema, value, within, word

USAGE = {
    "prompt_tokens": INPUT_TOKENS,
    "completion_tokens": OUTPUT_TOKENS,
    "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
    "prompt_tokens_details": {"cached_tokens": 5, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 2},
}
DATA = re.compile(r"data:(image/(?:png|jpeg|gif|webp));base64,(.+)")

FUNCTION_CALL: dict[str, Check] = {"name": str, "arguments": str}
TOOL_CALL: dict[str, Check] = {
    "id": str,
    "type": word("function"),
    "function": lambda found, place: members(found, place, FUNCTION_CALL),
}

# An answer's message is taken back as it came.
ASSISTANT: dict[str, Check] = {
    "content": anything,
    "name": str,
    "tool_calls": each(lambda found, place: members(found, place, TOOL_CALL, {"index": int})),
    "refusal": (str, NoneType),
    "annotations": (list, NoneType),
    "audio": NoneType,
    "function_call": NoneType,
}


def _function(found: Any, place: str) -> None:
    members(found, place, {"name": str}, {"description": str, "parameters": schema, "strict": bool})


def _format(found: Any, place: str) -> None:
    if found.get("type") == "json_schema":
        form = {"name": str, "schema": schema}
        members(
            found,
            place,
            {
                "type": str,
                "json_schema": lambda inner, at: members(inner, at, form, {"description": str, "strict": bool}),
            },
        )
    else:
        members(found, place, {"type": word("text", "json_object")})


def _choice(found: Any, place: str) -> None:
    if isinstance(found, str):
        word("none", "auto", "required")(found, place)
    else:
        members(
            found, place, {"type": word("function"), "function": lambda inner, at: members(inner, at, {"name": str})}
        )


COMMON: dict[str, Check] = {
    "stream": bool,
    "stream_options": lambda found, place: members(found, place, {}, {"include_usage": bool}),
    "temperature": within(0, 2),
    "top_p": within(0, 1),
    "stop": lambda found, place: value(found, place, str) if isinstance(found, str) else each(str)(found, place),
    "seed": int,
    "frequency_penalty": within(-2, 2),
    "presence_penalty": within(-2, 2),
    "tools": each(lambda found, place: members(found, place, {"type": word("function"), "function": _function})),
    "tool_choice": _choice,
    "response_format": _format,
    "reasoning_effort": word("none", "low", "medium", "high"),
}


def read(
    body: Any, more: dict[str, Check], system_roles: tuple[str, ...], assistant: dict[str, Check] | None = None
) -> Asked:
    """Reads a request strictly."""
    members(body, "$", {"model": str, "messages": list}, COMMON | more)
    expect("stream_options" not in body or body.get("stream") is True, "$.stream_options without a stream")
    expect("tool_choice" not in body or "tools" in body, "$.tool_choice without tools")
    asked = Asked(model=body["model"], streams=body.get("stream", False))
    waiting: list[str] = []
    for number, message in enumerate(body["messages"]):
        place = f"$.messages[{number}]"
        role = message.get("role")
        expect(not waiting or role == "tool", f"{place}: calls {waiting} have no results")
        match role:
            case "tool":
                members(message, place, {"role": str, "tool_call_id": str, "content": anything})
                expect(message["tool_call_id"] in waiting, f"{place}: a result of no call")
                waiting.remove(message["tool_call_id"])
                asked.results.append(
                    (asked.calls[message["tool_call_id"]], _text(message["content"], f"{place}.content"))
                )
            case "assistant":
                members(message, place, {"role": str}, ASSISTANT | (assistant or {}))
                calls = message.get("tool_calls", [])
                expect(message.get("content") is not None or bool(calls), f"{place}: says nothing")
                for call in calls:
                    value(json.loads(call["function"]["arguments"]), f"{place}: arguments", dict)
                    asked.calls[call["id"]] = call["function"]["name"]
                    waiting.append(call["id"])
            case "user":
                members(message, place, {"role": str, "content": anything}, {"name": str})
                asked.results = []
                asked.words = _user(message["content"], f"{place}.content", asked)
            case _:
                word(*system_roles)(role, f"{place}.role")
                members(message, place, {"role": str, "content": anything}, {"name": str})
                asked.system += _text(message["content"], f"{place}.content")
    expect(not waiting, f"calls {waiting} have no results")
    for tool in body.get("tools", []):
        asked.tools[tool["function"]["name"]] = tool["function"].get("parameters", {})
    asked.one_call = body.get("parallel_tool_calls") is False
    form = body.get("response_format", {})
    asked.form = form["json_schema"]["schema"] if form.get("type") == "json_schema" else None
    return asked


def _text(content: Any, place: str) -> str:
    if isinstance(content, str):
        return content
    each(lambda found, at: members(found, at, {"type": word("text"), "text": str}))(content, place)
    return "".join(part["text"] for part in content)


def _user(content: Any, place: str, asked: Asked) -> str:
    if isinstance(content, str):
        return content
    words = []
    for number, part in enumerate(value(content, place, list)):
        at = f"{place}[{number}]"
        if part.get("type") == "image_url":
            members(
                part,
                at,
                {
                    "type": str,
                    "image_url": lambda found, inner: members(
                        found, inner, {"url": str}, {"detail": word("auto", "low", "high")}
                    ),
                },
            )
            data = DATA.fullmatch(part["image_url"]["url"])
            expect(data is not None, f"{at}: no picture")
            assert data
            asked.pictures.append((data[1], base64.b64decode(data[2], validate=True)))
        else:
            words.append(_text([part], at))
    return " ".join(words)


def answer(asked: Asked, usage: dict[str, Any]) -> Reply:
    """A whole answer, or a stream."""
    said = reply(asked)
    if asked.streams:
        return Reply(pieces=_chunks(asked, said, usage), content_type="text/event-stream")
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
        for call in said.calls
    ]
    message = {"role": "assistant", "content": said.text or None, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message | ({"tool_calls": calls} if calls else {}), "logprobs": None}
    return Reply(
        {
            "id": "chatcmpl-stand-in",
            "object": "chat.completion",
            "created": 1790000000,
            "model": f"{asked.model}-2026-09-01",
            "choices": [choice | {"finish_reason": "tool_calls" if calls else "stop"}],
            "usage": usage,
            "system_fingerprint": "fp_0",
        }
    )


def _chunks(asked: Asked, said: Said, usage: dict[str, Any]) -> Iterator[bytes]:
    def chunk(delta: dict[str, Any] | None, finish: str | None = None, **more: Any) -> dict[str, Any]:
        choices = [] if delta is None else [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
        head = {"id": "chatcmpl-stand-in", "object": "chat.completion.chunk", "created": 1790000000}
        return head | {"model": f"{asked.model}-2026-09-01", "system_fingerprint": "fp_0", "choices": choices} | more

    events: list[Any] = [chunk({"role": "assistant", "content": "" if said.text else None, "refusal": None})]
    events += [chunk({"content": piece}) for piece in said.pieces]
    for number, call in enumerate(said.calls):
        start = {"index": number, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
        events.append(chunk({"tool_calls": [start]}))
        arguments = json.dumps(call.arguments)
        for piece in (arguments[:5], arguments[5:]):
            events.append(chunk({"tool_calls": [{"index": number, "function": {"arguments": piece}}]}))
    yield from sse(*events)
    if said.endless:
        yield from endlessly(next(sse(chunk({"content": " more"}))))
    end: list[Any] = [chunk({}, "tool_calls" if said.calls else "stop"), chunk(None, usage=usage), "[DONE]"]
    yield from sse(*end)


def embeddings(body: Any, more: dict[str, Check]) -> Reply:
    """Vectors, in the form that is asked for."""
    members(
        body,
        "$",
        {"model": str, "input": anything},
        {"encoding_format": word("float", "base64"), "dimensions": int} | more,
    )
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    each(str)(texts, "$.input")
    vectors: list[Any] = [vector(text, body.get("dimensions", 4)) for text in texts]
    if body.get("encoding_format") == "base64":
        vectors = [base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode() for numbers in vectors]
    data = [
        {"object": "embedding", "index": index, "embedding": numbers}
        for index, numbers in zip(itertools.count(), vectors)
    ]
    return Reply(
        {"object": "list", "data": data, "model": body["model"], "usage": {"prompt_tokens": 6, "total_tokens": 6}}
    )


def error(status: int, message: str) -> tuple[Any, dict[str, str]]:
    """OpenAI's form of an error."""
    kinds = {400: "invalid_request_error", 429: "rate_limit_error", 401: "authentication_error"}
    kind = kinds.get(status, "server_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": None}}, {}


__all__ = ["NUMBER", "USAGE", "answer", "embeddings", "error", "read"]
