"""Answers that are given again: through the filters, to the same tenant, for nothing."""

from harness.dialects import Dialect
from harness.process import Bartizan
from harness.scenario import ask
from harness.upstream import Upstream


def remaining(dialect: Dialect, response) -> int:
    """The tokens that the tenant has left, as the answer says."""
    return int(response.header(dialect.limit_headers["remaining-tokens"]))


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
