"""Schemas in a few words."""

from __future__ import annotations

import json
from collections.abc import Iterator

from pymacaron._types import Json
from pymacaron.documents import DocumentFault, Node

_LISTED = 12  # values of an enumeration that are shown
_LONGEST = 120  # characters of a default, or an example
_DEEPEST = 3
SHELVES = ("schemas", "definitions", "$defs")

_RANGES = (
    ("", "minimum", "maximum"), ("length", "minLength", "maxLength"), ("items", "minItems", "maxItems"),
    ("properties", "minProperties", "maxProperties"),
)  # fmt: skip
_LIMITS = {
    "exclusiveMinimum": "more than {}", "exclusiveMaximum": "less than {}", "multipleOf": "a multiple of {}",
    "pattern": "like {}",
}  # fmt: skip
_FLAGS = {
    "uniqueItems": "no two alike", "readOnly": "only in answers", "writeOnly": "only in requests",
    "deprecated": "deprecated",
}  # fmt: skip


def followed(node: Node) -> Node | None:
    """Where a reference leads, None if nowhere."""
    try:
        return node.follow()
    except DocumentFault:
        return None


def described(node: Node, depth: int = 0) -> str:
    """A schema in a few words: "list of Order", "string (date-time)", "red or green"."""
    found = followed(node)
    if found is None:
        return "anything"
    value = found.value
    if len(found.pointer) > 1 and found.pointer[-2] in SHELVES:
        return str(found.pointer[-1])
    if not isinstance(value, dict) or depth > _DEEPEST:
        return "anything"
    listed = _listed(value)
    if listed is not None:
        return listed
    for key, word in (("oneOf", " or "), ("anyOf", " or "), ("allOf", " with ")):
        branches = found.get(key)
        if branches is not None:
            return word.join(dict.fromkeys(described(branch, depth + 1) for branch in branches.elements()))
    return _kinds(found, depth)


def _listed(value: dict[str, Json]) -> str | None:
    """The values of an enumeration."""
    listed = [value["const"]] if "const" in value else value.get("enum")
    if not isinstance(listed, list) or not listed:
        return None
    more = f" or {len(listed) - _LISTED} more" if len(listed) > _LISTED else ""
    return " or ".join("null" if one is None else str(one) for one in listed[:_LISTED]) + more


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kinds(node: Node, depth: int) -> str:
    value = node.value
    kinds = value.get("type")
    names = [kinds] if isinstance(kinds, str) else [kind for kind in kinds or () if isinstance(kind, str)]
    items = node.get("items")
    if names == ["array"] or (not names and items is not None):
        return f"list of {described(items, depth + 1)}" if items is not None else "list"
    text = " or ".join(names) or ("object" if "properties" in value else "anything")
    return f"{text} ({value['format']})" if isinstance(value.get("format"), str) else text


def limits(node: Node) -> str:
    """What else a schema says, of what a person wants to know: "at most 100 long, by default EUR"."""
    found = followed(node)
    values = [one.value for one in (node, found) if one is not None and isinstance(one.value, dict)]
    listed = _listed(values[-1]) if node.ref is not None and values else None
    told = [words for value in values for words in _limits(value)]
    return ", ".join(dict.fromkeys([listed, *told] if listed else told))


def _limits(value: dict[str, Json]) -> Iterator[str]:
    yield from filter(None, (_range(value, *names) for names in _RANGES))
    for key, words in _LIMITS.items():
        limit = value.get(key)
        if isinstance(limit, str) or _is_number(limit):
            yield words.format(limit)
    for key, words in _FLAGS.items():
        if value.get(key) is True:
            yield words
    if value.get("nullable") is True or value.get("x-nullable") is True:
        yield "may be null"
    if "default" in value:
        yield f"by default {short(value['default'])}"


def _range(value: dict[str, Json], noun: str, least: str, most: str) -> str:
    low, high = value.get(least), value.get(most)
    start = f"from {low}" if _is_number(low) else ""
    end = f"{'to' if start else 'up to'} {high}" if _is_number(high) else ""
    return " ".join(filter(None, (noun, start, end))) if start or end else ""


def short(value: Json) -> str:
    """A value in writing, cut off where it is long."""
    text = written(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def written(value: Json) -> str:
    """A text as it is, but for the empty one; everything else as JSON."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
