"""What a document says, and OpenAPI 3.0 cannot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

from pymacaron._types import Json, JsonObject, Pointer
from pymacaron.bundling.homes import local


class Note(NamedTuple):
    """Something that is said less strictly in the 3.0 form, or left out.

    `pointer` is its place in the bundled document; `now` says what stands for it.
    """

    pointer: Pointer
    keyword: str
    now: str = "left out"

    def to_json(self) -> JsonObject:
        return {"pointer": local(self.pointer), "keyword": self.keyword, "now": self.now}


class Said(NamedTuple):
    """A schema in OpenAPI 3.0, what it could not say, and the names of the schemas that it refers to."""

    schema: JsonObject
    notes: tuple[Note, ...] = ()
    references: frozenset[str] = frozenset()


class Sayer(Protocol):
    """What says the schemas of one document."""

    vague: set[str]  # the names of schemas that cannot be said exactly

    def say(self, schema: Json, at: Pointer, /) -> Said: ...

    def name(self, reference: str, /) -> str:
        """What the schema that a reference of the bundle leads to is called in the 3.0 form."""
        ...


class Work:
    """One schema that is being said in OpenAPI 3.0.

    Attributes:
        source, at: the schema, and its place.
        out: what is said with keywords of the same object; `more`: what else has to hold.
    """

    def __init__(self, source: JsonObject, at: Pointer, sayer: Sayer) -> None:
        self.source, self.at = source, at
        self.out: JsonObject = {}
        self.more: list[JsonObject] = []
        self._sayer = sayer
        self._notes: list[Note] = []
        self._references: set[str] = set()

    def sub(self, schema: Json, *steps: str | int) -> JsonObject:
        """A subschema, which may become weaker."""
        said = self._sayer.say(schema, (*self.at, *steps))
        self._notes += said.notes
        self._references |= said.references
        return said.schema

    def subs(self, key: str) -> list[JsonObject]:
        """The subschemas in a list, which may become weaker."""
        return [self.sub(schema, key, index) for index, schema in enumerate(self.source[key])]

    def exactly(self, schema: Json, *steps: str | int) -> JsonObject | None:
        """A subschema that may not; None if it cannot be said."""
        said = self._sayer.say(schema, (*self.at, *steps))
        if said.notes or not self._sayer.vague.isdisjoint(said.references):
            return None
        self._references |= said.references
        return said.schema

    def reference(self, text: str) -> JsonObject:
        """A reference of the bundle, as it is in the 3.0 form."""
        name = self._sayer.name(text)
        self._references.add(name)
        return {"$ref": local(("components", "schemas", name))}

    def note(self, keyword: str, now: str = "left out") -> None:
        self._notes.append(Note(self.at, keyword, now))

    def done(self) -> Said:
        """All that was said."""
        out = self.out
        if self.more:
            out = {"allOf": self.more, **out} if out or len(self.more) > 1 else self.more[0]
        return Said(out, tuple(self._notes), frozenset(self._references))


ANYTHING: JsonObject = {}
NOTHING: JsonObject = {"not": {}}
# `nullable` counts beside a type only (OpenAPI 3.0.3, Schema Object); of these values, null alone is left.
NULL: JsonObject = {"type": "string", "nullable": True, "enum": [None]}


def is_true(schema: Json) -> bool:
    """Does a schema allow everything, at the first look?"""
    return schema is True or schema == {}


def either(schemas: Iterable[JsonObject], *, in_place: bool = False) -> JsonObject:
    """A schema that allows what one of `schemas` does. With `in_place` it stands for the very value that they speak of:
    then a single reference stays one of a choice, for by itself it may lead in a circle."""
    distinct: list[JsonObject] = []
    for schema in schemas:
        if schema not in distinct and schema != NOTHING:
            distinct.append(schema)
    if not distinct:
        return NOTHING
    if ANYTHING in distinct:
        return ANYTHING
    is_bare = len(distinct) == 1 and not (in_place and "$ref" in distinct[0])
    return distinct[0] if is_bare else {"anyOf": distinct}
