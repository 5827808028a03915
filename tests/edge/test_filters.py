"""What was built for Envoy to load."""

from collections.abc import Iterator

import pytest

from harness.process import FILTERS

# Every detector adds to a filter, and every Envoy fetches and compiles it.
MOST_BYTES = 500_000


@pytest.mark.parametrize("name", ["auth", "rate-limit", "threat-scan"])
def test_a_filter_is_smaller_than_500_kib(name: str):
    size = (FILTERS / f"{name}.wasm").stat().st_size
    assert size < MOST_BYTES, f"{name}.wasm has {size} bytes"


# What Envoy needs of any filter: to start it, and to make, serve and end a stream.
ALWAYS = {
    "memory",
    "_initialize",
    "proxy_abi_version_0_2_1",
    "proxy_on_memory_allocate",
    "proxy_on_vm_start",
    "proxy_on_configure",
    "proxy_on_tick",
    "proxy_on_context_create",
    "proxy_on_request_headers",
    "proxy_on_delete",
}

# What a filter needs that waits for bodies and sees answers.
BODIES = {
    "proxy_on_request_body",
    "proxy_on_request_trailers",
    "proxy_on_response_headers",
    "proxy_on_response_body",
    "proxy_on_response_trailers",
}


@pytest.mark.parametrize(
    ("name", "exports"), [("auth", ALWAYS), ("rate-limit", ALWAYS | BODIES), ("threat-scan", ALWAYS | BODIES)]
)
def test_a_filter_exports_the_callbacks_it_needs_and_no_others(name: str, exports: set[str]):
    """Envoy passes by one that is not there: one too few lets through what should be held, one too many costs time."""
    sections = dict(sections_of((FILTERS / f"{name}.wasm").read_bytes()))
    assert set(exported(sections[EXPORTS])) == exports
    assert CUSTOM not in sections, "names of functions are of use to nobody here"


# === WebAssembly's binary format (https://webassembly.github.io/spec/core/binary/modules.html) ===

CUSTOM, EXPORTS = 0, 7


def number(module: bytes, at: int) -> tuple[int, int]:
    """An unsigned LEB128 number, and where it ends."""
    value = shift = 0
    while True:
        byte = module[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def sections_of(module: bytes) -> Iterator[tuple[int, bytes]]:
    at = len(b"\0asm\1\0\0\0")
    while at < len(module):
        kind = module[at]
        length, at = number(module, at + 1)
        yield kind, module[at : at + length]
        at += length


def exported(section: bytes) -> Iterator[str]:
    count, at = number(section, 0)
    for _ in range(count):
        length, at = number(section, at)
        yield section[at : at + length].decode()
        _, at = number(section, at + length + 1)
