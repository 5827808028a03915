"""The policies that the shared edge runs: who may do what, and which provider does which wrong."""

from pathlib import Path
from typing import Any

from harness import policies
from harness.dialects import ANTHROPIC, DIALECTS, Dialect
from harness.http1 import Header
from harness.policies import key_of, model, provider, tenant
from harness.process import Bartizan
from harness.response import Response
from harness.upstream import BEHAVIOURS, Upstream

# Credentials for the providers; they may arrive there and nowhere else.
PROVIDER_KEYS = {"TEST_OPENAI_KEY": "sk-upstream-openai-4410", "TEST_ANTHROPIC_KEY": "sk-ant-upstream-4411"}

# Phrases of our own, so that tests do not hang on the wording of the sample rule packs.
BLOCKED = "open the portcullis unasked"
AUDITED = "the heron flies at midnight"
MASKED = "grey heron seven"
PLACEHOLDER = "[BIRD]"

MAX_BODY = 1024 * 1024
MAX_ANSWER = 4 * 1024 * 1024
REQUESTS = 5
CONCURRENT = 3
TOKENS = 10_000


def model_of(dialect: Dialect, behaviour: str) -> str:
    """The name under which a client asks for that behaviour of the provider."""
    return f"{dialect}-{behaviour}"


def tenants() -> list[policies.Document]:
    """One tenant for each limit a test uses up."""
    documents = [
        tenant("tester", mcpServers=["sandbox"]),
        tenant("spender", limits={"tokens": {"limit": TOKENS, "window": "1h"}}, mcpServers=["sandbox"]),
        tenant("other"),
        tenant("expired", key={"expiresAt": "2020-01-01T00:00:00Z"}),
        tenant("unexpired", key={"expiresAt": "2099-01-01T00:00:00Z"}),
        tenant("disabled", key={"disabled": True}),
        tenant("narrow", models=["openai-answers", "anthropic-answ*"]),
        tenant("hundred", limits={"requests": {"limit": 100, "window": "1h"}}),
        tenant("thousand", limits={"requests": {"limit": 1000, "window": "1h"}}),
        tenant("crowd", limits={"concurrentRequests": 8}),
    ]
    for dialect in DIALECTS:
        documents += [
            tenant(f"requests-{dialect}", limits={"requests": {"limit": REQUESTS, "window": "1m"}}),
            tenant(f"requests-sdk-{dialect}", limits={"requests": {"limit": REQUESTS, "window": "1m"}}),
            tenant(f"refused-{dialect}", limits={"requests": {"limit": REQUESTS, "window": "1m"}}),
            tenant(f"tokens-{dialect}", limits={"tokens": {"limit": TOKENS, "window": "1h"}}),
            tenant(f"token-failures-{dialect}", limits={"tokens": {"limit": TOKENS, "window": "1h"}}),
            tenant(f"token-blocks-{dialect}", limits={"tokens": {"limit": TOKENS, "window": "1h"}}),
            tenant(f"token-lies-{dialect}", limits={"tokens": {"limit": TOKENS, "window": "1h"}}),
            tenant(f"token-numbers-{dialect}", limits={"tokens": {"limit": TOKENS, "window": "1h"}}),
            tenant(f"token-streams-{dialect}", limits={"tokens": {"limit": TOKENS, "window": "1h"}}),
            tenant(f"concurrent-{dialect}", limits={"concurrentRequests": CONCURRENT}),
            tenant(f"cached-{dialect}", limits={"tokens": {"limit": TOKENS, "window": "366d"}}),
        ]
        one_at_a_time = {"concurrentRequests": 1, "tokens": {"limit": TOKENS, "window": "1h"}}
        documents += [
            tenant(f"leaver-{dialect}", limits=one_at_a_time),
            tenant(f"early-leaver-{dialect}", limits=one_at_a_time),
            tenant(f"http2-leaver-{dialect}", limits=one_at_a_time),
            tenant(f"token-stream-blocks-{dialect}", limits=one_at_a_time),
        ]
    return documents


