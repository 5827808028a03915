"""An answer, however it was carried."""

import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Response:
    """Status, headers with lower-case names in the order they came, body, trailers, and whether the end was reached."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    trailers: list[tuple[str, str]] = field(default_factory=list)
    complete: bool = True

    def header(self, name: str) -> str | None:
        """The value of the header, `None` without it; a header that is there twice is a failure."""
        values = [value for header, value in self.headers if header == name]
        assert len(values) < 2, f"{name} is there {len(values)} times: {values}"
        return values[0] if values else None

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def __str__(self) -> str:
        headers = "".join(f"\n  {name}: {value}" for name, value in self.headers)
        return f"{self.status}{headers}\n  {self.body[:2000]!r}"
