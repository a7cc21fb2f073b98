"""The codes of errors: in answers, and in documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pymacaron._types import Json
from pymacaron.documents import Node, ReferenceFault
from pymacaron.operations import Answer as Declared
from pymacaron.operations import Operation

from .exchanges import Answer

_CODES = ("error", "code")  # what the property with the code of an error is called: in our form, and in RFC 9457's
_DEEPEST = 6  # levels of allOf and the like that codes are looked for in


def code_of(answer: Answer) -> str | None:
    """The code of an error, in our form or that of RFC 9457."""
    try:
        value = answer.json if answer.is_json else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    return next((value[key] for key in _CODES if isinstance(value.get(key), str)), None)


class ListedCode(NamedTuple):
    """A code that a document lists: for the status `key`, at a place."""

    key: str
    name: str
    place: Node


def listed_codes(operation: Operation) -> Iterator[ListedCode]:
    """The codes of an operation's errors that their schemas list, or their examples show."""
    for key, answer in operation.answers.items():
        if key[0] not in "123":
            yield from (ListedCode(key, *found) for found in _declared(answer))


def _declared(answer: Declared) -> Iterator[tuple[str, Node]]:
    for content in answer.contents:
        if content.schema is not None:
            yield from _listed(content.schema.node, _DEEPEST)
        yield from ((code, content.node) for code in _shown(content.node))


def _listed(node: Node, depth: int) -> Iterator[tuple[str, Node]]:
    try:
        node = node.follow()
    except ReferenceFault:
        return
    for name in _CODES:
        place = node.get("properties")
        found = None if place is None else place.get(name)
        if found is not None:
            yield from ((code, found) for code in _constants(found))
    for key in ("allOf", "oneOf", "anyOf") if depth else ():
        branches = node.get(key)
        for branch in () if branches is None else branches.elements():
            yield from _listed(branch, depth - 1)


def _constants(node: Node) -> Iterator[str]:
    try:
        value = node.follow().value
    except ReferenceFault:
        return
    if isinstance(value, dict):
        listed = [value["const"]] if "const" in value else value.get("enum")
        yield from (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, str))


def _shown(node: Node) -> Iterator[str]:
    """In `example` and `examples` of a Media Type Object."""
    value = node.value if isinstance(node.value, dict) else {}
    many = value.get("examples")
    shown: list[Json] = [value.get("example")]
    shown += [one.get("value") for one in many.values() if isinstance(one, dict)] if isinstance(many, dict) else []
    for one in shown:
        if isinstance(one, dict):
            yield from (one[key] for key in _CODES if isinstance(one.get(key), str))