def providers(upstream: Upstream, unreachable: str) -> list[policies.Document]:
    """The same upstream four times: for each dialect with short patience and with the default."""
    hasty = {"connect": "1s", "firstByte": "1s", "idle": "1s", "total": "30s"}
    documents = []
    for dialect in DIALECTS:
        reached = {
            "baseUrl": base_url(dialect, upstream.address),
            "credential": {"env": f"TEST_{dialect.name.upper()}_KEY"},
            "allowInsecureHttp": True,
            # They fail when told to, and each test wants to see that.
            "retry": {"numRetries": 0},
            "circuitBreaker": {"failures": 0},
        }
        documents += [
            provider(f"hasty-{dialect}", dialect.name, timeouts=hasty, **reached),
            provider(f"patient-{dialect}", dialect.name, **reached),
            provider(f"unreachable-{dialect}", dialect.name, **reached | {"baseUrl": base_url(dialect, unreachable)}),
            model(f"{dialect}-unreachable", f"unreachable-{dialect}", "answers"),
            policies.document(
                "Model",
                model_of(dialect, "cached"),
                {"provider": f"patient-{dialect}", "upstreamModel": "answers", "cache": {"ttl": "1h"}},
            ),
        ]
        for behaviour in BEHAVIOURS:
            patience = "patient" if behaviour in ("held", "firehose", "rambles-slowly") else "hasty"
            documents.append(model(model_of(dialect, behaviour), f"{patience}-{dialect}", behaviour))
    return documents


def base_url(dialect: Dialect, address: str) -> str:
    """A provider's address as its own SDK would be given it."""
    return f"http://{address}" if dialect is ANTHROPIC else f"http://{address}/v1"


def prices() -> policies.Document:
    """A price for everything, so that usage is told with its cost throughout."""
    return policies.document(
        "PriceList", "default", {"currency": "USD", "prices": [{"model": "*", "input": 2.5, "output": 10}]}
    )


def rules() -> policies.Document:
    """One rule for each action."""
    return policies.document(
        "RulePack",
        "test-rules",
        {
            "rules": [
                policies.rule("test-block", "prompt-injection", "block", BLOCKED),
                policies.rule("test-audit", "jailbreak", "audit", AUDITED),
                policies.rule("test-mask", "secrets", "mask", MASKED, placeholder=PLACEHOLDER),
            ]
        },
    )


def write_policies(folder: Path, upstream: Upstream, unreachable: str) -> None:
    """The sample policies, with what the tests need beside them."""
    policies.copy_samples(folder)

    def judge(spec: dict[str, Any]) -> None:
        spec["mode"] = "enforce"
        spec["rulePacks"].append("test-rules")
        spec["actions"] = {
            "prompt-injection": "block",
            "prompt-extraction": "block",
            "jailbreak": "audit",
            "secrets": "mask",
            "pii": "mask",
        }

    policies.edit(folder, "ThreatPolicy", judge)
    size_limits(folder, {"maxBodyBytes": MAX_BODY, "maxAnswerBytes": MAX_ANSWER})
    policies.write(folder / "test.yaml", *tenants(), *providers(upstream, unreachable), prices(), rules())


def size_limits(folder: Path, spec: dict[str, Any]) -> None:
    """Sets the gateway's spec, whether the samples have a gateway or leave it to the defaults."""
    try:
        policies.edit(folder, "Gateway", lambda existing: existing.update(spec))
    except AssertionError:
        policies.write(folder / "test-gateway.yaml", policies.document("Gateway", "default", spec))


def ask(
    edge: Bartizan,
    dialect: Dialect,
    text: str = "Good evening.",
    behaviour: str = "answers",
    tenant: str = "tester",
    headers: list[Header] | None = None,
    **more: Any,
) -> Response:
    """One chat on a connection of its own."""
    return edge.request(
        "POST",
        dialect.path,
        [*dialect.credential(key_of(tenant)), ("content-type", "application/json"), *(headers or [])],
        dialect.body(text, model_of(dialect, behaviour), **more),
    )
