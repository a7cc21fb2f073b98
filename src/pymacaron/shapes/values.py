"""The shapes of single values: scalars, texts with a format, arrays, objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import chain, repeat
from typing import Any, ForwardRef

import msgspec
from msgspec import UNSET

from pymacaron._types import Json
from pymacaron.formats import Format
from pymacaron.structs import OpenModel, dump, load

from .shape import Shape, other_type


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
        self.type = other_type(format_.name, self.load)

    def load(self, value: Json) -> Any:
        return self.format.to_python(value) if isinstance(value, str) else value

    def dump(self, value: Any) -> Any:
        return value if value is None or value is UNSET else self.format.to_wire(value)


class ListOf(Shape):
    kinds = frozenset(("array",))

    def __init__(self, item: Shape) -> None:
        self.item = item
        self.type = list[item.type]  # type: ignore[name-defined]  # made at run time

    def load(self, value: Json) -> Any:
        return [self.item.load(item) for item in value] if isinstance(value, list) else value

    def dump(self, value: Any) -> Any:
        return [self.item.dump(item) for item in value] if isinstance(value, (list, tuple)) else value

    def shown(self, value: Json) -> Json:
        return [self.item.shown(item) for item in value] if isinstance(value, list) else value

    def drops(self, value: Json) -> bool:
        return isinstance(value, list) and any(self.item.drops(item) for item in value)

    def parts(self) -> Iterable[Shape]:
        return (self.item,)


class TupleOf(Shape):
    """An array whose first items have schemas of their own."""

    def __init__(self, places: list[Shape], rest: Shape) -> None:
        self._places, self._rest = places, rest
        self.type = other_type("tuple", self.quick)

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

    def drops(self, value: Json) -> bool:
        return isinstance(value, list) and any(self._each(value, lambda shape, item: shape.drops(item)))

    def parts(self) -> Iterable[Shape]:
        return (*self._places, self._rest)


class MapOf(Shape):
    kinds = frozenset(("object",))

    def __init__(self, item: Shape) -> None:
        self.item = item
        self.type = dict[str, item.type]  # type: ignore[name-defined]  # likewise

    def load(self, value: Json) -> Any:
        return {k: self.item.load(item) for k, item in value.items()} if isinstance(value, dict) else value

    def dump(self, value: Any) -> Any:
        return {k: self.item.dump(item) for k, item in value.items()} if isinstance(value, dict) else value

    def shown(self, value: Json) -> Json:
        return {k: self.item.shown(item) for k, item in value.items()} if isinstance(value, dict) else value

    def drops(self, value: Json) -> bool:
        return isinstance(value, dict) and any(self.item.drops(item) for item in value.values())

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

    def drops(self, value: Json) -> bool:
        if not isinstance(value, dict):
            return False
        shapes, info = self._properties, self.model.__model__
        named, is_open = info.properties, info.extra is not None
        return any(shapes[k].drops(v) if k in shapes else not (is_open or k in named) for k, v in value.items())

    def parts(self) -> Iterable[Shape]:
        return self._properties.values()


def is_rich(shape: Shape) -> bool:
    """Does a value of this shape differ from its JSON value?"""
    return not isinstance(shape, (Anything, Scalar))


SCALARS = {
    "string": Scalar(str, "string"), "integer": Scalar(int, "integer"), "boolean": Scalar(bool, "boolean"),
    "number": Scalar(int | float, "number"), "null": Scalar(type(None), "null"),
}  # fmt: skip
ANYTHING = Anything()
