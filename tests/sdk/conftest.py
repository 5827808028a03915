"""The official clients, pointed at the edge."""

from collections.abc import Callable, Iterator

import anthropic
import openai
import pytest

from harness.policies import key_of
from harness.process import Bartizan

TIMEOUT = 20.0


@pytest.fixture
def openai_client(edge: Bartizan) -> Iterator[Callable[..., openai.OpenAI]]:
    """Makes an OpenAI client for a tenant."""
    made: list[openai.OpenAI] = []

    def make(tenant: str = "tester") -> openai.OpenAI:
        client = openai.OpenAI(
            base_url=f"http://{edge.listen}/v1", api_key=key_of(tenant), max_retries=0, timeout=TIMEOUT
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def anthropic_client(edge: Bartizan) -> Iterator[Callable[..., anthropic.Anthropic]]:
    """Makes an Anthropic client for a tenant."""
    made: list[anthropic.Anthropic] = []

    def make(tenant: str = "tester") -> anthropic.Anthropic:
        client = anthropic.Anthropic(
            base_url=f"http://{edge.listen}", api_key=key_of(tenant), max_retries=0, timeout=TIMEOUT
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()
