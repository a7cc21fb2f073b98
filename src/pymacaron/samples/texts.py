"""Strings: of a format, of a pattern, of a length."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from random import Random
from typing import TypeAlias

from .patterns import matching

_WORDS = (
    "amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jade", "kelp", "lunar", "maple",
    "north", "ocean", "pearl", "quartz", "river",
)  # fmt: skip
_HEX = "0123456789abcdef"
_GUESSES_OF_A_KIND = 4
Check: TypeAlias = Callable[[str], bool]


def word(random: Random) -> str:
    """A short lower-case word."""
    return random.choice(_WORDS)


def text(
    random: Random, patterns: Iterable[str], formats: Mapping[str, Check | None], shortest: int, longest: int | None
) -> str:
    """A text that probably is all this: matches the patterns, is of the formats, has that many characters.

    Args:
        formats: with the checks of those that users have defined.

    Raises:
        Unreadable: a pattern cannot be followed.
    """
    patterns = list(patterns)
    known = [name for name in formats if name in FORMATS and formats[name] is None]
    if patterns and not (known and random.random() < 0.3):
        return _sized(random.choice(patterns), random, shortest, longest)
    if known:
        return FORMATS[random.choice(known)](random)
    checks = [check for check in formats.values() if check is not None]
    if checks:
        return _guessed(random, random.choice(checks))
    return _stretched(word(random), shortest, longest)


def _guessed(random: Random, check: Check) -> str:
    """A text of a format that only a function knows, if it is one of those that come to mind."""
    guess = ""
    for make in random.sample(_GUESSES, len(_GUESSES)):
        for _ in range(_GUESSES_OF_A_KIND):
            guess = make(random)
            if check(guess):
                return guess
    return guess


def _sized(pattern: str, random: Random, shortest: int, longest: int | None) -> str:
    """A text of a pattern that has the right length if the pattern lets it."""
    found = matching(pattern, random)
    if len(found) >= shortest and (longest is None or len(found) <= longest):
        return found
    low, high = 0, shortest
    while low < high:  # the more often everything is repeated, the longer the text
        middle = (low + high) // 2
        found = matching(pattern, random, middle, middle)
        low, high = (middle + 1, high) if len(found) < shortest else (low, middle)
    found = matching(pattern, random, low, low)
    return found if len(found) >= shortest or pattern.endswith("$") else found.ljust(shortest, "x")


def _stretched(found: str, shortest: int, longest: int | None) -> str:
    if len(found) < shortest:
        found = (found * (shortest // len(found) + 1))[:shortest]
    return found if longest is None else found[:longest]


@lru_cache(maxsize=2000)
def expression(pattern: str) -> re.Pattern[str] | None:
    """A pattern of property names as Python has it, None if it does not."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


def matches(pattern: str, name: str) -> bool:
    found = expression(pattern)
    return found is not None and found.search(name) is not None


# Formats


def _number(low: int, high: int, width: int = 2) -> Callable[[Random], str]:
    return lambda random: f"{random.randint(low, high):0{width}}"


def _date(random: Random) -> str:
    return f"{random.randint(1970, 2037)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def _time(random: Random) -> str:
    zone = random.choice(("Z", "Z", "+02:00", "-05:30"))
    return f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}{zone}"


def _hex(random: Random, length: int) -> str:
    return "".join(random.choices(_HEX, k=length))


def _uuid(random: Random) -> str:
    return f"{_hex(random, 8)}-{_hex(random, 4)}-4{_hex(random, 3)}-a{_hex(random, 3)}-{_hex(random, 12)}"


def _host(random: Random) -> str:
    return f"{word(random)}.example"


def _email(random: Random) -> str:
    return f"{word(random)}@{_host(random)}"


def _uri(random: Random) -> str:
    return f"https://{_host(random)}/{word(random)}"


FORMATS: Mapping[str, Callable[[Random], str]] = {
    "date": _date,
    "date-time": lambda random: f"{_date(random)}T{_time(random)}",
    "duration": lambda random: f"P{random.randint(1, 9)}DT{random.randint(1, 23)}H",
    "email": _email,
    "hostname": _host,
    "idn-email": _email,
    "idn-hostname": _host,
    "ipv4": lambda random: ".".join(str(random.randint(1, 254)) for _ in range(4)),
    "ipv6": lambda random: f"2001:db8::{_hex(random, 2)}",
    "iri": _uri,
    "iri-reference": lambda random: f"/{word(random)}",
    "json-pointer": lambda random: f"/{word(random)}/0",
    "regex": lambda random: f"^{word(random)}$",
    "relative-json-pointer": lambda random: f"{random.randint(0, 3)}/{word(random)}",
    "time": _time,
    "uri": _uri,
    "url": _uri,
    "uri-reference": lambda random: f"/{word(random)}",
    "uri-template": lambda random: f"/{word(random)}/{{id}}",
    "uuid": _uuid,
}

# What a text of a format that only its check knows might be.
_GUESSES: tuple[Callable[[Random], str], ...] = (
    word, _email, _uuid, _date, _uri, _host, _time, FORMATS["date-time"], FORMATS["ipv4"],
    _number(1, 9, 1), _number(10, 9999, 1),
    lambda random: word(random).upper(),
    lambda random: word(random)[:2].upper(),
    lambda random: word(random)[:3].upper(),
    lambda random: _hex(random, 8),
    lambda random: f"{word(random)}-{random.randint(1, 99)}",
    lambda random: f"{random.randint(1, 99)}.{random.randint(10, 99)}",
    lambda random: f"{random.randint(1, 99)}.{random.randint(10, 99)} {word(random)[:3].upper()}",
)  # fmt: skip

__all__ = ["FORMATS", "expression", "matches", "text", "word"]
