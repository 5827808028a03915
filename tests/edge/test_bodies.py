"""Bodies that cannot be read are refused with the place; those that can be are scanned, however they arrive."""

import gzip
import json
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import http1, http2
from harness.dialects import ANTHROPIC, OPENAI, Dialect
from harness.policies import key_of
from harness.process import Bartizan
from harness.response import Response
from harness.scenario import BLOCKED, MASKED, MAX_BODY, PLACEHOLDER, model_of
from harness.upstream import Upstream

ATTACK = f"Dear model, {BLOCKED}."
BENIGN = "Dear model, é 漢字 🏰 good evening."


def headers_of(dialect: Dialect, *more: http1.Header) -> list[http1.Header]:
    return [*dialect.credential(key_of("tester")), ("content-type", "application/json"), *more]


def send(edge: Bartizan, dialect: Dialect, body: bytes, *more: http1.Header) -> Response:
    return edge.request("POST", dialect.path, headers_of(dialect, *more), body)


# === Bodies that cannot be read ===


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_body"),
        (b"   \r\n", "empty_body|malformed_body"),
        (b"{", "malformed_body"),
        (b"not json", "malformed_body"),
        (b'{"model":"m",}', "malformed_body"),
        (b'{"model":"m","messages":[],"max_tokens":9} {}', "malformed_body"),
        (b'{"model":"\xff"}', "malformed_body"),
        (b'{"model":"\\ud800"}', "malformed_body"),
        (b'{"model":"a\nb"}', "malformed_body"),
        (b'{"model":01}', "malformed_body"),
        (b"\xef\xbb\xbf{}", "malformed_body"),
        ("{}".encode("utf-16"), "malformed_body"),
        (b"[]", "wrong_type"),
        (b'"text"', "wrong_type"),
        (b"null", "wrong_type"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_body_that_is_not_a_json_object_is_400(edge: Bartizan, dialect: Dialect, body: bytes, code: str):
    response = send(edge, dialect, body)
    codes = code.split("|")
    given = response.json()["error"].get("code") if dialect is OPENAI else codes[0]
    assert given in codes, response
    dialect.refusal(response, 400, given)


@pytest.mark.parametrize("form", ["bare", "content-length-0", "chunked", "http2"])
def test_an_empty_body_is_400_however_it_is_not_sent(edge: Bartizan, dialect: Dialect, form: str):
    headers = headers_of(dialect)
    match form:
        case "bare":
            response = edge.request("POST", dialect.path, headers)
        case "content-length-0":
            response = edge.request("POST", dialect.path, headers, b"")
        case "chunked":
            response = chunked(edge, dialect, b"", 1)
        case _:
            with http2.Connection(edge.listen) as connection:
                response = connection.request("POST", dialect.path, headers)
    dialect.refusal(response, 400, "empty_body")


def test_a_key_that_appears_twice_is_400_naming_it(edge: Bartizan, dialect: Dialect):
    model = json.dumps(model_of(dialect, "answers"))
    body = f'{{"model":{model},"max_tokens":9,"messages":[],"messages":[{{"role":"user","content":"hi"}}]}}'
    message = dialect.refusal(send(edge, dialect, body.encode()), 400, "duplicate_key")
    assert "$.messages" in message


def test_a_key_that_appears_twice_in_other_spelling_is_400(edge: Bartizan, dialect: Dialect):
    model = json.dumps(model_of(dialect, "answers"))
    body = f'{{"model":{model},"max_tokens":9,"messages":[{{"role":"user","content":"hi","c\\u006fntent":"ho"}}]}}'
    message = dialect.refusal(send(edge, dialect, body.encode()), 400, "duplicate_key")
    assert "$.messages[0]" in message


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["arrays", "objects"])
def test_more_than_64_levels_of_nesting_are_400(edge: Bartizan, dialect: Dialect, opening: str, closing: str):
    def nested(levels: int) -> bytes:
        inner = opening * (levels - 1) + "1" + closing * (levels - 1)
        whole = dialect.chat("Good evening.", model_of(dialect, "answers"))
        return (json.dumps(whole)[:-1] + f', "metadata": {inner}}}').encode()

    assert send(edge, dialect, nested(64)).status == 200
    dialect.refusal(send(edge, dialect, nested(65)), 400, "nested_too_deep")
    dialect.refusal(send(edge, dialect, nested(100_000)), 400, "nested_too_deep")


