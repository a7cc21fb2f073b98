"""The shapes themselves."""

from __future__ import annotations

from abc import ABC
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain, repeat
from math import inf
from typing import Any, ForwardRef, Union

import msgspec
from msgspec import UNSET

from pymacaron._types import Json
from pymacaron.formats import Format
from pymacaron.schemas import REQUEST, RESPONSE, Schema
from pymacaron.structs import OpenModel, dump, encode_other, is_model, load


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


class Anything(Shape):
    is_open = True

    def quick(self, value: Json) -> Any:
        return value


class Scalar(Shape):
    """A JSON scalar that is itself in Python."""

    def __init__(self, type_: Any, kind: str) -> None:
        self.type = type_
        self.kinds = frozenset((kind,))

    def load(self, value: Json) -> Any:
        if self.type is int and isinstance(value, float) and value.is_integer():
            return int(value)  # JSON Schema 2020-12: 1.0 is an integer
        return value


class Instant(Shape):
    """`date-time` and `date` as datetime and date objects."""

    kinds = frozenset(("string",))

    def __init__(self, type_: type[date]) -> None:
        self.type = type_

    def load(self, value: Json) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return msgspec.convert(value, self.type)
        except msgspec.ValidationError:
            return _unusual_instant(value)


def _unusual_instant(text: str) -> Any:
    """RFC 3339 knows instants that Python does not. A leap second is the second after it, as POSIX time has it; the
    year 0000 stays text."""
    before, colon, after = text.rpartition(":60")
    if not colon:
        return text
    try:
        return msgspec.convert(f"{before}:59{after}", datetime) + timedelta(seconds=1)
    except (msgspec.ValidationError, OverflowError):
        return text


class Custom(Shape):
    """A string of a format that the user registered."""

    dumps = True

    def __init__(self, format_: Format) -> None:
        self.format = format_
        self.type = _choice(format_.name, self.load)

    def load(self, value: Json) -> Any:
        return self.format.to_python(value) if isinstance(value, str) else value

    def dump(self, value: Any) -> Any:
        return value if value is None or value is UNSET else self.format.to_wire(value)


class ListOf(Shape):
    kinds = frozenset(("array",))

    def __init__(self, item: Shape) -> None:
        self.item = item
        self.type = list[item.type]  # type: ignore[name-defined]

    def load(self, value: Json) -> Any:
        return [self.item.load(item) for item in value] if isinstance(value, list) else value

    def dump(self, value: Any) -> Any:
        return [self.item.dump(item) for item in value] if isinstance(value, (list, tuple)) else value

    def shown(self, value: Json) -> Json:
        return [self.item.shown(item) for item in value] if isinstance(value, list) else value

    def parts(self) -> Iterable[Shape]:
        return (self.item,)


class TupleOf(Shape):
    """An array whose first items have schemas of their own."""

    def __init__(self, places: list[Shape], rest: Shape) -> None:
        self._places, self._rest = places, rest
        self.type = _choice("tuple", self.quick)

    def _each(self, items: Iterable[Any], do: Callable[[Shape, Any], Any]) -> list[Any]:
        return [do(shape, item) for shape, item in zip(chain(self._places, repeat(self._rest)), items, strict=False)]

    def load(self, value: Json) -> Any:
        return self._each(value, lambda shape, item: shape.load(item)) if isinstance(value, list) else value

    def quick(self, value: Json) -> Any:
        return self._each(value, lambda shape, item: shape.quick(item)) if isinstance(value, list) else value

    def dump(self, value: Any) -> Any:
        return self._each(value, lambda shape, item: shape.dump(item)) if isinstance(value, (list, tuple)) else value

    def shown(self, value: Json) -> Json:
        return self._each(value, lambda shape, item: shape.shown(item)) if isinstance(value, list) else value

    def parts(self) -> Iterable[Shape]:
        return (*self._places, self._rest)


class MapOf(Shape):
    kinds = frozenset(("object",))

    def __init__(self, item: Shape) -> None:
        self.item = item
        self.type = dict[str, item.type]  # type: ignore[name-defined]

    def load(self, value: Json) -> Any:
        return {k: self.item.load(item) for k, item in value.items()} if isinstance(value, dict) else value

    def dump(self, value: Any) -> Any:
        return {k: self.item.dump(item) for k, item in value.items()} if isinstance(value, dict) else value

    def shown(self, value: Json) -> Json:
        return {k: self.item.shown(item) for k, item in value.items()} if isinstance(value, dict) else value

    def parts(self) -> Iterable[Shape]:
        return (self.item,)


