"""The official OpenAI client, with every kind of provider behind the edge."""

import json

import openai
import pytest

from harness.polling import until
from harness.provider import StandIn
from harness.provider.conversation import INPUT_TOKENS, OUTPUT_TOKENS, summed
from harness.provider.server import LEAK
from sdk.matrix import CITY_TOOL, LONG, REPORT, REPORTED, chat_model, embedding_model, picture, picture_base64

WEATHER = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": CITY_TOOL}}


def user(text: str) -> dict:
    return {"role": "user", "content": text}


@pytest.fixture
def client(matrix_openai: openai.OpenAI) -> openai.OpenAI:
    return matrix_openai


def test_a_chat(client: openai.OpenAI, stand_in: StandIn):
    answer = client.chat.completions.create(model=chat_model(stand_in), messages=[user("Good evening.")], max_tokens=50)
    assert answer.object == "chat.completion"
    assert answer.id and answer.model and answer.created
    assert answer.choices[0].message.content == "You said: Good evening."
    assert answer.choices[0].finish_reason == "stop"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)


def test_a_conversation(client: openai.OpenAI, stand_in: StandIn):
    messages = [
        {"role": "developer", "content": "Be brief."},
        user("One."),
        {"role": "assistant", "content": "Two."},
        user("Three."),
        user("Four."),
    ]
    answer = client.chat.completions.create(model=chat_model(stand_in), messages=messages)
    assert answer.choices[0].message.content.startswith(summed("Be brief."))
    assert answer.choices[0].message.content.endswith("Four.")


def test_a_stream(client: openai.OpenAI, stand_in: StandIn):
    stream = client.chat.completions.create(
        model=chat_model(stand_in),
        messages=[user("Good evening.")],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == "You said: Good evening."
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"
    assert len({chunk.id for chunk in chunks if chunk.choices}) == 1
    usage = chunks[-1].usage
    assert (usage.prompt_tokens, usage.completion_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)


def sent_back(message) -> dict:
    """An answer as it goes back to the provider: all of it but for what the client's own helper adds. It also joins the
    roles of Ollama's pieces, each of which has one."""
    told = message.model_dump(exclude_none=True, exclude={"parsed"}) | {"role": "assistant"}
    for call in told["tool_calls"]:
        call["function"].pop("parsed_arguments", None)
    return told


def rounds(client: openai.OpenAI, model: str, question: str, streams: bool, **more) -> tuple[list[dict], str]:
    """The calls that a question leads to, and what their results lead to."""
    messages = [user(question)]
    asked = {"model": model, "tools": [WEATHER], **more}
    if streams:
        with client.chat.completions.stream(messages=messages, **asked) as stream:
            message = stream.get_final_completion().choices[0].message
    else:
        answer = client.chat.completions.create(messages=messages, **asked)
        assert answer.choices[0].finish_reason == "tool_calls"
        message = answer.choices[0].message
    messages.append(sent_back(message))
    for call in message.tool_calls:
        city = json.loads(call.function.arguments)["city"]
        messages.append({"role": "tool", "tool_call_id": call.id, "content": f"rain in {city}"})
    final = client.chat.completions.create(messages=messages, **asked)
    assert final.choices[0].finish_reason == "stop"
    called = [{"name": call.function.name} | json.loads(call.function.arguments) for call in message.tool_calls]
    return called, final.choices[0].message.content


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_tools(client: openai.OpenAI, stand_in: StandIn, streams: bool):
    called, final = rounds(client, chat_model(stand_in), "The weather in York?", streams)
    assert called == [{"name": "weather", "city": "York"}]
    assert final == "weather: rain in York"


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_parallel_tools(client: openai.OpenAI, stand_in: StandIn, streams: bool):
    called, final = rounds(client, chat_model(stand_in), "The weather in York, Bath and Wells?", streams)
    assert called == [{"name": "weather", "city": city} for city in ("York", "Bath", "Wells")]
    assert final == "weather: rain in York; weather: rain in Bath; weather: rain in Wells"


def test_images(client: openai.OpenAI, stand_in: StandIn):
    image = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture_base64()}"}}
    content = [{"type": "text", "text": "What is this?"}, image, image]
    answer = client.chat.completions.create(model=chat_model(stand_in), messages=[{"role": "user", "content": content}])
    size = len(picture())
    seen = f"I see 2: image/png of {size} bytes, image/png of {size} bytes"
    assert answer.choices[0].message.content == seen


@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_structured_output(client: openai.OpenAI, stand_in: StandIn, streams: bool):
    form = {"type": "json_schema", "json_schema": {"name": "report", "schema": REPORT, "strict": True}}
    asked = {"model": chat_model(stand_in), "messages": [user("What was seen?")], "response_format": form}
    if streams:
        with client.chat.completions.stream(**asked) as stream:
            content = stream.get_final_completion().choices[0].message.content
    else:
        content = client.chat.completions.create(**asked).choices[0].message.content
    assert json.loads(content) == REPORTED


@pytest.mark.parametrize("more", [{}, {"encoding_format": "float"}], ids=["base64", "float"])
def test_embeddings(client: openai.OpenAI, stand_in: StandIn, more: dict):
    if stand_in.embedding_model is None:
        pytest.skip("the provider has no embeddings")
    # Titan takes one text at a time.
    texts = ["A raven."] if stand_in.name == "bedrock" else ["A raven.", "Seven ravens were seen."]
    # The client asks for base64, and decodes it, unless it is told otherwise.
    answer = client.embeddings.create(model=embedding_model(stand_in), input=texts, dimensions=256, **more)
    assert [entry.index for entry in answer.data] == list(range(len(texts)))
    for entry, text in zip(answer.data, texts, strict=True):
        assert entry.embedding[:3] == [len(text), text.count("e"), 0.5]
        assert len(entry.embedding) == 256
    assert answer.usage.prompt_tokens == 6


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, openai.BadRequestError), (429, openai.RateLimitError), (500, openai.InternalServerError)],
)
@pytest.mark.parametrize("streams", [False, True], ids=["whole", "stream"])
def test_errors(client: openai.OpenAI, stand_in: StandIn, status: int, expected: type, streams: bool):
    with pytest.raises(expected) as raised:
        client.chat.completions.create(
            model=chat_model(stand_in), messages=[user(f"fail with {status}")], stream=streams
        )
    assert raised.value.status_code == (502 if status == 500 else status)
    assert LEAK not in str(raised.value)


def test_cancellation(client: openai.OpenAI, stand_in: StandIn):
    before = len(stand_in.gone)
    stream = client.chat.completions.create(
        model=chat_model(stand_in), messages=[user("count without end")], stream=True
    )
    for number, _ in enumerate(stream):
        if number == 5:
            break
    stream.close()
    until(lambda: len(stand_in.gone) > before, "the provider notices that nobody listens")


@pytest.mark.parametrize("role", ["system", "developer"])
def test_a_long_system_prompt(client: openai.OpenAI, stand_in: StandIn, role: str):
    messages = [{"role": role, "content": LONG}, user("Good evening.")]
    answer = client.chat.completions.create(model=chat_model(stand_in), messages=messages)
    assert answer.choices[0].message.content == f"{summed(LONG)} You said: Good evening."
