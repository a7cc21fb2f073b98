"""SQLite files that many processes and threads use at once."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

_PATIENCE = 10.0  # seconds that one waits for others who write


class File:
    """A file with tables. Each thread of each process has a connection of its own, made at its first use.

    What is written survives the death of any process. A power cut may take the last moment with it, and no more: the
    file stays whole (https://sqlite.org/pragma.html#pragma_synchronous, NORMAL with a write-ahead log).

    Args:
        path: a file that is made if it is not there, for its owner alone, as is its folder.
        schema: statements that make the tables where they are not there yet.
    """

    def __init__(self, path: str, schema: str) -> None:
        self.path = os.path.abspath(path)
        self._schema = schema
        self._own = threading.local()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement, as a transaction of its own.

        Raises:
            sqlite3.Error: it did not happen.
        """
        return self._connection().execute(statement, values)

    def executemany(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for many rows, in one transaction.

        Raises:
            sqlite3.Error: it happened for none.
        """
        connection = self._connection()
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, rows)

    def close(self) -> None:
        """Close the connection of this thread."""
        connection = self._own.__dict__.pop("connection", None)
        if connection is not None and self._own.pid == os.getpid():
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        own = self._own
        if getattr(own, "pid", None) != os.getpid():  # a connection must not be used by the child of a fork
            own.left, own.connection = getattr(own, "connection", None), self._opened()  # nor be closed by it
            own.pid = os.getpid()
        made: sqlite3.Connection | None = own.__dict__.get("connection")
        if made is None:
            made = own.connection = self._opened()
        return made

    def _opened(self) -> sqlite3.Connection:
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        _make(self.path)
        connection = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        try:
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.executescript(self._schema)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on. SQLite itself does not wait for another one who does that to a new file."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _make(path: str) -> None:
    """Make a file that only its owner can read, if it is not there. Else it must not be touched: to close a file drops
    all locks that this process has on it (https://www.sqlite.org/howtocorrupt.html section 2.2)."""
    if os.path.exists(path):
        return
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:  # somebody was quicker
        return