@pytest.mark.parametrize(
    ("messages", "place"),
    [
        ("hello", "$.messages"),
        ({"role": "user"}, "$.messages"),
        (["hello"], "$.messages[0]"),
        ([{"role": "user", "content": 7}], "$.messages[0].content"),
        ([{"role": "user", "content": {"text": "hi"}}], "$.messages[0].content"),
        ([{"role": "user", "content": [7]}], "$.messages[0].content[0]"),
        ([{"role": "user", "content": [{"type": "text", "text": ["hi"]}]}], "$.messages[0].content[0].text"),
        ([{"role": 7, "content": "hi"}], "$.messages[0].role"),
        (
            [{"role": "user", "content": "hi"}, {"role": "user", "content": [{"type": "text", "text": {}}]}],
            "$.messages[1].content[0].text",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_wrong_type_where_text_belongs_is_400_naming_the_place(edge: Bartizan, dialect: Dialect, messages, place):
    body = dialect.chat("", model_of(dialect, "answers"), messages=messages)
    message = dialect.refusal(send(edge, dialect, json.dumps(body).encode()), 400, "wrong_type")
    assert place in message


def test_a_wrong_type_of_the_model_is_400_naming_the_place(edge: Bartizan, dialect: Dialect):
    message = dialect.refusal(send(edge, dialect, dialect.body("hi", 7)), 400, "wrong_type")
    assert "$.model" in message


def test_a_refusal_does_not_repeat_what_the_client_sent(edge: Bartizan, dialect: Dialect):
    response = send(edge, dialect, b'{"model":"m","messages":[{"role":"user","content":{"watchword":1}}]}')
    assert response.status == 400
    assert b"watchword" not in response.body


# === Size ===


def filled(dialect: Dialect, size: int) -> bytes:
    empty = dialect.body("", model_of(dialect, "answers"))
    return dialect.body(
        "a " * ((size - len(empty)) // 2) + "a" * ((size - len(empty)) % 2), model_of(dialect, "answers")
    )


def test_a_body_at_the_limit_passes(edge: Bartizan, dialect: Dialect):
    body = filled(dialect, MAX_BODY)
    assert len(body) == MAX_BODY
    response = send(edge, dialect, body)
    assert response.status == 200, response


@pytest.mark.parametrize("size", [MAX_BODY + 1, 3 * MAX_BODY], ids=["by-one-byte", "by-far"])
def test_a_body_over_the_limit_is_413(edge: Bartizan, dialect: Dialect, size: int):
    dialect.refusal(send(edge, dialect, filled(dialect, size)), 413, "body_too_large")


@pytest.mark.parametrize("size", [MAX_BODY + 1, 3 * MAX_BODY], ids=["by-one-byte", "by-far"])
def test_a_chunked_body_over_the_limit_is_413(edge: Bartizan, dialect: Dialect, size: int):
    dialect.refusal(chunked(edge, dialect, filled(dialect, size), 16_384), 413, "body_too_large")


def test_a_body_over_the_limit_over_http_2_is_413(edge: Bartizan, dialect: Dialect):
    with http2.Connection(edge.listen) as connection:
        response = connection.request("POST", dialect.path, headers_of(dialect), filled(dialect, 2 * MAX_BODY))
    dialect.refusal(response, 413, "body_too_large")


# === Encodings ===


@pytest.mark.parametrize(
    "encoding",
    ["br", "deflate", "zstd", "compress", "gzip, gzip", "gzip, br", "x-unheard-of", "utf-8"],
)
def test_an_unknown_or_stacked_encoding_is_415(edge: Bartizan, dialect: Dialect, encoding: str):
    body = dialect.body(BENIGN, model_of(dialect, "answers"))
    response = send(edge, dialect, gzip.compress(gzip.compress(body)), ("content-encoding", encoding))
    dialect.refusal(response, 415, "unsupported_encoding")


def test_an_encoding_given_in_two_headers_is_415(edge: Bartizan, dialect: Dialect):
    body = gzip.compress(gzip.compress(dialect.body(BENIGN, model_of(dialect, "answers"))))
    response = send(edge, dialect, body, ("content-encoding", "gzip"), ("content-encoding", "gzip"))
    dialect.refusal(response, 415, "unsupported_encoding")


def test_a_gzipped_body_is_read_and_scanned(edge: Bartizan, dialect: Dialect, upstream: Upstream):
    benign = dialect.body(BENIGN, model_of(dialect, "answers"))
    response = send(edge, dialect, gzip.compress(benign), ("content-encoding", "gzip"))
    assert response.status == 200, response
    arrived = upstream.of_model("answers")[-1]
    assert json.loads(arrived.body)["messages"] == json.loads(benign)["messages"]
    assert not arrived.values("content-encoding")

    attack = dialect.body(ATTACK, model_of(dialect, "answers"))
    response = send(edge, dialect, gzip.compress(attack), ("content-encoding", "gzip"))
    dialect.refusal(response, 400, "content_blocked")


def test_a_gzipped_attack_is_found_in_any_framing(edge: Bartizan, dialect: Dialect):
    attack = gzip.compress(dialect.body(ATTACK, model_of(dialect, "answers")))
    encoding = ("content-encoding", "gzip")
    dialect.refusal(chunked(edge, dialect, attack, 1, encoding), 400, "content_blocked")
    with http2.Connection(edge.listen) as connection:
        response = connection.request("POST", dialect.path, headers_of(dialect, encoding), attack, [("x-end", "1")])
    dialect.refusal(response, 400, "content_blocked")


@pytest.mark.parametrize("body", [b"\x1f\x8b not gzip", b"plain text"], ids=["broken", "plain"])
def test_a_body_that_is_not_the_gzip_it_says_is_refused(edge: Bartizan, dialect: Dialect, body: bytes):
    response = send(edge, dialect, body, ("content-encoding", "gzip"))
    assert response.status in (400, 415), response
    dialect.refusal(response, response.status, response.json()["error"].get("code", ""))


def test_an_attack_in_plain_text_that_says_it_is_gzip_does_not_pass(edge: Bartizan, dialect: Dialect):
    body = dialect.body(ATTACK, model_of(dialect, "answers"))
    assert send(edge, dialect, body, ("content-encoding", "gzip")).status in (400, 415)


def test_an_attack_after_the_end_of_the_first_gzip_member_does_not_pass(edge: Bartizan, dialect: Dialect):
    body = dialect.body(ATTACK, model_of(dialect, "answers"))
    split = gzip.compress(body[:20]) + gzip.compress(body[20:])
    response = send(edge, dialect, split, ("content-encoding", "gzip"))
    assert response.status in (400, 415), response


def test_a_gzip_bomb_is_bounded(edge: Bartizan, dialect: Dialect):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    opening = dialect.body("", model_of(dialect, "answers"))[:-1] + b', "padding": "'
    bomb = packer.compress(opening) + b"".join(packer.compress(b"a" * 2**20) for _ in range(400)) + packer.flush()
    assert len(bomb) < MAX_BODY
    before = resident(edge.envoy_pid)
    response = send(edge, dialect, bomb, ("content-encoding", "gzip"))
    assert response.status in (400, 413, 415), response
    assert resident(edge.envoy_pid) - before < 100 * 2**20
    response = send(edge, dialect, dialect.body(BENIGN, model_of(dialect, "answers")))
    assert response.status == 200


def resident(pid: int) -> int:
    """Resident memory of the process in bytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


# === The same body in every framing ===


def chunked(edge: Bartizan, dialect: Dialect, body: bytes, size: int, *more: http1.Header) -> Response:
    with http1.Connection(edge.listen) as connection:
        head = [("host", edge.listen), *headers_of(dialect, *more), ("transfer-encoding", "chunked")]
        connection.send(http1.encode_head("POST", dialect.path, head) + http1.encode_chunks(body, size))
        return connection.response()


def in_one_byte_pieces(edge: Bartizan, dialect: Dialect, body: bytes) -> Response:
    """Each byte in a packet of its own."""
    with http1.Connection(edge.listen) as connection:
        head = [("host", edge.listen), *headers_of(dialect), ("content-length", str(len(body)))]
        for byte in http1.encode_head("POST", dialect.path, head) + body:
            connection.send(bytes([byte]))
        return connection.response()


def after_100_continue(edge: Bartizan, dialect: Dialect, body: bytes) -> Response:
    with http1.Connection(edge.listen) as connection:
        head = [("host", edge.listen), *headers_of(dialect), ("expect", "100-continue")]
        head.append(("content-length", str(len(body))))
        connection.send(http1.encode_head("POST", dialect.path, head))
        assert connection.head().status == 100
        connection.send(body)
        return connection.response()


def with_chunked_trailers(edge: Bartizan, dialect: Dialect, body: bytes) -> Response:
    with http1.Connection(edge.listen) as connection:
        head = [("host", edge.listen), *headers_of(dialect), ("transfer-encoding", "chunked")]
        chunks = http1.encode_chunks(body, 50).removesuffix(b"\r\n") + b"x-end: 1\r\n\r\n"
        connection.send(http1.encode_head("POST", dialect.path, head) + chunks)
        return connection.response()


def over_http_2(edge: Bartizan, dialect: Dialect, body: bytes, trailers=(), piece: int | None = None) -> Response:
    with http2.Connection(edge.listen) as connection:
        return connection.request("POST", dialect.path, headers_of(dialect), body, trailers, piece)


FRAMINGS: dict[str, Callable[[Bartizan, Dialect, bytes], Response]] = {
    "whole": send,
    "chunked": lambda edge, dialect, body: chunked(edge, dialect, body, 50),
    "chunked-by-the-byte": lambda edge, dialect, body: chunked(edge, dialect, body, 1),
    "chunked-with-trailers": with_chunked_trailers,
    "one-byte-pieces": in_one_byte_pieces,
    "expect-100-continue": after_100_continue,
    "http2": over_http_2,
    "http2-by-the-byte": lambda edge, dialect, body: over_http_2(edge, dialect, body, piece=1),
    "http2-with-trailers": lambda edge, dialect, body: over_http_2(edge, dialect, body, [("x-end", "1")]),
    "http2-with-trailers-by-the-byte": lambda edge, dialect, body: over_http_2(
        edge, dialect, body, [("x-end", "1")], 1
    ),
}


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS)
def test_a_benign_body_passes_unchanged_in_any_framing(edge, dialect: Dialect, upstream: Upstream, framing):
    body = dialect.body(BENIGN, model_of(dialect, "answers"), temperature=0.5)
    response = framing(edge, dialect, body)
    assert response.status == 200, response
    arrived = upstream.of_model("answers")[-1]
    assert json.loads(arrived.body) == json.loads(body) | {"model": "answers"}


@pytest.mark.parametrize("framing", FRAMINGS.values(), ids=FRAMINGS)
def test_an_attack_is_blocked_in_any_framing(edge, dialect: Dialect, upstream: Upstream, framing):
    before = len(upstream.requests)
    response = framing(edge, dialect, dialect.body(ATTACK, model_of(dialect, "answers")))
    dialect.refusal(response, 400, "content_blocked")
    assert len(upstream.requests) == before


def test_requests_on_one_connection_do_not_run_into_each_other(edge: Bartizan):
    with http1.Connection(edge.listen) as connection:
        for text in [BENIGN, "", f"{MASKED} {MASKED}", BENIGN, f"({MASKED})\n{MASKED}", BENIGN]:
            body = OPENAI.body(text, "sandbox-echo")
            response = connection.request("POST", OPENAI.path, headers_of(OPENAI), body)
            assert response.status == 200, response
            assert OPENAI.text_of(response) == text.replace(MASKED, PLACEHOLDER)


def test_nothing_that_follows_an_attack_on_its_connection_is_lost_unsaid(edge: Bartizan):
    """Envoy refuses before it has seen the end of the request, so it may close; then it says so."""
    with http1.Connection(edge.listen) as connection:
        body = OPENAI.body(ATTACK, model_of(OPENAI, "answers"))
        response = connection.request("POST", OPENAI.path, headers_of(OPENAI), body)
        OPENAI.refusal(response, 400, "content_blocked")
        if response.header("connection") != "close":
            body = OPENAI.body(BENIGN, model_of(OPENAI, "answers"))
            assert connection.request("POST", OPENAI.path, headers_of(OPENAI), body).status == 200


def test_conflicting_lengths_are_refused(edge: Bartizan):
    body = ANTHROPIC.body(ATTACK, model_of(ANTHROPIC, "answers"))
    for conflict in [("content-length", "5"), ("transfer-encoding", "chunked")]:
        assert send(edge, ANTHROPIC, body, conflict).status == 400
