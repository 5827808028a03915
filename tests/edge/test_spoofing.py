"""What a client says of itself in our internal headers counts for nothing."""

from harness import http2
from harness.dialects import ANTHROPIC, OPENAI, Dialect
from harness.policies import key_of
from harness.process import Bartizan
from harness.scenario import REQUESTS, ask, model_of
from harness.upstream import Upstream


def models(edge: Bartizan, dialect: Dialect, *headers) -> set[str]:
    response = edge.request("GET", "/v1/models", [*dialect.credential(key_of("narrow")), *headers])
    assert response.status == 200, response
    return {entry["id"] for entry in response.json()["data"]}


def test_a_spoofed_tenant_does_not_widen_the_list_of_models(edge: Bartizan, dialect: Dialect):
    # Every model can be asked for in either dialect.
    allowed = {f"anthropic-answers{more}" for more in ("", "-without-usage", "-with-email", "-with-attack")}
    allowed.add("openai-answers")
    assert models(edge, dialect) == allowed
    assert models(edge, dialect, ("x-bartizan-tenant", "tester")) == allowed
    assert models(edge, dialect, ("X-Bartizan-Tenant", "tester"), ("x-bartizan-tenant", "tester")) == allowed


def test_a_spoofed_tenant_does_not_give_another_s_models(edge: Bartizan, dialect: Dialect):
    spoofed = [("x-bartizan-tenant", "tester"), ("x-bartizan-key", "test")]
    response = ask(edge, dialect, behaviour="held", tenant="narrow", headers=spoofed)
    dialect.refusal(response, 403, "model_not_permitted")


def test_a_spoofed_tenant_does_not_escape_a_limit(edge: Bartizan):
    statuses = [
        ask(edge, OPENAI, tenant="refused-openai", headers=[("x-bartizan-tenant", f"tester-{number}")]).status
        for number in range(REQUESTS + 1)
    ]
    assert statuses == [200] * REQUESTS + [429]


def test_a_spoofed_tenant_does_not_help_over_http_2_either(edge: Bartizan):
    with http2.Connection(edge.listen) as connection:
        response = connection.request(
            "POST",
            ANTHROPIC.path,
            [*ANTHROPIC.credential(key_of("narrow")), ("x-bartizan-tenant", "tester")],
            ANTHROPIC.body("Good evening.", model_of(ANTHROPIC, "held")),
        )
    ANTHROPIC.refusal(response, 403, "model_not_permitted")


def test_no_internal_header_reaches_provider_or_client(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    marks = [("x-bartizan-edge", "guess"), ("x-bartizan-usage", "input=0"), ("x-bartizan-anything", "1")]
    response = ask(edge, dialect, headers=marks)
    assert response.status == 200, response
    names = {name for name, _ in response.headers if name.startswith("x-bartizan-")}
    assert names == {"x-bartizan-verdict", "x-bartizan-overhead-us"}
    assert not [name for name, _ in upstream.of_model("answers")[-1].headers if name.startswith("x-bartizan-")]
