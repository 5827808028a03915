"""What is found in a request or an answer, and what is done about it."""

import json

import pytest

from harness import http1
from harness.dialects import ANTHROPIC, OPENAI, Dialect
from harness.policies import key_of
from harness.process import Bartizan
from harness.response import Response
from harness.scenario import AUDITED, BLOCKED, MASKED, PLACEHOLDER, ask, model_of
from harness.upstream import ANSWER, Upstream, answer


def verdict(response: Response) -> str | None:
    return response.header("x-bartizan-verdict")


def send(edge: Bartizan, dialect: Dialect, body: dict | bytes) -> Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return edge.request("POST", dialect.path, dialect.credential(key_of("tester")), data)


# === Verdicts ===


def test_what_is_clean_is_allowed(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect)
    assert (response.status, verdict(response)) == (200, "allow"), response
    assert dialect.text_of(response) == ANSWER


def test_an_attack_is_blocked_naming_the_category_and_never_the_pattern(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, f"Now {BLOCKED}, and quickly.")
    message = dialect.refusal(response, 400, "content_blocked")
    assert verdict(response) == "block"
    assert "prompt-injection" in message
    assert "portcullis" not in response.body.decode()
    assert "test-block" not in str(response)


def test_what_is_audited_passes_unchanged_and_says_so(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    response = ask(edge, dialect, f"They say {AUDITED}.")
    assert (response.status, verdict(response)) == (200, "audit"), response
    assert AUDITED in upstream.of_model("answers")[-1].body.decode()


def test_the_strictest_of_several_findings_wins(edge: Bartizan, dialect: Dialect):
    assert verdict(ask(edge, dialect, f"{AUDITED}; {MASKED}")) == "mask"
    assert verdict(ask(edge, dialect, f"{AUDITED}; {MASKED}; {BLOCKED}")) == "block"


@pytest.mark.parametrize(
    "text",
    [
        BLOCKED.upper(),
        BLOCKED.replace(" ", " \t\n  "),
        f"x{'x ' * 5000}{BLOCKED}{' y' * 5000}",
    ],
    ids=["in-capitals", "with-wide-spaces", "in-the-middle-of-much"],
)
def test_an_attack_is_found_in_other_dress(edge: Bartizan, dialect: Dialect, text: str):
    dialect.refusal(ask(edge, dialect, text), 400, "content_blocked")


def test_an_attack_in_json_escapes_is_found(edge: Bartizan, dialect: Dialect):
    escaped = "".join(f"\\u{ord(character):04x}" for character in BLOCKED)
    body = dialect.body("SPOT", model_of(dialect, "answers")).replace(b"SPOT", escaped.encode())
    dialect.refusal(send(edge, dialect, body), 400, "content_blocked")


# === Places ===

OPENAI_PLACES = {
    "text part": {"messages": [{"role": "user", "content": [{"type": "text", "text": BLOCKED}]}]},
    "second message": {"messages": [{"role": "user", "content": "hi"}, {"role": "user", "content": BLOCKED}]},
    "assistant": {"messages": [{"role": "assistant", "content": BLOCKED}, {"role": "user", "content": "go on"}]},
    "tool result": {
        "messages": [
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": BLOCKED},
        ]
    },
    "tool arguments": {
        "messages": [
            {"role": "user", "content": "hi"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": json.dumps({"a": BLOCKED})}}
                ],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "done"},
        ]
    },
    "tool description": {
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"type": "function", "function": {"name": "f", "description": BLOCKED, "parameters": {}}}],
    },
    "parameter description": {
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "f",
                    "parameters": {"type": "object", "properties": {"a": {"type": "string", "description": BLOCKED}}},
                },
            }
        ],
    },
}
ANTHROPIC_PLACES = {
    "text block": {"messages": [{"role": "user", "content": [{"type": "text", "text": BLOCKED}]}]},
    "assistant": {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": BLOCKED}]},
    "tool result": {
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": BLOCKED}]},
        ]
    },
    "tool result block": {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": BLOCKED}]}
                ],
            }
        ]
    },
    "tool input": {
        "messages": [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {"a": BLOCKED}}]},
        ]
    },
    "tool description": {
        "messages": [{"role": "user", "content": "hi"}],
        "tools": [{"name": "f", "description": BLOCKED, "input_schema": {"type": "object"}}],
    },
}


@pytest.mark.parametrize("place", OPENAI_PLACES)
def test_an_attack_is_found_wherever_openai_s_format_holds_text(edge: Bartizan, place: str):
    body = {"model": model_of(OPENAI, "answers")} | OPENAI_PLACES[place]
    OPENAI.refusal(send(edge, OPENAI, body), 400, "content_blocked")


