"""Chance that is the same everywhere, and the places in which a value arrives at a tool."""

import json
from collections.abc import Callable, Sequence
from random import Random
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

FIELDS = (
    "q id name search filter sort city email ref page category comment title user lang date amount status code text "
    "item path note color size region product customer order_id topic message value phone street company tag"
).split()
WORDS = (
    "garden bridge coffee pencil window castle letter village mirror kitchen budget island season library number "
    "market winter harbour paper engine summer ticket bottle copper travel music yellow forest silver planet river "
    "lemon basket candle meadow violin tunnel carpet saddle pepper anchor"
).split()
NAMED = "Vex Orin Nyx Kasimir Zorro Malo Rook Odessa Unchained Freya Bolt Mirage Ragnar Sable Hexa Juno Drax Wildcard".split()
PLACES = "Bern Oslo Lima Accra Kyoto Turin Porto Tunis Hanoi Quito".split()
COLUMNS = (
    "id uid name email passwd pin role salary owner token status price created iban secret pwd level login hash "
    "balance phone"
).split()
TABLES = "users accounts members staff orders invoices logs sessions clients wallets products payments tickets".split()
# What many clients leave as it is in a query.
UNQUOTED = "()*'-.,;="


class Draw(Random):
    """Draws from lists."""

    def of(self, *choices: str) -> str:
        """One of them."""
        return self.choice(choices)

    def word(self, words: str) -> str:
        """One of the words of a text."""
        return self.choice(words.split())

    def made(self, makes: Sequence["Make"]) -> str:
        """What one of the functions makes."""
        return self.choice(makes)(self)

    def number(self, most: int = 99) -> str:
        return str(self.randint(0, most))

    def listed(self, make: "Make", most: int) -> str:
        """One to `most` of what is made, with commas between."""
        return ",".join(make(self) for _ in range(self.randint(1, most)))


Make = Callable[[Draw], str]


def filled(draw: Draw, text: str) -> str:
    """The text with words in its places."""
    return text.format(word=draw.choice(WORDS), name=draw.choice(NAMED), place=draw.choice(PLACES))


def any_case(draw: Draw, text: str) -> str:
    """The text with letters in upper and lower case at random."""
    return "".join(draw.choice((letter.lower(), letter.upper())) for letter in text)


def carried(draw: Draw, value: str) -> str:
    """The value in a place in which tools get theirs."""
    name, other, word = draw.choice(FIELDS), draw.choice(FIELDS), draw.choice(WORDS)
    match draw.choices(range(8), (30, 26, 8, 14, 8, 6, 4, 4))[0]:
        case 0:
            return value
        case 1:
            return f"{name}={value}"
        case 2:
            return f"{other}={word}&{name}={value}"
        case 3:
            return json.dumps({name: value})
        case 4:
            return json.dumps({other: word, name: value, "limit": draw.randint(1, 50)})
        case 5:
            return f"{name}={quote(value, safe=UNQUOTED)}"
        case 6:
            return f'<?xml version="1.0"?><{other}><{name}>{escape(value)}</{name}></{other}>'
        case _:
            return f'<?xml version="1.0"?><{other} {name}={quoteattr(value)}/>'
