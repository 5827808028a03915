"""What every stand-in understands of a request, whatever its format, and what it says to it."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from typing import Any

INPUT_TOKENS = 21
OUTPUT_TOKENS = 9
CITIES = ("York", "Bath", "Wells")


class Fails(Exception):
    """The provider answers with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass
class Asked:
    """A request."""

    model: str
    system: str = ""
    words: str = ""
    pictures: list[tuple[str, bytes]] = field(default_factory=list)
    """Media type and bytes."""
    calls: dict[str, str] = field(default_factory=dict)
    """Names of the tools that were called, by the ids of the calls."""
    results: list[tuple[str, str]] = field(default_factory=list)
    """Names of tools, and what they answered, in the last turn."""
    tools: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Schemas, by name."""
    one_call: bool = False
    form: dict[str, Any] | None = None
    streams: bool = False


@dataclass
class Call:
    """A call of a tool."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass
class Said:
    """An answer."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)
    endless: bool = False

    @property
    def pieces(self) -> list[str]:
        """The text as it streams."""
        return re.findall(r"\s*\S+", self.text) or ([self.text] if self.text else [])


def reply(asked: Asked) -> Said:
    """What the model says."""
    if failure := re.search(r"fail with (\d+)", asked.words):
        raise Fails(int(failure[1]))
    if "count without end" in asked.words:
        return Said(text="one two three", endless=True)
    if asked.results:
        return Said(text="; ".join(f"{name}: {result}" for name, result in asked.results))
    cities = [city for city in CITIES if city in asked.words]
    if asked.tools and cities:
        name = next(iter(asked.tools))
        calls = [Call(f"call_{city}", name, {"city": city}) for city in cities]
        return Said(calls=calls[:1] if asked.one_call else calls)
    if asked.form is not None:
        return Said(text=json.dumps(of_form(asked.form)))
    if asked.pictures:
        seen = [f"{media_type} of {len(data)} bytes" for media_type, data in asked.pictures]
        return Said(text=f"I see {len(seen)}: {', '.join(seen)}")
    heard = f"{summed(asked.system)} " if asked.system else ""
    return Said(text=f"{heard}You said: {asked.words}")


def summed(text: str) -> str:
    """What shows that a long text came whole."""
    return f"{len(text)} characters, {hashlib.sha256(text.encode()).hexdigest()[:16]}."


def of_form(schema: dict[str, Any]) -> Any:
    """A value of a schema."""
    match schema.get("type"):
        case "object":
            return {name: of_form(inner) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [of_form(schema["items"])]
        case "integer" | "number":
            return 7
        case "boolean":
            return True
        case _:
            return "raven"


def vector(text: str, dimensions: int) -> list[float]:
    """A vector that tells its text."""
    return [float(len(text)), float(text.count("e")), *([0.5] * dimensions)][:dimensions]
