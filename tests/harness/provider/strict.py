"""Holding JSON to what a vendor documents."""

from collections.abc import Callable
from typing import Any


class Complaint(Exception):
    """What the vendor would refuse."""


Check = type | tuple[type, ...] | Callable[[Any, str], Any]


def expect(holds: bool, complaint: str) -> None:
    """Complains unless it holds."""
    if not holds:
        raise Complaint(complaint)


def value(found: Any, place: str, check: Check) -> Any:
    """A value, checked."""
    if isinstance(check, (type, tuple)):
        kinds = check if isinstance(check, tuple) else (check,)
        is_flag = isinstance(found, bool) and bool not in kinds
        expect(isinstance(found, check) and not is_flag, f"{place}: {found!r} is no {check}")
    else:
        check(found, place)
    return found


def members(
    found: Any, place: str, required: dict[str, Check], optional: dict[str, Check] | None = None
) -> dict[str, Any]:
    """An object with these members and no others."""
    value(found, place, dict)
    known = required | (optional or {})
    for name in required:
        expect(name in found, f"{place}.{name} is missing")
    for name, inner in found.items():
        expect(name in known, f"{place}.{name} is unknown")
        value(inner, f"{place}.{name}", known[name])
    return found


def each(check: Check) -> Callable[[Any, str], None]:
    """A list, each item checked."""

    def checked(found: Any, place: str) -> None:
        value(found, place, list)
        for number, item in enumerate(found):
            value(item, f"{place}[{number}]", check)

    return checked


def word(*words: Any) -> Callable[[Any, str], None]:
    """One of these."""

    def checked(found: Any, place: str) -> None:
        expect(
            found in words and type(found) in {type(known) for known in words}, f"{place}: {found!r} is none of {words}"
        )

    return checked


def within(low: float, high: float) -> Callable[[Any, str], None]:
    """A number within bounds."""

    def checked(found: Any, place: str) -> None:
        value(found, place, (int, float))
        expect(low <= found <= high, f"{place}: {found} is not within {low} and {high}")

    return checked


def schema(found: Any, place: str) -> None:
    """A JSON Schema of an object."""
    value(found, place, dict)
    expect(found.get("type") == "object", f"{place}: no schema of an object")


def anything(_found: Any, _place: str) -> None:
    """Whatever it is."""


NUMBER = (int, float)
"""What JSON has of numbers."""
