"""Operations by the names of their methods."""

from __future__ import annotations

from collections.abc import Iterable

from pymacaron.names import free_name, suggest, unknown_attribute
from pymacaron.operations import Operation


def by_name(operations: Iterable[Operation]) -> dict[str, Operation]:
    """The operations of an API; of two that would have one name, the later ends in _2."""
    found: dict[str, Operation] = {}
    for operation in operations:
        found[free_name(operation.name, found)] = operation
    return found


def no_operation(api: str, name: str, known: Iterable[str]) -> AttributeError:
    """That an API has no such operation, and which ones it has."""
    cure = suggest(name, known) or f"it has {', '.join(known) or 'none'}"
    return unknown_attribute(f"{api} has no operation {name!r}; {cure}")
