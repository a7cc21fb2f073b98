"""A task is run, in a process of a worker that has nothing else to do meanwhile."""

from __future__ import annotations

import inspect
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from time import perf_counter, sleep, time
from types import FrameType
from typing import Any

from billiard.exceptions import SoftTimeLimitExceeded

from pymacaron import crash
from pymacaron._types import JsonObject
from pymacaron.calls import Exchange, current, tracing
from pymacaron.config import get_config
from pymacaron.exceptions import (
    DeadlineExceededError,
    ItemRefusedError,
    ItemTooLargeError,
    PyMacaronException,
    QueueUnavailableError,
    ServiceUnavailableError,
    TaskCancelledError,
    spare_the_worker,
)
from pymacaron.loops import awaited

from .brokers import DEFAULT
from .carrying import TaskCall
from .declared import Task, tasks
from .delivering import deliver
from .process import is_worker, process
from .standing import CANCELLED, DONE, ENDED, FAILED, QUEUED, RUNNING, failure_of, new_standing, standings
from .travelling import pack, unpack

log = logging.getLogger(__name__)

_MOST_DEATHS = 5  # workers that may die of a task before it counts as failed
_UNKNOWN, _MOST_UNKNOWN = 5.0, 120  # seconds until a task that is not known here is looked at again, and how often
_LONGEST_PAUSE = 3600.0  # seconds between two tries
_MOST_DOUBLED = 60  # what a pause is doubled; beyond it numbers grow, and pauses do not
_WATCHED = 1.0  # seconds between two looks at whether a task that runs is still wanted
_INSISTING = 30.0  # seconds that one tries to tell how a task has ended
_STOP = signal.SIGUSR2


class Interrupted(BaseException):
    """Ends a function whose task has been cancelled. No Exception, so that functions do not catch it by accident."""


class ProcessEnding(BaseException):
    """Ends a function whose worker does not wait for it any longer. The task is left to other workers."""


class PutBack(Exception):
    """The task is to be run later, and its message has to stay with the broker."""


def run_task(task_id: str, message: JsonObject) -> None:
    """Run what a message asks for, and remember how it ended. Never raises what the task did.

    Raises:
        PutBack: it cannot be run now.
    """
    try:
        _run(task_id, message)
    except QueueUnavailableError as error:
        log.error("task %s: %s; it stays in the queue", message["task"], error)
        sleep(1)
        raise PutBack from error


def _run(task_id: str, message: JsonObject) -> None:
    if message.get("due", 0) > time() + 1:  # further away than a worker holds a task
        _again(task_id, message, message["due"])
        return
    standing, task = standings().of(task_id), tasks.get(message["task"])
    has_ended = standing["state"] in ENDED  # its worker died before it could say so, or it was cancelled
    if task is None and not has_ended:
        _unknown(task_id, message)
        return
    if "unique" in message:
        standings().release_own(message["unique"], task_id)
    if task is None or has_ended:
        if standing["state"] == CANCELLED:
            standings().note(task_id, new_standing(CANCELLED))
        return
    deaths = standing.get("deaths", 0) if standing["state"] == RUNNING else -1
    if deaths + 1 >= _MOST_DEATHS:
        lost = ServiceUnavailableError(f"{_MOST_DEATHS} workers have died while running the task")
        end_with(task_id, message, lost)
        return
    standings().note(task_id, new_standing(RUNNING, deaths=deaths + 1))
    _Attempt(task_id, task, message).run()


def _unknown(task_id: str, message: JsonObject) -> None:
    """A task that this worker does not know is for one that is newer, or older: it waits for a while."""
    seen = message["unknown"] = message.get("unknown", 0) + 1
    if seen > _MOST_UNKNOWN:
        end_with(task_id, message, ServiceUnavailableError("no worker has a task of this name"))
        return
    if seen == 1:
        log.warning("no task here is called %s: it stays queued for a worker that has it", message["task"])
    _again(task_id, message, time() + _UNKNOWN)


def _again(task_id: str, message: JsonObject, due: float) -> None:
    """Queue a task once more, under its own id."""
    task = tasks.get(message["task"])
    options = task.options if task is not None else None
    limit = (options.max_seconds if options else None) or get_config().async_max_seconds
    deliver(task_id, message, queue=message.get("queue", DEFAULT), due=due, seconds=limit)


def end_with(task_id: str, message: JsonObject, error: BaseException, seconds: float = 0) -> None:
    """Let a task have failed, and tell everybody."""
    call = TaskCall(task_id, message["task"], message["call"])
    call.began = perf_counter() - seconds
    call.failure = error
    outer = current.set(call)
    try:
        _insist(task_id, new_standing(FAILED, error=failure_of(error)))
        _tell(call)
    finally:
        current.reset(outer)


