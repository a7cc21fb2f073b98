"""What a shape is, and what is known of it by its parts."""

from __future__ import annotations

from abc import ABC
from collections import Counter
from collections.abc import Callable, Iterable
from math import inf
from typing import Any

import msgspec

from pymacaron._types import Json


class Shape:
    """How the JSON value of a schema becomes a Python value and back.

    Attributes:
        type: what msgspec converts to.
        kinds: the JSON kinds that `type` takes by itself; empty: it takes part in no union.
    """

    type: Any = Any
    kinds: frozenset[str] = frozenset()
    finishes = False  # it is an object with defaults or readOnly properties of its own
    dumps = False  # it is written by `dump` alone
    hides = False  # it is an object with writeOnly properties of its own
    is_open = False  # what it keeps is not known
    _must_finish: bool | None = None
    _must_dump: bool | None = None
    _must_hide: bool | None = None

    def load(self, value: Json) -> Any:
        """JSON to Python, for every valid value; what does not fit stays as it is."""
        return value

    def dump(self, value: Any) -> Any:
        """Python to what the JSON encoder writes as the schema wants it."""
        return value

    def drops(self, value: Json) -> bool:
        """Does a valid value have properties that are lost when it is loaded, since the schema does not name them?
        Choices inside of it are not looked into: that would take time by the square of their depth."""
        return False

    def parts(self) -> Iterable[Shape]:
        """The shapes of what a value is made of, or may be."""
        return ()

    def must_finish(self) -> bool:
        """May values hold defaults to fill in or readOnly properties to drop?"""
        if self._must_finish is None:
            self._must_finish = any(shape.finishes for shape in _reached(self))
        return self._must_finish

    def is_flat(self, most: int) -> bool:
        """Has every value at most so many levels? Not if a part is open, or of a shape that it is part of."""
        return not any(shape.is_open for shape in _reached(self)) and _levels(self) <= most

    def must_hide(self) -> bool:
        """May values hold writeOnly properties, which no response shows?"""
        if self._must_hide is None:
            self._must_hide = any(shape.hides for shape in _reached(self))
        return self._must_hide

    def may_hold_decimals(self) -> bool:
        """May values hold numbers that are no integers? Where it is not known what they hold, yes."""
        return any(shape.is_open or "number" in shape.kinds for shape in _reached(self))

    def shown(self, value: Json) -> Json:
        """A JSON value without its writeOnly properties."""
        return value

    def must_dump(self) -> bool:
        """Do values hold something that the JSON encoder would write otherwise than `dump`?"""
        if self._must_dump is None:
            self._must_dump = any(shape.dumps for shape in _reached(self))
        return self._must_dump

    def convert(self, value: Json) -> Any:
        """JSON to Python, the quick way where it goes: all the way, or not at all, for else every level of a value
        might be tried twice."""
        try:
            return self.quick(value)
        except msgspec.ValidationError:
            return self.load(value)

    def quick(self, value: Json) -> Any:
        """JSON to Python by msgspec.

        Raises:
            msgspec.ValidationError: that way some of it cannot be converted.
        """
        return msgspec.convert(value, self.type, dec_hook=_convert_other)


def _reached(shape: Shape) -> Iterable[Shape]:
    """A shape and all that it is made of."""
    seen, waiting = {id(shape)}, [shape]
    while waiting:
        current = waiting.pop()
        yield current
        for part in current.parts():
            if id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)


def _levels(shape: Shape) -> float:
    """How many shapes stand inside each other; without end, if one stands in itself."""
    known = list(_reached(shape))
    above = Counter(id(part) for one in known for part in one.parts())
    levels = dict.fromkeys(map(id, known), 1)
    waiting, seen = [shape] if not above[id(shape)] else [], 0
    while waiting:
        current = waiting.pop()
        seen += 1
        for part in current.parts():
            levels[id(part)] = max(levels[id(part)], levels[id(current)] + 1)
            above[id(part)] -= 1
            if not above[id(part)]:
                waiting.append(part)
    return max(levels.values()) if seen == len(known) else inf


def _convert_other(type_: Any, value: Json) -> Any:
    return type_.__load__(value)


def other_type(name: str, convert: Callable[[Json], Any]) -> Any:
    """A type that msgspec does not know and therefore hands to _convert_other; every value is an instance of it."""

    def every_class(_cls: type, _other: type) -> bool:
        return True

    return type(name, (ABC,), {"__load__": staticmethod(convert), "__subclasshook__": classmethod(every_class)})


def kinds_of(value: Json) -> set[str]:
    """The JSON kinds that a value is of. 5.0 is an integer, too (JSON Schema 2020-12 section 4.2.3)."""
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    if isinstance(value, float):
        return {"number", "integer"} if value.is_integer() else {"number"}
    return {"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"}
