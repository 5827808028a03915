"""TLS: to clients, and both ways between Envoy and a forwarder elsewhere."""

import secrets
import ssl
from pathlib import Path

import pytest

from harness import certificates, http1, policies, process, scenario
from harness.dialects import OPENAI
from harness.policies import key_of
from harness.polling import until
from harness.process import Bartizan, Process, envoy
from harness.scenario import BLOCKED, PROVIDER_KEYS, model_of
from harness.upstream import Upstream
from harness.vault import Vault


def test_clients_are_served_over_tls_with_a_certificate_of_the_policy(tmp_path: Path):
    folder = tmp_path / "policies"
    policies.copy_samples(folder)
    trusted = certificates.authority(tmp_path / "tls")
    served = certificates.issue(trusted, tmp_path / "tls", "localhost")
    tls = {"certificateFile": str(served.certificate), "privateKeyFile": str(served.key)}
    scenario.size_limits(folder, {"tls": tls})
    policies.write(folder / "test.yaml", policies.tenant("tester"))
    bartizan = Bartizan(tmp_path, folder)
    try:
        context = ssl.create_default_context(cafile=str(trusted.certificate))
        with http1.Connection(bartizan.listen, tls=context) as connection:
            body = OPENAI.body("Good evening.", "sandbox-chat")
            response = connection.request("POST", OPENAI.path, OPENAI.credential(key_of("tester")), body)
            assert response.status == 200, response
        with pytest.raises((http1.Closed, ConnectionError)):
            bartizan.request("GET", "/v1/models", OPENAI.credential(key_of("tester")))
    finally:
        bartizan.stop()


def test_envoy_and_a_forwarder_elsewhere_show_each_other_certificates(tmp_path: Path, upstream: Upstream, unreachable):
    folder = tmp_path / "policies"
    scenario.write_policies(folder, upstream, unreachable)
    trusted = certificates.authority(tmp_path / "tls")
    edge = certificates.issue(trusted, tmp_path / "tls", "edge")
    forward = certificates.issue(trusted, tmp_path / "tls", "forward")
    token = tmp_path / "token"
    token.write_text(secrets.token_hex(32))
    started: list[Process] = []
    try:
        listener = ("--roles", "forward,admin", "--forward", "127.0.0.1:0", "--forward-token-file", token)
        forwarder = serve(tmp_path / "forward", folder, *listener, *flags(forward))
        started.append(forwarder)
        listen, envoy_admin = process.free_address(), process.free_address()
        target = ("--forward-target", forwarder.addresses["forward"], "--forward-token-file", token)
        xds = serve(tmp_path / "xds", folder, "--roles", "xds,admin", "--listen", listen, *target, *flags(edge))
        started.append(xds)
        bootstrap = tmp_path / "bootstrap.yaml"
        printed = process.command("bootstrap", "--xds", xds.addresses["xds"], "--envoy-admin", envoy_admin)
        bootstrap.write_text(printed.stdout)
        arguments = [envoy(), "-c", bootstrap, "--concurrency", "1", "--use-dynamic-base-id"]
        started.append(Process("envoy", arguments, tmp_path / "envoy.log"))
        until(lambda: chat(listen) == 200, "a request passes over mutual TLS", process.START_DEADLINE)
        assert chat(listen, BLOCKED) == 400

        for stranger in (None, certificates.issue(certificates.authority(tmp_path / "other"), tmp_path / "other", "x")):
            assert not handshakes(forwarder.addresses["forward"], trusted, stranger)
        assert handshakes(forwarder.addresses["forward"], trusted, edge)
    finally:
        for entry in reversed(started):
            entry.stop()


def test_a_vault_over_tls_is_followed_to_another_authority(tmp_path: Path, upstream: Upstream, unreachable: str):
    folder = tmp_path / "policies"
    scenario.write_policies(folder, upstream, unreachable)
    first, second = (certificates.authority(tmp_path / name) for name in ("first", "second"))
    ca = tmp_path / "vault-ca.crt"
    ca.write_bytes(first.certificate.read_bytes())
    token = tmp_path / "vault-token"
    token.write_text("hvs.first")
    vault = Vault(certificates.issue(first, tmp_path / "first", "vault"), "hvs.first", "sk-of-vault-one")
    # What is in Vault is read again when a file changes, and not before an hour is over.
    secret = {"address": vault.address, "path": "openai", "refresh": "1h", "caFile": str(ca)}
    secret |= {"auth": {"tokenFile": str(token)}}
    reached = {"baseUrl": scenario.base_url(OPENAI, upstream.address), "allowInsecureHttp": True}
    vaulted = policies.provider("vaulted", "openai", credential={"vault": secret}, **reached)
    policies.write(folder / "vault.yaml", vaulted, policies.model("vaulted", "vaulted", "answers"))
    bartizan = Bartizan(tmp_path, folder, environment=PROVIDER_KEYS)

    def key() -> str:
        body = OPENAI.body("hi", "vaulted")
        headers: list[http1.Header] = [*OPENAI.credential(key_of("tester")), ("content-type", "application/json")]
        response = bartizan.request("POST", OPENAI.path, headers, body)
        assert response.status == 200, response
        return upstream.of_model("answers")[-1].values("authorization")[0]

    def stale() -> bool:
        return b'bartizan_forward_secret_stale{provider="vaulted",secret="credential"} 1' in bartizan.admin("/metrics").body

    try:
        assert key() == "Bearer sk-of-vault-one"
        # Vault has a certificate of another authority, and takes another token, before anybody told us.
        vault.present(certificates.issue(second, tmp_path / "second", "vault"))
        vault.token = "hvs.second"
        token.write_text("hvs.second")
        ca.write_text("nothing yet")
        until(stale, "the authority cannot be read", 5)
        assert key() == "Bearer sk-of-vault-one"
        ca.write_bytes(second.certificate.read_bytes())
        until(lambda: not stale(), "the new authority is used", 5)
        assert key() == "Bearer sk-of-vault-one"
    finally:
        bartizan.stop()
        vault.stop()


def flags(mine: certificates.Certificate) -> list[str | Path]:
    return [
        *("--forward-ca", mine.authority),
        *("--forward-certificate", mine.certificate),
        *("--forward-key", mine.key),
    ]


def serve(folder: Path, directory: Path, *arguments: str | Path) -> Bartizan:
    folder.mkdir()
    return Bartizan(folder, directory, *arguments, verb="serve", environment=PROVIDER_KEYS)


def chat(address: str, text: str = "Good evening.") -> int:
    body = OPENAI.body(text, model_of(OPENAI, "answers"))
    try:
        return http1.request(address, "POST", OPENAI.path, OPENAI.credential(key_of("tester")), body).status
    except (ConnectionError, http1.Closed):
        return 0


def handshakes(address: str, trusted: certificates.Certificate, mine: certificates.Certificate | None) -> bool:
    """Whether the forwarder talks to a client with that certificate; in TLS 1.3 a refusal comes after the handshake."""
    context = ssl.create_default_context(cafile=str(trusted.certificate))
    context.set_alpn_protocols(["h2"])
    if mine is not None:
        context.load_cert_chain(mine.certificate, mine.key)
    try:
        with http1.Connection(address, timeout=5, tls=context) as connection:
            connection.socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
            return connection.socket.recv(9) != b""
    except (ssl.SSLError, ConnectionError):
        return False
