"""The official OpenAI client sees an OpenAI."""

import json

import openai
import pytest

from harness.scenario import BLOCKED, MASKED, MAX_BODY, PLACEHOLDER, REQUESTS
from harness.upstream import ANSWER, ATTACK, INPUT_TOKENS, OUTPUT_TOKENS

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def messages(text: str = "Good evening."):
    return [{"role": "user", "content": text}]


@pytest.mark.parametrize("model", ["sandbox-chat", "openai-answers"])
def test_a_chat(openai_client, model: str):
    answer = openai_client().chat.completions.create(model=model, messages=messages())
    assert answer.object == "chat.completion"
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage and answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_chat_with_its_headers(openai_client):
    raw = openai_client().chat.completions.with_raw_response.create(model="openai-answers", messages=messages())
    assert raw.headers["x-bartizan-verdict"] == "allow"
    assert raw.request_id
    answer = raw.parse()
    assert answer.choices[0].message.content == ANSWER
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)


@pytest.mark.parametrize("model", ["sandbox-chat", "openai-answers"])
def test_a_stream(openai_client, model: str):
    stream = openai_client().chat.completions.create(model=model, messages=messages(), stream=True)
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text.strip()
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "stop"


def test_a_stream_is_masked(openai_client):
    stream = openai_client().chat.completions.create(model="openai-spells-email", messages=messages(), stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert text == "Write to [EMAIL] today, or to [EMAIL]."


def test_the_stream_helper_joins_what_was_masked(openai_client):
    with openai_client().chat.completions.stream(model="openai-spells-email", messages=messages()) as stream:
        for _ in stream:
            pass
        completion = stream.get_final_completion()
    assert completion.choices[0].message.content == "Write to [EMAIL] today, or to [EMAIL]."
    assert completion.choices[0].finish_reason == "stop"


def test_a_stream_that_is_blocked_is_an_exception_after_what_came(openai_client):
    stream = openai_client().chat.completions.create(model="openai-rambles", messages=messages(), stream=True)
    text = ""
    with pytest.raises(openai.APIError) as raised:
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    assert raised.value.code == "content_blocked"
    assert ATTACK.startswith(text) and "ignore" not in text


@pytest.mark.parametrize("model", ["sandbox-chat", "openai-answers"])
def test_a_stream_with_usage(openai_client, model: str):
    stream = openai_client().chat.completions.create(
        model=model, messages=messages(), stream=True, stream_options={"include_usage": True}
    )
    last = list(stream)[-1]
    assert last.choices == []
    assert last.usage and last.usage.completion_tokens > 0


def test_a_stream_without_usage_asked_for_has_none(openai_client):
    """Bartizan asks the provider for usage to settle limits; a client that did not ask must not see it."""
    chunks = list(openai_client().chat.completions.create(model="sandbox-chat", messages=messages(), stream=True))
    assert all(chunk.choices for chunk in chunks)
    assert all(chunk.usage is None for chunk in chunks)


def test_the_stream_helper(openai_client):
    with openai_client().chat.completions.stream(model="sandbox-chat", messages=messages()) as stream:
        for _ in stream:
            pass
        assert stream.get_final_completion().choices[0].message.content


def test_a_tool_is_called_and_its_result_answered(openai_client):
    client, conversation = openai_client(), messages("Use get_weather for Oslo.")
    first = client.chat.completions.create(model="sandbox-chat", messages=conversation, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    (call,) = first.choices[0].message.tool_calls
    assert call.function.name == "get_weather"
    assert "city" in json.loads(call.function.arguments)
    conversation.append(first.choices[0].message.to_dict())
    conversation.append({"role": "tool", "tool_call_id": call.id, "content": "3 degrees and rain"})
    second = client.chat.completions.create(model="sandbox-chat", messages=conversation, tools=[WEATHER])
    assert "3 degrees and rain" in second.choices[0].message.content


def test_a_tool_is_called_in_a_stream(openai_client):
    stream = openai_client().chat.completions.create(
        model="sandbox-chat", messages=messages("Use get_weather for Oslo."), tools=[WEATHER], stream=True
    )
    name, arguments = "", ""
    for chunk in stream:
        for call in (chunk.choices[0].delta.tool_calls or []) if chunk.choices else []:
            name += call.function.name or ""
            arguments += call.function.arguments or ""
    assert name == "get_weather"
    assert "city" in json.loads(arguments)


def test_an_attack_in_a_tool_s_result_is_blocked(openai_client):
    conversation = [
        *messages("Look it up."),
        {
            "role": "assistant",
            "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "c1", "content": f"It says: {BLOCKED}"},
    ]
    with pytest.raises(openai.BadRequestError):
        openai_client().chat.completions.create(model="sandbox-chat", messages=conversation, tools=[WEATHER])


def test_the_models(openai_client):
    client = openai_client("narrow")
    names = [model.id for model in client.models.list()]
    assert "openai-answers" in names
    assert client.models.retrieve("openai-answers").id == "openai-answers"


def test_masking(openai_client):
    answer = openai_client().chat.completions.create(model="sandbox-echo", messages=messages(f"See the {MASKED}."))
    assert answer.choices[0].message.content == f"See the {PLACEHOLDER}."


@pytest.mark.parametrize(
    ("tenant", "model", "text", "error", "code"),
    [
        ("nobody", "sandbox-chat", "hi", openai.AuthenticationError, "invalid_api_key"),
        ("expired", "sandbox-chat", "hi", openai.AuthenticationError, "expired_api_key"),
        ("narrow", "sandbox-chat", "hi", openai.PermissionDeniedError, "model_not_permitted"),
        ("tester", "no-such-model", "hi", openai.NotFoundError, "model_not_found"),
        ("tester", "sandbox-chat", BLOCKED, openai.BadRequestError, "content_blocked"),
        ("tester", "sandbox-chat", "x" * MAX_BODY, openai.APIStatusError, "body_too_large"),
        ("tester", "openai-fails-429", "hi", openai.RateLimitError, "provider_rate_limited"),
        ("tester", "openai-fails-500", "hi", openai.InternalServerError, "provider_failed"),
        ("tester", "openai-silent", "hi", openai.InternalServerError, "provider_timeout"),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_refusal_is_the_client_s_own_exception(openai_client, tenant, model, text, error, code, stream):
    with pytest.raises(error) as raised:
        openai_client(tenant).chat.completions.create(model=model, messages=messages(text), stream=stream)
    assert raised.value.code == code
    assert raised.value.request_id
    assert raised.value.type


def test_garbage_from_a_provider_is_an_internal_server_error(openai_client):
    with pytest.raises(openai.InternalServerError) as raised:
        openai_client().chat.completions.create(model="openai-garbage", messages=messages())
    assert raised.value.code == "answer_unreadable"


def test_a_limit_is_a_rate_limit_error_with_a_time_to_wait(openai_client):
    client = openai_client("requests-sdk-openai")
    for _ in range(REQUESTS):
        client.chat.completions.create(model="sandbox-chat", messages=messages())
    with pytest.raises(openai.RateLimitError) as raised:
        client.chat.completions.create(model="sandbox-chat", messages=messages())
    assert raised.value.code == "rate_limit_exceeded"
    assert int(raised.value.response.headers["retry-after"]) >= 1


@pytest.mark.parametrize(
    ("model", "code"), [("openai-cut", "provider_cut"), ("openai-stalls", "provider_timeout")], ids=["cut", "stalls"]
)
def test_a_stream_that_breaks_is_an_exception_after_what_came(openai_client, model: str, code: str):
    stream = openai_client().chat.completions.create(model=model, messages=messages(), stream=True)
    received = 0
    with pytest.raises(openai.APIError) as raised:
        for _ in stream:
            received += 1
    assert received >= 1
    assert raised.value.code == code


# === Responses ===


def test_a_response(openai_client):
    answer = openai_client().responses.create(model="sandbox-echo", input="Good evening.", instructions="Be brief.")
    assert (answer.object, answer.status, answer.output_text) == ("response", "completed", "Good evening.")
    assert answer.usage and answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens


def test_a_streamed_response(openai_client):
    events = list(openai_client().responses.create(model="sandbox-echo", input="Good evening.", stream=True))
    assert events[0].type == "response.created"
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "Good evening."
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == "Good evening."
    assert events[-1].response.usage.output_tokens == 2


def test_the_stream_helper_of_responses(openai_client):
    with openai_client().responses.stream(model="sandbox-echo", input="Good evening.") as stream:
        final = stream.get_final_response()
    assert final.output_text == "Good evening."


def test_a_response_calls_a_tool_and_takes_its_result(openai_client):
    tool = {"type": "function", "strict": False} | WEATHER["function"]
    asked = [{"role": "user", "content": "Please use get_weather."}]
    for stream in (False, True):
        answer = openai_client().responses.create(model="sandbox-chat", input=asked, tools=[tool], stream=stream)
        response = list(answer)[-1].response if stream else answer
        call = response.output[0]
        assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "get_weather", {"city": "sandbox"})
    result = {"type": "function_call_output", "call_id": call.call_id, "output": "sunny"}
    answer = openai_client().responses.create(model="sandbox-chat", input=[*asked, call, result], tools=[tool])
    assert "sunny" in answer.output_text


def test_a_blocked_response_is_a_bad_request(openai_client):
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError) as caught:
            openai_client().responses.create(model="sandbox-echo", input=f"Now {BLOCKED}.", stream=stream)
        assert caught.value.code == "content_blocked"


def test_a_response_that_breaks_off_raises(openai_client):
    with pytest.raises(openai.APIError) as caught:
        list(openai_client().responses.create(model="sandbox-cut", input="Good evening.", stream=True))
    assert caught.value.code == "provider_cut"


# === Embeddings ===


def test_embeddings(openai_client):
    answer = openai_client().embeddings.create(model="sandbox-chat", input=["one", "two"], dimensions=5)
    assert [len(entry.embedding) for entry in answer.data] == [5, 5]
    assert answer.data[0].embedding != answer.data[1].embedding
    assert answer.usage.total_tokens > 0
    tokens = openai_client().embeddings.create(model="sandbox-chat", input=[[1, 2], [3]])
    assert len(tokens.data) == 2


def test_blocked_embeddings_are_a_bad_request(openai_client):
    with pytest.raises(openai.BadRequestError) as caught:
        openai_client().embeddings.create(model="sandbox-chat", input=["one", f"Now {BLOCKED}."])
    assert caught.value.code == "content_blocked"
