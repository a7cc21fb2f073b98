"""How long the bound patterns of a schema may take with one value: all of its texts together, whatever they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import cast

from pymacaron._types import Json, JsonObject
from pymacaron.patterns import FEW_TEXTS, FIRST_LEVEL, MOST_READ
from pymacaron.patterns.bounding import PATIENCE, bounds, needs_bound, rebound, worst

# Each text may take its part of the time: at the first level that of one among a few; at the next one half of that,
# since there are twice as many; at the last one there are more than can be sent.
LAST_LEVEL = 24


class Patience:
    """With the values of one schema.

    Attributes:
        bundle: the schema, its bound patterns as they are for a value with few texts.
    """

    def __init__(self, bundle: JsonObject) -> None:
        self.bundle = bundle
        found: dict[str, str] = {}
        _with(bundle, lambda pattern: found.setdefault(pattern, pattern))
        self._patterns = {pattern for pattern in found if needs_bound(pattern)}
        self._worst: dict[int, list[float]] = {}

    def level(self, value: Json) -> int:
        """The lowest one at which all texts of a value together take no longer than they may."""
        texts = _texts(value)
        if len(texts) <= FEW_TEXTS:
            return FIRST_LEVEL
        sizes = Counter([min(len(text).bit_length(), _LARGEST) for text in texts])
        for level in range(FIRST_LEVEL, LAST_LEVEL):
            worst_of = self._worst.get(level) or self._costs(level)
            if sum(worst_of[size] * count for size, count in sizes.items()) <= PATIENCE:
                return level
        return LAST_LEVEL

    def bound(self, level: int) -> tuple[JsonObject, int]:
        """The bundle with patterns that are searched for in texts so short that a level allows it, and how often the
        engine may go back for one of them."""
        found = bounds(self._patterns, 1 << level)
        lengths = found.lengths
        within = _with(self.bundle, lambda one: rebound(one, lengths[one]) if one in lengths else one)
        return cast("JsonObject", within), found.steps

    def _costs(self, level: int) -> list[float]:
        """Nanoseconds for a text at a level, by the bits of its length."""
        found = bounds(self._patterns, 1 << level)
        self._worst[level] = [
            sum(
                worst(pattern, min((1 << size) - 1, most), found.steps)
                for pattern, most in found.lengths.items() if (1 << size) // 2 <= most
            )
            for size in range(_LARGEST + 1)
        ]  # fmt: skip
        return self._worst[level]


_LARGEST = MOST_READ.bit_length()  # of lengths; no longer text is searched for anything


def _texts(value: Json) -> list[str]:
    """All texts and names of a value."""
    found: list[str] = []
    waiting = [value]
    for part in waiting:  # which becomes longer
        kind = type(part)
        if kind is str:
            found.append(part)
        elif kind is dict:
            found += part
            waiting += part.values()
        elif kind is list:
            waiting += part
    return found


def _with(schema: Json, change: Callable[[str], str]) -> Json:
    """A schema with other patterns."""
    if isinstance(schema, list):
        return [_with(value, change) for value in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _keyword(key, value, change) for key, value in schema.items()}


def _keyword(key: str, value: Json, change: Callable[[str], str]) -> Json:
    if key == "pattern" and isinstance(value, str):
        return change(value)
    if key == "patternProperties" and isinstance(value, dict):
        return {change(name): _with(child, change) for name, child in value.items()}
    return value if key in ("const", "enum") else _with(value, change)
