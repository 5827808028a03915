"""The official clients, pointed at the edge."""

from collections.abc import Callable, Iterator

import anthropic
import openai
import pytest

from harness.policies import key_of
from harness.process import Bartizan
from harness.provider import KINDS, StandIn
from sdk import matrix

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


@pytest.fixture(scope="session")
def stand_ins() -> Iterator[dict[str, StandIn]]:
    """A provider of each kind."""
    started = {kind.name: kind() for kind in KINDS}
    yield started
    for server in started.values():
        server.close()


@pytest.fixture(scope="session")
def matrix_edge(tmp_path_factory: pytest.TempPathFactory, stand_ins: dict[str, StandIn]) -> Iterator[Bartizan]:
    """Bartizan with a real Envoy, and a provider of each kind behind it."""
    bartizan = matrix.start(tmp_path_factory.mktemp("matrix"), list(stand_ins.values()))
    yield bartizan
    bartizan.stop()


@pytest.fixture(params=matrix.NAMES)
def stand_in(request: pytest.FixtureRequest, stand_ins: dict[str, StandIn]) -> Iterator[StandIn]:
    """Each kind of provider in turn, which must have nothing to complain of."""
    server = stand_ins[request.param]
    server.complaints.clear()
    yield server
    assert server.complaints == []


@pytest.fixture(scope="session")
def matrix_openai(matrix_edge: Bartizan) -> Iterator[openai.OpenAI]:
    """An OpenAI client."""
    base = f"http://{matrix_edge.listen}/v1"
    with openai.OpenAI(base_url=base, api_key=key_of(matrix.TENANT), max_retries=0, timeout=TIMEOUT) as client:
        yield client


@pytest.fixture(scope="session")
def matrix_anthropic(matrix_edge: Bartizan) -> Iterator[anthropic.Anthropic]:
    """An Anthropic client."""
    base = f"http://{matrix_edge.listen}"
    with anthropic.Anthropic(base_url=base, api_key=key_of(matrix.TENANT), max_retries=0, timeout=TIMEOUT) as client:
        yield client
