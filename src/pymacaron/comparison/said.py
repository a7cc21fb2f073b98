"""What a schema says, whichever draft it says it in: `allOf` merged, references followed, `nullable` a type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pymacaron._types import Json, JsonObject
from pymacaron.documents import Node
from pymacaron.schemas import Draft, chain, target_of

ALL_TYPES = frozenset(("boolean", "integer", "number", "string", "array", "object"))
UPPER = {"maxLength": "max-length", "maxItems": "max-items", "maxProperties": "max-properties",
         "maxContains": "max-contains"}  # fmt: skip
LOWER = {"minLength": "min-length", "minItems": "min-items", "minProperties": "min-properties",
         "minContains": "min-contains"}  # fmt: skip
# Keywords whose meaning depends on one another: two that differ are different, and no more is said of them.
CONDITIONS = (
    "not", "if", "then", "else", "dependencies", "dependentSchemas", "dependentRequired", "patternProperties",
    "propertyNames", "contains", "unevaluatedProperties", "unevaluatedItems", "contentEncoding", "contentMediaType",
)  # fmt: skip


class Bound(NamedTuple):
    """`maximum` or `minimum`: the number, and whether it is excluded itself."""

    number: float
    excluded: bool


class Said:
    """What the schemas at some places say together.

    Attributes:
        nodes: the places, references followed.
        types: what is allowed but null. null: is null allowed?
        values: what `enum` and `const` allow, None if they do not say; without null.
        limits: numbers by keyword. maximum, minimum: None where there is none.
        patterns, formats: all that hold. unique: must items differ?
        properties: by name, the places that describe each. required: their names.
        additional: what properties without a description are: False (forbidden), a place, or None (anything).
        items, prefix: the places of items; those of the first ones.
        branches: the alternatives of each `oneOf` and `anyOf`.
        conditions: what is compared as a whole.
    """

    def __init__(self, nodes: tuple[Node, ...], draft: Draft) -> None:
        self.draft = draft
        self.nodes: list[Node] = []
        self.types = ALL_TYPES
        self.null = all(_allows_null(node, draft) for node in nodes)
        self.values: list[Json] | None = None
        self.limits: dict[str, float] = {}
        self.maximum: Bound | None = None
        self.minimum: Bound | None = None
        self.multiples: set[float] = set()
        self.patterns: set[str] = set()
        self.formats: set[str] = set()
        self.unique = False
        self.properties: dict[str, tuple[Node, ...]] = {}
        self.required: set[str] = set()
        self.additional: Node | bool | None = None
        self.items: tuple[Node, ...] = ()
        self.prefix: list[Node] = []
        self.branches: list[list[Node]] = []
        self.conditions: JsonObject = {}
        self.flags: set[str] = set()
        self.default: list[Json] = []
        self.discriminator: JsonObject = {}
        for node in nodes:
            self._add(node, set())

    def _add(self, node: Node, passed: set[Node]) -> None:
        for place in _alternates(node, self.draft):
            if place not in passed:
                passed.add(place)
                self.nodes.append(place)
                if place.value is False:
                    self.types = frozenset()
                elif isinstance(place.value, dict):
                    self._add_keywords(place, place.value)
                    all_of = place.get("allOf")
                    for branch in all_of.elements() if all_of is not None else ():
                        self._add(branch, passed)

    def _add_keywords(self, place: Node, said: JsonObject) -> None:
        self._add_types(said)
        self._add_numbers(said)
        self._add_object(place, said)
        self._add_array(place, said)
        for key in ("oneOf", "anyOf"):
            branches = place.get(key)
            if branches is not None:
                self._add_branches(list(branches.elements()))
        for name, kept in (("pattern", self.patterns), ("format", self.formats)):
            if isinstance(said.get(name), str):
                kept.add(said[name])
        for key in CONDITIONS:
            if key in said:
                self.conditions[key] = _plain(said[key])
        self.flags |= {key for key in ("readOnly", "writeOnly", "deprecated") if said.get(key) is True}
        if "default" in said:
            self.default = [said["default"]]
        if "discriminator" in said:
            self.discriminator = _discriminator(said["discriminator"])

    def _add_types(self, said: JsonObject) -> None:
        names = said.get("type")
        listed = {names} if isinstance(names, str) else set(names) if isinstance(names, list) else None
        if listed is not None:
            self.types &= listed | ({"integer"} if "number" in listed else set())
            if "file" in listed:  # Swagger 2.0
                self.types = frozenset(("string",))
                self.formats.add("binary")
        values = said.get("enum", [said["const"]] if "const" in said else None)
        if isinstance(values, list):
            before = self.values
            self.values = [value for value in values if value is not None and (before is None or value in before)]

    def _add_branches(self, branches: list[Node]) -> None:
        """Alternatives; of what is a schema or null, as 3.1 spells `nullable`, only the schema."""
        said = [branch for branch in branches if not _is_null(branch)]
        if len(said) == 1:
            self._add(said[0], set(self.nodes))
        else:
            self.branches.append(said)

    def _add_numbers(self, said: JsonObject) -> None:
        for key in (*UPPER, *LOWER):
            number = _number(said.get(key))
            if number is not None and not (key in LOWER and number == 0):
                sharper = min if key in UPPER else max
                self.limits[key] = sharper(number, self.limits.get(key, number))
        for key, sign in (("maximum", 1), ("minimum", -1)):
            for bound in _bounds(said, key):
                known = getattr(self, key)
                if known is None or _reach(bound, sign) < _reach(known, sign):
                    setattr(self, key, bound)
        multiple = _number(said.get("multipleOf"))
        if multiple is not None:
            self.multiples.add(multiple)

    def _add_object(self, place: Node, said: JsonObject) -> None:
        properties = place.get("properties")
        for name, node in properties.items() if properties is not None else ():
            self.properties[name] = (*self.properties.get(name, ()), node)
        if isinstance(said.get("required"), list):
            self.required |= {name for name in said["required"] if isinstance(name, str)}
        additional = place.get("additionalProperties")
        if additional is not None and not self._is_open(additional.value):
            self.additional = False if additional.value is False else additional

    def _is_open(self, schema: Json) -> bool:
        """Does it allow everything?"""
        return schema is True or (isinstance(schema, dict) and not _plain(schema).keys() - self.draft.nullable)

    def _add_array(self, place: Node, said: JsonObject) -> None:
        self.unique = self.unique or said.get("uniqueItems") is True
        items, prefix = place.get("items"), place.get("prefixItems")
        rest = place.get("additionalItems") if items is not None and isinstance(items.value, list) else items
        if rest is not None and isinstance(rest.value, (dict, bool)):
            self.items = (*self.items, rest)
        listed = prefix or items
        self.prefix += listed.elements() if listed is not None else ()


def _alternates(node: Node, draft: Draft) -> Iterator[Node]:
    """The schema at a place, and where its references lead; in drafts where nothing beside a reference counts, only
    the end of the chain."""
    if node.ref is None:
        yield node
    elif draft.ref_siblings:
        yield from chain(node)
    else:
        yield target_of(node, draft)


def _allows_null(node: Node, draft: Draft, passed: frozenset[Node] = frozenset()) -> bool:
    """Is null valid, as far as types, enums and their combinations say? What adds null to a schema counts beside a
    reference, too."""
    if isinstance(node.value, dict) and draft.is_nullable(node.value):
        return True
    places = [place for place in _alternates(node, draft) if place not in passed]
    return all(_place_allows_null(place, draft, passed | {place}) for place in places)


def _place_allows_null(place: Node, draft: Draft, passed: frozenset[Node]) -> bool:
    said = place.value
    if not isinstance(said, dict) or draft.is_nullable(said):
        return said is not False
    names, values = said.get("type"), said.get("enum", [said["const"]] if "const" in said else [None])
    if (names is not None and names != "null" and "null" not in names) or None not in values:
        return False
    for key, judge in (("allOf", all), ("anyOf", any), ("oneOf", any)):
        branches = place.get(key)
        listed = list(branches.elements()) if branches is not None else []
        if listed and not judge(_allows_null(branch, draft, passed) for branch in listed):
            return False
    return True


def _is_null(branch: Node) -> bool:
    return isinstance(branch.value, dict) and branch.value.get("type") in ("null", ["null"])


def _number(value: Json) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _bounds(said: JsonObject, key: str) -> Iterator[Bound]:
    """A limit in either spelling: `exclusiveMaximum` is a number since draft 6, before that a flag."""
    exclusive = said.get("exclusive" + key.capitalize())
    for number, is_excluded in ((_number(said.get(key)), exclusive is True), (_number(exclusive), True)):
        if number is not None:
            yield Bound(number, is_excluded)


def _reach(bound: Bound, sign: int) -> tuple[float, int]:
    """How far a limit lets numbers go in its direction."""
    return sign * bound.number, 0 if bound.excluded else 1


def _discriminator(said: Json) -> JsonObject:
    """The property that chooses, with what its values choose by name; a text in Swagger 2.0."""
    if not isinstance(said, dict):
        return {"propertyName": said}
    mapping = said.get("mapping")
    named = mapping.items() if isinstance(mapping, dict) else ()
    chosen = {value: str(schema).rpartition("/")[2] for value, schema in named}
    return {"propertyName": said.get("propertyName"), **({"mapping": chosen} if chosen else {})}


_WORDS = frozenset(("description", "title", "example", "examples", "summary", "externalDocs", "$comment"))


def _plain(value: Json) -> Any:
    """Without what is only for readers."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if key not in _WORDS}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def goes_further(bound: Bound | None, other: Bound | None, sign: int) -> bool:
    """Does a limit let more numbers through than another? `sign` is 1 for a maximum, -1 for a minimum."""
    if bound is None or other is None:
        return bound is None and other is not None
    return _reach(bound, sign) > _reach(other, sign)
