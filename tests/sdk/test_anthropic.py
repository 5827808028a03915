"""The official Anthropic client sees an Anthropic."""

import anthropic
import pytest

from harness.scenario import BLOCKED, MASKED, MAX_BODY, PLACEHOLDER, REQUESTS
from harness.upstream import ANSWER, ATTACK, INPUT_TOKENS, OUTPUT_TOKENS

WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def messages(text: str = "Good evening."):
    return [{"role": "user", "content": text}]


def create(client: anthropic.Anthropic, model: str = "sandbox-chat", text: str = "Good evening.", **more):
    return client.messages.create(model=model, max_tokens=200, messages=messages(text), **more)


@pytest.mark.parametrize("model", ["sandbox-chat", "anthropic-answers"])
def test_a_message(anthropic_client, model: str):
    answer = create(anthropic_client(), model)
    assert (answer.type, answer.role, answer.stop_reason) == ("message", "assistant", "end_turn")
    assert answer.content[0].text
    assert answer.usage.input_tokens > 0 and answer.usage.output_tokens > 0


def test_a_message_with_its_headers(anthropic_client):
    raw = anthropic_client().messages.with_raw_response.create(
        model="anthropic-answers", max_tokens=200, messages=messages()
    )
    assert raw.headers["x-bartizan-verdict"] == "allow"
    answer = raw.parse()
    assert answer.content[0].text == ANSWER
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)


@pytest.mark.parametrize("model", ["sandbox-chat", "anthropic-answers"])
def test_a_stream(anthropic_client, model: str):
    with anthropic_client().messages.stream(model=model, max_tokens=200, messages=messages()) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text.strip()
    assert final.content[0].text == text
    assert final.stop_reason == "end_turn"
    assert final.usage.output_tokens > 0


def test_a_stream_is_masked(anthropic_client):
    with anthropic_client().messages.stream(
        model="anthropic-spells-email", max_tokens=200, messages=messages()
    ) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == "Write to [EMAIL] today, or to [EMAIL]."
    assert final.content[0].text == text
    assert (final.stop_reason, final.usage.output_tokens) == ("end_turn", OUTPUT_TOKENS)


def test_a_stream_that_is_blocked_is_an_exception_after_what_came(anthropic_client):
    text = ""
    with pytest.raises(anthropic.APIStatusError) as raised:
        for event in create(anthropic_client(), "anthropic-rambles", stream=True):
            if event.type == "content_block_delta":
                text += event.delta.text
    assert raised.value.body["error"]["type"] == "invalid_request_error"
    assert "prompt-injection" in raised.value.body["error"]["message"]
    assert ATTACK.startswith(text) and "ignore" not in text


def test_the_events_of_a_stream_come_in_the_documented_order(anthropic_client):
    kinds = [event.type for event in create(anthropic_client(), stream=True)]
    assert kinds[0] == "message_start"
    assert kinds[1] == "content_block_start"
    assert set(kinds[2:-3]) == {"content_block_delta"}
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_a_tool_is_called_and_its_result_answered(anthropic_client):
    client, conversation = anthropic_client(), messages("Use get_weather for Oslo.")
    first = client.messages.create(model="sandbox-chat", max_tokens=200, messages=conversation, tools=[WEATHER])
    assert first.stop_reason == "tool_use"
    call = next(block for block in first.content if block.type == "tool_use")
    assert call.name == "get_weather" and "city" in call.input
    conversation.append({"role": "assistant", "content": [block.to_dict() for block in first.content]})
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "3 degrees and rain"}
    conversation.append({"role": "user", "content": [result]})
    second = client.messages.create(model="sandbox-chat", max_tokens=200, messages=conversation, tools=[WEATHER])
    assert "3 degrees and rain" in second.content[0].text


def test_a_tool_is_called_in_a_stream(anthropic_client):
    with anthropic_client().messages.stream(
        model="sandbox-chat", max_tokens=200, messages=messages("Use get_weather for Oslo."), tools=[WEATHER]
    ) as stream:
        final = stream.get_final_message()
    call = next(block for block in final.content if block.type == "tool_use")
    assert call.name == "get_weather" and "city" in call.input


