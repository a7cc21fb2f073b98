"""Queues in an SQLite file.

`due` is both when a message may first be taken and when its lease ends: there is one order, one index, one question.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from time import time

from pymacaron.tasks.files import File

from .queue import LEASE, Taken

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    due REAL NOT NULL,
    taken INTEGER NOT NULL DEFAULT 0,
    claim TEXT,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS by_due ON messages (queue, due, id);
CREATE INDEX IF NOT EXISTS by_claim ON messages (claim) WHERE claim IS NOT NULL;
"""
_NEXT = "SELECT id FROM messages WHERE queue = ? AND due <= ? ORDER BY due, id LIMIT 1"


class FileQueues:
    """Queues that the processes of one machine share.

    Args:
        path: of the file; it is made, private to its owner, in a folder that is private, too.
        lease: seconds that a message is taken for.
        clock: seconds since 1970, the same for all processes.
    """

    idle = 0.02

    def __init__(self, path: str, *, lease: float = LEASE, clock: Callable[[], float] = time) -> None:
        self.lease = lease
        self._file = File(path, _SCHEMA)
        self._clock = clock
        self._owner = os.urandom(8).hex()

    def put(self, queue: str, body: str, seconds: float = 0) -> None:
        values = (queue, self._clock() + seconds, body)
        self._file.write("INSERT INTO messages (queue, due, body) VALUES (?, ?, ?)", values)

    def take(self, queue: str) -> Taken | None:
        while True:
            now = self._clock()
            found = self._file.rows(_NEXT, (queue, now))  # takes no lock that others wait for
            if not found:
                return None
            claim = f"{self._owner}{os.urandom(8).hex()}"
            changes = "UPDATE messages SET due = ?, claim = ?, taken = taken + 1 WHERE id = ? AND due <= ?"
            number = found[0][0]
            taken = self._file.rows(f"{changes} RETURNING taken, body", (now + self.lease, claim, number, now))
            if taken:  # else somebody was quicker
                return Taken(f"{number}-{claim}", *taken[0])

    def extend(self, tags: Iterable[str]) -> None:
        due = self._clock() + self.lease
        self._file.write_many(
            "UPDATE messages SET due = ? WHERE id = ? AND claim = ?", [(due, *_key(tag)) for tag in tags]
        )

    def done(self, tag: str) -> bool:
        return self._file.write("DELETE FROM messages WHERE id = ? AND claim = ?", _key(tag)) > 0

    def give_back(self, tag: str, seconds: float = 0) -> None:
        changes = "UPDATE messages SET due = ?, claim = NULL WHERE id = ? AND claim = ?"
        self._file.write(changes, (self._clock() + seconds, *_key(tag)))

    def count(self, queue: str) -> int:
        """How many messages there are, taken ones included."""
        return int(self._file.rows("SELECT count(*) FROM messages WHERE queue = ?", (queue,))[0][0])

    def clear(self, queue: str) -> int:
        return self._file.write("DELETE FROM messages WHERE queue = ?", (queue,))

    def close(self) -> None:
        self._file.close()


def _key(tag: str) -> tuple[int, str]:
    number, _, claim = tag.partition("-")
    return int(number), claim
