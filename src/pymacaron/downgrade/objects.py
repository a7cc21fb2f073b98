"""The objects of OpenAPI 3.1 and 3.2 as 3.0 has them."""

from __future__ import annotations

from pymacaron._types import Json, JsonObject, Pointer
from pymacaron.bundling.anatomy import SECTIONS_3, Slot, slot_of
from pymacaron.bundling.homes import pointer_of
from pymacaron.grammar import grammar_of
from pymacaron.grammar.notation import Thing

from .attempts import Attempt
from .changes import CHANGES
from .references import References
from .schemas import Schemas

_KNOWN_TO_EXAMPLES = frozenset(("summary", "description", "value", "externalValue"))
_KINDS = ("Schema", "Response", "Parameter", "Example", "RequestBody", "Header", "SecurityScheme", "Link", "Callback")


class Objects(Attempt):
    """One attempt at a document of OpenAPI 3.1 or 3.2."""

    def __init__(self, bundle: JsonObject, vague: set[str]) -> None:
        references = References(bundle, {kind: ("components", key) for kind, key in SECTIONS_3.items()})
        super().__init__(bundle, references, Schemas(references.name, vague))
        self._inside: list[Pointer] = []  # path items that are being written where they are referred to

    def document(self) -> JsonObject:
        value: JsonObject = self._object(self.bundle, "Document", ())
        components = {
            SECTIONS_3[kind]: self._section(kind, found)
            for kind in _KINDS
            if (found := self.references.components(kind))
        }
        for kind, name, pointer in self.references.arrivals():
            section = components.setdefault(SECTIONS_3[kind], {})
            section[name] = self._component(kind, name, self.references.at(pointer), pointer)
        given = self.bundle.get("components", {})
        extensions = {key: inner for key, inner in given.items() if key.startswith("x-")}
        value.pop("components", None)
        if components or extensions:
            value["components"] = {**components, **extensions}
        return value

    def _section(self, kind: str, found: dict[str, Json]) -> JsonObject:
        said: JsonObject = {}
        for name, component in found.items():
            at = ("components", SECTIONS_3[kind], name)
            if not self._is_lost(component, kind, at):
                own = self.references.component(kind, name)
                said[own] = self._component(kind, own, component, at)
        return said

    def _component(self, kind: str, name: str, value: Json, at: Pointer) -> Json:
        return self.named_schema(name, value, at) if kind == "Schema" else self._one(value, kind, at)

    # Objects

    def _one(self, value: Json, kind: str, at: Pointer) -> Json:
        if kind == "Schema":
            return self.schema(value, at)
        if isinstance(value, dict) and isinstance(value.get("$ref"), str) and kind in SECTIONS_3:
            return self._reference(value, kind, at)
        return self._object(value, kind, at)

    def _reference(self, value: JsonObject, kind: str, at: Pointer) -> Json:
        text = value["$ref"]
        if kind not in ("PathItem", "MediaType"):
            return {"$ref": self.references.text(text, kind)}
        pointer = pointer_of(text)
        if kind == "PathItem" and (pointer[0] == "paths" or pointer in self._inside):
            return {"$ref": text}
        self._inside.append(pointer)
        said = self._one(self.references.at(pointer), kind, pointer)
        self._inside.pop()
        return said

    def _object(self, value: Json, kind: str, at: Pointer) -> Json:
        if not isinstance(value, dict):
            return value
        change = CHANGES.get(kind)
        value = change(self, value, at) if change is not None else value
        known, result = _known(value, kind), {}
        for key, inner in value.items():
            if key.startswith("x-"):
                result[key] = inner
            elif known is None or key in known:
                slot = slot_of(kind, key)
                result[key] = inner if slot is None else self._slot(inner, slot, (*at, key))
        return result

    def _slot(self, value: Json, slot: Slot, at: Pointer) -> Json:
        if slot.many == "[" and isinstance(value, list):
            return [
                self._one(item, slot.kind, (*at, index))
                for index, item in enumerate(value)
                if not self._is_lost(item, slot.kind, (*at, index))
            ]
        if slot.many == "{" and isinstance(value, dict):
            return {name: self._one(item, slot.kind, (*at, name)) for name, item in value.items()}
        return self._one(value, slot.kind, at)

    def _is_lost(self, value: Json, kind: str, at: Pointer) -> bool:
        """Is this something that 3.0 has no word for?"""
        seen = 0
        while isinstance(value, dict) and isinstance(value.get("$ref"), str) and seen < 100:
            value, seen = self.references.at(pointer_of(value["$ref"])), seen + 1
        if not isinstance(value, dict):
            return False
        if kind == "Parameter" and value.get("in") == "querystring":
            self.note(at, "in: querystring")
            return True
        if kind == "SecurityScheme" and value.get("type") == "mutualTLS":
            self.note(at, "type: mutualTLS", "left out, with the requirements of it")
            return True
        return False

    def type_of_scheme(self, scheme: Json) -> Json:
        while isinstance(scheme, dict) and isinstance(scheme.get("$ref"), str):
            scheme = self.references.at(pointer_of(scheme["$ref"]))
        return scheme.get("type") if isinstance(scheme, dict) else None


def _known(value: JsonObject, kind: str) -> frozenset[str] | None:
    """The keys that an object has in 3.0; None for any."""
    if kind == "Example":
        return _KNOWN_TO_EXAMPLES
    if kind == "Callback":
        return None
    thing = grammar_of("3.0").thing(kind)
    if thing.switch is not None:
        thing = thing.cases.get(str(value.get(thing.switch)), Thing(kind))
    return frozenset(thing.fields)
