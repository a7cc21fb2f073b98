"""Work that is done on a thread of its own, so that it can neither hold up nor harm those who order it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from threading import Condition, Thread, current_thread
from time import monotonic
from typing import Any, Generic, TypeVar
from weakref import WeakSet

Item = TypeVar("Item")


class _WorkerThread(Thread):
    pass


def is_worker() -> bool:
    """Is this the thread of a worker? What goes wrong there is not reported, since that could go on for ever."""
    return isinstance(current_thread(), _WorkerThread)


class Worker(Generic[Item]):
    """Does one thing after the other on a daemon thread, which is started when there is something to do.

    Args:
        act: does it. What it raises is lost, even a SystemExit: the thread has to go on.
        most: so many things may wait. What comes while they do is refused.
        idle: what to do when nothing waits; seconds until it is to be done again, None: not before something came.
    """

    def __init__(
        self,
        name: str,
        act: Callable[[Item], object],
        *,
        most: int = 100,
        idle: Callable[[], float | None] | None = None,
    ) -> None:
        self.name = name
        self._act = act
        self._most = most
        self._idle = idle
        self.begin_anew()
        _workers.add(self)

    def begin_anew(self) -> None:
        """As if nothing had been done yet: in the child after a fork, where the thread does not exist."""
        self._waiting: deque[Item] = deque()
        self._changed = Condition()
        self._thread: Thread | None = None
        self._busy = False

    def put(self, item: Item) -> bool:
        """Let it be done soon. False: too much is waiting."""
        with self._changed:
            if len(self._waiting) >= self._most:
                return False
            self._waiting.append(item)
            self._changed.notify_all()
            if self._thread is not None:
                return True
            self._thread = thread = _WorkerThread(target=self._run, name=f"pymacaron {self.name}", daemon=True)
        _watch_forks()
        try:
            thread.start()
        except RuntimeError:  # the interpreter is about to end, and starts no thread any more
            self._thread = None
            self._do_all()
        return True

    def _run(self) -> None:
        while True:
            self._do_all()
            pause: float | None = None
            with suppress(BaseException):
                pause = self._idle() if self._idle is not None else None
            with self._changed:
                if not self._waiting:
                    self._changed.wait(pause)

    def _do_all(self) -> None:
        while True:
            with self._changed:
                if not self._waiting:
                    self._busy = False
                    self._changed.notify_all()
                    return
                item = self._waiting.popleft()
                self._busy = True
            with suppress(BaseException):
                self._act(item)
            del item  # it may hold a request with all that belongs to it

    def join(self, until: float) -> bool:
        """Wait until everything is done, or the clock (time.monotonic) shows `until`; whether it is done."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, max(0.0, until - monotonic()))


_workers: WeakSet[Worker[Any]] = WeakSet()


@cache
def _watch_forks() -> None:
    os.register_at_fork(after_in_child=_after_fork)


def _after_fork() -> None:
    """What was waiting is the parent's to do."""
    for worker in list(_workers):
        worker.begin_anew()
