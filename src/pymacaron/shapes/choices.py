"""The shapes of values that may be one thing or another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Union

import msgspec

from pymacaron._types import Json
from pymacaron.schemas import REQUEST, RESPONSE, Schema
from pymacaron.structs import dump, encode_other, is_model

from .shape import Shape, kinds_of, other_type
from .values import ANYTHING, Anything, is_rich


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
        meant = self._meant(value)
        return value if meant is None else meant.shown(value)

    def _meant(self, value: Json) -> Shape | None:
        kinds = kinds_of(value)
        meant = [shape for shape in self.shapes if kinds & shape.kinds] or [s for s in self.shapes if not s.kinds]
        return meant[0] if meant else None

    def drops(self, value: Json) -> bool:
        meant = self._meant(value)
        return meant is not None and meant.drops(value)

    def parts(self) -> Iterable[Shape]:
        return self.shapes


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
        self.type = other_type("choice", self.quick)

    def _meant(self, value: Json) -> Shape:
        named = value.get(self.property) if self.dispatch and isinstance(value, dict) else None
        if isinstance(named, str) and named in self.dispatch:
            return self.dispatch[named]
        kinds = kinds_of(value)
        fitting = [branch for branch in self.branches if not branch[1].kinds or kinds & branch[1].kinds]
        if len(fitting) == 1:
            return fitting[0][1]
        first: Shape | None = None
        for schema, shape in fitting:
            if schema.checker(REQUEST).is_valid(value) or schema.checker(RESPONSE).is_valid(value):
                if not shape.drops(value):
                    return shape
                first = first or shape
        return first or ANYTHING

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
        self.type = other_type("guarded", self.quick)

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

    def drops(self, value: Json) -> bool:
        shape = self._of(value)
        return shape is not None and shape.drops(value)

    def parts(self) -> Iterable[Shape]:
        return self.shapes.values()


class Later(Shape):
    """A shape that is still being made, seen from within: an array of itself, say."""

    def __init__(self) -> None:
        self.shape: Shape = ANYTHING
        self.type = other_type("later", self.quick)

    def load(self, value: Json) -> Any:
        return self.shape.load(value)

    def quick(self, value: Json) -> Any:
        return self.shape.quick(value)

    def dump(self, value: Any) -> Any:
        return self.shape.dump(value)

    def shown(self, value: Json) -> Json:
        return self.shape.shown(value)

    def drops(self, value: Json) -> bool:
        return self.shape.drops(value)

    def parts(self) -> Iterable[Shape]:
        return (self.shape,)
