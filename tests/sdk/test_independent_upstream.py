"""A server that nobody here wrote as the provider: LiteLLM's proxy, which answers without a model behind it."""

import os
from collections.abc import Iterator
from pathlib import Path

import anthropic
import pytest
import yaml

from harness import http1, policies
from harness.policies import ROOT, key_of
from harness.polling import until
from harness.process import Bartizan, Process, free_address

# In an environment of its own: it wants other versions of the SDKs than the tests do.
PROXY = Path(os.environ.get("BARTIZAN_LITELLM", ROOT / ".venv/litellm/bin/litellm"))
KEY = "sk-independent-4412"
ANSWER = "A lighthouse keeps ships from the rocks."
MODEL = "independent"
START_DEADLINE = 120.0


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """LiteLLM's proxy; yields its address."""
    assert PROXY.exists(), f"{PROXY} is missing: run `make packages`"
    folder = tmp_path_factory.mktemp("litellm")
    listed = {"model_name": MODEL, "litellm_params": {"model": "openai/mock", "api_key": "none", "mock_response": ANSWER}}
    config = folder / "config.yaml"
    config.write_text(yaml.safe_dump({"model_list": [listed]}))
    address = free_address()
    host, port = address.split(":")
    environment = {
        "HOME": str(folder),
        "LITELLM_MASTER_KEY": KEY,
        # It would fetch prices from the internet.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    arguments = [PROXY, "--config", config, "--host", host, "--port", port, "--telemetry", "False"]
    process = Process("litellm", arguments, folder / "log", environment)

    def answers() -> bool:
        assert process.child.poll() is None, process.output
        try:
            return http1.request(address, "GET", "/health/liveliness").status == 200
        except OSError:
            return False

    try:
        until(answers, "the proxy answers", START_DEADLINE)
        yield address
    finally:
        process.stop()


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, proxy: str) -> Iterator[Bartizan]:
    """Bartizan with the proxy as its only real provider."""
    folder = tmp_path_factory.mktemp("independent")
    policies.copy_samples(folder / "policies")
    reached = {"baseUrl": f"http://{proxy}/v1", "credential": {"env": "INDEPENDENT_KEY"}, "allowInsecureHttp": True}
    policies.write(
        folder / "policies" / "test.yaml",
        policies.tenant("tester"),
        policies.provider("proxy", "openai-compatible", **reached),
        policies.model(MODEL, "proxy"),
    )
    bartizan = Bartizan(folder, folder / "policies", environment={"INDEPENDENT_KEY": KEY})
    yield bartizan
    bartizan.stop()


ASKED = [{"role": "user", "content": "What is a lighthouse for?"}]


def test_a_chat_is_answered(openai_client):
    answer = openai_client().chat.completions.create(model=MODEL, messages=ASKED)
    assert answer.choices[0].message.content == ANSWER
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens > 0


def test_a_chat_is_streamed(openai_client):
    chunks = list(openai_client().chat.completions.create(model=MODEL, messages=ASKED, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == ANSWER


def test_a_message_is_answered_by_a_server_of_the_other_dialect(anthropic_client):
    answer = anthropic_client().messages.create(model=MODEL, max_tokens=64, messages=ASKED)
    assert [block.text for block in answer.content] == [ANSWER]
    assert answer.stop_reason == "end_turn"
    assert answer.usage.output_tokens > 0


def test_a_message_is_streamed_by_a_server_of_the_other_dialect(anthropic_client):
    with anthropic_client().messages.stream(model=MODEL, max_tokens=64, messages=ASKED) as stream:
        assert stream.get_final_text() == ANSWER


def test_a_response_is_answered_by_a_server_of_chats(openai_client):
    answer = openai_client().responses.create(model=MODEL, input="What is a lighthouse for?")
    assert answer.output_text == ANSWER
    assert answer.status == "completed"


def test_a_stranger_is_told_in_the_dialect_called(edge: Bartizan):
    client = anthropic.Anthropic(base_url=f"http://{edge.listen}", api_key=key_of("nobody"), max_retries=0)
    with client, pytest.raises(anthropic.AuthenticationError):
        client.messages.create(model=MODEL, max_tokens=64, messages=ASKED)
