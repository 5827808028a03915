"""A PostgreSQL server of the test's own, on a socket in a directory of its own."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

USER = "postgres"


def programs() -> Path:
    """Where the server's programs are: the newest that Debian installs, else those on PATH."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = str(installed[-1]) if installed else shutil.which("initdb")
    assert found, "PostgreSQL is missing: run `make packages`"
    return Path(found).parent


class Postgres:
    """The server; `url` is what `--jobs` takes."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="bz-pg-", dir="/tmp")
        if os.geteuid() == 0:
            shutil.chown(self._folder, USER, USER)
        self.url = f"postgres://bartizan@{quote(self._folder, safe='')}/postgres"
        self._run("initdb", "--no-sync", "--auth=trust", "--username=bartizan")
        options = f"-c listen_addresses='' -c unix_socket_directories={self._folder} -c fsync=off"
        self._run("pg_ctl", "start", "--wait", "-l", f"{self._folder}/log", "-o", options)

    def stop(self) -> None:
        """Ends the server and removes what it kept."""
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate")
        shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str) -> None:
        # It refuses to run as root, where tests in a container usually do.
        root = ["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--"] if os.geteuid() == 0 else []
        line = [*root, str(programs() / program), *arguments, "-D", f"{self._folder}/data"]
        subprocess.run(
            line, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
