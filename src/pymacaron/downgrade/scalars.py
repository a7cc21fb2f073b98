"""Types, listed values and bounds, as OpenAPI 3.0 says them."""

from __future__ import annotations

from typing import Any

from pymacaron._types import Json, JsonObject

from .notes import NOTHING, NULL, Work

_KINDS = ("array", "boolean", "integer", "number", "object", "string")


def say_bounds(work: Work) -> None:
    """An exclusive bound is a number since 3.1, and goes with the other bound in 3.0. As a boolean it says nothing
    since 3.1."""
    for bound, exclusive, sign in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        inner: Any = work.source.get(bound)
        outer: Any = work.source.get(exclusive)
        if _is_number(inner):
            work.out[bound] = inner
        if _is_number(outer) and (not _is_number(inner) or outer * sign >= inner * sign):
            work.out[bound], work.out[exclusive] = outer, True


def copy_bounds(work: Work) -> None:
    """In Swagger 2.0 they are what they are in 3.0."""
    for key in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        if key in work.source:
            work.out[key] = work.source[key]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def say_values(work: Work) -> None:
    """`enum` and `const`."""
    listed = [work.source["enum"]] if isinstance(work.source.get("enum"), list) else []
    if "const" in work.source:
        listed.append([work.source["const"]])
    for values in listed:
        schema = {"enum": values} if values else NOTHING  # draft 4 wants one at least
        if "enum" in work.out or not values:
            work.more.append(schema)
        else:
            work.out.update(schema)


def say_types(work: Work) -> None:
    """`type`, which is one type in 3.0, and null a matter of `nullable`. It comes last: where an `allOf` stands beside
    it, those who read `nullable` differ in whether null has to pass that, too; then it becomes a part of that."""
    kinds = kinds_of(work.source.get("type"))
    if kinds is None or kinds == {"file"}:
        return
    plain = [kind for kind in _KINDS if kind in kinds and not (kind == "integer" and "number" in kinds)]
    if "null" in kinds and {*plain, "integer"} == {*_KINDS}:
        return
    types: list[JsonObject] = [{"type": kind} for kind in plain]
    for schema in types:
        if schema["type"] == "array":
            schema["items"] = {}
    if "null" in kinds:
        if not types:
            types = [NULL]
        else:
            types[0]["nullable"] = True
    _add_types(work, types)


def _add_types(work: Work, types: list[JsonObject]) -> None:
    if len(types) != 1:
        schema: JsonObject = {"anyOf": types} if types else NOTHING
        if "anyOf" in work.out or not types:
            work.more.append(schema)
        else:
            work.out.update(schema)
    elif types[0].get("nullable") and (work.more or "discriminator" in work.out):
        work.more.append(types[0])
    else:
        work.out = {**types[0], **work.out}


def kinds_of(given: Json) -> set[str] | None:
    """The types that are named, None if none is: then everything is allowed."""
    if isinstance(given, str):
        return {given}
    return {kind for kind in given if isinstance(kind, str)} if isinstance(given, list) else None
