"""Connections to one file, lent to whoever needs one."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from math import ceil

from pymacaron.exceptions import StoreDownError, StoreThrottledError, TableMissingError
from pymacaron.stores.deadlines import deadline, left, too_late

# WAL: readers and the writer do not wait for each other; FULL: what is committed is on disk, also after a power cut.
BEGINNING = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL")
_BUSY = frozenset((sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED))
_STEPS = 4000  # of SQLite's own machine between two looks at the clock: a fraction of a millisecond


class _Connection(sqlite3.Connection):
    """A connection that is lent; `until` is when the call that has it ends, by time.monotonic(); None: it has time."""

    until: float | None = None

    def hurry(self, until: float, patience: float) -> None:
        """Stop whatever is done, or waited for, when that time has come."""
        self.until = until
        self.wait(min(patience, until - time.monotonic()))
        self.set_progress_handler(lambda: time.monotonic() >= until, _STEPS)

    def have_time(self, patience: float) -> None:
        self.until = None
        self.set_progress_handler(None, 0)
        self.wait(patience)

    def wait(self, seconds: float) -> None:
        """Wait so long for other writers."""
        self.execute(f"PRAGMA busy_timeout = {max(1, ceil(seconds * 1000))}").close()


class Connections:
    """Connections to the file at `path`, at most as many as there ever were threads that used one at a time.

    None is open while the process forks: SQLite takes the locks of a process for its own, and a child would believe to
    hold those of its parent.

    Args:
        patience: seconds that a writer waits for another one.
        beginning: what each connection begins with.
    """

    def __init__(self, path: str, patience: float, beginning: Iterable[str] = BEGINNING) -> None:
        self.path, self._patience, self._beginning = path, patience, tuple(beginning)
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()  # of what follows; entered itself, which is quicker than by the condition
        self._gate = threading.Condition(self._lock)
        self._turn = threading.Lock()
        self._lent = 0
        self._forking = False
        _every.add(self)

    @contextmanager
    def one(self) -> Iterator[_Connection]:
        """A connection for the block.

        Raises:
            StoreDownError, StoreThrottledError, TableMissingError, DeadlineExceededError: in place of what SQLite
                raises.
        """
        connection = None
        try:
            connection = self.take()
            yield connection
        except sqlite3.Error as error:
            raise self.told(error) from error
        finally:
            if connection is not None:
                self.give(connection)

    @contextmanager
    def writer(self) -> Iterator[_Connection]:
        """Likewise, for a block that writes: the threads of a process take turns, where SQLite would have them
        sleep."""
        with self.one() as connection:
            if not self._turn.acquire(timeout=left(self._patience)):
                raise self._busy()
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.rollback()
                self._turn.release()

    def _busy(self) -> Exception:
        if not left():
            return too_late()
        return StoreThrottledError(f"{self.path}: other writers kept it busy for {self._patience:g} seconds")

    def take(self) -> _Connection:
        """A connection that stops at the deadline of the call.

        Raises:
            DeadlineExceededError: that has passed.
            sqlite3.Error: there is none to be had.
        """
        until = deadline()
        if until is None:
            return self.lend(self._patience)
        connection = self.lend(left(self._patience))
        connection.hurry(until, self._patience)
        return connection

    def lend(self, patience: float) -> _Connection:
        """A connection, whatever the deadline of the call; one that is made now waits so many seconds for others."""
        with self._lock:
            while self._forking:
                self._gate.wait()
            self._lent += 1
            if self._idle:
                return self._idle.pop()
        try:
            return self._opened(patience)
        except BaseException:
            self._gone()
            raise

    def give(self, connection: _Connection) -> None:
        if connection.until is not None:
            connection.have_time(self._patience)
        if connection.in_transaction:
            connection.rollback()
        with self._lock:
            self._lent -= 1
            self._idle.append(connection)
            if self._forking:
                self._gate.notify_all()

    def _gone(self) -> None:
        with self._gate:
            self._lent -= 1
            self._gate.notify_all()

    def _opened(self, patience: float) -> _Connection:
        _make(self.path)
        connection = sqlite3.connect(
            self.path, patience, isolation_level=None, check_same_thread=False, factory=_Connection
        )
        until = time.monotonic() + patience
        connection.until = None if patience == self._patience else until  # then it is given its patience back
        while True:
            try:
                for statements in self._beginning:
                    connection.executescript(statements)
                return connection
            except sqlite3.OperationalError as error:
                # another process that turns WAL on is not waited for by SQLite itself
                if error.sqlite_errorcode & 0xFF not in _BUSY or time.monotonic() > until:
                    connection.close()
                    raise
            time.sleep(0.01)

    def close(self) -> None:
        with self._gate:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def told(self, error: sqlite3.Error) -> Exception:
        """What SQLite says, as an error of ours."""
        text = str(error)
        if text.startswith(("no such table", "no such column")) or "has no column" in text:
            return TableMissingError(f"{self.path}: {text}; create_tables() creates it")
        code = error.sqlite_errorcode & 0xFF
        if code == sqlite3.SQLITE_INTERRUPT:
            return too_late()
        if code in _BUSY:
            return self._busy()
        cure = "check that this process can write the file, and that the disk is not full"
        return StoreDownError(f"the store {self.path} does not work: {text}; {cure}")

    def before_fork(self) -> None:
        self._gate.acquire()
        self._forking = True
        while self._lent:
            self._gate.wait()
        while self._idle:
            self._idle.pop().close()

    def after_fork(self) -> None:
        self._forking = False
        self._gate.notify_all()
        self._gate.release()


def _make(path: str) -> None:
    """Make a file that only its owner can read, if it is not there. Else it must not be touched: to close a file drops
    all locks that this process has on it (https://www.sqlite.org/howtocorrupt.html section 2.2)."""
    if os.path.exists(path):
        return
    with suppress(OSError):  # somebody was quicker; or SQLite will say why it cannot be
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


_every: weakref.WeakSet[Connections] = weakref.WeakSet()
_waiting: list[Connections] = []


def _before_fork() -> None:
    for one in list(_every):
        one.before_fork()
        _waiting.append(one)


def _after_fork() -> None:
    while _waiting:
        _waiting.pop().after_fork()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)
