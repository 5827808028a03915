"""What every test may use: the provider that does as told, and one edge in front of it."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import process, scenario
from harness.dialects import DIALECTS, Dialect
from harness.process import Bartizan
from harness.upstream import Upstream


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    """The model provider."""
    server = Upstream()
    yield server
    server.close()


@pytest.fixture(scope="session")
def unreachable() -> Iterator[str]:
    """An address that refuses connections: taken, but not listened on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture(scope="session")
def edge(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream, unreachable: str) -> Iterator[Bartizan]:
    """Bartizan with a real Envoy of two workers, running the policies of `harness.scenario`."""
    folder = tmp_path_factory.mktemp("edge")
    policies = folder / "policies"
    scenario.write_policies(policies, upstream, unreachable)
    bartizan = Bartizan(folder, policies, environment=scenario.PROVIDER_KEYS)
    yield bartizan
    bartizan.stop()


@pytest.fixture(params=DIALECTS, ids=str)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Each of the two dialects in turn."""
    return request.param


@pytest.fixture(autouse=True, scope="session")
def nothing_is_left_running() -> Iterator[None]:
    """Ends what a broken test left behind."""
    yield
    for left in list(process.running):
        left.stop()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A failure shows the end of the log of whatever was running."""
    report = yield
    if report.failed:
        for entry in process.running:
            report.sections.append((f"{entry.name}, {entry.log}", _tail(entry.log)))
    return report


def _tail(path: Path, lines: int = 40) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
