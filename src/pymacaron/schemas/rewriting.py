"""Schemas rewritten as plain JSON Schema, for one view.

References become local, what OpenAPI adds to JSON Schema (`nullable`, `readOnly`, `writeOnly`, `discriminator`, integer
formats) becomes JSON Schema, and annotations are dropped.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from pymacaron._types import Json, JsonObject
from pymacaron.documents import Node
from pymacaron.formats import INTEGER_BOUNDS, Formats
from pymacaron.patterns import usable_pattern

from .discriminators import Dispatch
from .drafts import GUARD_DEPTH, OPENAPI_31, REQUEST, Draft
from .hidden import demanded_family, hidden_family, hidden_names
from .keywords import LEFT
from .references import Place, Scope, dynamic_target, entered, is_alias, is_resource, target_of


class Context(Protocol):
    """What a rewriting asks about other places of the documents."""

    def dispatch(self, node: Node) -> Dispatch | None: ...

    def reference(self, place: Place) -> JsonObject: ...


class Rewriting:
    """One walk over one schema, up to its references and to schema resources inside it."""

    def __init__(self, draft: Draft, formats: Formats, view: str, context: Context, scope: Scope) -> None:
        self.draft = draft
        self.formats = formats
        self.view = view
        self.context = context
        self.scope = scope
        self.reached: list[Place] = []

    def schema(self, node: Node, plain: bool = False, hidden: frozenset[str] = frozenset()) -> Json:
        """The plain JSON Schema for the schema at `node`.

        `plain` leaves its own discriminator out (inside a branch, which is chosen already); `hidden` are names that
        an enclosing allOf hides in this view.
        """
        value = node.value
        if not isinstance(value, dict):
            return value if isinstance(value, bool) else {}
        if is_alias(node, self.draft):
            return self._nullable(value, self._reference(target_of(node, self.draft), plain, hidden))
        dispatch = None if plain else self.context.dispatch(node)
        contains = "allOf" in value or node.ref is not None
        own = hidden_names(node, self.view)
        family = hidden | (hidden_family(node, self.view) if contains else own)
        result = self._assertions(node, family)
        if not self.draft.structural.isdisjoint(value):
            self._subschemas(node, result, dispatch, family)
        for name in own if self.view == REQUEST else ():
            result["properties"][name] = {}  # it will be dropped, whatever it is
        if node.ref is not None:
            result.setdefault("allOf", []).append(self._contained(target_of(node, self.draft)))
        dynamic = dynamic_target(node, self.scope) if self.draft.ref_siblings else None
        if dynamic is not None:
            result.setdefault("allOf", []).append(self._reference(dynamic))
        if dispatch is not None:
            result.setdefault("allOf", []).append(self._dispatched(node, dispatch))
        return self._nullable(value, result)

    def _reference(self, target: Node, plain: bool = False, hidden: frozenset[str] = frozenset()) -> Json:
        place = Place(target, entered(target, self.scope), plain, hidden)
        self.reached.append(place)
        return self.context.reference(place)

    def _assertions(self, node: Node, hidden: frozenset[str]) -> JsonObject:
        value = node.value
        assertions = self.draft.assertions
        result: JsonObject = {key: said for key, said in value.items() if key in assertions}
        if "required" in value and isinstance(value["required"], list):
            names = dict.fromkeys(name for name in value["required"] if isinstance(name, str))
            result["required"] = [name for name in names if name not in hidden]
            if not result["required"]:
                del result["required"]  # draft 4 demands at least one
        if self.view == REQUEST and hidden and isinstance(result.get("minProperties"), int):
            result[LEFT] = {"least": result.pop("minProperties"), "dropped": sorted(hidden)}
        pattern = self._pattern(value["pattern"]) if "pattern" in value else None
        if pattern is not None:
            result["pattern"] = pattern
        name = value.get("format")
        if isinstance(name, str):
            self._format(name, result)
        return result

    def _pattern(self, given: Json) -> str | None:
        """A regular expression for the validator; None for what is none, which the document's check has warned of."""
        return usable_pattern(given, draft4=self.draft is not OPENAPI_31) if isinstance(given, str) else None

    def _format(self, name: str, result: JsonObject) -> None:
        if name in self.formats.custom:
            result["format"] = name
        elif name in INTEGER_BOUNDS:
            low, high = INTEGER_BOUNDS[name]
            result.setdefault("allOf", []).append({"minimum": low, "maximum": high})
        elif name in self.draft.patterns:
            result.setdefault("allOf", []).append({"pattern": self.draft.patterns[name]})
        else:
            result["format"] = name

    def _subschemas(self, node: Node, result: JsonObject, dispatch: Dispatch | None, family: frozenset[str]) -> None:
        value = node.value
        for key in self.draft.applicators:
            if isinstance(value.get(key), (dict, bool)):
                result[key] = self._inner(node.at(key))
        for key in self.draft.maps:
            if isinstance(value.get(key), dict):
                result[key] = {
                    name: child.value if isinstance(child.value, list) else self._inner(child)
                    for name, child in self._entries(key, node.at(key))
                }
        for key in self.draft.lists:
            if isinstance(value.get(key), list) and not (
                dispatch and not dispatch.inherited and key in ("oneOf", "anyOf")
            ):
                inner = family if key == "allOf" else frozenset[str]()
                branches = [self._branch(child, key, inner) for child in node.at(key).elements()]
                result[key] = branches + result.get(key, []) if key == "allOf" else branches

    def _entries(self, key: str, node: Node) -> Iterator[tuple[str, Node]]:
        for name, child in node.items():
            usable = self._pattern(name) if key == "patternProperties" else name
            if usable is not None:
                yield usable, child

    def _branch(self, child: Node, key: str, hidden: frozenset[str]) -> Json:
        """One branch of allOf, anyOf, oneOf."""
        if key == "allOf" and is_alias(child, self.draft):
            return self._contained(target_of(child, self.draft), hidden)
        return self._inner(child, hidden)

    def _contained(self, target: Node, hidden: frozenset[str] = frozenset()) -> Json:
        """What a schema contains is that schema itself: its discriminator does not choose again, or a subtype would
        lead back to itself for ever; and it does not demand what is hidden beside it."""
        dispatch = self.context.dispatch(target)
        plain = dispatch is not None and dispatch.inherited
        return self._reference(target, plain, hidden & demanded_family(target) if hidden else hidden)

    def _inner(self, child: Node, hidden: frozenset[str] = frozenset()) -> Json:
        """A subschema; one that is a schema resource of its own as if by reference, for its scope is another."""
        return self._reference(child) if is_resource(child) else self.schema(child, hidden=hidden)

    def _dispatched(self, node: Node, dispatch: Dispatch) -> JsonObject:
        """anyOf over the branches, each behind a guard on the discriminating property. problems.py knows the shape."""
        alternatives: list[Json] = []
        for name, target in dispatch.branches.items():
            guard: JsonObject = {"required": [dispatch.property], "properties": {dispatch.property: {"enum": [name]}}}
            for _ in GUARD_DEPTH:
                guard = {"allOf": [guard]}
            # the schema itself may be one of its branches: then it is meant without choosing again
            branch = self.schema(target, plain=True) if target == node else self._reference(target)
            alternatives.append({"allOf": [guard, branch]})
        if not dispatch.inherited and _accepts_null_branch(node):
            alternatives.append({"type": "null"})
        return {"anyOf": alternatives}

    def _nullable(self, value: JsonObject, result: Json) -> Json:
        if not self.draft.is_nullable(value):
            return result
        if isinstance(result, dict) and "type" in result:
            kinds = result["type"] if isinstance(result["type"], list) else [result["type"]]
            extra = {"type": [*kinds, "null"]} if "null" not in kinds else {}
            simple = not (result.keys() & {"enum", "allOf", "anyOf", "oneOf", "not"})
            if simple or (value.get("x-nullable") is not True and not (result.keys() & {"allOf"})):
                return {**result, **extra}
            if value.get("x-nullable") is not True and "enum" in result and None not in result["enum"]:
                return {**result, **extra}  # OpenAPI 3.0.3: nullable extends `type` alone, enum still decides
            return {"anyOf": [result, {"type": "null"}]}
        # OpenAPI 3.0.3: `nullable` counts only beside `type`; x-nullable is ours, and always counts
        return {"anyOf": [result, {"type": "null"}]} if value.get("x-nullable") is True else result


def _accepts_null_branch(node: Node) -> bool:
    for key in ("oneOf", "anyOf"):
        branches = node.value.get(key)
        if isinstance(branches, list) and {"type": "null"} in branches:
            return True
    return False