def test_an_attack_in_a_tool_s_result_is_blocked(anthropic_client):
    conversation = [
        *messages("Look it up."),
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "get_weather", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": f"It says: {BLOCKED}"}]},
    ]
    with pytest.raises(anthropic.BadRequestError):
        anthropic_client().messages.create(model="sandbox-chat", max_tokens=200, messages=conversation, tools=[WEATHER])


def test_the_models(anthropic_client):
    client = anthropic_client("narrow")
    names = [model.id for model in client.models.list()]
    assert "anthropic-answers" in names
    assert client.models.retrieve("anthropic-answers").id == "anthropic-answers"


def test_masking(anthropic_client):
    assert create(anthropic_client(), "sandbox-echo", f"See the {MASKED}.").content[0].text == f"See the {PLACEHOLDER}."


@pytest.mark.parametrize(
    ("tenant", "model", "text", "error", "kind"),
    [
        ("nobody", "sandbox-chat", "hi", anthropic.AuthenticationError, "authentication_error"),
        ("expired", "sandbox-chat", "hi", anthropic.AuthenticationError, "authentication_error"),
        ("narrow", "sandbox-chat", "hi", anthropic.PermissionDeniedError, "permission_error"),
        ("tester", "no-such-model", "hi", anthropic.NotFoundError, "not_found_error"),
        ("tester", "sandbox-chat", BLOCKED, anthropic.BadRequestError, "invalid_request_error"),
        ("tester", "sandbox-chat", "x" * MAX_BODY, anthropic.APIStatusError, "request_too_large"),
        ("tester", "anthropic-fails-429", "hi", anthropic.RateLimitError, "rate_limit_error"),
        ("tester", "anthropic-fails-500", "hi", anthropic.InternalServerError, "api_error"),
        ("tester", "anthropic-silent", "hi", anthropic.InternalServerError, "timeout_error"),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_refusal_is_the_client_s_own_exception(anthropic_client, tenant, model, text, error, kind, stream):
    with pytest.raises(error) as raised:
        create(anthropic_client(tenant), model, text, stream=stream)
    assert raised.value.body["error"]["type"] == kind
    assert raised.value.body["request_id"] == raised.value.response.headers["x-request-id"]


def test_garbage_from_a_provider_is_an_internal_server_error(anthropic_client):
    with pytest.raises(anthropic.InternalServerError) as raised:
        create(anthropic_client(), "anthropic-garbage")
    assert raised.value.body["error"]["type"] == "api_error"


def test_a_limit_is_a_rate_limit_error_with_a_time_to_wait(anthropic_client):
    client = anthropic_client("requests-sdk-anthropic")
    for _ in range(REQUESTS):
        create(client)
    with pytest.raises(anthropic.RateLimitError) as raised:
        create(client)
    assert int(raised.value.response.headers["retry-after"]) >= 1


@pytest.mark.parametrize("model", ["anthropic-cut", "anthropic-stalls"])
def test_a_stream_that_breaks_is_an_exception_after_what_came(anthropic_client, model: str):
    stream = create(anthropic_client(), model, stream=True)
    received = 0
    with pytest.raises(anthropic.APIStatusError) as raised:
        for _ in stream:
            received += 1
    assert received >= 1
    assert raised.value.body["error"]["type"] in ("api_error", "timeout_error")


def test_a_count_of_tokens(anthropic_client):
    count = anthropic_client().messages.count_tokens(model="sandbox-chat", messages=messages(), system="Be brief.")
    assert count.input_tokens > 0


def test_a_blocked_count_of_tokens_is_a_bad_request(anthropic_client):
    with pytest.raises(anthropic.BadRequestError):
        anthropic_client().messages.count_tokens(model="sandbox-chat", messages=messages(f"Now {BLOCKED}."))
