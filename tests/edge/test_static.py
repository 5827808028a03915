"""An Envoy with everything in one file, and no control plane."""

import json
import secrets
from pathlib import Path

from harness import http1, process, scenario
from harness.dialects import OPENAI
from harness.policies import key_of
from harness.polling import until
from harness.process import FILTERS, Bartizan, Process, command, envoy
from harness.scenario import BLOCKED, PROVIDER_KEYS, model_of
from harness.upstream import Upstream


def test_a_whole_configuration_enforces_without_a_control_plane(tmp_path: Path, upstream: Upstream, unreachable: str):
    folder = tmp_path / "policies"
    scenario.write_policies(folder, upstream, unreachable)
    token = {"BARTIZAN_FORWARD_TOKEN": secrets.token_hex(32)}
    arguments = ("--roles", "forward,admin", "--forward", "127.0.0.1:0")
    forwarder = Bartizan(tmp_path, folder, *arguments, verb="serve", environment=PROVIDER_KEYS | token)
    listen, envoy_admin = process.free_address(), process.free_address()
    printed = command(
        *("bootstrap", "--static", "--file", folder, "--listen", listen, "--envoy-admin", envoy_admin),
        *("--forward", forwarder.addresses["forward"], "--filters", FILTERS),
    )
    assert printed.returncode == 0, printed.stderr
    assert token["BARTIZAN_FORWARD_TOKEN"] not in printed.stdout
    configuration = tmp_path / "static.yaml"
    configuration.write_text(printed.stdout)
    flags = ["--concurrency", "2", "--use-dynamic-base-id"]
    proxy = Process("envoy", [envoy(), "-c", configuration, *flags], tmp_path / "envoy.log", token)
    try:
        until(lambda: chat(listen) == 200, "the Envoy answers", process.START_DEADLINE)
        assert chat(listen, BLOCKED) == 400
        assert chat(listen, tenant="nobody") == 401
        assert [chat(listen, tenant="requests-openai") for _ in range(6)] == [200] * 5 + [429]
        forged = [("x-bartizan-tenant", "forged"), ("x-bartizan-key", "forged")]
        assert http1.request(listen, "POST", OPENAI.path, forged, b"{}").status == 401
    finally:
        proxy.stop()
        forwarder.stop()
    lines = [json.loads(line) for line in proxy.output.splitlines() if line.startswith('{"')]
    assert {"tester", None} <= {line["tenant"] for line in lines}, "the access log names the tenants that were let in"
    assert "forged" not in proxy.output, "and nobody whom a refused client claims to be"


def chat(address: str, text: str = "Good evening.", tenant: str = "tester") -> int:
    body = OPENAI.body(text, model_of(OPENAI, "answers"))
    try:
        return http1.request(address, "POST", OPENAI.path, OPENAI.credential(key_of(tenant)), body).status
    except (ConnectionError, http1.Closed):
        return 0
