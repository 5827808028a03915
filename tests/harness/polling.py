"""Waiting for a condition, with a deadline and a reason."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

# Long enough for a loaded machine of two cores; no condition takes a fraction of it when all is well.
DEADLINE = 10.0
_PAUSE = 0.01


def until(condition: Callable[[], Value], what: str, deadline: float = DEADLINE) -> Value:
    """Returns the first true value of `condition`, or fails saying `what` did not happen in `deadline` seconds."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:g} s: {what}; last seen: {value!r}")
        time.sleep(_PAUSE)
