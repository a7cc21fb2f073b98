"""What is asked of one value: schemas that hold at once, with their references, allOf, alternatives and conditions
resolved by choosing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

from pymacaron._types import Json, JsonObject

KINDS = ("object", "array", "string", "number", "integer", "boolean", "null")
_MOST = 400  # schemas of one value; more of them lead in a circle

# What a keyword speaks of, where no `type` does.
_SPOKEN_OF: Mapping[str, str] = {
    **dict.fromkeys(
        ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties",
         "propertyNames", "dependencies", "dependentRequired", "dependentSchemas", "unevaluatedProperties"), "object",
    ),
    **dict.fromkeys(
        ("items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains",
         "unevaluatedItems"), "array",
    ),
    **dict.fromkeys(("pattern", "format", "minLength", "maxLength"), "string"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
}  # fmt: skip


class DeadEnd(Exception):
    """No value can be made this way."""


class Demand:
    """What is asked of one value.

    Attributes:
        schemas: all of these hold, each without what it says by reference or by choice.
        avoided: none of these may hold.
    """

    def __init__(self, definitions: Mapping[str, Json], random: Random, *, leanly: bool) -> None:
        self.schemas: list[JsonObject] = []
        self.avoided: list[JsonObject] = []
        self._definitions = definitions
        self._random = random
        self._leanly = leanly

    def add(self, schema: Json) -> None:
        """Let one more schema hold.

        Raises:
            DeadEnd: it cannot.
        """
        if schema is True or schema == {}:
            return
        if schema is False or len(self.schemas) > _MOST:
            raise DeadEnd("a schema allows nothing, or contains itself")
        reference = schema.get("$ref")
        if reference is not None:
            self.add(self._target(reference))
            if len(schema) == 1:
                return
        self.schemas.append(schema)
        for branch in schema.get("allOf", ()):
            self.add(branch)
        if "not" in schema:
            self.avoid(schema["not"])
        if "if" in schema:
            self._decide(schema)
        if "anyOf" in schema:
            self._choose(schema["anyOf"])
        if "oneOf" in schema:
            self._choose_one(schema["oneOf"])

    def avoid(self, schema: Json) -> None:
        """Let a schema not hold, as far as can be seen from its surface."""
        if schema is True or schema == {}:
            raise DeadEnd("nothing may hold")
        if isinstance(schema, dict):
            reference = schema.get("$ref")
            target = self._target(reference) if reference is not None else schema
            if isinstance(target, dict):
                self.avoided.append(target)

    def _decide(self, schema: JsonObject) -> None:
        options = [[schema["if"], schema.get("then", True)], [{"not": schema["if"]}, schema.get("else", True)]]
        self._choose([{"allOf": option} for option in options])

    def _choose_one(self, branches: list[Json]) -> None:
        chosen = self._choose(branches)
        for branch in branches:
            if branch is not chosen:
                self.avoid(branch)

    def _choose(self, branches: list[Json]) -> Json:
        """Add one of several schemas, whichever can hold; returns it."""
        order = self._random.sample(branches, len(branches))
        if self._leanly:
            order.sort(key=_weight)
        for branch in order:
            kept = len(self.schemas), len(self.avoided)
            try:
                self.add(branch)
                self.kinds()
            except DeadEnd:
                del self.schemas[kept[0] :], self.avoided[kept[1] :]
                continue
            return branch
        raise DeadEnd("none of the alternatives can hold")

    def kinds(self) -> list[str]:
        """The JSON kinds that are possible; "integer" beside "number" only if no fraction is.

        Raises:
            DeadEnd: there is none.
        """
        possible = set(KINDS)
        for schema in self.schemas:
            if "type" in schema:
                possible &= _kinds_of(schema["type"])
        avoided = [schema for schema in self.avoided if "type" in schema]
        shunned = {kind for schema in avoided for kind in _kinds_of(schema["type"])}
        if possible <= shunned:  # then they have to differ in what else they say
            shunned = {kind for schema in avoided if len(schema) == 1 for kind in _kinds_of(schema["type"])}
        if not possible - shunned:
            raise DeadEnd("no kind of value fits all types")
        return [kind for kind in KINDS if kind in possible - shunned]

    def properties_of(self, schema: Json) -> dict[str, Json]:
        """The properties that a schema declares, with those of what it contains."""
        waiting, found, seen = [schema], dict[str, Json](), set[int]()
        while waiting:
            schema = waiting.pop()
            if not isinstance(schema, dict) or id(schema) in seen:
                continue
            seen.add(id(schema))
            waiting += schema.get("allOf", ())
            if "$ref" in schema:
                waiting.append(self._target(schema["$ref"]))
            for name, said in schema.get("properties", {}).items():
                found.setdefault(name, said)
        return found

    def _target(self, reference: str) -> Json:
        return self._definitions[reference.rpartition("/")[2]]

    def spoken_of(self) -> list[str]:
        """The kinds that the keywords speak of, where no `type` says more."""
        return list({_SPOKEN_OF[key]: None for schema in self.schemas for key in schema if key in _SPOKEN_OF})

    def listed(self) -> list[Json] | None:
        """The values that enum and const allow, None if they say nothing."""
        found: list[Json] | None = None
        for schema in self.schemas:
            for values in _lists(schema):
                found = [v for v in (values if found is None else found) if any(same(v, other) for other in values)]
        if found is not None:
            shunned = [value for schema in self.avoided for values in _lists(schema) for value in values]
            found = [value for value in found if not any(same(value, other) for other in shunned)] or found
        return found

    def limit(self, keyword: str, pick: Any, default: int | None) -> Any:
        """The strictest of a keyword's numbers."""
        return pick((int(schema[keyword]) for schema in self.schemas if keyword in schema), default=default)

    def said(self, keyword: str) -> Iterator[Any]:
        """A keyword's value, wherever it is."""
        return (schema[keyword] for schema in self.schemas if keyword in schema)


def _kinds_of(given: Any) -> set[str]:
    if not isinstance(given, str | list):  # no type at all, which no validator takes
        return set(KINDS)
    kinds = {given} if isinstance(given, str) else set(given)
    return kinds | {"integer"} if "number" in kinds else kinds


def _lists(schema: JsonObject) -> Iterator[list[Json]]:
    if "enum" in schema:
        yield schema["enum"]
    if "const" in schema:
        yield [schema["const"]]


def _weight(branch: Json) -> int:
    """How much a branch may lead to: scalars nothing, references anything."""
    if not isinstance(branch, dict) or "enum" in branch or "const" in branch:
        return 0
    kinds = branch.get("type", ())
    if kinds and not {"object", "array"} & _kinds_of(kinds):
        return 0
    return 2 if "$ref" in branch else 1


def same(one: Json, other: Json) -> bool:
    """Equal as JSON values: true is not 1, and 1.0 is."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    return bool(one == other)
