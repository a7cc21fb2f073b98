"""Names that schemas give themselves: `$id`, `$anchor`, `$dynamicAnchor` (JSON Schema 2020-12 core, section 8.2) and
the `$self` of a document (OpenAPI 3.2.0 section 4.1)."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

from pymacaron._types import Json, Pointer

_MENTIONED = re.compile(rb"\$(?:id|anchor|dynamicAnchor|self)\b")

# Where a schema can stand, directly or further below: only there does `$id` identify anything, not in data, and not
# below a keyword that nobody knows (JSON Schema 2020-12 core, section 8.2.1). The number says for how many levels the
# keys below are names of the author's choice.
_PLACES: dict[str, int] = {
    **dict.fromkeys(
        (
            "additionalItems", "additionalProperties", "allOf", "anyOf", "components", "contains", "contentSchema",
            "delete", "else", "get", "head", "if", "itemEncoding", "itemSchema", "items", "not", "oneOf", "options",
            "patch", "post", "prefixEncoding", "prefixItems", "propertyNames", "put", "query", "requestBody", "schema",
            "then", "trace", "unevaluatedItems", "unevaluatedProperties",
        ),
        0,
    ),
    **dict.fromkeys(
        (
            "$defs", "additionalOperations", "content", "definitions", "dependencies", "dependentSchemas", "encoding",
            "headers", "mediaTypes", "parameters", "pathItems", "paths", "patternProperties", "properties",
            "requestBodies", "responses", "schemas", "webhooks",
        ),
        1,
    ),
    "callbacks": 2,
}  # fmt: skip


class Identifiers(NamedTuple):
    """What a file identifies. A resource is the file itself, or a schema in it that has an `$id`."""

    resources: dict[Pointer, str]  # where each resource starts: its absolute URI
    anchors: dict[tuple[Pointer, str], Pointer]  # start of the resource and plain name: where that leads

    def resource_of(self, pointer: Pointer) -> Pointer:
        """Where the innermost resource around `pointer` starts."""
        return next(start for end in range(len(pointer), -1, -1) if (start := pointer[:end]) in self.resources)


def may_identify(raw: bytes, value: Json) -> bool:
    """False if nothing in this file can have a name of its own: none is mentioned, or its version knows none."""
    if _MENTIONED.search(raw) is None:
        return False
    knows_none = type(value) is dict and ("swagger" in value or str(value.get("openapi", "")).startswith("3.0"))
    return not knows_none


def identifiers(value: Json, uri: str) -> Identifiers:
    """All identifiers in the value of a file that was found at `uri`."""
    own = value.get("$self") if type(value) is dict else None
    resources: dict[Pointer, str] = {(): urljoin(uri, own) if type(own) is str else uri}
    anchors: dict[tuple[Pointer, str], Pointer] = {}
    left: list[tuple[Json, Pointer, Pointer, int]] = [(value, (), (), int(_is_library(value)))]
    while left:
        node, pointer, resource, names = left.pop()
        if type(node) is list:
            left += [(item, (*pointer, index), resource, 0) for index, item in enumerate(node)]
        if type(node) is not dict:
            continue
        if not names:
            resource = _identify(node, pointer, resource, resources)
            for name in (node.get("$anchor"), node.get("$dynamicAnchor")):
                if type(name) is str:
                    anchors.setdefault((resource, name), pointer)
        left += [
            (inner, (*pointer, key), resource, names - 1 if names else _PLACES[key])
            for key, inner in node.items()
            if names or key in _PLACES
        ]
    return Identifiers(resources, anchors)


def _identify(node: dict[str, Json], pointer: Pointer, resource: Pointer, resources: dict[Pointer, str]) -> Pointer:
    """The start of the resource that `node` belongs to: its own place if it has an `$id`, which is then kept."""
    own = node.get("$id")
    if type(own) is not str or own.startswith("#"):
        return resource
    resources[pointer] = urldefrag(urljoin(resources[resource], own)).url
    return pointer


def _is_library(value: Json) -> bool:
    """Is this file neither a document nor a schema, but schemas and such by name?"""
    return type(value) is dict and not any(key in _PLACES or key[:1] == "$" or key == "type" for key in value)
