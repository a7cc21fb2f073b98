"""Names on the wire as Python identifiers, and the name that a misspelt one was meant to be."""

from __future__ import annotations

import keyword
import re
from collections.abc import Container, Iterable
from functools import lru_cache

# What a cookie may be called (RFC 6265 section 4.1.1, with the separators that browsers let pass).
COOKIE_NAME = re.compile(r"[!-+\--:<>-~]*")

_SNAKES = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@lru_cache(maxsize=4096)  # a document says the same names again and again
def python_name(name: str) -> str:
    """The Python identifier for a name on the wire: "X-Request-Id" is x_request_id, "from" is from_.

    Names that are identifiers already stay as they are ("userId" stays userId).
    """
    if name.isidentifier():
        return name + "_" if keyword.iskeyword(name) else name
    made = "".join(char if char.isalnum() else "_" for char in name).strip("_")
    if "-" in name:
        made = made.lower()
    while "__" in made:
        made = made.replace("__", "_")
    if not made or made[0].isdigit():
        made = "_" + made
    return made + "_" if keyword.iskeyword(made) else made if made.isidentifier() else "_"


@lru_cache(maxsize=4096)
def snake_case(name: str) -> str:
    """ "getHTTPStatus", "get-http-status" and "Get HTTP status" are get_http_status."""
    if _SNAKES.fullmatch(name):  # as most are
        return python_name(name)
    out: list[str] = []
    for index, char in enumerate(name):
        if not char.isalnum():
            char = "_"
        elif char.isupper() and index and name[index - 1] != "_":
            before, after = name[index - 1], name[index + 1 : index + 2]
            if before.islower() or before.isdigit() or (before.isupper() and after.islower()):
                out.append("_")
        out.append(char.lower())
    text = "_".join(part for part in "".join(out).split("_") if part)
    return python_name(text or name)


def free_name(wanted: str, taken: Container[str]) -> str:
    """`wanted`, or where that is taken, wanted_2 and so on."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def closest(word: str, known: Iterable[str], *, alike: float = 0.6) -> str | None:
    """The one of `known` that `word` is most probably a misspelling of, None if none is near. Case counts for nothing.

    Args:
        alike: from 0 to 1. Two neighbouring letters in the wrong order are always near enough.
    """
    from difflib import get_close_matches  # takes 6 ms to import, and is needed for mistakes only

    spellings = {name.lower(): name for name in known}
    word = word.lower()
    found = get_close_matches(word, spellings, n=1, cutoff=alike) or [s for s in spellings if _exchanged(word, s)]
    return spellings[found[0]] if found else None


def _exchanged(word: str, other: str) -> bool:
    """Do the two differ in the order of two neighbouring letters only?"""
    at = next((index for index, (one, two) in enumerate(zip(word, other, strict=False)) if one != two), len(word))
    return word != other and word == other[:at] + other[at : at + 2][::-1] + other[at + 2 :]


def suggest(word: str, known: Iterable[str]) -> str | None:
    """A cure for a misspelt word: "did you mean 'integer'?"; None if none is near."""
    found = closest(word, known)
    return f"did you mean '{found}'?" if found is not None else None


def unknown_attribute(text: str) -> AttributeError:
    """What a `__getattr__` raises that has looked for the nearest name itself: Python, which fills in what is left
    open, would add its own guess behind ours."""
    return AttributeError(text, name=None, obj=None)
