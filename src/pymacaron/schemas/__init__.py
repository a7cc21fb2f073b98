"""JSON Schema, compiled once, in two views: what a request may be and what a response may be.

A `Schema` is a place in a document. Its `checker(view)` is a jsonschema-rs validator over that place and only what it
reaches. Before that the schema is rewritten: references become local, what OpenAPI adds to JSON Schema (`nullable`,
`readOnly`, `writeOnly`, `discriminator`, integer formats) becomes plain JSON Schema, and annotations are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import NamedTuple

import msgspec

from pymacaron._types import Json, JsonObject
from pymacaron.documents import Files, Node, ReferenceFault
from pymacaron.formats import Formats

from .checking import Checker
from .discriminators import Dispatch, read_dispatch, texts_listed
from .drafts import OPENAPI_30, OPENAPI_31, REQUEST, RESPONSE, SWAGGER_20, Draft
from .keywords import LEFT
from .metaschemas import metaschema
from .problems import MOST_TOLD, SchemaProblem
from .references import Place, chain, entered, meant, target_of
from .rewriting import Rewriting

__all__ = [
    "LEFT",
    "MOST_TOLD",
    "OPENAPI_30",
    "OPENAPI_31",
    "REQUEST",
    "RESPONSE",
    "SWAGGER_20",
    "Checker",
    "Dispatch",
    "Draft",
    "Schema",
    "SchemaProblem",
    "Schemas",
    "chain",
    "metaschema",
    "target_of",
    "texts_listed",
]


class Fragment(NamedTuple):
    json: Json
    reached: list[Place]


class Schemas:
    """All schemas of one API: the memory of what was rewritten and compiled."""

    def __init__(self, files: Files, draft: Draft, formats: Formats) -> None:
        self.files = files
        self.draft = draft
        self.formats = formats
        self._schemas: dict[Node | int, Schema] = {}
        self._fragments: dict[tuple[Place, str], Fragment] = {}
        self._names: dict[Place, str] = {}
        self._checkers: dict[bytes, Checker] = {}  # by what they check, as JSON
        self._dispatching: dict[Node, Dispatch | None] = {}

    def at(self, node: Node) -> Schema:
        """The schema at a place in a document; a reference stands for its target unless what stands beside it counts.

        Raises:
            ReferenceFault: the reference leads nowhere.
        """
        node = meant(node, self.draft)
        # a file's values are never changed nor dropped, and asking for their identity is quicker than hashing a place
        key = id(node.value) if type(node.value) is dict else node
        schema = self._schemas.get(key)
        if schema is None:
            schema = self._schemas[key] = Schema(self, node)
        return schema

    def bundle(self, node: Node, view: str) -> JsonObject:
        """The rewritten schema with every schema that it reaches, self-contained."""
        root = self._fragment(_start(node), view)
        top = root.json if isinstance(root.json, dict) else {} if root.json else {"not": {}}
        return self._with_definitions(top, list(root.reached), view)

    def object_checker(self, properties: Mapping[str, Schema], required: Iterable[str], view: str) -> Checker:
        """The validity of an object whose properties are schemas from anywhere in the documents."""
        fragments = {name: self._fragment(_start(schema.node), view) for name, schema in properties.items()}
        top: JsonObject = {"type": "object", "properties": {name: f.json for name, f in fragments.items()}}
        names = list(required)
        if names:
            top["required"] = names
        reached = [place for fragment in fragments.values() for place in fragment.reached]
        return self._compiled(self._with_definitions(top, reached, view))

    def checker(self, node: Node, view: str) -> Checker:
        """The validity of what a schema's view says."""
        return self._compiled(self.bundle(node, view))

    def _compiled(self, bundle: JsonObject) -> Checker:
        key = msgspec.json.encode(bundle)
        found = self._checkers.get(key)
        if found is None:  # many operations take the same, and say so each for itself
            found = self._checkers[key] = Checker(bundle, self.draft, self.formats)
        return found

    def _with_definitions(self, top: JsonObject, waiting: list[Place], view: str) -> JsonObject:
        definitions: dict[str, Json] = {}
        while waiting:
            target = waiting.pop()
            name = self._name(target)
            if name not in definitions:
                fragment = self._fragment(target, view)
                definitions[name] = fragment.json
                waiting.extend(fragment.reached)
        bundle: JsonObject = {"$schema": self.draft.uri, **top}
        if definitions:
            bundle[self.draft.definitions] = definitions
        return bundle

    def _fragment(self, place: Place, view: str) -> Fragment:
        found = self._fragments.get((place, view))
        if found is None:
            rewriting = Rewriting(self.draft, self.formats, view, self, place.scope)
            json = rewriting.schema(place.node, place.plain, place.hidden)
            found = self._fragments[place, view] = Fragment(json, rewriting.reached)
        return found

    def _name(self, place: Place) -> str:
        # `~`-free and `/`-free names need no escaping in a JSON pointer
        return self._names.setdefault(place, f"s{len(self._names)}")

    def reference(self, place: Place) -> JsonObject:
        """A local reference to what the definitions of a bundle will hold for a place."""
        return {"$ref": f"#/{self.draft.definitions}/{self._name(place)}"}

    def dispatch(self, node: Node) -> Dispatch | None:
        """How the discriminator of the schema at `node` chooses, None where it has none that can."""
        if not isinstance(node.value, dict) or "discriminator" not in node.value:
            return None  # most have none
        if node not in self._dispatching:
            self._dispatching[node] = None  # while reading it: a branch may lead back here
            with suppress(ReferenceFault):  # the document's check has told, if it matters
                self._dispatching[node] = read_dispatch(node, self.draft)
        return self._dispatching[node]


def _start(node: Node) -> Place:
    return Place(node, entered(node, ()))


class Schema:
    """A schema at its place in a document. Equal places are the same object within one `Schemas`."""

    __slots__ = ("_checkers", "node", "schemas")

    def __init__(self, schemas: Schemas, node: Node) -> None:
        self.schemas = schemas
        self.node = node
        self._checkers: dict[str, Checker] = {}

    @property
    def value(self) -> JsonObject:
        """The schema's keywords as written; {} for a boolean schema."""
        return self.node.value if isinstance(self.node.value, dict) else {}

    def checker(self, view: str) -> Checker:
        """The compiled validity of this view, made at the first call."""
        found = self._checkers.get(view)
        if found is None:
            found = self._checkers[view] = self.schemas.checker(self.node, view)
        return found

    def child(self, *steps: str | int) -> Schema:
        """The subschema below this one, references followed."""
        return self.schemas.at(self.node.at(*steps))

    def __repr__(self) -> str:
        return f"<Schema {self.node.pointer}>"