class ModelOf(Shape):
    """An object as an instance of a model class."""

    def __init__(self, forward: str) -> None:
        self._forward = forward
        self.kinds = frozenset(("object",))
        self.model: Any = None
        self._properties: dict[str, Shape] = {}

    @cached_property
    def type(self) -> Any:
        """The class; until it is made, what leads back to it sees its future name."""
        return ForwardRef(self._forward)

    def complete(self, model: Any, properties: dict[str, Shape]) -> None:
        self.model = self.type = model
        self._properties = properties
        described = model.__model__.properties.values()
        self.finishes = any(prop.read_only or prop.default is not None for prop in described)
        self.hides = any(prop.write_only for prop in described)
        if issubclass(model, OpenModel):
            self.kinds, self.is_open = frozenset(), True

    def load(self, value: Json) -> Any:
        return load(self.model, value) if isinstance(value, dict) else value

    def dump(self, value: Any) -> Any:
        if isinstance(value, dict):
            shapes = self._properties
            return {k: shapes[k].dump(item) if k in shapes else dump(item) for k, item in value.items()}
        return dump(value)

    def shown(self, value: Json) -> Json:
        if not isinstance(value, dict):
            return value
        hidden = {prop.name for prop in self.model.__model__.properties.values() if prop.write_only}
        shapes = self._properties
        return {k: shapes[k].shown(v) if k in shapes else v for k, v in value.items() if k not in hidden}

    def parts(self) -> Iterable[Shape]:
        return self._properties.values()


class OneOf(Shape):
    """A value that is of one of several shapes, chosen by what it names, by its kind, or by validity.

    Attributes:
        branches: the alternatives.
        dispatch: the shapes that the texts of `property` name.
    """

    def __init__(self, branches: list[tuple[Schema, Shape]], dispatch: Mapping[str, Shape], property_: str) -> None:
        self.branches = branches
        self.dispatch = dispatch
        self.property = property_
        self.type = _choice("choice", self.quick)

    def _meant(self, value: Json) -> Shape:
        named = value.get(self.property) if self.dispatch and isinstance(value, dict) else None
        if isinstance(named, str) and named in self.dispatch:
            return self.dispatch[named]
        kinds = kinds_of(value)
        fitting = [branch for branch in self.branches if not branch[1].kinds or kinds & branch[1].kinds]
        if len(fitting) == 1:
            return fitting[0][1]
        for schema, shape in fitting:
            if schema.checker(REQUEST).is_valid(value) or schema.checker(RESPONSE).is_valid(value):
                return shape
        return ANYTHING

    def load(self, value: Json) -> Any:
        return self._meant(value).load(value)

    def quick(self, value: Json) -> Any:
        return self._meant(value).quick(value)

    def dump(self, value: Any) -> Any:
        if is_model(value) or not self.must_dump():
            return dump(value)
        for schema, shape in self.branches:
            try:
                made = shape.dump(value)
                plain = msgspec.to_builtins(made, enc_hook=encode_other)
            except (TypeError, ValueError, AttributeError, NotImplementedError):
                continue  # it is none of this branch
            if schema.checker(REQUEST).is_valid(plain) or schema.checker(RESPONSE).is_valid(plain):
                return made
        return dump(value)

    def shown(self, value: Json) -> Json:
        meant = self._meant(value)
        if meant is not ANYTHING:
            return meant.shown(value)
        for schema, shape in self.branches:
            hidden = shape.shown(value)
            if schema.checker(RESPONSE).is_valid(hidden):
                return hidden
        return value

    def parts(self) -> Iterable[Shape]:
        return (*(shape for _, shape in self.branches), *self.dispatch.values())


