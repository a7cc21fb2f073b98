"""Alternatives that lead back to themselves, folded.

Asked what is wrong with a value, a validator tells it of every alternative, and of every alternative inside those. For
a schema that leads back to itself through alternatives, that grows exponentially with the depth of the value. So there
each group of alternatives becomes one question, answered with yes or no; whoever wants to know more asks again about
the group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pymacaron._types import Json, JsonObject, Pointer

from .drafts import OPENAPI_31, Draft

_GROUPS = ("anyOf", "oneOf")


class Folded(NamedTuple):
    """A bundle whose definitions are folded, and for each place that a validator tells of when a group fails, the
    schema that is the group alone."""

    bundle: JsonObject
    groups: dict[Pointer, JsonObject]


def folded(bundle: JsonObject, draft: Draft) -> Folded | None:
    """A bundle folded; None if nothing in it leads back to itself through alternatives."""
    definitions: Mapping[str, Json] = bundle.get(draft.definitions, {})
    circular = {name for name in _circular(definitions, draft) if _has_groups(definitions[name])}
    if not circular:
        return None
    folding = _Folding(draft)
    made = {
        name: folding.schema(schema, (draft.definitions, name)) if name in circular else schema
        for name, schema in definitions.items()
    }
    return Folded({**bundle, draft.definitions: made}, folding.groups)


class _Folding:
    def __init__(self, draft: Draft) -> None:
        self.groups: dict[Pointer, JsonObject] = {}
        self._draft = draft

    def schema(self, schema: Json, path: Pointer) -> Json:
        if not isinstance(schema, dict):
            return schema
        made = {key: value for key, value in schema.items() if key not in _GROUPS}
        for key, value in made.items():
            if key in self._draft.maps:
                made[key] = {name: self.schema(child, (*path, key, name)) for name, child in value.items()}
            elif isinstance(value, list) and key in self._draft.lists:
                made[key] = [self.schema(child, (*path, key, index)) for index, child in enumerate(value)]
            elif key in self._draft.applicators:
                made[key] = self.schema(value, (*path, key))
        for key in _GROUPS:
            if key in schema:
                made["allOf"] = [*made.get("allOf", ()), self._group({key: schema[key]}, made, path)]
        return made

    def _group(self, group: JsonObject, around: JsonObject, path: Pointer) -> JsonObject:
        at = (*path, "allOf", len(around.get("allOf", ())))
        if self._draft is OPENAPI_31:  # as a condition, it counts for `unevaluated…` as it did
            self.groups[*at, "else"] = group
            return {"if": group, "else": False}
        self.groups[*at, "not"] = group
        return {"not": {"not": group}}


def _circular(definitions: Mapping[str, Json], draft: Draft) -> set[str]:
    """The names of definitions that lead back to themselves."""
    start = f"#/{draft.definitions}/"
    led = {name: set(_references(schema, start)) for name, schema in definitions.items()}
    return {name for name in led if name in _reached(led, name)}


def _reached(led: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in led.get(waiting.pop(), ()):
            if name not in found:
                found.add(name)
                waiting.append(name)
    return found


def _references(schema: Json, start: str) -> Iterator[str]:
    for inner in _objects(schema):
        reference = inner.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(start)


def _has_groups(schema: Json) -> bool:
    return any(key in inner for inner in _objects(schema) for key in _GROUPS)


def _objects(schema: Json) -> Iterator[JsonObject]:
    """The schema and all objects inside it; those in `enum` and `const`, which are no schemas, do no harm."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
