"""Writes src/undo/letters/table.rs: how often one letter follows another in languages written with Latin letters; and
src/undo/vocabulary/table.rs: the words that most English texts have.

Run it with `python3 filters/engine/scan/tables/letters.py TEXTS.jsonl.gz`: rows with `text`, of which those with
`"label": "benign"` count; rows with `"weights": false` do not. English makes three fifths, and German, French, Spanish,
Italian and Portuguese (by `lang`) the rest. Any other prose of some hundred thousand words gives nearly the same table.
"""

import gzip
import json
import math
import re
import sys
import textwrap
import unicodedata
from collections import Counter
from pathlib import Path

# Words of the vocabulary, and the texts that a word is in at least.
WORDS = 1800
TEXTS = 4
SHORT = "a i ai am an as at be by do go he if in is it me my no of ok on or so to up us we"
OTHERS = ("de", "fr", "es", "it", "pt")
CODE = ("humaneval", "crs")


def letters(text):
    """1 to 26 for letters, accents dropped; one 0 for whatever stands between words."""
    last = 0
    for character in unicodedata.normalize("NFD", text):
        if unicodedata.combining(character):
            continue
        lower = character.lower()
        letter = ord(lower) - 96 if "a" <= lower <= "z" else 0
        if letter or last:
            yield letter
        last = letter


def vocabulary(texts):
    """The words that most texts have, the most frequent first."""
    count = Counter()
    for text in texts:
        count.update(set(re.findall(r"(?<![\w'])[a-z]{1,15}(?![\w'])", text)))
    short = set(SHORT.split())
    words = [word for word in count if count[word] >= TEXTS and (len(word) > 2 or word in short)]
    return sorted(words, key=lambda word: (-count[word], word))[:WORDS]


def main():
    texts = []
    english, others = [[0] * 27 for _ in range(27)], [[0] * 27 for _ in range(27)]
    with gzip.open(sys.argv[1], "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            if row["label"] != "benign" or row.get("weights") is False or row["source"] in CODE:
                continue
            if row.get("lang", "en") not in ("en", *OTHERS):
                continue
            if row.get("lang") not in OTHERS and row["source"] != "deepset":
                texts.append(row["text"])
            counts = others if row.get("lang") in OTHERS else english
            sequence = list(letters(row["text"]))
            for first, second in zip(sequence, sequence[1:]):
                counts[first][second] += 1
    totals = [sum(map(sum, counts)) for counts in (english, others)]
    lines = [
        "//! Written by `tables/letters.py`; do not edit.",
        "",
        "/// By letter, and by the letter after it, where 0 is whatever stands between words: how much more often than by",
        "/// chance the one follows the other, in twelfths of a power of two.",
        "#[rustfmt::skip]",
        "pub(super) const FOLLOWS: [[i8; 27]; 27] = [",
    ]
    for first in range(27):
        shares = [0.6 * english[first][second] / totals[0] + 0.4 * others[first][second] / totals[1] for second in range(27)]
        whole = sum(shares) + 27e-6
        values = [round(12 * math.log2((share + 1e-6) / whole * 27)) for share in shares]
        lines.append("    [" + ", ".join(str(max(-64, min(63, value))) for value in values) + "],")
    lines += ["];", ""]
    lines += ["/// How much more often than by chance each letter is used, in twelfths of a power of two.", "#[rustfmt::skip]"]
    used = [0.6 * sum(english[letter]) / totals[0] + 0.4 * sum(others[letter]) / totals[1] for letter in range(1, 27)]
    values = [round(12 * math.log2(share / sum(used) * 26)) for share in used]
    lines += ["pub(super) const USED: [i8; 26] = [", "    " + ", ".join(map(str, values)) + ",", "];", ""]
    target = Path(__file__).parent.parent / "src/undo/letters/table.rs"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines), encoding="utf-8")

    lines = [
        "//! Written by `tables/letters.py`; do not edit.",
        "",
        "/// Common English words, the most frequent first, each with a space after it.",
        "#[rustfmt::skip]",
        'pub(super) const COMMON: &str = "\\',
        *(f"{line} \\" for line in textwrap.wrap(" ".join(vocabulary(texts)), 116)),
        '";',
        "",
    ]
    target = target.parent.parent / "vocabulary/table.rs"
    target.parent.mkdir(exist_ok=True)
    target.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
