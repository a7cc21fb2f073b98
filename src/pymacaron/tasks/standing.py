"""How a task stands: queued, running, or ended in one of three ways. Kept in records, by the id of the task."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import time
from typing import Any

import msgspec

from pymacaron._types import JsonObject
from pymacaron.config import get_config
from pymacaron.exceptions import (
    ItemRefusedError,
    ItemTooLargeError,
    PyMacaronException,
    QueueUnavailableError,
    TaskCancelledError,
    TaskFailedError,
    raise_error,
)

from .brokers import broker_of
from .records import Records

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
ENDED = frozenset((DONE, FAILED, CANCELLED))
KEPT = 86400.0  # seconds for which it is known how a task has ended
LONGEST = 30 * 86400.0  # seconds for which it is known how one stands that has not
FARTHEST = 366 * 86400.0  # the longest that a task may wait, in seconds

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Standings:
    """How tasks stand.

    Raises (all methods):
        QueueUnavailableError: the records cannot be reached.
        ItemTooLargeError, ItemRefusedError: they are in a store, and it does not keep that.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def of(self, task_id: str) -> JsonObject:
        """How a task stands: `state`, and what else is known: `at`, when that began, seconds since 1970; of one that
        was run `result` or `error`, the `ms` that its last run took, and `tries`, how often it was run before that."""
        found, stopped = self._get(f"state:{task_id}", f"stop:{task_id}")
        standing: JsonObject = {"state": QUEUED} if found is None else _decode(found)
        if stopped is not None and standing["state"] == QUEUED:
            return {**standing, "state": CANCELLED}
        return standing

    def note(self, task_id: str, standing: JsonObject) -> None:
        """Remember how a task stands."""
        seconds = KEPT if standing["state"] in ENDED else LONGEST
        self._tell(lambda: self._records.put(f"state:{task_id}", _encode(standing), seconds))

    def stop(self, task_id: str) -> None:
        """Ask for a task to be cancelled."""
        self._tell(lambda: self._records.put(f"stop:{task_id}", b"1", FARTHEST + LONGEST))

    def is_stopped(self, task_id: str) -> bool:
        return self._get(f"stop:{task_id}")[0] is not None

    def claim(self, key: str, value: str, seconds: float) -> str | None:
        """Have a key for so many seconds; the value of who has it already, None if nobody had."""
        while not self._tell(lambda: self._records.add(key, value.encode(), seconds)):
            found = self._get(key)[0]
            if found is not None:  # else its time was over just now
                return found.decode()
        return None

    def keep(self, key: str, value: str, seconds: float) -> None:
        """Have a key that one has for so many seconds more."""
        self._tell(lambda: self._records.put(key, value.encode(), seconds))

    def kept(self, key: str) -> str | None:
        """The value of a key."""
        found = self._get(key)[0]
        return None if found is None else found.decode()

    def release(self, key: str) -> None:
        self._tell(lambda: self._records.remove(key))

    def release_own(self, key: str, value: str) -> None:
        """Let a key go, unless somebody else has claimed it meanwhile."""
        if self.kept(key) == value:
            self.release(key)

    def _get(self, *keys: str) -> list[bytes | None]:
        found: list[bytes | None] = self._tell(lambda: self._records.get(*keys))
        return found

    def _tell(self, act: Any) -> Any:
        try:
            return act()
        except (ItemTooLargeError, ItemRefusedError):  # a store that is well, and does not keep that
            raise
        except Exception as error:
            fact = f"the store of task states cannot be reached: {type(error).__name__}: {error}"
            raise QueueUnavailableError(fact).caught(error) from error


def failure_of(error: BaseException) -> JsonObject:
    """An exception as it is kept."""
    if isinstance(error, PyMacaronException):
        return error.to_json()
    return {"error": TaskFailedError.code, "kind": type(error).__name__, "status": TaskFailedError.status}


def failure_error(standing: JsonObject) -> PyMacaronException:
    """What a task that has not been done ended with: its own error, by its code; a TaskFailedError for one that was
    none of ours; a TaskCancelledError."""
    if standing["state"] == CANCELLED:
        return TaskCancelledError("The task was cancelled")
    told = standing["error"]
    if "kind" in told:
        error = TaskFailedError("The task failed")
        error.kind = told["kind"]
        return error
    try:
        raise_error(told)
    except PyMacaronException as found:
        return found


def new_standing(state: str, **more: Any) -> JsonObject:
    return {"state": state, "at": time(), **more}


_lock = threading.Lock()
_standings: Standings | None = None


def standings() -> Standings:
    """How the tasks of this service stand, wherever its configuration says that this is kept."""
    global _standings  # noqa: PLW0603 - one for the process
    found = _standings
    if found is None:
        with _lock:
            found = _standings = Standings(broker_of(get_config()).records())
    return found


@contextmanager
def standing_in(instead: Standings) -> Iterator[None]:
    """Let this be where it is kept, for a while."""
    global _standings  # noqa: PLW0603 - see above
    before, _standings = _standings, instead
    try:
        yield
    finally:
        _standings = before


def forget() -> None:
    """Let the next question make connections of its own: after a fork, and when the configuration changes."""
    global _standings, _lock
    _standings, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=forget)
