"""Schemas of Swagger 2.0 and OpenAPI 3.0 as JSON Schema 2020-12, changed in place so that they allow what they did."""

from __future__ import annotations

from typing import Any

from pymacaron.schemas.drafts import ANNOTATIONS, OPENAPI_31, SWAGGER_20, Draft

from .texts import put, rename, take

_COMBINING = ("allOf", "anyOf", "oneOf", "not", "$ref")
# What draft 4 does not know, and 2020-12 obeys.
_LATER = (
    (OPENAPI_31.assertions | OPENAPI_31.structural | {"$dynamicRef", "$id", "$anchor", "$dynamicAnchor", "$defs"})
    - SWAGGER_20.assertions - SWAGGER_20.structural
)  # fmt: skip
_SAID = ANNOTATIONS - {"$ref"} | {"default", "readOnly", "writeOnly", "deprecated", "xml"}


def upgrade_schema(schema: Any, draft: Draft, told: list[str]) -> None:
    """Change one schema, not those inside it. What had no effect is taken out, and told."""
    if "$ref" in schema and isinstance(schema["$ref"], str):
        _forget(
            schema,
            [key for key in schema if key not in ANNOTATIONS and key[:2] != "x-" and key not in draft.nullable],
            told,
        )
    else:
        _forget(schema, [key for key in schema if key in _LATER], told)
    _bounds(schema)
    if isinstance(schema.get("items"), list):
        rename(schema, "items", "prefixItems")
        rename(schema, "additionalItems", "items")
    else:
        take(schema, "additionalItems")
    if isinstance(schema.get("discriminator"), str):
        schema["discriminator"] = {"propertyName": schema["discriminator"]}
    if "example" in schema and "examples" not in schema:
        put(schema, "example", [("examples", [schema["example"]])])
    is_nullable = draft.is_nullable(schema)
    take(schema, "nullable", *draft.nullable)
    if is_nullable:
        _allow_null(schema)


def _forget(schema: Any, keys: list[str], told: list[str]) -> None:
    for key in keys:
        del schema[key]
        told.append(f"{key} had no effect, and would have one now; it is taken out")


def _bounds(schema: Any) -> None:
    """`exclusiveMaximum: true` says that `maximum` is excluded; from draft 6 on it is the limit itself."""
    for key in ("maximum", "minimum"):
        name = "exclusive" + key.capitalize()
        if isinstance(schema.get(name), bool):
            excluded = schema.pop(name)
            if excluded and key in schema:
                rename(schema, key, name)


def _allow_null(schema: Any) -> None:
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"].append(None)
    if not any(key in schema for key in _COMBINING):
        kind = schema.get("type")
        if isinstance(kind, str):
            schema["type"] = [kind, "null"]
        elif isinstance(kind, list) and "null" not in kind:
            kind.append("null")
        return
    inner = take(schema, *[key for key in schema if key not in _SAID and key[:2] != "x-"])
    if inner.keys() == {"allOf"} and len(inner["allOf"]) == 1:
        inner = inner["allOf"][0]
    schema["anyOf"] = [inner, {"type": "null"}]
