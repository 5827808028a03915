"""The official Anthropic client, with every kind of provider behind the edge."""

import json

import anthropic
import pytest

from harness.polling import until
from harness.provider import StandIn
from harness.provider.conversation import INPUT_TOKENS, OUTPUT_TOKENS, summed
from harness.provider.server import LEAK
from sdk.matrix import CITY_TOOL, LONG, REPORT, REPORTED, chat_model, picture, picture_base64

WEATHER = {"name": "weather", "description": "The weather.", "input_schema": CITY_TOOL}


def user(content) -> dict:
    return {"role": "user", "content": content}


@pytest.fixture
def client(matrix_anthropic: anthropic.Anthropic) -> anthropic.Anthropic:
    return matrix_anthropic


def used(usage) -> tuple[int, int]:
    """What was used, cached tokens included."""
    cached = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
    return usage.input_tokens + cached, usage.output_tokens


def test_a_chat(client: anthropic.Anthropic, stand_in: StandIn):
    answer = client.messages.create(model=chat_model(stand_in), max_tokens=50, messages=[user("Good evening.")])
    assert (answer.type, answer.role) == ("message", "assistant")
    assert answer.id and answer.model
    assert answer.content[-1].text == "You said: Good evening."
    assert answer.stop_reason == "end_turn"
    assert used(answer.usage) == (INPUT_TOKENS, OUTPUT_TOKENS)


def test_a_stream(client: anthropic.Anthropic, stand_in: StandIn):
    with client.messages.stream(model=chat_model(stand_in), max_tokens=50, messages=[user("Good evening.")]) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == "You said: Good evening."
    assert final.content[-1].text == text
    assert final.stop_reason == "end_turn"
    assert used(final.usage) == (INPUT_TOKENS, OUTPUT_TOKENS)


def rounds(client: anthropic.Anthropic, model: str, question: str, streams: bool) -> tuple[list[dict], str]:
    """The calls that a question leads to, and what their results lead to."""
    messages = [user(question)]
    asked = {"model": model, "max_tokens": 50, "tools": [WEATHER]}
    if streams:
        with client.messages.stream(messages=messages, **asked) as stream:
            answer = stream.get_final_message()
    else:
        answer = client.messages.create(messages=messages, **asked)
    assert answer.stop_reason == "tool_use"
    calls = [block for block in answer.content if block.type == "tool_use"]
    messages.append({"role": "assistant", "content": answer.content})
    results = [
        {"type": "tool_result", "tool_use_id": call.id, "content": f"rain in {call.input['city']}"} for call in calls
    ]
    messages.append(user(results))
    final = client.messages.create(messages=messages, **asked)
    assert final.stop_reason == "end_turn"
    return [{"name": call.name} | call.input for call in calls], final.content[-1].text


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_tools(client: anthropic.Anthropic, stand_in: StandIn, streams: bool):
    called, final = rounds(client, chat_model(stand_in), "The weather in York?", streams)
    assert called == [{"name": "weather", "city": "York"}]
    assert final == "weather: rain in York"


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_parallel_tools(client: anthropic.Anthropic, stand_in: StandIn, streams: bool):
    called, final = rounds(client, chat_model(stand_in), "The weather in York, Bath and Wells?", streams)
    assert called == [{"name": "weather", "city": city} for city in ("York", "Bath", "Wells")]
    assert final == "weather: rain in York; weather: rain in Bath; weather: rain in Wells"


def test_images(client: anthropic.Anthropic, stand_in: StandIn):
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": picture_base64()}}
    content = [{"type": "text", "text": "What is this?"}, image, image]
    answer = client.messages.create(model=chat_model(stand_in), max_tokens=50, messages=[user(content)])
    size = len(picture())
    assert answer.content[-1].text == f"I see 2: image/png of {size} bytes, image/png of {size} bytes"


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_structured_output(client: anthropic.Anthropic, stand_in: StandIn, streams: bool):
    asked = {
        "model": chat_model(stand_in),
        "max_tokens": 50,
        "messages": [user("What was seen?")],
        "output_config": {"format": {"type": "json_schema", "schema": REPORT}},
    }
    if streams:
        with client.messages.stream(**asked) as stream:
            answer = stream.get_final_message()
    else:
        answer = client.messages.create(**asked)
    assert json.loads(answer.content[-1].text) == REPORTED


def test_counted_tokens(client: anthropic.Anthropic, stand_in: StandIn):
    """Anthropic has no embeddings; its count of tokens stands in their place."""
    counted = client.messages.count_tokens(
        model=chat_model(stand_in), system="Be brief.", messages=[user("Good evening.")], tools=[WEATHER]
    )
    counts = {"anthropic", "gemini", "bedrock"}
    if stand_in.name in counts:
        assert counted.input_tokens == INPUT_TOKENS
    else:
        assert 10 < counted.input_tokens < 100


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, anthropic.BadRequestError), (429, anthropic.RateLimitError), (500, anthropic.InternalServerError)],
)
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_errors(client: anthropic.Anthropic, stand_in: StandIn, status: int, expected: type, streams: bool):
    with pytest.raises(expected) as raised:
        client.messages.create(
            model=chat_model(stand_in), max_tokens=50, messages=[user(f"fail with {status}")], stream=streams
        )
    assert raised.value.status_code == (502 if status == 500 else status)
    assert LEAK not in str(raised.value)


def test_cancellation(client: anthropic.Anthropic, stand_in: StandIn):
    before = len(stand_in.gone)
    stream = client.messages.create(
        model=chat_model(stand_in), max_tokens=50, messages=[user("count without end")], stream=True
    )
    for number, _ in enumerate(stream):
        if number == 5:
            break
    stream.close()
    until(lambda: len(stand_in.gone) > before, "the provider notices that nobody listens")


def test_a_long_system_prompt(client: anthropic.Anthropic, stand_in: StandIn):
    answer = client.messages.create(
        model=chat_model(stand_in), max_tokens=50, system=LONG, messages=[user("Good evening.")]
    )
    assert answer.content[-1].text == f"{summed(LONG)} You said: Good evening."
