"""Parts that die, and what the others go on doing."""

import json
import os
import secrets
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import http1, http2, process, scenario
from harness.dialects import OPENAI, Dialect
from harness.policies import key_of
from harness.polling import until
from harness.process import TRAP_FILTERS, Bartizan, Process, envoy
from harness.scenario import BLOCKED, PROVIDER_KEYS, model_of
from harness.upstream import Upstream


def chat(address: str, text: str = "Good evening.", tenant: str = "tester", dialect: Dialect = OPENAI, **more):
    body = dialect.body(text, model_of(dialect, more.pop("behaviour", "answers")), **more)
    return http1.request(address, "POST", dialect.path, dialect.credential(key_of(tenant)), body)


def answered(address: str, status: int, **arguments) -> bool:
    """Whether a chat gets that status; an address that does not answer yet is no."""
    try:
        return chat(address, **arguments).status == status
    except (ConnectionError, http1.Closed, TimeoutError):
        return False


def statuses(address: str, text: str = "Good evening.", tenant: str = "tester") -> set[int]:
    """What every worker answers to a chat."""
    body = OPENAI.body(text, model_of(OPENAI, "answers"))
    responses = http1.on_every_worker(address, "POST", OPENAI.path, OPENAI.credential(key_of(tenant)), body)
    return {response.status for response in responses}


def enforces(address: str) -> None:
    """On every worker, who has no key is refused, an attack is blocked, and the rest passes."""
    OPENAI.refusal(chat(address, tenant="nobody"), 401, "invalid_api_key")
    OPENAI.refusal(chat(address, BLOCKED), 400, "content_blocked")
    assert statuses(address, tenant="nobody") == {401}
    assert statuses(address, BLOCKED) == {400}
    assert statuses(address) == {200}


# === Roles apart ===


@dataclass
class Split:
    """xds, forward and Envoy, each a process of its own."""

    xds: Bartizan
    forward: Bartizan
    envoy: Process
    listen: str
    envoy_admin: str
    token: str

    def stop(self) -> None:
        for entry in (self.envoy, self.xds, self.forward):
            entry.stop()


def start_xds(folder: Path, policies: Path, listen: str, address: str, forward: str, token: Path) -> Bartizan:
    folder.mkdir(exist_ok=True)
    return Bartizan(
        folder,
        policies,
        *("--roles", "xds,admin", "--listen", listen, "--xds", address),
        *("--forward-target", forward, "--forward-token-file", token),
        verb="serve",
        environment=PROVIDER_KEYS,
    )


@pytest.fixture
def split(tmp_path: Path, upstream: Upstream, unreachable: str) -> Iterator[Split]:
    policies = tmp_path / "policies"
    scenario.write_policies(policies, upstream, unreachable)
    token = secrets.token_hex(32)
    token_file = tmp_path / "token"
    token_file.write_text(token)
    (tmp_path / "forward").mkdir()
    forward = Bartizan(
        tmp_path / "forward",
        policies,
        *("--roles", "forward,admin", "--forward", "127.0.0.1:0", "--forward-token-file", token_file),
        verb="serve",
        environment=PROVIDER_KEYS,
    )
    listen = process.free_address()
    target = forward.addresses["forward"]
    xds = start_xds(tmp_path / "xds", policies, listen, "127.0.0.1:0", target, token_file)
    envoy_admin = process.free_address()
    printed = process.command(
        "bootstrap", "--xds", xds.addresses["xds"], "--envoy-admin", envoy_admin, "--node-id", "apart"
    )
    assert printed.returncode == 0, printed.stderr
    bootstrap = tmp_path / "bootstrap.yaml"
    bootstrap.write_text(printed.stdout)
    arguments = ["--concurrency", "2", "--use-dynamic-base-id", "--reject-unknown-dynamic-fields"]
    proxy = Process("envoy", [envoy(), "-c", bootstrap, *arguments], tmp_path / "envoy.log")
    apart = Split(xds, forward, proxy, listen, envoy_admin, token)
    try:
        until(lambda: answered(listen, 200), "the Envoy that joined answers", process.START_DEADLINE)
        yield apart
    finally:
        apart.stop()


def test_envoy_goes_on_enforcing_when_its_control_plane_is_killed(split: Split, tmp_path: Path):
    enforces(split.listen)
    address = split.xds.addresses["xds"]
    split.xds.interrupt(signal.SIGKILL)
    split.xds.wait()
    enforces(split.listen)

    # It comes back with another policy, and Envoy takes it without a restart.
    policies = split.xds.policies
    late = scenario.policies.tenant("latecomer")
    scenario.policies.write(policies / "late.yaml", late)
    split.xds.stop()
    split.xds = start_xds(
        tmp_path / "xds", policies, split.listen, address, split.forward.addresses["forward"], tmp_path / "token"
    )
    until(lambda: answered(split.listen, 200, tenant="latecomer"), "Envoy takes the new policy", 30.0)
    (node,) = until(lambda: split.xds.admin("/v1/nodes").json()["nodes"], "the node is known again")
    assert node["id"] == "apart"
    enforces(split.listen)


