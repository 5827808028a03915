"""The official OpenAI client's responses, with every kind of provider that has none of its own behind the edge."""

import json

import openai
import pytest

from harness.polling import until
from harness.provider import StandIn
from harness.provider.conversation import INPUT_TOKENS, OUTPUT_TOKENS, summed
from harness.provider.server import LEAK
from sdk.matrix import CITY_TOOL, LONG, NAMES, REPORT, REPORTED, chat_model, picture, picture_base64

WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "The weather.",
    "parameters": CITY_TOOL,
    "strict": False,
}
CONVERTED = [name for name in NAMES if name not in ("openai", "azure")]

pytestmark = pytest.mark.parametrize("stand_in", CONVERTED, indirect=True)


@pytest.fixture
def client(matrix_openai: openai.OpenAI) -> openai.OpenAI:
    return matrix_openai


def user(content) -> dict:
    return {"role": "user", "content": content}


def test_a_response(client: openai.OpenAI, stand_in: StandIn):
    answer = client.responses.create(model=chat_model(stand_in), instructions="Be brief.", input="Good evening.")
    assert answer.status == "completed"
    assert answer.output_text == f"{summed('Be brief.')} You said: Good evening."
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)


def test_a_stream(client: openai.OpenAI, stand_in: StandIn):
    asked = {"model": chat_model(stand_in), "input": "Good evening."}
    with client.responses.stream(**asked) as stream:
        final = stream.until_done().get_final_response()
    events = list(client.responses.create(**asked, stream=True))
    assert final.output_text == "You said: Good evening."
    assert (final.usage.input_tokens, final.usage.output_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)
    assert events[0].type == "response.created" and events[-1].type == "response.completed"
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == final.output_text
    # The filter that scans an answer may make an event of what it held back, with the number of the one before.
    numbers = [event.sequence_number for event in events]
    assert numbers == sorted(numbers) and set(numbers) == set(range(numbers[-1] + 1))


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_parallel_tools(client: openai.OpenAI, stand_in: StandIn, streams: bool):
    asked = {"model": chat_model(stand_in), "tools": [WEATHER]}
    turns = [user("The weather in York and Bath?")]
    if streams:
        with client.responses.stream(input=turns, **asked) as stream:
            answer = stream.until_done().get_final_response()
    else:
        answer = client.responses.create(input=turns, **asked)
    calls = [item for item in answer.output if item.type == "function_call"]
    assert [json.loads(call.arguments) for call in calls] == [{"city": "York"}, {"city": "Bath"}]
    for item in answer.output:
        told = item.model_dump(exclude_none=True)
        told.pop("parsed_arguments", None)
        turns.append(told)
    for call, city in zip(calls, ("York", "Bath"), strict=True):
        turns.append({"type": "function_call_output", "call_id": call.call_id, "output": f"rain in {city}"})
    final = client.responses.create(input=turns, **asked)
    assert final.output_text == "weather: rain in York; weather: rain in Bath"


def test_images(client: openai.OpenAI, stand_in: StandIn):
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{picture_base64()}", "detail": "auto"}
    turns = [user([{"type": "input_text", "text": "What is this?"}, image])]
    answer = client.responses.create(model=chat_model(stand_in), input=turns)
    assert answer.output_text == f"I see 1: image/png of {len(picture())} bytes"


def test_structured_output(client: openai.OpenAI, stand_in: StandIn):
    form = {"type": "json_schema", "name": "report", "schema": REPORT, "strict": True}
    answer = client.responses.create(model=chat_model(stand_in), input="What was seen?", text={"format": form})
    assert json.loads(answer.output_text) == REPORTED


@pytest.mark.parametrize(("status", "expected"), [(429, openai.RateLimitError), (500, openai.InternalServerError)])
def test_errors(client: openai.OpenAI, stand_in: StandIn, status: int, expected: type):
    with pytest.raises(expected) as raised:
        client.responses.create(model=chat_model(stand_in), input=f"fail with {status}")
    assert LEAK not in str(raised.value)


def test_cancellation(client: openai.OpenAI, stand_in: StandIn):
    before = len(stand_in.gone)
    stream = client.responses.create(model=chat_model(stand_in), input="count without end", stream=True)
    for number, _ in enumerate(stream):
        if number == 8:
            break
    stream.close()
    until(lambda: len(stand_in.gone) > before, "the provider notices that nobody listens")


def test_a_long_system_prompt(client: openai.OpenAI, stand_in: StandIn):
    answer = client.responses.create(model=chat_model(stand_in), instructions=LONG, input="Good evening.")
    assert answer.output_text == f"{summed(LONG)} You said: Good evening."
