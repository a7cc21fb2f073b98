"""The classes of the user's that models inherit from (`x-parent`, `x-persist`)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module

from pymacaron.documents import Node, findings
from pymacaron.exceptions import Finding
from pymacaron.names import suggest

_KEYS = ("x-parent", "x-persist")


class Parents:
    """Imports them.

    Attributes:
        findings: what is wrong with them, each once.
        importing: the path of the one that is being imported, "" outside of that.
    """

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.importing = ""
        self._known: dict[Node, type | None] = {}

    def of(self, schemas: Iterable[Node]) -> list[type]:
        """Those that schemas name, each once."""
        found: dict[type, None] = {}
        for schema in schemas:
            for key in _KEYS:
                if isinstance(schema.value, dict) and isinstance(schema.value.get(key), str):
                    parent = self._parent(schema.at(key))
                    if parent is not None:
                        found[parent] = None
        return list(found)

    def _parent(self, node: Node) -> type | None:
        if node not in self._known:
            self.importing, outer = node.value, self.importing
            self._known[node] = self._imported(node)
            self.importing = outer
        return self._known[node]

    def _imported(self, node: Node) -> type | None:
        path: str = node.value
        module, _, name = path.rpartition(".")
        try:
            found = getattr(import_module(module), name)
        except ImportError as error:
            cure = "fix that module, or write package.module.Class"
            self._report(node, f"{path} cannot be imported ({error})", cure)
            return None
        except (AttributeError, ValueError):
            near = suggest(name, vars(sys.modules[module])) if module in sys.modules else None
            self._report(node, f"there is no {path}", near)
            return None
        if not isinstance(found, type):
            self._report(node, f"{path} is not a class", "name a class")
            return None
        return found

    def _report(self, node: Node, fact: str, cure: str | None) -> None:
        self.findings.extend(findings([node.fault(fact, cure)]))