def test_without_a_forwarder_clients_are_told_in_their_dialect_and_it_heals(split: Split, tmp_path: Path, dialect):
    split.forward.interrupt(signal.SIGKILL)
    split.forward.wait()
    response = chat(split.listen, dialect=dialect)
    dialect.refusal(response, 503, "unavailable", kind="overloaded_error")
    OPENAI.refusal(chat(split.listen, tenant="nobody"), 401, "invalid_api_key")
    OPENAI.refusal(chat(split.listen, BLOCKED), 400, "content_blocked")

    address = split.forward.addresses["forward"]
    split.forward.stop()
    split.forward = Bartizan(
        split.forward.folder,
        split.forward.policies,
        *("--roles", "forward,admin", "--forward", address, "--forward-token-file", tmp_path / "token"),
        verb="serve",
        environment=PROVIDER_KEYS,
    )
    until(lambda: answered(split.listen, 200), "requests are forwarded again", 20.0)


def test_the_forwarder_takes_only_the_exact_token(split: Split, dialect: Dialect):
    headers = [("x-bartizan-tenant", "tester"), ("x-bartizan-key", "test")]
    table = [
        ([], 403),
        ([("x-bartizan-edge", split.token[:-1])], 403),
        ([("x-bartizan-edge", split.token + "0")], 403),
        ([("x-bartizan-edge", split.token)], 200),
    ]
    for token, status in table:
        with http2.Connection(split.forward.addresses["forward"]) as connection:
            body = dialect.body("Good evening.", model_of(dialect, "answers"))
            response = connection.request("POST", dialect.path, [*headers, *token], body)
        assert response.status == status, response
        if status == 200:
            assert response.header("x-bartizan-usage").startswith("input=11, output=7")


def test_the_token_is_nowhere_to_be_read(split: Split):
    shown = http1.request(split.envoy_admin, "GET", "/config_dump?include_eds").body.decode()
    shown += split.xds.output + split.forward.output + split.envoy.output
    shown += split.xds.admin("/v1/nodes").body.decode()
    assert split.token not in shown


# === A filter that traps ===


@pytest.fixture
def trapping(tmp_path: Path, upstream: Upstream, unreachable: str) -> Iterator[Bartizan]:
    """An edge whose threat-scan was built to trap on request."""
    assert TRAP_FILTERS.is_dir(), f"{TRAP_FILTERS} is missing: run `make wasm-trap`"
    policies = tmp_path / "policies"
    scenario.write_policies(policies, upstream, unreachable)
    bartizan = Bartizan(tmp_path, policies, filters=TRAP_FILTERS, environment=PROVIDER_KEYS)
    yield bartizan
    bartizan.stop()


def test_a_filter_that_traps_fails_closed_is_counted_and_is_back_within_a_second(trapping: Bartizan, dialect: Dialect):
    assert chat(trapping.listen).status == 200
    body = dialect.body("Good evening.", model_of(dialect, "answers"))
    headers = [*dialect.credential(key_of("tester")), ("x-test-trap", "1")]
    trapped = trapping.request("POST", dialect.path, headers, body)
    dialect.refusal(trapped, 503, "filter_failed")
    until(lambda: statuses(trapping.listen) == {200}, "both workers scan again", 1.0)
    enforces(trapping.listen)
    stats = json.loads(trapping.envoy_admin("/stats?format=json"))["stats"]
    reloads = {entry["name"]: entry["value"] for entry in stats if "vm_reload_success" in entry.get("name", "")}
    assert reloads["wasm.bartizan.threat-scan.vm_reload_success"] >= 1, reloads


# === Ends and starts ===


@pytest.fixture
def own(tmp_path: Path, upstream: Upstream, unreachable: str) -> Iterator[Bartizan]:
    """An edge that a test may end."""
    policies = tmp_path / "policies"
    scenario.write_policies(policies, upstream, unreachable)
    bartizan = Bartizan(tmp_path, policies, environment=PROVIDER_KEYS)
    yield bartizan
    bartizan.stop()


