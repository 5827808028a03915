"""Writes the texts, each kind into a file of its own: `python3 -m generate` in `tests/detection`.

The same program writes the same files.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from . import benign, credential, languages, order, paper, persona, role, script, sql, talk
from .draw import Draw, Make, carried

FOLDER = Path(__file__).parent.parent
# One in four is for tests alone.
QUARTER = 4


def texts(seed: int, families: Iterable[tuple[Make, int]]) -> list[str]:
    """So many distinct texts of each family."""
    draw, made = Draw(seed), dict[str, None]()
    for make, count in families:
        most = len(made) + count
        while len(made) < most:
            made[make(draw)] = None
    return list(made)


def inside(families: Iterable[tuple[Make, int]]) -> list[tuple[Make, int]]:
    """The families, in the places in which tools get values."""
    return [(lambda draw, make=make: carried(draw, make(draw)), count) for make, count in families]


def write(name: str, kinds: Iterable[tuple[str, str, list[str]]], tests: int | None = QUARTER) -> None:
    """Writes the texts by label and category; one in `tests` is for tests alone."""
    lines = []
    for label, category, made in kinds:
        for number, text in enumerate(made):
            split = "test" if tests and number % tests == 0 else "train"
            row = {"id": f"{name}-{len(lines) + 1}", "label": label, "category": category, "text": text, "split": split}
            lines.append(json.dumps(row, ensure_ascii=False))
    (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n")


def main() -> None:
    harmless = [("benign", kind, texts(3, families)) for kind, families in benign.FAMILIES.items()]
    attacks = [("attack", "sqli", texts(1, inside(sql.FAMILIES))), ("attack", "xss", texts(2, inside(script.FAMILIES)))]
    write("grammar", [*attacks, *harmless])
    roles = ("benign", "hard_negative", texts(5, role.ROLES))
    write("personas", [("attack", "jailbreak", texts(4, persona.ATTACKS)), roles])
    harmless = [
        ("benign", "hard_negative", texts(6, talk.HARD)),
        ("benign", "hard_negative", texts(8, credential.HARD)),
        ("benign", "document", texts(6, paper.DOCUMENTS)),
        ("benign", "multilingual", texts(6, languages.FAMILIES)),
        ("benign", "tool_result", texts(6, paper.RESULTS)),
    ]
    orders = [("attack", kind, texts(7, families)) for kind, families in order.FAMILIES.items()]
    orders.append(("attack", "direct_injection", texts(9, credential.ATTACKS)))
    # Only to learn from: they share too much to say how well others are told apart.
    write("orders", [*orders, *harmless], tests=None)


if __name__ == "__main__":
    main()
