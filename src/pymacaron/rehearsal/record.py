"""The log of all calls of a rehearsal, as tests read it. Values that AWS's models call sensitive have stars."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape


@dataclass(slots=True)
class Entry:
    """A call. `done` says whether what was asked for has happened, whatever the caller was told."""

    service: str
    operation: str
    params: Any
    mutation: bool
    request_id: str
    at: str
    status: int | None = None  # None: no answer was sent
    code: str | None = None
    result: Any = None
    done: bool = False
    faults: list[dict[str, Any]] = field(default_factory=list)
    number: int = 0


class Record:
    """Entries in the order in which calls were finished; with `path`, also as lines of JSON there."""

    def __init__(self, path: Path | None = None) -> None:
        self.entries: list[Entry] = []
        self._path = path
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        with self._lock:
            entry.number = len(self.entries) + 1
            self.entries.append(entry)
            if self._path:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(line(entry) + "\n")

    def lines(self) -> Iterator[str]:
        return map(line, list(self.entries))

    def mutations(self) -> list[Entry]:
        """What has changed anything."""
        return [entry for entry in self.entries if entry.mutation and entry.done]


def line(entry: Entry) -> str:
    return json.dumps(asdict(entry), default=_written)


def _written(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else f"<{type(value).__name__}>"


def hidden(shape: Shape | None, value: Any) -> Any:
    """`value` without what is sensitive in it."""
    if shape is None:
        return value
    if shape.metadata.get("sensitive"):
        return "***"
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        return {name: hidden(shape.members.get(name), member) for name, member in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [hidden(shape.member, member) for member in value]
    if isinstance(shape, MapShape) and isinstance(value, dict):
        return {name: hidden(shape.value, member) for name, member in value.items()}
    return value
