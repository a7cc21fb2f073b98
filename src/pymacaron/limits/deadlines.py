"""`x-timeout-ms`: the caller has an answer in time, whatever the function does.

The function runs in a thread of its own, with the call's context. When the time is up, 504 is answered, and the thread
runs on until the function ends: nothing can stop it in Python. What it uses of ours does stop: clients, stores and
tasks see the deadline of the call. An `async def` function is cancelled.
"""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from pymacaron._types import Handler
from pymacaron.bodies import close
from pymacaron.calls import current
from pymacaron.exceptions import DeadlineExceededError
from pymacaron.loops import run

log = logging.getLogger(__name__)
_IDLE = 30.0  # seconds after which a thread that has nothing to do ends
KEY = "x-timeout-ms"


def in_time(function: Handler, seconds: float, title: str) -> Handler:
    """The function, whose result is there when the deadline of its call has come, or DeadlineExceededError is raised.

    Args:
        seconds: that it may take where its call has no deadline.
        title: of the operation, for the log.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        until = _deadline(seconds)
        job = _Job(title, lambda: function(*args, **kwargs))
        _threads.start(job)
        return job.wait(until)

    return call


def awaited(function: Handler, seconds: float) -> Handler:
    """The function; if it is an `async def` one, run to its end here, or cancelled when the deadline has come."""

    def call(*args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        return run(_cancelled(result, _deadline(seconds))) if inspect.iscoroutine(result) else result

    return call


def _deadline(seconds: float) -> float:
    call = current.get()
    return monotonic() + seconds if call is None or call.deadline is None else call.deadline


async def _cancelled(coroutine: Coroutine[Any, Any, Any], until: float) -> Any:
    """The result of a coroutine, which is cancelled when the deadline has come."""
    import asyncio  # for services that have such functions

    async with asyncio.timeout(until - monotonic()) as limit:
        try:
            return await coroutine
        except asyncio.CancelledError:
            if limit.expired():
                raise _too_late() from None
            raise


def _too_late() -> DeadlineExceededError:
    return DeadlineExceededError("The operation did not answer within its time limit")


class _Job:
    """One call of a function: run by one thread, waited for by another, which may give up."""

    def __init__(self, title: str, work: Callable[[], Any]) -> None:
        self._title, self._work = title, work
        self._context = copy_context()
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._given_up = False
        self._result: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Do the work, in its thread; not if its time was up before."""
        with self._lock:
            given_up = self._given_up
        if given_up:
            return
        began = monotonic()
        try:
            self._result = self._context.run(self._work)
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
            self._error = error
        with self._lock:
            self._done.set()
            given_up = self._given_up
        if given_up:
            self._end(monotonic() - began)

    def wait(self, until: float) -> Any:
        """The result, at the latest at a time of time.monotonic().

        Raises:
            DeadlineExceededError: it is not there then.
            BaseException: what the work has raised.
        """
        if not self._done.wait(max(0.0, until - monotonic())):
            with self._lock:
                self._given_up = not self._done.is_set()
            if self._given_up:
                raise _too_late()
        error, self._error = self._error, None  # an error holds the frames that hold the job
        if error is not None:
            raise error
        return self._result

    def _end(self, seconds: float) -> None:
        """Tell what became of the work that nobody waits for any more."""
        how = "ended" if self._error is None else f"raised {type(self._error).__name__}"
        log.warning("%s: the function %s after %.1f s; its caller had got 504 before", self._title, how, seconds)
        if inspect.isgenerator(self._result) or hasattr(self._result, "read"):
            close(self._result)


class _Threads:
    """Threads that do jobs: as many as there are at once. One that has long had nothing to do ends."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[SimpleQueue[_Job]] = []  # the one that was busy last comes last, and is taken first

    def start(self, job: _Job) -> None:
        with self._lock:
            inbox = self._idle.pop() if self._idle else None
        if inbox is None:
            inbox = SimpleQueue()
            threading.Thread(target=self._live, args=(inbox,), name="pymacaron-in-time", daemon=True).start()
        inbox.put(job)

    def _live(self, inbox: SimpleQueue[_Job]) -> None:
        job = self._next(inbox)
        while job is not None:
            job.run()
            del job  # it holds what the call had
            with self._lock:
                self._idle.append(inbox)
            job = self._next(inbox)

    def _next(self, inbox: SimpleQueue[_Job]) -> _Job | None:
        """What is to be done; None if the thread is to end."""
        while True:
            try:
                return inbox.get(timeout=_IDLE)
            except Empty:
                with self._lock:
                    if inbox in self._idle:  # else somebody has just taken it, and will put something in
                        self._idle.remove(inbox)
                        return None


_threads = _Threads()