class _Attempt:
    """One run of a task."""

    def __init__(self, task_id: str, task: Task[..., Any], message: JsonObject) -> None:
        self.id, self.task, self.message = task_id, task, message
        self.call = TaskCall(task_id, task.name, message["call"], task.options.max_seconds)
        self.call.operation = task.operation

    def run(self) -> None:
        outer = current.set(self.call)
        spans = tracing()
        try:
            with process.surroundings(), nullcontext() if spans is None else spans.running(self.call, self.task.name):
                standing = self._outcome()
                ms = round((perf_counter() - self.call.began) * 1000, 3)
                self._end({**standing, "ms": ms, "tries": self.message.get("tries", 0)})
            _tell(self.call)
        except ProcessEnding:
            self._leave()
        finally:
            current.reset(outer)

    def _leave(self) -> None:
        """End this process, and with it the hold on the task: its message is still with the broker."""
        log.warning("task %s goes to another worker, because this one is shutting down", self.task.name)
        try:
            standings().note(self.id, new_standing(QUEUED))
        except QueueUnavailableError as error:  # then it counts as one that its worker has died of
            log.warning("task %s: %s", self.task.name, error)
        crash.flush(1)
        os._exit(0)

    def _outcome(self) -> JsonObject:
        """How the function has ended."""
        try:
            with _watched(self.id), _interruptible():
                result = self._called()
            if isinstance(result, PyMacaronException):
                raise result
            return new_standing(DONE, result=pack(result, f"the result of {self.task.name}"))
        except ProcessEnding:
            raise
        except Interrupted:
            self.call.failure = TaskCancelledError("the task was cancelled")
            return new_standing(CANCELLED)
        except SoftTimeLimitExceeded as error:
            limit = self.task.options.max_seconds or get_config().async_max_seconds
            self.call.failure = DeadlineExceededError(f"the task took longer than the {limit:g} s that it may take")
            self.call.failure.__traceback__ = error.__traceback__
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker goes on
            self.call.failure = error
        except BaseException as error:  # noqa: BLE001 - sys.exit() in a task ends no worker
            self.call.failure = _spared(error, self.task.name)
        return new_standing(FAILED, error=failure_of(self.call.failure))

    def _called(self) -> Any:
        function: Any = self.task.function
        if inspect.iscoroutinefunction(function):
            function = awaited(function)
        args = [unpack(value) for value in self.message["args"]]
        kwargs = {name: unpack(value) for name, value in self.message["kwargs"].items()}
        return function(*args, **kwargs)

    def _end(self, standing: JsonObject) -> None:
        """Remember how it ended, or let it be run again."""
        tries, options = self.message.get("tries", 0), self.task.options
        if standing["state"] != FAILED or tries >= options.max_retries:
            self._ended(standing)
            return
        pause = min(options.backoff * 2 ** min(tries, _MOST_DOUBLED), _LONGEST_PAUSE)
        told = "task %s failed: %s; retrying in %g s (attempt %d of %d)"
        failure = type(self.call.failure).__name__
        log.warning(told, self.task.name, failure, pause, tries + 2, options.max_retries + 1)
        self.message["tries"] = tries + 1
        standings().note(self.id, new_standing(QUEUED, tries=tries + 1))
        _again(self.id, self.message, time() + pause)
        self.call.failure = None  # nothing to report yet

    def _ended(self, standing: JsonObject) -> None:
        try:
            _insist(self.id, standing)
        except (ItemTooLargeError, ItemRefusedError) as error:  # it has a result that the records do not keep
            self.call.failure = error
            _insist(self.id, new_standing(FAILED, error=failure_of(error)))


def _spared(error: BaseException, name: str) -> BaseException:
    try:
        spare_the_worker(error, f"the task {name}")
    except RuntimeError as instead:
        return instead
    raise error  # Ctrl-C


def _insist(task_id: str, standing: JsonObject) -> None:
    """Remember how a task has ended, and try again if that cannot be done at once: else it would be run again."""
    until, pause = time() + _INSISTING, 0.1
    while True:
        try:
            standings().note(task_id, standing)
        except QueueUnavailableError:
            if time() + pause > until:
                raise
            sleep(pause)
            pause *= 2
        else:
            return


def _tell(call: TaskCall) -> None:
    """Tell those who listen to calls."""
    failure, seconds = call.failure, perf_counter() - call.began
    status = 200
    if isinstance(failure, TaskCancelledError):
        status = failure.status
    elif failure is not None:  # nobody is there who could be told that it was a fault of his
        status = failure.status if isinstance(failure, PyMacaronException) and failure.status >= 500 else 500
    exchange = Exchange(call, "TASK", None, status, [], b"", 0, seconds, seconds, True)
    for listener in process.listeners:
        listener(exchange)


# Ending: a worker that does not wait any longer sends SIGTERM to its processes.

_running: list[bool] = []  # has an item while a function runs that may be interrupted


def _ended(_number: int, _frame: FrameType | None) -> None:
    if _running:
        raise ProcessEnding
    os._exit(0)


@contextmanager
def _interruptible() -> Iterator[None]:
    if is_worker() and signal.getsignal(signal.SIGTERM) is not _ended:  # Celery sets its own when a process begins
        signal.signal(signal.SIGTERM, _ended)
    _running.append(True)
    try:
        yield
    finally:
        _running.clear()


# Cancelling: a thread looks every now and then whether the task that runs is still wanted.


class _Watch(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="cancelled tasks", daemon=True)
        self.running: str | None = None
        self._unwanted: str | None = None
        self._main = threading.main_thread().ident
        signal.signal(_STOP, self._interrupt)

    def run(self) -> None:
        before: str | None = None
        while True:
            sleep(_WATCHED)
            now = self.running
            if now is not None and now == before and self._is_unwanted(now):
                assert self._main is not None
                self._unwanted = now
                signal.pthread_kill(self._main, _STOP)
            before = now

    @staticmethod
    def _is_unwanted(task_id: str) -> bool:
        try:
            return standings().is_stopped(task_id)
        except QueueUnavailableError:
            return False

    def _interrupt(self, _number: int, _frame: FrameType | None) -> None:
        # nothing is asked of the records here: what is interrupted may have their locks
        if self.running is not None and self.running == self._unwanted:
            self.running = None  # once
            raise Interrupted


_watch: _Watch | None = None


@contextmanager
def _watched(task_id: str) -> Iterator[None]:
    """Let a task be interrupted when it is cancelled."""
    global _watch  # noqa: PLW0603 - one for the process
    if not is_worker() or threading.current_thread() is not threading.main_thread():  # no signal may interrupt it
        yield
        return
    if _watch is None or not _watch.is_alive():
        _watch = _Watch()
        _watch.start()
    _watch.running = task_id
    try:
        yield
    finally:
        _watch.running = None
