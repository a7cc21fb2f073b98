"""Which names stand for values that nobody is to see: by what they say, and by what an operation's document says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from pymacaron.documents import Node, ReferenceFault
from pymacaron.names import python_name
from pymacaron.operations import Operation
from pymacaron.schemas import OPENAPI_30, OPENAPI_31
from pymacaron.shapes.classes import is_sensitive

_SECRET = re.compile(
    r"passw|pwd|secret|token|credential|cookie|session|csrf|xsrf|bearer|jwt|otp$|cvv|cvc|ssn$|signature|authorization"
    r"|pass[-_]?(?:phrase|code|key)|(?:api|access|private|auth|signing|encryption)[-_]?key|^pass$|(?:^|[-_])auth(?:[-_]|$)"
    r"|(?:^|[-_])pin(?:[-_]|$)|dsn$|webhook",
    re.IGNORECASE,
)
# Where a schema of either draft holds others: one, several in a list, several by name.
_ONE = sorted({*OPENAPI_30.applicators, *OPENAPI_31.applicators})
_LISTED = sorted({*OPENAPI_30.lists, *OPENAPI_31.lists})
_NAMED = sorted({*OPENAPI_30.maps, *OPENAPI_31.maps})
_MOST = 20_000  # schemas looked at for one operation


class Names:
    """Names of headers, cookies, parameters, properties and variables whose values are not shown.

    Args:
        declared: names that are secret whatever they say; case does not count.
        whole_body: the body itself is secret.
    """

    def __init__(self, declared: frozenset[str] = frozenset(), *, whole_body: bool = False) -> None:
        self._declared = frozenset(name.lower() for name in declared)
        self.whole_body = whole_body
        self._known: dict[str, bool] = {}

    def __contains__(self, name: object) -> bool:
        if not issubclass(type(name), str):
            return False
        assert isinstance(name, str)  # which asks other objects for their __class__
        known = self._known.get(name)
        if known is None:
            known = name.lower() in self._declared or _SECRET.search(name) is not None
            if len(self._known) < 10_000:
                self._known[name] = known
        return known


def names_of(operation: Operation | None) -> Names:
    """The names that an operation's document calls secret: `format: password`, `writeOnly`, `x-sensitive`, API keys."""
    if operation is None:
        return Names()
    known: Names | None = operation.compiled.get("crash.names")
    if known is None:
        declared = frozenset(_declared(operation))
        both = declared | {python_name(name) for name in declared}
        whole = any(c.schema is not None and is_sensitive(c.schema.node) for c in operation.contents)
        known = operation.compiled["crash.names"] = Names(both, whole_body=whole)
    return known


def _declared(operation: Operation) -> Iterator[str]:
    schemas = []
    for parameter in operation.parameters:
        schemas.append(parameter.schema.node)
        if is_sensitive(parameter.schema.node):
            yield from (parameter.name, parameter.argument)
    answers = [content for answer in operation.answers.values() for content in answer.contents]
    for content in (*operation.contents, *answers):
        schemas += [one.node for one in (content.schema, content.item_schema) if one is not None]
    yield from _properties(schemas)
    for answer in operation.answers.values():
        yield from (header.name for header in answer.headers if is_sensitive(header.schema.node))
    yield from api_keys(operation)


def _properties(waiting: list[Node]) -> Iterator[str]:
    """The secret ones of all properties that schemas lead to."""
    seen: set[int] = set()
    while waiting and len(seen) < _MOST:
        node = waiting.pop()
        if id(node.value) in seen or not isinstance(node.value, dict):
            continue
        seen.add(id(node.value))
        for name, child in _named(node, "properties"):
            if is_sensitive(child):
                yield name
        waiting += _below(node)


def _below(node: Node) -> Iterator[Node]:
    if node.ref is not None:
        with suppress(ReferenceFault):  # the document's check has told of it
            yield node.file.files.resolve(node, node.ref)
    yield from (child for key in _ONE if (child := node.get(key)) is not None)
    yield from (child for key in _LISTED if (held := node.get(key)) is not None for child in held.elements())
    yield from (child for key in _NAMED for _, child in _named(node, key))


def _named(node: Node, key: str) -> Iterator[tuple[str, Node]]:
    held = node.get(key)
    if held is not None:
        yield from held.items()


def api_keys(operation: Operation) -> Iterator[str]:
    """The headers, query parameters and cookies that carry API keys."""
    for file in operation.shapes.schemas.files.opened.values():
        components = file.root.get("components") or file.root
        for key in ("securitySchemes", "securityDefinitions"):
            for _, scheme in _named(components, key):
                said = scheme.value if isinstance(scheme.value, dict) else {}
                if said.get("type") == "apiKey" and isinstance(said.get("name"), str):
                    yield said["name"]