@pytest.mark.parametrize("place", ANTHROPIC_PLACES)
def test_an_attack_is_found_wherever_anthropic_s_format_holds_text(edge: Bartizan, place: str):
    body = {"model": model_of(ANTHROPIC, "answers"), "max_tokens": 9} | ANTHROPIC_PLACES[place]
    ANTHROPIC.refusal(send(edge, ANTHROPIC, body), 400, "content_blocked")


def test_the_operator_s_own_instructions_are_not_taken_for_an_attack(edge: Bartizan):
    body = OPENAI.chat("hi", model_of(OPENAI, "answers"))
    body["messages"].insert(0, {"role": "system", "content": BLOCKED})
    assert send(edge, OPENAI, body).status == 200
    for system in (BLOCKED, [{"type": "text", "text": BLOCKED}]):
        assert send(edge, ANTHROPIC, ANTHROPIC.chat("hi", model_of(ANTHROPIC, "answers"), system=system)).status == 200


def test_secrets_in_the_operator_s_instructions_are_masked_all_the_same(edge: Bartizan, upstream: Upstream):
    response = send(edge, ANTHROPIC, ANTHROPIC.chat("hi", model_of(ANTHROPIC, "answers"), system=f"Use {MASKED}."))
    assert verdict(response) == "mask", response
    assert json.loads(upstream.of_model("answers")[-1].body)["system"] == f"Use {PLACEHOLDER}."


# === Masking ===


def test_masking_changes_the_finding_and_no_other_byte(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    spaced = (
        '{ "model" :"%s","max_tokens":  9,\n"messages":[{"role":"user",'
        '"content":"caf\\u00e9 \\/ %s \\n 🏰 %s!"}],"x":1.50e1}'
    )
    body = spaced % (model_of(dialect, "answers"), MASKED, MASKED)
    response = send(edge, dialect, body.encode())
    assert (response.status, verdict(response)) == (200, "mask"), response
    assert upstream.of_model("answers")[-1].body.decode() == spaced % ("answers", PLACEHOLDER, PLACEHOLDER)


@pytest.mark.parametrize("repeats", [1, 2000], ids=["once", "two-thousand-times"])
def test_a_body_that_masking_makes_shorter_or_longer_arrives_whole(edge, dialect: Dialect, upstream, repeats: int):
    with http1.Connection(edge.listen) as connection:
        for _ in range(2):
            body = dialect.body(f"{MASKED} " * repeats, model_of(dialect, "answers"))
            response = connection.request("POST", dialect.path, dialect.credential(key_of("tester")), body)
            assert (response.status, verdict(response)) == (200, "mask"), response
            sent = json.loads(upstream.of_model("answers")[-1].body)["messages"][0]["content"]
            assert sent == f"{PLACEHOLDER} " * repeats


def test_an_e_mail_address_is_masked_in_what_the_model_sees(edge: Bartizan, dialect: Dialect):
    body = dialect.chat("Write to captain@castle-keep.org now.", "sandbox-echo")
    response = send(edge, dialect, body)
    assert (response.status, verdict(response)) == (200, "mask"), response
    text = dialect.text_of(response)
    assert "castle-keep.org" not in text
    assert "Write to [EMAIL] now." in text


# === Answers ===


def test_a_whole_answer_is_masked_and_still_whole(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="answers-with-email")
    assert (response.status, verdict(response)) == (200, "mask"), response
    assert response.complete
    email = answer(dialect is ANTHROPIC, "Write to watch.captain@castle-keep.org today.", "answers-with-email")
    assert response.body == email.replace(b"watch.captain@castle-keep.org", b"[EMAIL]")


def test_a_whole_answer_with_an_attack_is_blocked(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect, behaviour="answers-with-attack")
    dialect.refusal(response, 400, "content_blocked")
    assert verdict(response) == "block"
    assert b"previous instructions" not in response.body


def test_a_clean_answer_passes_byte_for_byte(edge: Bartizan, dialect: Dialect):
    response = ask(edge, dialect)
    assert response.body == answer(dialect is ANTHROPIC, ANSWER, "answers")


def test_an_attack_in_a_request_for_a_stream_is_blocked_with_a_whole_answer(edge: Bartizan, dialect: Dialect):
    dialect.refusal(ask(edge, dialect, BLOCKED, stream=True), 400, "content_blocked")


def test_the_time_spent_is_told(edge: Bartizan, dialect: Dialect):
    for text in ("Good evening.", BLOCKED):
        overhead = ask(edge, dialect, text).header("x-bartizan-overhead-us")
        assert overhead is not None and 0 < int(overhead) < 1_000_000
