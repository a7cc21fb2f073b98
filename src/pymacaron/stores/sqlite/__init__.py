"""Items in a file of SQLite: the store of a service that names none.

connections.py   connections to a file, lent to threads, closed before a process forks
layout.py        the tables in the file, and the statements for each
rows.py          items as rows
store.py         the store
"""

from __future__ import annotations

from .store import SqliteStore

__all__ = ["SqliteStore"]
