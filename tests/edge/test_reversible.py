"""Masks that the answer gets its values back for, and nobody else."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import policies, scenario
from harness.dialects import ANTHROPIC, OPENAI, Dialect, text_of
from harness.policies import key_of
from harness.process import Bartizan
from harness.scenario import ask, model_of
from harness.upstream import Upstream

CAPTAIN, GATE = "watch.captain@castle-keep.org", "gate@castle-keep.org"


@pytest.fixture(scope="module")
def reversing(tmp_path_factory: pytest.TempPathFactory, upstream: Upstream, unreachable: str) -> Iterator[Bartizan]:
    """An edge that masks personal data reversibly."""
    folder = tmp_path_factory.mktemp("reversing")
    scenario.write_policies(folder / "policies", upstream, unreachable)
    policies.edit(folder / "policies", "ThreatPolicy", lambda spec: spec.update(masking={"reversible": ["pii"]}))
    bartizan = Bartizan(folder, folder / "policies", environment=scenario.PROVIDER_KEYS)
    yield bartizan
    bartizan.stop()


def told(upstream: Upstream, dialect: Dialect) -> str:
    """What the provider was told last."""
    return json.loads(upstream.of_model("echoes")[-1].body)["messages"][-1]["content"]


def says(edge: Bartizan, dialect: Dialect, text: str, stream: bool, tenant: str = "tester") -> str:
    """What a model answers that repeats what it was told."""
    response = ask(edge, dialect, text, "echoes", tenant, stream=stream)
    assert response.status == 200, response
    assert response.complete, response
    return text_of(dialect, response.body) if stream else dialect.text_of(response)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_what_the_provider_does_not_see_comes_back(
    reversing: Bartizan, dialect: Dialect, upstream: Upstream, stream: bool
):
    text = f"Write to {CAPTAIN}, then {GATE}, \"then\" {CAPTAIN}; not to {scenario.MASKED}. é 🏰"
    masked = text.replace(CAPTAIN, "[EMAIL_1]").replace(GATE, "[EMAIL_2]").replace(scenario.MASKED, "[BIRD]")
    assert says(reversing, dialect, text, stream) == text.replace(scenario.MASKED, "[BIRD]")
    assert told(upstream, dialect) == masked


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_placeholder_in_an_address_stays_one(reversing: Bartizan, dialect: Dialect, stream: bool):
    link = "see https://a.example/?q=[EMAIL_1] please"
    assert says(reversing, dialect, f"{CAPTAIN} {link}", stream) == f"{CAPTAIN} {link}"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_tenants_get_their_own_values_only(reversing: Bartizan, dialect: Dialect, stream: bool):
    def asks(number: int) -> tuple[str, str]:
        tenant = "tester" if number % 2 else "other"
        text = "Who is [EMAIL_1]?" if number % 3 == 0 else f"Who is guard-{number}@castle-keep.org?"
        return text, says(reversing, dialect, text, stream, tenant)

    with ThreadPoolExecutor(8) as pool:
        for asked, answered in pool.map(asks, range(48)):
            assert asked == answered


def test_the_same_request_becomes_the_same_bytes(reversing: Bartizan, upstream: Upstream):
    cached = {"type": "text", "text": f"Mail for {CAPTAIN}.", "cache_control": {"type": "ephemeral"}}
    turns = [
        {"role": "user", "content": [cached]},
        {"role": "assistant", "content": f"For {CAPTAIN}, not {GATE}?"},
        {"role": "user", "content": f"And for ward@castle-keep.org and {GATE}."},
    ]
    system = [{"type": "text", "text": f"You serve {GATE}.", "cache_control": {"type": "ephemeral"}}]

    def sent(messages: list) -> dict:
        body = {"model": model_of(ANTHROPIC, "echoes"), "max_tokens": 64, "messages": messages, "system": system}
        headers = [*ANTHROPIC.credential(key_of("tester")), ("content-type", "application/json")]
        response = reversing.request("POST", ANTHROPIC.path, headers, json.dumps(body).encode())
        assert response.status == 200, response
        return upstream.of_model("echoes")[-1]

    first, again, longer = sent(turns[:1]), sent(turns[:1]), json.loads(sent(turns).body)
    assert first.body == again.body
    expected = json.loads(first.body)
    assert expected["system"] == [system[0] | {"text": "You serve [EMAIL_1]."}]
    assert expected["messages"] == [{"role": "user", "content": [cached | {"text": "Mail for [EMAIL_2]."}]}]
    assert longer["system"] == expected["system"]
    assert longer["messages"] == [
        *expected["messages"],
        {"role": "assistant", "content": "For [EMAIL_2], not [EMAIL_1]?"},
        {"role": "user", "content": "And for [EMAIL_3] and [EMAIL_1]."},
    ]


def test_masks_are_final_unless_policy_says_otherwise(edge: Bartizan, upstream: Upstream):
    assert says(edge, OPENAI, f"Write to {CAPTAIN}.", stream=False) == "Write to [EMAIL]."
    assert told(upstream, OPENAI) == "Write to [EMAIL]."
