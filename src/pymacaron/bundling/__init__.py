"""A document of many files as one: everything that references lead to is brought into the document, once, and referred
to there. What was written in the document itself stays as it was."""

from __future__ import annotations

import os
from urllib.parse import quote

from pymacaron._types import Json, JsonObject
from pymacaron.dialects import METHODS, Document
from pymacaron.documents import Node, ReferenceFault
from pymacaron.documents.references import beside, is_url

from .anatomy import EXTENSIBLE, SECTIONS_3, SECTIONS_20, Slot, slot_of
from .homes import Guest, Homes, local
from .schemas import Schemas

__all__ = ["bundle", "version_of"]


def version_of(root: JsonObject) -> str:
    """The version of OpenAPI as far as it matters for structure: "2.0", "3.0", "3.1" or "3.2"."""
    if "swagger" in root:
        return "2.0"
    version = str(root.get("openapi", ""))[:3]
    return version if version in ("3.0", "3.1") else "3.2"


def bundle(document: Document) -> JsonObject:
    """The document as one self-contained value: all references are to places in itself, and no name of a schema's own
    (`$id`, `$anchor`) is needed to follow them. Nothing of it may be changed: it shares parts with the document.

    A reference that leads nowhere, which is possible where nothing uses it, stays as it is.
    """
    root = document.root
    if len(document.files.opened) == 1 and root.file.identifiers is None:
        return dict(root.value)
    return _Bundling(document).run()


# What names something by its URI, without being a reference.
_LOCATIONS = frozenset((("Link", "operationRef"), ("Example", "externalValue")))


class _Bundling:
    """One bundle in the making."""

    def __init__(self, document: Document) -> None:
        self.root = document.root
        self.version = version_of(self.root.value)
        self.homes = Homes(self.root, self.version)
        self.schemas = Schemas(document, self.homes)

    def run(self) -> JsonObject:
        self._keep_homes()
        value: JsonObject = self._object(self.root, "Document")
        for guest, pointer in self.homes.arrivals():
            holder = value
            for step in pointer[:-1]:
                holder = holder.setdefault(str(step), {})
            holder[str(pointer[-1])] = self._brought(guest)
        return value

    def _keep_homes(self) -> None:
        """Where the document gives a name to something of another file, that name is its name, and its place."""
        shelves = SECTIONS_20 if self.version == "2.0" else SECTIONS_3
        above = self.root if self.version == "2.0" else self.root.get("components")
        found = [(kind, above.get(key)) for kind, key in shelves.items()] if above is not None else []
        found += [("PathItem", self.root.get("paths")), ("PathItem", self.root.get("webhooks"))]
        for kind, shelf in found:
            for _, node in shelf.items() if shelf is not None else ():
                guest = self._guest(node, kind) if node.ref is not None and len(node.value) == 1 else None
                if guest is not None:
                    self.homes.keep(guest, node.pointer)

    def _guest(self, node: Node, kind: str) -> Guest | None:
        """What the reference at `node` brings from another file; None if nothing."""
        if kind == "Schema":
            return self.schemas.guest(node)
        target = led_to(node, self.root)
        return None if target is None or target.file is self.root.file else Guest(target, kind)

    def _brought(self, guest: Guest) -> Json:
        if guest.kind == "Schema":
            return self.schemas.written(guest.node, guest.scope)
        return self._object(guest.node, guest.kind)

    # Objects

    def _object(self, node: Node, kind: str) -> Json:
        if not isinstance(node.value, dict):
            return node.value
        result: JsonObject = {}
        for key, value in node.value.items():
            slot = slot_of(kind, key)
            if slot is not None:
                result[key] = self._slot(node.at(key), slot, extensible=(kind, key) in EXTENSIBLE)
            elif (kind, key) in _LOCATIONS and isinstance(value, str):
                result[key] = self._location(node, value)
            else:
                result[key] = value
        return result

    def _slot(self, node: Node, slot: Slot, *, extensible: bool) -> Json:
        if slot.many == "[":
            return [self._one(child, slot.kind) for child in node.elements()]
        if slot.many == "{":
            return {
                name: child.value if extensible and name.startswith("x-") else self._one(child, slot.kind)
                for name, child in node.items()
            }
        return self._one(node, slot.kind)

    def _one(self, node: Node, kind: str) -> Json:
        if kind == "Schema":
            return self.schemas.written(node, ())
        if node.ref is None:
            return self._object(node, kind)
        if kind == "PathItem" and not node.value.keys().isdisjoint(METHODS):  # then the reference counts for nothing
            rest = {key: value for key, value in node.value.items() if key != "$ref"}
            return self._object(Node(node.file, node.pointer, rest), kind)
        return self._reference(node, kind)

    def _reference(self, node: Node, kind: str) -> Json:
        guest = self._guest(node, kind)
        if guest is not None:
            pointer = self.homes.of(guest)
            if node.file is self.root.file and pointer == node.pointer:
                return self._brought(guest)
            return {**node.value, "$ref": local(pointer)}
        return {**node.value, "$ref": self._own(node)}

    def _own(self, node: Node) -> str:
        """The reference at `node` to a place in the document itself, as text."""
        target = None if node.file is self.root.file else led_to(node, self.root)
        return str(node.ref) if target is None else local(target.pointer)

    def _location(self, node: Node, location: str) -> str:
        """The URI of an operation or an example, as it is seen from the document."""
        try:
            target = node.file.files.resolve(node, location)
        except ReferenceFault:  # a host that nobody asks, or an example that is no YAML
            return self._beside(node, location)
        if target.file is self.root.file:
            return local(target.pointer)
        for end in range(len(target.pointer), -1, -1):
            item = self.homes.known(Guest(target.file.root.at(*target.pointer[:end]), "PathItem"))
            if item is not None:
                return local((*item, *target.pointer[end:]))
        return self._beside(node, location)

    def _beside(self, node: Node, location: str) -> str:
        path, mark, fragment = location.partition("#")
        found = None if is_url(node.file.path) or is_url(self.root.file.path) else beside(node.file.path, path)
        if not path or found is None or node.file is self.root.file:
            return location
        return quote(os.path.relpath(found, os.path.dirname(self.root.file.path))) + mark + fragment


def led_to(node: Node, root: Node) -> Node | None:
    """Where the reference at `node` leads: the first place in the document at `root`, or the first in another file that
    is no reference; None if nowhere."""
    try:
        end = node.follow()
        while node != end:
            node = node.file.files.resolve(node, node.ref or "")
            if node.file is root.file:
                break
    except ReferenceFault:  # in what nobody uses
        return None
    return node
