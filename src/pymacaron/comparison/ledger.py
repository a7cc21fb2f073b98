"""Where changes are written down: each once, with every operation that it concerns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pymacaron._types import JsonObject
from pymacaron.documents import Node, readable

from .kinds import KINDS, Kind


class Change(NamedTuple):
    """One difference between two versions of a document.

    Attributes:
        kind: the kind of change, which says whom it breaks and why.
        fact: what is different, in words.
        place: where in the new document, or in the old one if it was removed: "components.schemas.Order.properties.id".
        operations: the titles of the operations that it affects; empty if it affects the whole API.
    """

    kind: Kind
    fact: str
    place: str
    operations: tuple[str, ...] = ()

    def to_json(self) -> JsonObject:
        """The change for machines."""
        return {
            "kind": self.kind.name, "breaks": list(self.kind.breaks), "reason": self.kind.reason, "fact": self.fact,
            "place": self.place, "operations": list(self.operations),
        }  # fmt: skip


class Difference(NamedTuple):
    """A change before it is known which operations it concerns."""

    name: str
    fact: str
    node: Node


class Ledger:
    """The changes found so far. What several operations share is one change."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, str], dict[str, None]] = {}

    def note(self, differences: Iterable[Difference], operation: str = "", where: str = "") -> None:
        """Write down what is different for an operation, `where` in it: "query parameter limit"."""
        for name, fact, node in differences:
            said = f"{where}: {fact}" if where else fact
            titles = self._found.setdefault((name, said, readable(node.pointer)), {})
            if operation:
                titles[operation] = None

    def changes(self) -> list[Change]:
        """All of them: what breaks callers, what breaks the service, and what is harmless."""
        found = [Change(KINDS[name], fact, place, tuple(of)) for (name, fact, place), of in self._found.items()]
        return sorted(found, key=lambda change: _RANK[change.kind.breaks])


_RANK = {("callers", "service"): 0, ("callers",): 1, ("service",): 2, (): 3}
