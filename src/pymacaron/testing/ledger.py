"""What tests have touched, kept in files that several processes write: each of pytest's workers, and schemathesis."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from .items import Item

FOLDER = "PYM_TEST_COVERAGE"  # in the environment: where the files are; without it nothing is kept
_DECLARED, _TOUCHED, _SURPLUS = "declared", "touched", "surplus"


class Ledger:
    """Writes down what tests touch: once for each item and process, and at once, so that a process may end as it likes.

    Args:
        folder: None: nothing is kept.
    """

    def __init__(self, folder: str | None) -> None:
        self._folder = folder
        self._known: set[tuple[str, Item]] = set()
        self._lock = Lock()

    def declare(self, items: Iterable[Item]) -> None:
        """There are these to be touched."""
        self._write(_DECLARED, items)

    def touch(self, declared: Iterable[Item], surplus: Iterable[Item]) -> None:
        """The test that runs has touched these. The latter are not in the document."""
        self._write(_TOUCHED, declared)
        self._write(_SURPLUS, surplus)

    def _write(self, kind: str, items: Iterable[Item]) -> None:
        if self._folder is None:
            return
        test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0] if kind != _DECLARED else ""
        with self._lock:
            new = [item for item in items if (kind, item) not in self._known]
            self._known.update((kind, item) for item in new)
            if new:
                lines = "".join(json.dumps([kind, test, *item]) + "\n" for item in new)
                with open(os.path.join(self._folder, f"{os.getpid()}.jsonl"), "a", encoding="utf-8") as file:
                    file.write(lines)


_ledgers: dict[str | None, Ledger] = {}


def ledger_of_process() -> Ledger:
    """The one of the folder that the environment names."""
    folder = os.environ.get(FOLDER) or None
    return _ledgers.setdefault(folder, Ledger(folder))


class Coverage:
    """What was declared, and what of it was touched.

    Attributes:
        declared: in the order of the documents.
        touched: by whom first: the test, or "" where that is not known.
        surplus: what was seen and is not declared.
    """

    def __init__(self, declared: Iterable[Item], touched: dict[Item, str], surplus: Iterable[Item]) -> None:
        self.declared = list(dict.fromkeys(declared))
        self.touched = {item: touched[item] for item in self.declared if item in touched}
        self.surplus = [item for item in dict.fromkeys(surplus) if item not in self.touched]

    @property
    def percent(self) -> float:
        """Of all that is declared; 100 where nothing is."""
        return percent(len(self.touched), len(self.declared))

    def of(self, kind: str | None = None, api: str | None = None, operation: str | None = None) -> list[Item]:
        """What is declared of a kind, an API, an operation."""
        return [
            item for item in self.declared
            if kind in {None, item.kind} and api in {None, item.api} and operation in {None, item.operation}
        ]  # fmt: skip

    def to_json(self) -> dict[str, object]:
        """For machines."""
        return {
            "percent": round(self.percent, 2), "touched": len(self.touched), "declared": len(self.declared),
            "items": [{**item._asdict(), "touched": item in self.touched, "by": self.touched.get(item, "")}
                      for item in self.declared],
            "undeclared": [item._asdict() for item in self.surplus],
        }  # fmt: skip


def percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else 100.0


def gather(folder: str | os.PathLike[str]) -> Coverage:
    """What all processes have written there."""
    declared: list[Item] = []
    touched: dict[Item, str] = {}
    surplus: list[Item] = []
    for path in sorted(Path(folder).glob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            kind, test, *rest = json.loads(line)
            item = Item(*rest)
            if kind == _TOUCHED:
                touched.setdefault(item, test)
            else:
                (declared if kind == _DECLARED else surplus).append(item)
    return Coverage(declared, touched, surplus)