class Guarded(Shape):
    """A shape for one JSON kind, where the schema lets other kinds pass as they are."""

    is_open = True

    def __init__(self, shapes: Mapping[str, Shape]) -> None:
        self.shapes = shapes
        self.type = _choice("guarded", self.quick)

    def _of(self, value: Any) -> Shape | None:
        kind = (
            "object" if isinstance(value, dict) or is_model(value) else "array" if isinstance(value, list) else "other"
        )
        return self.shapes.get(kind) or self.shapes.get("other")

    def load(self, value: Json) -> Any:
        shape = self._of(value)
        return shape.load(value) if shape is not None else value

    def quick(self, value: Json) -> Any:
        shape = self._of(value)
        return shape.quick(value) if shape is not None else value

    def dump(self, value: Any) -> Any:
        shape = self._of(value)
        return shape.dump(value) if shape is not None else dump(value)

    def shown(self, value: Json) -> Json:
        shape = self._of(value)
        return shape.shown(value) if shape is not None else value

    def parts(self) -> Iterable[Shape]:
        return self.shapes.values()


class Later(Shape):
    """A shape that is still being made, seen from within: an array of itself, say."""

    def __init__(self) -> None:
        self.shape: Shape = ANYTHING
        self.type = _choice("later", self.quick)

    def load(self, value: Json) -> Any:
        return self.shape.load(value)

    def quick(self, value: Json) -> Any:
        return self.shape.quick(value)

    def dump(self, value: Any) -> Any:
        return self.shape.dump(value)

    def shown(self, value: Json) -> Json:
        return self.shape.shown(value)

    def parts(self) -> Iterable[Shape]:
        return (self.shape,)


def _choice(name: str, convert: Callable[[Json], Any]) -> Any:
    """A type that msgspec does not know and therefore hands to _convert_other; every value is an instance of it."""

    def every_class(_cls: type, _other: type) -> bool:
        return True

    return type(name, (ABC,), {"__load__": staticmethod(convert), "__subclasshook__": classmethod(every_class)})


SCALARS = {
    "string": Scalar(str, "string"), "integer": Scalar(int, "integer"), "boolean": Scalar(bool, "boolean"),
    "number": Scalar(int | float, "number"), "null": Scalar(type(None), "null"),
}  # fmt: skip
ANYTHING = Anything()


def union(shapes: list[tuple[Schema, Shape]]) -> Shape:
    """The shape of a value that has one of these shapes."""
    distinct = list({id(shape): shape for _, shape in shapes}.values())
    if len(distinct) == 1:
        return distinct[0]
    if any(isinstance(shape, Anything) for shape in distinct):
        return ANYTHING if not any(is_rich(shape) for shape in distinct) else OneOf(shapes, {}, "")
    kinds = [kind for shape in distinct for kind in shape.kinds]
    clash = len(kinds) != len(set(kinds)) or {"integer", "number"} <= set(kinds)
    rest = [shape for shape in distinct if shape.kinds != {"null"}]
    if not clash and (all(shape.kinds for shape in distinct) or len(rest) == 1):
        return Native(distinct)
    return OneOf(shapes, {}, "")


def is_rich(shape: Shape) -> bool:
    """Does a value of this shape differ from its JSON value?"""
    return not isinstance(shape, (Anything, Scalar))


class Native(Shape):
    """A union that msgspec can tell apart by the JSON kind alone."""

    def __init__(self, shapes: list[Shape]) -> None:
        self.shapes = shapes
        self.type = Union[tuple(shape.type for shape in shapes)]  # noqa: UP007 - of as many as there are
        self.kinds = frozenset(kind for shape in shapes for kind in shape.kinds)
        if not all(shape.kinds for shape in shapes):
            self.kinds = frozenset()

    def load(self, value: Json) -> Any:
        for shape in self.shapes:
            if (not shape.kinds and value is not None) or kinds_of(value) & shape.kinds:
                return shape.load(value)
        return value

    def dump(self, value: Any) -> Any:
        if value is None:
            return None
        rich = [shape for shape in self.shapes if shape.must_dump()]
        return rich[0].dump(value) if len(rich) == 1 else dump(value)

    def shown(self, value: Json) -> Json:
        kinds = kinds_of(value)
        meant = [shape for shape in self.shapes if kinds & shape.kinds] or [s for s in self.shapes if not s.kinds]
        return meant[0].shown(value) if meant else value

    def parts(self) -> Iterable[Shape]:
        return self.shapes


def kinds_of(value: Json) -> set[str]:
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int):
        return {"integer", "number"}
    if isinstance(value, float):
        return {"number", "integer"} if value.is_integer() else {"number"}
    return {"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"}
