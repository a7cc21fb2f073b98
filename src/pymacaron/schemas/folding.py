"""Alternatives folded.

Asked what is wrong with a value, a validator tells at once all that is wrong with every alternative, and with every
alternative inside those: that grows exponentially with how deep they stand in each other. So each group of alternatives
becomes one question, answered with yes or no; whoever wants to know more asks again about the group. `propertyNames`
is such a question too, else each name comes with a copy of the whole object.
"""

from __future__ import annotations

from typing import NamedTuple

from pymacaron._types import Json, JsonObject, Pointer

from .drafts import OPENAPI_31, Draft

_FOLDED = ("anyOf", "oneOf", "propertyNames")
# What a validator calls the failure of a folded group.
FAILURES = ("falseSchema", "not")
# The name to ask about all of a schema by.
WHOLE = "whole"


class Group(NamedTuple):
    """A group of alternatives: its keyword, and the name to ask about it by."""

    keyword: str
    name: str


class Folded(NamedTuple):
    """A folded schema.

    Attributes:
        bundle: judges objects: the property WHOLE of one by the schema itself, that of a group's name by that group.
        groups: by the place that a validator tells of when one fails.
    """

    bundle: JsonObject
    groups: dict[Pointer, Group]


def folded(bundle: JsonObject, draft: Draft) -> Folded | None:
    """A bundle folded; None if there is nothing to fold."""
    if not _has_groups(bundle):
        return None
    folding = _Folding(draft)
    top = {key: value for key, value in bundle.items() if key not in ("$schema", draft.definitions)}
    for name, schema in bundle.get(draft.definitions, {}).items():
        folding.add(name, schema)
    folding.add(WHOLE, top)
    asked = {name: folding.reference(name) for name in (WHOLE, *folding.names)}
    made = {"$schema": draft.uri, draft.definitions: folding.definitions, "properties": asked}
    return Folded(made, folding.groups)


class _Folding:
    def __init__(self, draft: Draft) -> None:
        self.definitions: JsonObject = {}
        self.groups: dict[Pointer, Group] = {}
        self.names: list[str] = []
        self._draft = draft

    def reference(self, name: str) -> JsonObject:
        return {"$ref": f"#/{self._draft.definitions}/{name}"}

    def add(self, name: str, schema: Json) -> None:
        self.definitions[name] = self._schema(schema, (self._draft.definitions, name))

    def _schema(self, schema: Json, path: Pointer) -> Json:
        if not isinstance(schema, dict):
            return schema
        made = {key: self._inner(key, value, (*path, key)) for key, value in schema.items() if key not in _FOLDED}
        for key in _FOLDED:
            if key in schema:
                at = (*path, "allOf", len(made.get("allOf", ())))
                made["allOf"] = [*made.get("allOf", ()), self._group(key, schema[key], at)]
        return made

    def _inner(self, key: str, value: Json, path: Pointer) -> Json:
        if isinstance(value, dict) and key in self._draft.maps:
            return {name: self._schema(child, (*path, name)) for name, child in value.items()}
        if isinstance(value, list) and key in self._draft.lists:
            return [self._schema(child, (*path, index)) for index, child in enumerate(value)]
        return self._schema(value, path) if key in self._draft.applicators else value

    def _group(self, key: str, value: Json, at: Pointer) -> JsonObject:
        """What stands in for a group where it stood; the group becomes a definition, so that it is judged once."""
        name = f"g{len(self.names)}"
        self.names.append(name)
        inner = value if key == "propertyNames" else self._inner(key, value, (self._draft.definitions, name, key))
        self.definitions[name] = {key: inner}
        asked = self.reference(name)
        if self._draft is OPENAPI_31:  # as a condition, it counts for `unevaluated…` as it did
            self.groups[*at, "else"] = Group(key, name)
            return {"if": asked, "else": False}
        self.groups[*at, "not"] = Group(key, name)
        return {"not": {"not": asked}}


def _has_groups(schema: Json) -> bool:
    """Is there a group in the schema? What `enum` and `const` hold may look like one, which does no harm."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if not value.keys().isdisjoint(_FOLDED):
                return True
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return False
