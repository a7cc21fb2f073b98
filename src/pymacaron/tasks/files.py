"""SQLite files that many processes and threads use at once."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from pymacaron.stores.sqlite.connections import Connections

_PATIENCE = 10.0  # seconds that one waits for others who write


class File(Connections):
    """A file with tables.

    What is written survives the death of any process. A power cut may take the last moment with it, and no more: the
    file stays whole (https://sqlite.org/pragma.html#pragma_synchronous, NORMAL with a write-ahead log).

    Args:
        path: a file that is made if it is not there, for its owner alone, as is its folder.
        schema: statements that make the tables where they are not there yet.

    Raises (all methods):
        sqlite3.Error, OSError: it did not happen.
    """

    def __init__(self, path: str, schema: str) -> None:
        super().__init__(
            os.path.abspath(path), _PATIENCE, ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", schema)
        )

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, as a transaction of its own: what it finds, or returns."""
        with self._lent_one() as connection:
            return connection.execute(statement, values).fetchall()

    def write(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run one statement, as a transaction of its own; how many rows it has changed."""
        with self._lent_one() as connection:
            return connection.execute(statement, values).rowcount

    def write_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows, in one transaction: for all, or for none."""
        with self._lent_one() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, rows)
            connection.execute("COMMIT")

    @contextmanager
    def _lent_one(self) -> Iterator[sqlite3.Connection]:
        connection = self.lend(_PATIENCE)  # how a task has ended is told, too, when the time of its call is over
        try:
            yield connection
        finally:
            self.give(connection)

    def _opened(self, patience: float) -> Any:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        return super()._opened(patience)
