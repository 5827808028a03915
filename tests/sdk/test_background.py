"""The official OpenAI client has long responses made in the background."""

import time
from typing import Any

import openai
import pytest

from harness.polling import until
from harness.scenario import BLOCKED, MASKED

MODEL = "sandbox-chat"


def over(client: openai.OpenAI, response: Any) -> Any:
    def ended() -> Any:
        found = client.responses.retrieve(response.id)
        return found if found.status not in ("queued", "in_progress") else None

    return until(ended, f"{response.id} is over", 20)


def test_a_response_is_made_in_the_background(openai_client):
    client = openai_client()
    began = int(time.time())
    response = client.responses.create(model=MODEL, input="Good evening.", background=True)
    assert (response.object, response.status, response.background) == ("response", "queued", True)
    assert response.id.startswith("resp_") and response.model == MODEL
    assert began - 1 <= response.created_at <= began + 60
    assert response.output == [] and response.error is None
    done = over(client, response)
    assert (done.id, done.status, done.background) == (response.id, "completed", True)
    assert done.output_text
    assert done.usage and done.usage.total_tokens == done.usage.input_tokens + done.usage.output_tokens


def test_a_response_is_followed_from_the_start(openai_client):
    client = openai_client()
    stream = client.responses.create(model=MODEL, input="Good evening.", background=True, stream=True)
    events = list(stream)
    kinds = [event.type for event in events]
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds
    made = events[0].response
    assert made.id.startswith("resp_") and events[-1].response.id == made.id
    text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert text == events[-1].response.output_text
    again = list(client.responses.retrieve(made.id, stream=True))
    assert again == events
    whole = client.responses.retrieve(made.id)
    assert (whole.status, whole.output_text) == ("completed", text)


# Words that a rule might begin with are kept back for a while, and are told by events that the provider did not make.
@pytest.mark.parametrize(
    ("model", "text"),
    [
        ("sandbox-long", "Good evening."),
        ("sandbox-echo", f"A {MASKED[:-6]}, a {MASKED} and ann@example.com: {BLOCKED[:-8]}."),
    ],
)
def test_a_stream_goes_on_after_any_event(openai_client, model: str, text: str):
    client = openai_client()
    stream = client.responses.create(model=model, input=text, max_output_tokens=24, background=True, stream=True)
    events = list(stream)
    made = events[0].response
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = "".join(event.delta for event in events if event.type == "response.output_text.delta")
    assert deltas == events[-1].response.output_text
    for known, event in enumerate(events, start=1):
        rest = client.responses.retrieve(made.id, stream=True, starting_after=event.sequence_number)
        assert list(rest) == events[known:], event


def test_a_client_that_leaves_the_stream_finds_the_response(openai_client):
    client = openai_client()
    stream = client.responses.create(model="sandbox-slow-stream", input="Hello.", background=True, stream=True)
    made = next(iter(stream)).response
    stream.close()
    done = over(client, made)
    assert done.status == "completed" and done.output_text


def test_a_whole_response_tells_its_states_as_events(openai_client):
    client = openai_client()
    response = client.responses.create(model=MODEL, input="Good evening.", background=True)
    events = list(client.responses.retrieve(response.id, stream=True))
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text


def test_a_response_is_cancelled_and_deleted(openai_client):
    client = openai_client()
    response = client.responses.create(model="sandbox-slow-stream", input="Hello.", background=True)
    cancelled = client.responses.cancel(response.id)
    assert (cancelled.id, cancelled.status) == (response.id, "cancelled")
    assert client.responses.retrieve(response.id).status == "cancelled"
    assert client.responses.cancel(response.id).status == "cancelled"
    client.responses.delete(response.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(response.id)


def test_a_response_that_fails_says_why(openai_client):
    client = openai_client()
    response = client.responses.create(model="sandbox-error", input="Hello.", background=True)
    failed = over(client, response)
    assert failed.status == "failed"
    assert failed.error and failed.error.code and failed.error.message


def test_what_must_not_be_sent_is_refused_at_once(openai_client):
    client = openai_client()
    with pytest.raises(openai.BadRequestError) as blocked:
        client.responses.create(model=MODEL, input=f"Well, {BLOCKED}.", background=True)
    assert blocked.value.code == "content_blocked"
    with pytest.raises(openai.BadRequestError) as unstored:
        client.responses.create(model=MODEL, input="Hello.", background=True, store=False)
    assert unstored.value.param == "$.store"
    with pytest.raises(openai.NotFoundError):
        client.responses.create(model="no-such-model", input="Hello.", background=True)


def test_responses_are_of_one_tenant_and_no_jobs_by_the_other_name(openai_client):
    response = openai_client().responses.create(model=MODEL, input="Hello.", background=True)
    with pytest.raises(openai.NotFoundError):
        openai_client("other").responses.retrieve(response.id)
    with pytest.raises(openai.NotFoundError):
        openai_client().get(f"/jobs/{response.id}", cast_to=object)
