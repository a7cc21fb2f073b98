"""gunicorn's supervising process, the arbiter, taught to replace workers as ours does: each when its successor serves.

On its own it ends the old ones first, at SIGHUP and after `max_requests`, and callers wait while the service is loaded;
if it cannot be loaded any more, everything ends. Of workers that die while they start it starts others without end.
"""

from __future__ import annotations

import contextlib
import mmap
import signal
from time import monotonic
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

_SERVES, _WORN = 1, 2  # what a worker says: I serve; I have served enough
_SHORTEST, _LONGEST = 0.5, 15.0  # seconds until a successor that cannot start is tried again


class Word:
    """What a worker tells the arbiter: a byte that both see. It is made before the worker's process is."""

    def __init__(self) -> None:
        self._shared = mmap.mmap(-1, 1)

    def serves(self) -> None:
        self._shared[0] = max(self._shared[0], _SERVES)

    def is_worn(self) -> None:
        self._shared[0] = _WORN

    @property
    def said(self) -> int:
        return self._shared[0]


def roll(arbiter: Any) -> None:
    """Let gunicorn's arbiter, which is about to begin, replace workers one by one."""
    arbiter.__class__ = _Rolling
    arbiter.renews = set()
    arbiter.leaving = set()
    arbiter.pause, arbiter.not_before = _SHORTEST, 0.0


class _Replacing(Exception):
    """gunicorn's way to replace workers has come to the point from which ours is another one."""


class _Rolling(Arbiter):  # type: ignore[misc]  # gunicorn has no types
    """
    Attributes:
        renews: processes of workers that are to be replaced, as SIGHUP asks for.
        leaving: those that were asked to end.
        pause: seconds from a successor that cannot start to the next try.
        not_before: the time before which no successor is started, since the last one could not.
    """

    renews: set[int]
    leaving: set[int]
    pause: float
    not_before: float
    _reloading = _halting = _has_served = False

    def reload(self) -> None:
        """At SIGHUP: read the settings again, and replace all workers. What gunicorn does beyond settings and sockets
        (it starts workers, ends the others, waits for that) is left out."""
        self._reloading = True
        with contextlib.suppress(_Replacing):
            super().reload()
        self._reloading = False
        self.renews |= self.WORKERS.keys() - self.leaving
        self.not_before = 0.0

    def spawn_worker(self) -> Any:
        if self._reloading:
            raise _Replacing
        return super().spawn_worker()

    def manage_workers(self) -> None:
        """Start those that are missing, and one successor at a time; end whom it replaces, when it serves."""
        self.renews &= self.WORKERS.keys()
        self.leaving &= self.WORKERS.keys()
        there = {pid: worker for pid, worker in self.WORKERS.items() if pid not in self.leaving}
        worn = {pid for pid, worker in there.items() if pid in self.renews or _said(worker) == _WORN}
        serving = sum(_said(worker) > 0 for worker in there.values())
        if serving == len(there):
            self.pause = _SHORTEST
        missing = self.num_workers - len(there)
        self._has_served = self._has_served or serving > 0
        if (self._has_served or not self.worker_age) and monotonic() >= self.not_before:
            for _ in range(missing if missing > 0 or not worn else missing + 1):
                self.spawn_worker()
        surplus = serving - self.num_workers
        for pid in sorted(there, key=lambda pid: (pid not in worn, there[pid].age))[: max(surplus, 0)]:
            self.leaving.add(pid)
            self.kill_worker(pid, signal.SIGTERM)

    def reap_workers(self) -> None:
        """Bury those that have ended. Where others serve, one that could not start is no end of everything."""
        before = dict(self.WORKERS)
        halted = True
        while halted:
            try:
                super().reap_workers()
                halted = False
            except HaltServer:
                if not self._halting and not self._serves():
                    self._halting = True  # it buries the others, who cannot start either
                    raise
        gone = before.keys() - self.WORKERS.keys() - self.leaving
        self._has_served = self._has_served or any(_said(before[pid]) for pid in gone)
        if any(not _said(before[pid]) for pid in gone) and not self._halting:
            self._cannot_start()

    def _cannot_start(self) -> None:
        if not self._has_served and not self.WORKERS:
            self._halting = True
            raise HaltServer("no worker could start", self.WORKER_BOOT_ERROR)
        others = "the previous workers keep serving" if self._serves() else "retrying"
        self.log.error("a new worker cannot start: %s", others)
        self.renews.clear()
        self.not_before = monotonic() + self.pause
        self.pause = min(2 * self.pause, _LONGEST)

    def stop(self, graceful: bool = True) -> None:  # gunicorn's name
        """End all workers; that one dies meanwhile is no news."""
        self._halting = True
        super().stop(graceful)

    def _serves(self) -> bool:
        return any(_said(worker) for pid, worker in self.WORKERS.items() if pid not in self.leaving)


def _said(worker: Any) -> int:
    """What a worker has said; one that is not ours serves at once."""
    word: Word | None = getattr(worker, "word", None)
    return _SERVES if word is None else word.said
