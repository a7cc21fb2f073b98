"""Schemas and JSON values drawn by Hypothesis, and rooms built for a test from Python dicts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pymacaron import ApiPool
from pymacaron.documents import Cache, File, Files, Node
from pymacaron.formats import Formats
from pymacaron.pool import LoadedApi
from pymacaron.schemas import OPENAPI_30, OPENAPI_31, SWAGGER_20, Schema, Schemas
from pymacaron.shapes import Shapes

DRAFTS = {"2.0": SWAGGER_20, "3.0": OPENAPI_30, "3.1": OPENAPI_31}
_numbers = count(1)

# Schemas that drawn ones may refer to; two of them lead back to themselves, one through alternatives.
_TREE = {"$ref": "#/components/schemas/Tree"}
NAMED: dict[str, Any] = {
    "Tree": {
        "oneOf": [
            {"type": "string", "maxLength": 3},
            {"type": "array", "items": _TREE, "minItems": 1},
            {"type": "object", "required": ["a"], "properties": {"a": _TREE, "b": _TREE}},
            {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["x"]}, "a": {"anyOf": [_TREE]}}},
        ]
    },
    "Node": {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "born": {"type": "string", "format": "date-time"},
            "next": {"$ref": "#/components/schemas/Node"},
            "others": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        },
    },
    "Day": {"type": "string", "format": "date"},
    "Prices": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
}

# JSON


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False, width=32)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=8
)
SEEDS = st.integers(0, 2**32)


# Schemas


_NAMES = st.sampled_from(["a", "b", "kind", "from", "x-y", "größe"])


def _bounded(kind: str, low: str, high: str, most: int) -> SearchStrategy[dict[str, Any]]:
    bounds = st.tuples(st.integers(0, most), st.integers(0, most)).map(sorted)
    return st.one_of(
        st.just({"type": kind}),
        bounds.map(lambda pair: {"type": kind, low: pair[0], high: pair[1]}),
        bounds.map(lambda pair: {"type": kind, low: pair[0]}),
    )


LEAVES: SearchStrategy[dict[str, Any]] = st.one_of(
    st.sampled_from([{}, {"type": "boolean"}, {"type": "string", "format": "date-time"}]),
    st.just({"type": "integer", "format": "int32"}),
    _bounded("string", "minLength", "maxLength", 6),
    _bounded("integer", "minimum", "maximum", 20),
    _bounded("number", "minimum", "maximum", 20),
    st.lists(SCALARS, min_size=1, max_size=3).map(lambda values: {"enum": values}),
    st.sampled_from(["^[a-c]+$", "x", "^.{2}$", r"^\d{1,3}$"]).map(lambda text: {"type": "string", "pattern": text}),
    st.sampled_from(sorted(NAMED)).map(lambda name: {"$ref": f"#/components/schemas/{name}"}),
)  # fmt: skip


@st.composite
def _objects(draw: Any, inner: SearchStrategy[Any]) -> dict[str, Any]:
    properties = draw(st.dictionaries(_NAMES, inner, max_size=3))
    made: dict[str, Any] = {"type": "object", "properties": properties}
    required = draw(st.lists(_NAMES, max_size=2, unique=True))
    if required:
        made["required"] = required
    extra = draw(st.none() | st.booleans() | inner)
    if extra is not None:
        made["additionalProperties"] = extra
    return made


def _arrays(inner: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    return st.builds(
        lambda items, bounds: {**bounds, "items": items}, inner, _bounded("array", "minItems", "maxItems", 3)
    )


def _combined(inner: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    keyword = st.sampled_from(["allOf", "anyOf", "oneOf"])
    return st.builds(lambda key, branches: {key: branches}, keyword, st.lists(inner, min_size=1, max_size=3))


def _nearly_all(inner: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    return st.one_of(_objects(inner), _arrays(inner), _combined(inner), inner.map(lambda schema: {"not": schema}))


def _later(inner: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """What 2020-12 adds."""
    return st.one_of(
        st.builds(lambda one, two, three: {"if": one, "then": two, "else": three}, inner, inner, inner),
        st.lists(inner, min_size=1, max_size=2).map(lambda items: {"type": "array", "prefixItems": items}),
        inner.map(lambda schema: {"type": "array", "contains": schema}),
        SCALARS.map(lambda value: {"const": value}),
        inner.map(lambda schema: {"type": ["object", "null"], "properties": {"a": schema}}),
        inner.map(lambda schema: {"type": "object", "properties": {"a": {}}, "patternProperties": {"^b": schema}}),
        st.builds(lambda one, two: {"dependentSchemas": {"a": one}, "properties": {"a": two}}, inner, inner),
    )  # fmt: skip


# Both drafts read these alike, and OpenAPI adds nothing to them.
PLAIN_SCHEMAS = st.recursive(LEAVES, _nearly_all, max_leaves=6)
# All that OpenAPI 3.1 has.
SCHEMAS = st.recursive(LEAVES, lambda inner: _nearly_all(inner) | _later(inner), max_leaves=8)


# Rooms


def node_of(value: Any) -> Node:
    """The root of a file that holds `value`, and is on no disk."""
    return File("/drawn.json", "", value, Files(Cache(None))).root


def schema_of(schema: Any, version: str = "3.1", formats: Formats | None = None, /, **named: Any) -> Schema:
    """A schema beside the named ones and more."""
    root = node_of({"components": {"schemas": {**NAMED, **named, "Drawn": schema}}})
    schemas = Schemas(Files(Cache(None)), DRAFTS[version], formats or Formats())
    return schemas.at(root.at("components").at("schemas").at("Drawn"))


def shapes_of(schema: Schema) -> Shapes:
    """The shapes of an API of its own that has this schema."""
    named = schema.node.file.root.at("components").at("schemas")
    return Shapes(
        schema.schemas, f"drawn{next(_numbers)}", {name: node for name, node in named.items() if name != "Drawn"}
    )


def api_of(schemas: Mapping[str, Any], version: str = "3.1", paths: Any = None, **more: Any) -> LoadedApi:
    """An API loaded from a document with these schemas, under a name of its own."""
    info = {"title": "test", "version": "1"}
    document: dict[str, Any] = {"info": info, "paths": paths or {}}
    if version == "2.0":
        document |= {"swagger": "2.0", "definitions": schemas}
    else:
        document |= {"openapi": f"{version}.0", "components": {"schemas": schemas}}
    return ApiPool.add(f"api{next(_numbers)}", yaml_str=json.dumps(document), **more)


def model_of(name: str, schemas: Mapping[str, Any], version: str = "3.1", **more: Any) -> Any:
    """The class of a schema."""
    return getattr(api_of(schemas, version, **more).model, name)
