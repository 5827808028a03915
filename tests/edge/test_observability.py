"""What operators see, and what nobody may see."""

import re

import pytest

from harness import http1
from harness.dialects import ANTHROPIC, OPENAI, Dialect
from harness.policies import key_of
from harness.polling import until
from harness.process import Bartizan
from harness.scenario import BLOCKED, PROVIDER_KEYS, ask

SERIES = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{[^}]*\})? (\S+)$")


def series(text: str) -> dict[str, float]:
    """Prometheus's text form as a table; the `name{labels}` is the key."""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            match = SERIES.match(line)
            assert match, line
            found[match[1] + (match[2] or "")] = float(match[3])
    return found


def filter_metrics(edge: Bartizan) -> dict[str, float]:
    return {name: value for name, value in series(edge.envoy_admin("/stats/prometheus")).items() if "bartizan" in name}


def total(metrics: dict[str, float], *words: str) -> float:
    return sum(value for name, value in metrics.items() if all(word in name for word in words))


# === Request ids ===


def test_every_answer_has_an_id_of_its_own(edge: Bartizan, dialect: Dialect):
    key = dialect.credential(key_of("tester"))
    responses = [
        ask(edge, dialect),
        ask(edge, dialect, BLOCKED),
        ask(edge, dialect, behaviour="fails-500"),
        ask(edge, dialect, behaviour="answers", stream=True),
        ask(edge, dialect, tenant="no-such-tenant"),
        edge.request("GET", "/v1/models", key),
        edge.request("GET", "/nowhere", key),
        edge.request("POST", dialect.path, key, b"x" * 2_000_000),
    ]
    ids = [response.header("x-request-id") for response in responses]
    assert all(ids), ids
    assert len(set(ids)) == len(ids)


def test_a_client_does_not_choose_the_id(edge: Bartizan):
    chosen = "11111111-2222-3333-4444-555555555555"
    response = ask(edge, OPENAI, headers=[("x-request-id", chosen)])
    assert response.header("x-request-id") not in (None, chosen)


# === Metrics ===


@pytest.mark.parametrize(
    ("filter_name", "provoke"),
    [
        ("auth", lambda edge: ask(edge, OPENAI, tenant="no-such-tenant")),
        ("threat_scan", lambda edge: ask(edge, OPENAI, BLOCKED)),
        ("rate_limit", lambda edge: [ask(edge, OPENAI, tenant="refused-anthropic") for _ in range(7)]),
    ],
)
def test_each_filter_counts_by_outcome(edge: Bartizan, filter_name: str, provoke):
    before = {name: value for name, value in filter_metrics(edge).items() if filter_name in name}
    ask(edge, OPENAI)
    provoke(edge)

    def moved() -> set[str]:
        metrics = filter_metrics(edge).items()
        return {name for name, value in metrics if filter_name in name and value != before.get(name, 0.0)}

    # Each worker tells its counters when its tick comes.
    until(lambda: len(moved()) >= 2, f"{filter_name} counts an allowed and a refused request")


def test_metrics_never_carry_what_a_client_wrote(edge: Bartizan):
    ask(edge, OPENAI, "a very particular sentence")
    ask(edge, OPENAI, behaviour="a-very-particular-model")
    text = edge.envoy_admin("/stats/prometheus") + edge.admin("/metrics").body.decode()
    assert "very-particular" not in text
    assert "very particular" not in text
    assert key_of("tester") not in text


def test_the_control_plane_has_metrics(edge: Bartizan):
    response = edge.admin("/metrics")
    assert response.status == 200, response
    assert (response.header("content-type") or "").startswith("text/plain")
    metrics = series(response.body.decode())
    assert total(metrics, "bartizan_xds_acks_total") > 0
    assert total(metrics, "bartizan_xds_connected_nodes") == 1
    assert total(metrics, "bartizan_forward_") > 0


# === Admin API ===


def test_health_and_readiness(edge: Bartizan):
    assert edge.admin("/healthz").status == 200
    assert edge.admin("/readyz").status == 200
    assert edge.admin("/nowhere").status == 404


def test_nodes_tell_that_every_filter_runs_the_policy(edge: Bartizan):
    response = edge.admin("/v1/nodes")
    assert response.status == 200, response
    report = response.json()
    (node,) = report["nodes"]
    assert node["connected"] is True
    assert node["envoyVersion"].startswith("1.40.")
    assert re.fullmatch("[0-9a-f]{64}", node["policyDigest"])
    assert node["policyDigest"] == report["policy"]["digest"]
    assert report["policy"]["problems"] == []
    names = {resource["name"] for resource in node["resources"]}
    assert {"bartizan", "forward", "bartizan.auth", "bartizan.rate-limit", "bartizan.threat-scan"} <= names
    for resource in node["resources"]:
        assert resource["acknowledged"] == resource["sent"], resource
        assert resource.get("rejected") is None, resource


# === Logs ===


def test_no_secret_and_no_body_is_logged_or_shown(edge: Bartizan, dialect: Dialect):
    ask(edge, dialect, "the vault's watchword is marmalade")
    ask(edge, dialect, f"marmalade, {BLOCKED}")
    ask(edge, dialect, behaviour="fails-500")
    with http1.Connection(edge.listen) as connection:
        connection.request("POST", dialect.path, dialect.credential(key_of("tester")), b"{marmalade")
    shown = edge.output + edge.admin("/v1/nodes").body.decode() + edge.envoy_admin("/config_dump?include_eds")
    for secret in ("marmalade", key_of("tester"), *PROVIDER_KEYS.values()):
        assert secret not in shown


def test_envoy_s_own_refusals_are_in_dialect_too(edge: Bartizan):
    """A head of more than 60 KiB never reaches a filter."""
    for dialect in (OPENAI, ANTHROPIC):
        response = edge.request("POST", dialect.path, [("x-much", "m" * 100_000)], b"{}")
        assert response.status == 431, response
        error = response.json()["error"]
        assert error["message"], response
