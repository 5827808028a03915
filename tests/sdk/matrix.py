"""One edge with every kind of provider behind it, for the tests of SDKs with providers."""

import base64
import struct
import zlib
from pathlib import Path

from harness import policies
from harness.policies import model, provider, tenant
from harness.process import Bartizan
from harness.provider import KINDS, StandIn

TENANT = "matrix"
CITY_TOOL = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
REPORT = {
    "type": "object",
    "properties": {"bird": {"type": "string"}, "count": {"type": "integer"}, "seen": {"type": "boolean"}},
    "required": ["bird", "count", "seen"],
    "additionalProperties": False,
}
REPORTED = {"bird": "raven", "count": 7, "seen": True}
LONG = "The gate is kept shut after ten at night, whatever the weather. " * 800
"""A system prompt of 50 KB."""


def chat_model(stand_in: StandIn | type[StandIn]) -> str:
    """What applications call its model that talks."""
    return f"{stand_in.name}-talker"


def embedding_model(stand_in: StandIn | type[StandIn]) -> str:
    """What applications call its model that embeds."""
    return f"{stand_in.name}-embedder"


def picture() -> bytes:
    """A PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack("!I", len(data)) + kind + data + struct.pack("!I", zlib.crc32(kind + data))

    header = struct.pack("!IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


def picture_base64() -> str:
    """The same in base64."""
    return base64.b64encode(picture()).decode()


def start(folder: Path, stand_ins: list[StandIn]) -> Bartizan:
    """Bartizan, with a model or two for each of these providers."""
    documents = [tenant(TENANT)]
    environment: dict[str, str] = {}
    for stand_in in stand_ins:
        # Every failure is asked for, and none is to keep the next test away.
        steady = {"retry": {"numRetries": 0}, "circuitBreaker": {"failures": 0}}
        spec = stand_in.provider | steady | {"allowInsecureHttp": True}
        name = f"matrix-{stand_in.name}"
        documents.append(provider(name, stand_in.kind, **spec))
        documents.append(model(chat_model(stand_in), name, stand_in.chat_model))
        if stand_in.embedding_model:
            documents.append(model(embedding_model(stand_in), name, stand_in.embedding_model))
        environment |= stand_in.environment
    folder_of_policies = folder / "policies"
    policies.copy_samples(folder_of_policies)
    policies.write(folder_of_policies / "matrix.yaml", *documents)
    return Bartizan(folder, folder_of_policies, environment=environment)


NAMES = [kind.name for kind in KINDS]
