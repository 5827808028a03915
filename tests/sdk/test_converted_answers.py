"""What conversions write is what the official clients read: golden files, over a server that does nothing else."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import anthropic
import openai
import pytest

from harness.policies import ROOT

GOLDEN = ROOT / "filters/engine/wire/tests/golden"
ASKED = [{"role": "user", "content": "What now?"}]

CUT = {"content_filter": openai.ContentFilterFinishReasonError, "length": openai.LengthFinishReasonError}


def golden(folder: str, dialect: str, ending: str) -> list:
    """Everything in a folder that is written for a client. What failed ends where the forwarder tells of it."""
    found = sorted((GOLDEN / folder).glob(f"*.to.{dialect}.{ending}"))
    assert found, folder
    whole = [path for path in found if not path.name.startswith("failed.")]
    return [pytest.param(path, id=path.name.split(".to.")[0]) for path in whole]


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    """A server that answers a request with the golden file that its address ends in."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            folder, name = self.headers["x-golden"].split("/")
            body = (GOLDEN / folder / name).read_bytes()
            self.send_response(200)
            kind = "text/event-stream" if name.endswith(".sse") else "application/json"
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    host, port = server.server_address[:2]
    yield f"http://{host}:{port}"
    server.shutdown()
    server.server_close()


def chosen(path: Path) -> dict[str, str]:
    return {"x-golden": f"{path.parent.name}/{path.name}"}


@pytest.fixture
def openai_strict(base_url: str) -> Iterator[openai.OpenAI]:
    """Refuses an answer that is not of its type, which clients otherwise let pass."""
    options = {"max_retries": 0, "_strict_response_validation": True}
    with openai.OpenAI(base_url=f"{base_url}/v1", api_key="none", **options) as client:
        yield client


@pytest.fixture
def anthropic_strict(base_url: str) -> Iterator[anthropic.Anthropic]:
    """The same of Anthropic's."""
    options = {"max_retries": 0, "_strict_response_validation": True}
    with anthropic.Anthropic(base_url=base_url, api_key="none", **options) as client:
        yield client


@pytest.mark.parametrize("path", golden("answer", "chat", "json"))
def test_a_chat_completion_is_of_its_type(openai_strict: openai.OpenAI, path: Path):
    answer = openai_strict.chat.completions.create(model="m", messages=ASKED, extra_headers=chosen(path))
    assert answer.choices


@pytest.mark.parametrize("path", golden("answer", "responses", "json"))
def test_a_response_is_of_its_type(openai_strict: openai.OpenAI, path: Path):
    answer = openai_strict.responses.create(model="m", input="What now?", extra_headers=chosen(path))
    assert answer.status in ("completed", "incomplete")


@pytest.mark.parametrize("path", golden("answer", "messages", "json"))
def test_a_message_is_of_its_type(anthropic_strict: anthropic.Anthropic, path: Path):
    answer = anthropic_strict.messages.create(model="m", max_tokens=9, messages=ASKED, extra_headers=chosen(path))
    assert answer.stop_reason


@pytest.mark.parametrize("path", golden("stream", "chat", "sse"))
def test_chunks_come_to_a_chat_completion(openai_strict: openai.OpenAI, path: Path):
    asked = {"model": "m", "messages": ASKED, "extra_headers": chosen(path)}
    chunks = list(openai_strict.chat.completions.create(stream=True, **asked))
    (reason,) = [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]
    with openai_strict.chat.completions.stream(**asked) as stream:
        if reason in CUT:
            # The client's own helper holds such an answer for an error.
            with pytest.raises(CUT[reason]):
                stream.get_final_completion()
        else:
            assert stream.get_final_completion().choices[0].finish_reason == reason


@pytest.mark.parametrize("path", golden("stream", "responses", "sse"))
def test_events_come_to_a_response(openai_strict: openai.OpenAI, path: Path):
    asked = {"model": "m", "input": "What now?", "extra_headers": chosen(path)}
    events = list(openai_strict.responses.create(stream=True, **asked))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[-1].type in ("response.completed", "response.incomplete")
    with openai_strict.responses.stream(**asked) as stream:
        list(stream)
    if events[-1].type == "response.completed":
        assert stream.get_final_response().output_text == events[-1].response.output_text


@pytest.mark.parametrize("path", golden("stream", "messages", "sse"))
def test_events_come_to_a_message(anthropic_strict: anthropic.Anthropic, path: Path):
    asked = {"model": "m", "max_tokens": 9, "messages": ASKED, "extra_headers": chosen(path)}
    for event in anthropic_strict.messages.create(stream=True, **asked):
        assert event.type
    with anthropic_strict.messages.stream(**asked) as stream:
        answer = stream.get_final_message()
    assert answer.stop_reason


def test_thoughts_and_calls_arrive_in_each_dialect(openai_strict: openai.OpenAI, anthropic_strict: anthropic.Anthropic):
    stream = GOLDEN / "stream"
    asked = {"model": "m", "extra_headers": chosen(stream / "tools.messages.to.chat.sse")}
    with openai_strict.chat.completions.stream(messages=ASKED, **asked) as chunks:
        chat = chunks.get_final_completion().choices[0].message
    asked["extra_headers"] = chosen(stream / "tools.messages.to.responses.sse")
    with openai_strict.responses.stream(input="What now?", **asked) as events:
        items = events.get_final_response().output
    asked["extra_headers"] = chosen(stream / "tools.messages.to.messages.sse")
    with anthropic_strict.messages.stream(messages=ASKED, max_tokens=9, **asked) as events:
        blocks = events.get_final_message().content

    assert [call.function.name for call in chat.tool_calls] == ["tide", "wind"]
    assert [item.name for item in items if item.type == "function_call"] == ["tide", "wind"]
    assert [block.input for block in blocks if block.type == "tool_use"] == [{"harbour": "north"}, {}]
    assert chat.model_extra["thinking_blocks"][0]["signature"] == "c2lnbmVk"
    assert items[0].encrypted_content == "c2lnbmVk"
    assert blocks[0].signature == "c2lnbmVk"
    assert chat.model_extra["reasoning_content"] == items[0].summary[0].text == blocks[0].thinking
