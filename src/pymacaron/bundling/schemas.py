"""Schemas in a bundle: their references, and the names they give themselves."""

from __future__ import annotations

from pymacaron._types import Json, JsonObject
from pymacaron.dialects import Document
from pymacaron.documents import Node, ReferenceFault
from pymacaron.schemas.drafts import OPENAPI_31
from pymacaron.schemas.references import Place, Scope, dynamic_target, entered, follow_once, is_alias, is_resource

from .homes import Guest, Homes, local

_IDENTIFIERS = frozenset(("$id", "$anchor", "$dynamicAnchor"))
_DEFINITIONS = ("$defs", "definitions")


class Schemas:
    """The schemas of one bundle. Where a schema leads by `$dynamicRef` depends on the way it was come to, its scope:
    come to in two ways that differ in that, it is brought twice."""

    def __init__(self, document: Document, homes: Homes) -> None:
        self._root = document.root
        self._draft = document.dialect.draft
        self._dispatch = document.schemas.dispatch
        self._homes = homes
        known = self._root.file.identifiers
        anchors = known.anchors.values() if known is not None else ()
        self._is_dynamic = any("$dynamicAnchor" in self._root.at(*pointer).value for pointer in anchors)
        self._maps = frozenset((*self._draft.maps, *_DEFINITIONS))
        self._applicators = frozenset((*self._draft.applicators, "contentSchema"))

    def guest(self, node: Node) -> Guest | None:
        """What the reference at `node`, a schema's own or one among components, brings here; None if nothing."""
        place = self._led_to(node, entered(node, ()))
        return None if place is None or self._is_own(place) else Guest(place.node, "Schema", place.scope)

    def written(self, node: Node, scope: Scope) -> Json:
        """The schema at `node`, come to with `scope`, as it stands in the bundle."""
        if not isinstance(node.value, dict):
            return node.value
        if is_resource(node) or not node.pointer or not scope:
            scope = entered(node, scope)
        if is_alias(node, self._draft):
            return self._alias(node, scope)
        return self._schema(node, scope)

    def _alias(self, node: Node, scope: Scope) -> Json:
        text = self._reference(node, scope)
        guest = self.guest(node)
        if guest is not None and node.file is self._root.file and self._homes.known(guest) == node.pointer:
            return self.written(guest.node, guest.scope)
        return {**node.value, "$ref": text}

    def _schema(self, node: Node, scope: Scope) -> Json:
        result: JsonObject = {}
        identified = self._draft is OPENAPI_31 or node.file.identifiers is not None
        for key, value in node.value.items():
            if key == "$ref" and node.ref is not None:
                result[key] = self._reference(node, scope)
            elif identified and (key in _IDENTIFIERS or key == "$dynamicRef"):
                continue
            elif key in _DEFINITIONS and node.file is not self._root.file:
                continue  # each of them is brought by itself, if anything refers to it
            elif key == "discriminator":
                result[key] = self._discriminator(node.at(key), node)
            else:
                result[key] = self._keyword(node, key, value, scope)
        dynamic = dynamic_target(node, scope) if identified else None
        if dynamic is not None:
            target = {"$ref": self._text(Place(dynamic, entered(dynamic, scope)))}
            if "$ref" in result:
                result["allOf"] = [*result.get("allOf", ()), target]
            else:
                result = {**target, **result}
        return result

    def _keyword(self, node: Node, key: str, value: Json, scope: Scope) -> Json:
        if isinstance(value, dict) and key in self._applicators:
            return self.written(node.at(key), scope)
        if isinstance(value, dict) and key in self._maps:
            return {name: self.written(child, scope) for name, child in node.at(key).items()}
        if isinstance(value, list) and key in self._draft.lists:
            return [self.written(child, scope) for child in node.at(key).elements()]
        return value

    # References

    def _reference(self, node: Node, scope: Scope) -> str:
        """The reference at `node` as text."""
        text = str(node.ref)
        if node.file is self._root.file and node.file.identifiers is None and text[:1] == "#":
            return text
        place = self._led_to(node, scope)
        return text if place is None else self._text(place)

    def _led_to(self, node: Node, scope: Scope) -> Place | None:
        """Where the reference at `node` leads: the first place in the document, or the first in another file that is
        no alias; None if nowhere."""
        try:
            passed: set[Node] = set()
            while node not in passed:
                passed.add(node)
                node = follow_once(node)
                scope = entered(node, scope)
                if node.file is self._root.file or not is_alias(node, self._draft):
                    return Place(node, scope)
        except ReferenceFault:  # in what nobody uses
            return None
        return None

    def _is_own(self, place: Place) -> bool:
        """Is this a schema that stands in the document, and is written there as if come to in this way? Below schemas
        with dynamic anchors, that depends on what is around it."""
        node, scope = place.node, place.scope
        if node.file is not self._root.file:
            return False
        return not self._is_dynamic or (node.pointer[:-1] == ("components", "schemas") and scope == entered(node, ()))

    def _text(self, place: Place) -> str:
        if self._is_own(place):
            return local(place.node.pointer)
        return local(self._homes.of(Guest(place.node, "Schema", place.scope)))

    # Discriminators

    def _discriminator(self, given: Node, schema: Node) -> Json:
        """A discriminator with its branches: those that it names by the names of their schemas are named explicitly
        where these are called otherwise here."""
        dispatch = self._dispatch(schema)
        if dispatch is None:
            return given.value
        places = {value: self._text(self._start(target)) for value, target in dispatch.branches.items()}
        if not isinstance(given.value, dict):
            return given.value
        mapping = given.value.get("mapping")
        told: JsonObject = dict(mapping) if isinstance(mapping, dict) else {}
        for value, target in dispatch.branches.items():
            from_here = given.file is self._root.file and target.file is self._root.file
            is_named = value in told or places[value].rpartition("/")[2] != value
            if not from_here and is_named:
                told[value] = places[value]
        return {**given.value, "mapping": told} if told else given.value

    def _start(self, node: Node) -> Place:
        return Place(node, entered(node, ()))
