"""Values that stand in a document beside the schema that they should fit: defaults, and what `enum` lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs

from pymacaron._types import Json, JsonObject
from pymacaron.formats import INTEGER_BOUNDS, PATTERNS

from .walk import Walk

_WIDTH = 60  # characters that are shown of what a keyword says
_OF_TYPE: dict[str, Callable[[Json], bool]] = {
    "string": lambda value: type(value) is str,
    "boolean": lambda value: type(value) is bool,
    "integer": lambda value: type(value) is int or (type(value) is float and value.is_integer()),
    "number": lambda value: type(value) is int or type(value) is float,
    "array": lambda value: type(value) is list,
    "object": lambda value: type(value) is dict,
    "null": lambda value: value is None,
    "file": lambda value: True,
}
# The keywords that say something of a value itself.
_SIMPLE = frozenset((
    "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "required", "minProperties",
    "maxProperties",
))  # fmt: skip


def misfit(schema: Json, value: Json, walk: Walk) -> str | None:
    """The keyword by which a value does not fit what a schema says itself, and in `items` and `properties`, with what
    it says: "`maximum` is 5". None if the value fits, or a reference would have to be followed."""
    if type(schema) is not dict or "$ref" in schema:
        return None
    if value is None and (schema.get("nullable") is True or schema.get("x-nullable") is True):
        return None
    kinds = schema.get("type")
    listed = kinds if type(kinds) is list else [kinds] if type(kinds) is str else []
    if listed and not any(_OF_TYPE.get(str(kind), _anything)(value) for kind in listed):
        return f"`type` is {' or '.join(map(str, listed))}"
    for keyword in schema:
        if keyword in _SIMPLE and not _is_valid(_asserted(schema, keyword), value, walk):
            return f"`{keyword}` is {_shown(schema[keyword])}"
    return _misfit_of_parts(schema, value, walk)


def _asserted(schema: JsonObject, keyword: str) -> JsonObject:
    """A keyword with what it has no effect without: a bound with draft 4's way to exclude it."""
    beside = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}.get(keyword, keyword)
    return {key: schema[key] for key in (keyword, beside) if key in schema}


def _shown(said: Json) -> str:
    from json import dumps  # for warnings only

    text = said if type(said) is str else dumps(said, ensure_ascii=False)
    return text if len(text) <= _WIDTH else f"{text[:_WIDTH]}…"


def _misfit_of_parts(schema: JsonObject, value: Json, walk: Walk) -> str | None:
    properties = schema.get("properties")
    if type(value) is list:
        parts = [(schema.get("items"), item) for item in value]
    elif type(value) is dict and type(properties) is dict:
        parts = [(properties.get(name), item) for name, item in value.items()]
    else:
        return None
    reason = next(filter(None, (misfit(inner, item, walk) for inner, item in parts)), None)
    return None if reason is None else f"inside it, {reason.removeprefix('inside it, ')}"


def _anything(_: Json) -> bool:
    return True


def _is_valid(asserted: JsonObject, value: Json, walk: Walk) -> bool:
    name = asserted.pop("format", None)
    validator = jsonschema_rs.Draft4Validator if walk.version in ("2.0", "3.0") else jsonschema_rs.Draft202012Validator
    try:
        fits = not asserted or validator(asserted).is_valid(value)
        return fits and (type(name) is not str or _is_formatted(name, value, walk))
    except ValueError:
        return True  # the schema is what is wrong, and said to be


def _is_formatted(name: str, value: Json, walk: Walk) -> bool:
    if type(value) is int and name in INTEGER_BOUNDS:
        low, high = INTEGER_BOUNDS[name]
        return low <= value <= high
    if type(value) is not str:
        return True
    known: dict[str, Any] = walk.notes.setdefault("formats", {})
    if name not in known:
        checks = walk.formats.checks
        schema = {"pattern": PATTERNS[name]} if name in PATTERNS else {"format": name}
        known[name] = jsonschema_rs.Draft202012Validator(schema, validate_formats=True, formats=checks).is_valid
    return bool(known[name](value))
