"""Answers that are given again: through the filters, to the same tenant, for nothing."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness import certificates, scenario
from harness.dialects import OPENAI, Dialect
from harness.polling import until
from harness.process import Bartizan, Process, free_address
from harness.response import Response
from harness.scenario import ask
from harness.upstream import Upstream


def remaining(dialect: Dialect, response: Response) -> int:
    """The tokens that the tenant has left, as the answer says."""
    return int(response.header(dialect.limit_headers["remaining-tokens"]) or "")


def test_the_same_request_is_answered_again_and_costs_no_tokens(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    tenant = f"cached-{dialect}"
    for stream in ({}, {"stream": True}):
        text = f"Is this kept{' as it streams' if stream else ''}?"
        first = ask(edge, dialect, text, "cached", tenant, **stream)
        assert (first.status, first.header("x-bartizan-cache")) == (200, "miss"), first
        calls = len(upstream.of_model("answers"))
        hits = []
        for _ in range(3):
            again = ask(edge, dialect, text, "cached", tenant, **stream)
            assert (again.status, again.header("x-bartizan-cache")) == (200, "hit"), again
            assert again.body == first.body
            assert int(again.header("age") or "") < 60
            assert not [name for name, _ in again.headers + again.trailers if name == "x-bartizan-usage"], again
            hits.append(remaining(dialect, again))
        assert len(upstream.of_model("answers")) == calls
        assert len(set(hits)) == 1, hits


def test_nothing_crosses_tenants_and_clients_may_decline(edge: Bartizan, dialect: Dialect):
    text = "Who else asks this?"
    assert ask(edge, dialect, text, "cached", f"cached-{dialect}").header("x-bartizan-cache") == "miss"
    assert ask(edge, dialect, text, "cached", f"cached-{dialect}").header("x-bartizan-cache") == "hit"
    assert ask(edge, dialect, text, "cached", "other").header("x-bartizan-cache") == "miss"
    declined = ask(edge, dialect, text, "cached", f"cached-{dialect}", headers=[("cache-control", "no-store")])
    assert declined.header("x-bartizan-cache") == "bypass"


@contextmanager
def redis(folder: Path, address: str, tls: certificates.Certificate | None = None) -> Iterator[Process]:
    """A Redis that keeps nothing on disk, and with a certificate takes nothing but TLS."""
    host, port = address.split(":")
    listen: list[str | Path] = ["--port", port]
    if tls:
        listen = ["--port", "0", "--tls-port", port, "--tls-auth-clients", "no"]
        listen += ["--tls-cert-file", tls.certificate, "--tls-key-file", tls.key, "--tls-ca-cert-file", tls.authority]
    arguments = ["redis-server", "--bind", host, *listen, "--save", "", "--appendonly", "no"]
    server = Process("redis", arguments, folder / "redis.log")

    def answers() -> bool:
        with socket.socket() as connection:
            return connection.connect_ex((host, int(port))) == 0

    try:
        until(answers, "Redis answers")
        yield server
    finally:
        server.stop()


def test_answers_in_a_redis_outlive_the_forwarder_and_without_it_providers_are_asked(
    tmp_path: Path, upstream: Upstream, unreachable: str
):
    policies = tmp_path / "policies"
    scenario.write_policies(policies, upstream, unreachable)
    address = free_address()
    environment = scenario.PROVIDER_KEYS | {"BARTIZAN_CACHE": f"redis://{address}"}

    def answered(edge: Bartizan) -> str | None:
        response = ask(edge, OPENAI, "Who remembers?", "cached")
        assert response.status == 200, response
        return response.header("x-bartizan-cache")

    with redis(tmp_path, address) as server:
        first = Bartizan(tmp_path, policies, environment=environment)
        try:
            assert answered(first) == "miss"
            until(lambda: answered(first) == "hit", "the answer is kept")
        finally:
            first.stop()
        second = Bartizan(tmp_path, policies, environment=environment)
        try:
            assert answered(second) == "hit"
            server.stop()
            assert [answered(second) for _ in range(3)] == ["miss"] * 3
            assert b'bartizan_forward_cache_failures_total{operation="get"}' in second.admin("/metrics").body
        finally:
            second.stop()


def test_a_redis_over_tls_is_used_if_an_authority_of_the_system_vouches_for_it(
    tmp_path: Path, upstream: Upstream, unreachable: str
):
    policies = tmp_path / "policies"
    scenario.write_policies(policies, upstream, unreachable)
    trusted = certificates.authority(tmp_path / "tls")
    stranger = certificates.authority(tmp_path / "other")
    served = certificates.issue(trusted, tmp_path / "tls", "redis")
    address = free_address()

    def cached(authority: certificates.Certificate) -> bool:
        """Whether answers are kept, where the system knows that authority alone."""
        environment = scenario.PROVIDER_KEYS | {
            "BARTIZAN_CACHE": f"rediss://localhost:{address.split(':')[1]}",
            "SSL_CERT_FILE": str(authority.certificate),
        }
        edge = Bartizan(tmp_path, policies, environment=environment)

        def kept() -> bool:
            response = ask(edge, OPENAI, f"Who remembers {authority.certificate}?", "cached")
            assert response.status == 200, response
            return response.header("x-bartizan-cache") == "hit"

        def counted() -> bool:
            return b"bartizan_forward_cache_failures_total" in edge.admin("/metrics").body

        try:
            until(lambda: kept() or counted(), "it is kept, or cannot be")
            return kept()
        finally:
            edge.stop()

    with redis(tmp_path, address, served):
        assert cached(trusted)
        assert not cached(stranger)
