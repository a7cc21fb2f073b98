"""Every schema of a document, and every reference, wherever they stand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pymacaron.bundling.anatomy import slot_of
from pymacaron.schemas.drafts import SWAGGER_20

Visit = Callable[[Any], None]


class Walk:
    """One walk over a document of OpenAPI 3.x; each schema is visited once, those inside it first."""

    def __init__(self, on_schema: Visit, on_reference: Visit) -> None:
        self._on_schema, self._on_reference = on_schema, on_reference
        self._seen: set[int] = set()

    def object(self, value: Any, kind: str) -> None:
        """Walk over an object of a kind that bundling/anatomy.py knows."""
        if not isinstance(value, dict) or id(value) in self._seen:
            return
        self._seen.add(id(value))
        if kind == "Schema":
            self._schema(value)
            return
        if isinstance(value.get("$ref"), str):
            self._on_reference(value)
        for key, child in list(value.items()):
            slot = slot_of(kind, str(key))
            if slot is not None:
                for one in _held(child, slot.many):
                    self.object(one, slot.kind)

    def _schema(self, schema: Any) -> None:
        for key, child in list(schema.items()):
            many = "{" if key in SWAGGER_20.maps else "[" if isinstance(child, list) else ""
            if key in SWAGGER_20.structural:
                for one in _held(child, many):
                    self.object(one, "Schema")
        if isinstance(schema.get("$ref"), str):
            self._on_reference(schema)
        self._on_schema(schema)


def _held(child: Any, many: str) -> Iterator[Any]:
    if many == "{" and isinstance(child, dict):
        yield from child.values()
    elif many == "[" and isinstance(child, list):
        yield from child
    elif not many:
        yield child
