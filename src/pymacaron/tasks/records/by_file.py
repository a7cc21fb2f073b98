"""Records in an SQLite file."""

from __future__ import annotations

from collections.abc import Callable
from random import random
from time import time

from pymacaron.tasks.files import File

_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, value BLOB NOT NULL, until REAL NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS by_end ON records (until);
"""
_KEEP = (
    "INSERT INTO records (key, value, until) VALUES (?, ?, ?)"
    " ON CONFLICT (key) DO UPDATE SET value = excluded.value, until = excluded.until"
)
_SWEEP = 0.01  # the share of writes that also drop what is over


class FileRecords:
    """Records that the processes of one machine share.

    Args:
        path: of the file; made private to its owner.
    """

    def __init__(self, path: str, *, clock: Callable[[], float] = time) -> None:
        self._file = File(path, _SCHEMA)
        self._clock = clock

    def get(self, *keys: str) -> list[bytes | None]:
        places = ", ".join("?" * len(keys))
        statement = f"SELECT key, value FROM records WHERE key IN ({places}) AND until > ?"  # noqa: S608 - only "?"
        found: dict[str, bytes] = dict(self._file.rows(statement, (*keys, self._clock())))
        return [found.get(key) for key in keys]

    def put(self, key: str, value: bytes, seconds: float) -> None:
        self._file.write(_KEEP, (key, value, self._clock() + seconds))
        self._sweep()

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        now = self._clock()
        added = self._file.write(f"{_KEEP} WHERE records.until <= ?", (key, value, now + seconds, now)) > 0
        self._sweep()
        return added

    def remove(self, key: str) -> None:
        self._file.write("DELETE FROM records WHERE key = ?", (key,))

    def _sweep(self) -> None:
        if random() < _SWEEP:  # noqa: S311 - no secret
            self._file.write("DELETE FROM records WHERE until <= ?", (self._clock(),))