def test_sigterm_lets_a_running_stream_come_to_its_end(own: Bartizan, dialect: Dialect, upstream: Upstream):
    release = upstream.hold()
    with http1.Connection(own.listen) as connection:
        body = dialect.body("Good evening.", model_of(dialect, "held"), stream=True)
        connection.start("POST", dialect.path, dialect.credential(key_of("tester")), body)
        head = connection.head()
        pieces = connection.pieces(head)
        received = next(pieces)
        own.interrupt()
        until(lambda: refuses_connections(own.listen) or not is_ready(own), "it stops taking new work")
        release.set()
        received += b"".join(pieces)
    assert received.endswith(b"data: [DONE]\n\n" if dialect is OPENAI else b'{"type": "message_stop"}\n\n')
    assert own.wait() == 0
    until(lambda: not process.is_envoy(own.envoy_pid), "its Envoy is gone")
    assert not (own.folder / "ready.json").exists()
    assert not Path(own.addresses["forward"].removeprefix("unix:")).exists()


def is_ready(bartizan: Bartizan) -> bool:
    try:
        return bartizan.admin("/readyz").status == 200
    except (ConnectionError, http1.Closed):
        return False


def refuses_connections(address: str) -> bool:
    try:
        http1.Connection(address).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_stream_that_never_ends_does_not_hold_up_the_end_for_ever(tmp_path: Path, upstream, unreachable: str):
    policies = tmp_path / "policies"
    scenario.write_policies(policies, upstream, unreachable)
    bartizan = Bartizan(tmp_path, policies, "--drain-seconds", "1", environment=PROVIDER_KEYS)
    upstream.hold()
    try:
        with http1.Connection(bartizan.listen) as connection:
            body = OPENAI.body("Good evening.", model_of(OPENAI, "held"), stream=True)
            connection.start("POST", OPENAI.path, OPENAI.credential(key_of("tester")), body)
            assert connection.head().status == 200
            started = time.monotonic()
            bartizan.interrupt()
            bartizan.wait()
            assert time.monotonic() - started < 6
    finally:
        bartizan.stop()


def test_envoy_goes_on_enforcing_when_up_is_killed(own: Bartizan):
    own.interrupt(signal.SIGKILL)
    own.wait()
    OPENAI.refusal(chat(own.listen, tenant="nobody"), 401, "invalid_api_key")
    OPENAI.refusal(chat(own.listen, BLOCKED), 400, "content_blocked")
    assert chat(own.listen).status == 503
    os.kill(own.envoy_pid, signal.SIGKILL)


def test_an_envoy_that_dies_is_started_again(tmp_path: Path, upstream: Upstream, unreachable: str):
    policies = tmp_path / "policies"
    scenario.write_policies(policies, upstream, unreachable)
    listen = process.free_address()
    bartizan = Bartizan(tmp_path, policies, "--listen", listen, environment=PROVIDER_KEYS)
    try:
        os.kill(bartizan.envoy_pid, signal.SIGKILL)
        until(lambda: not process.is_envoy(bartizan.envoy_pid), "the old Envoy is gone")
        until(lambda: answered(listen, 200), "a new Envoy answers at the same address", process.START_DEADLINE)
        until(lambda: is_ready(bartizan), "the control plane says that it is ready again")
        ready = json.loads((tmp_path / "ready.json").read_text())
        assert ready["envoyPid"] != bartizan.envoy_pid
        bartizan.addresses = ready
        enforces(listen)
    finally:
        bartizan.stop()


def test_a_second_up_at_the_same_addresses_says_so_and_ends_with_1(own: Bartizan):
    second = process.command(
        *("up", "--listen", own.listen, "--admin", own.addresses["admin"], "--xds", own.addresses["xds"]),
        *("--envoy-admin", own.addresses["envoyAdmin"], "--file", own.policies, "--envoy", envoy()),
        *("--filters", process.FILTERS),
        **PROVIDER_KEYS,
    )
    assert second.returncode == 1, second.stderr
    assert "already" in second.stderr and "bartizan" in second.stderr.lower(), second.stderr
    assert any(own.addresses[name] in second.stderr for name in ("listen", "admin", "xds")), second.stderr
    assert "panicked" not in second.stderr
    enforces(own.listen)


def test_an_address_that_something_else_holds_is_named(tmp_path: Path, upstream: Upstream):
    policies = tmp_path / "policies"
    scenario.policies.copy_samples(policies)
    taken = process.command(
        *("up", "--listen", upstream.address, "--admin", "127.0.0.1:0", "--xds", "127.0.0.1:0"),
        *("--envoy-admin", "127.0.0.1:0", "--file", policies, "--envoy", envoy(), "--filters", process.FILTERS),
    )
    assert taken.returncode == 1, taken.stderr
    assert upstream.address in taken.stderr, taken.stderr
