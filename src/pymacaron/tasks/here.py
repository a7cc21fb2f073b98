"""Tasks that are run where they are fired, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from time import time

import msgspec

from pymacaron._types import JsonObject

from .handles import Handle
from .process import process
from .standing import Standings, standing_in


class _Memory:
    """Records of this process alone."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, float]] = {}

    def get(self, *keys: str) -> list[bytes | None]:
        found = [self._kept.get(key) for key in keys]
        return [None if one is None or one[1] <= time() else one[0] for one in found]

    def put(self, key: str, value: bytes, seconds: float) -> None:
        self._kept[key] = value, time() + seconds

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        if self.get(key) != [None]:
            return False
        self.put(key, value, seconds)
        return True

    def remove(self, key: str) -> None:
        self._kept.pop(key, None)


@contextmanager
def run_here() -> Iterator[list[Handle[object]]]:
    """A context manager for tests: runs tasks in this process, as soon as they are fired, whatever their delay.

    Arguments, results and the call are passed as they are to a worker. No broker is used, and `with_async` may be off.

    Yields the list of the handles of all tasks that were fired, in their order. An exception in a task does not reach
    the code that fired it; the handle has it.
    """
    from .running import run_task  # with Celery's exceptions, for those who run tasks

    fired: list[Handle[object]] = []

    def here(task_id: str, message: JsonObject) -> None:
        handle = Handle[object](task_id)
        if handle not in fired:  # else it is run again, after a failure
            fired.append(handle)
        sent: JsonObject = msgspec.json.decode(msgspec.json.encode(message))
        sent.pop("due", None)
        Context().run(run_task, task_id, sent)

    before, process.here = process.here, here
    try:
        with standing_in(Standings(_Memory())):
            yield fired
    finally:
        process.here = before
