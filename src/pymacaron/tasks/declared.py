"""`@asynctask`: functions that are run later, by a worker."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import update_wrapper
from inspect import signature
from time import time
from typing import Any, Generic, ParamSpec, TypeVar, overload

from pymacaron._types import JsonObject
from pymacaron.calls import Departure, current, onlookers
from pymacaron.config import get_config
from pymacaron.exceptions import QueueUnavailableError, TasksOffError
from pymacaron.operations import Operation

from .brokers import DEFAULT
from .carrying import carried_call
from .delivering import deliver
from .handles import Handle
from .process import is_worker, process
from .standing import ENDED, FARTHEST, standings
from .travelling import pack

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")
_HELD = 30.0  # seconds that a claim lasts whose owner has died before it could queue the task
_UNIQUE = 7 * 86400.0  # seconds that a task which is unique may wait, beyond its delay

# Every task of this process, by name.
tasks: dict[str, Task[..., Any]] = {}


class Options:
    """How a task is run.

    Attributes:
        delay: seconds before it is run, unless it is fired with others.
        max_retries: how often it is run again after a failure.
        backoff: seconds before the first of these runs; each of the others waits twice as long as the one before.
        max_seconds: that it may take; None: as the configuration says.
        unique: is it queued once only while it waits with the same arguments?
        queue: the name of the queue it waits in.
        every: seconds between two runs that nobody has to fire; None: there are none.
    """

    __slots__ = ("backoff", "delay", "every", "max_retries", "max_seconds", "queue", "unique")

    def __init__(
        self, *, delay: float = 0, max_retries: int = 0, backoff: float = 1, max_seconds: float | None = None,
        unique: bool = False, queue: str = DEFAULT, every: float | timedelta | None = None,
    ) -> None:  # fmt: skip
        self.delay = _seconds(delay, "delay")
        self.max_retries = _count(max_retries, "max_retries")
        self.backoff = _seconds(backoff, "backoff")
        self.max_seconds = None if max_seconds is None else _above_zero(max_seconds, "max_seconds")
        self.unique = unique
        self.queue = _name(queue)
        self.every = None if every is None else _above_zero(every, "every")


class Task(Generic[_Arguments, _Result]):
    """A function that a worker runs.

    Attributes:
        name: the name under which workers know it, "shop.mails.send_welcome".
        function: the function that is run.
        operation: the operation of a document, if the task implements one.
    """

    operation: Operation | None = None

    __wrapped__: Callable[_Arguments, _Result]

    def __init__(self, function: Callable[_Arguments, _Result], options: Options, name: str | None = None) -> None:
        update_wrapper(self, function)
        self.function = function
        self.options = options
        self.name = name or _name_of(function)
        self._signature = signature(function)
        tasks[self.name] = self

    def __call__(self, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Any:
        """Fire it, as `fire` does; inside of a worker, run it here and now."""
        return self.function(*args, **kwargs) if is_worker() else self.fire(*args, **kwargs)

    def fire(self, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Handle[_Result]:
        """Queue the task, and return at once.

        Raises:
            TypeError: the function does not take these arguments.
            TaskValueError: one of them cannot be passed to a worker. It is a TypeError too.
            TasksOffError: tasks are not turned on in this service.
            QueueUnavailableError: the broker did not accept the task (callers get a 503).
            DeadlineExceededError: the time for an answer to the request that fires it has passed.
        """
        return self._fire(args, kwargs, self.options.delay)

    def fire_as(self, task_id: str, args: Any, kwargs: Any) -> Handle[_Result]:
        """Fire the task with an id that you choose."""
        return self._fire(args, kwargs, self.options.delay, task_id)

    def fire_in(self, seconds: float, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Handle[_Result]:
        """Queue the task, to be run in so many seconds. Otherwise like `fire`."""
        return self._fire(args, kwargs, _seconds(seconds, "fire_in"))

    def fire_at(self, when: datetime, /, *args: _Arguments.args, **kwargs: _Arguments.kwargs) -> Handle[_Result]:
        """Queue the task, to be run at this time, which needs a time zone. Otherwise like `fire`."""
        if when.tzinfo is None:
            raise ValueError(
                "fire_at takes a datetime with a time zone, such as datetime.now(UTC) + timedelta(hours=1)"
            )
        return self._fire(args, kwargs, _seconds(max(0.0, when.timestamp() - time()), "the time until fire_at"))

    def _fire(self, args: Any, kwargs: Any, seconds: float, task_id: str | None = None) -> Handle[_Result]:
        if not get_config().with_async and process.here is None:
            raise TasksOffError(
                f"{self.name} cannot be fired: tasks are off; write `with_async: true` into pym-config.yaml, and "
                "install pymacaron[async]"
            )
        try:
            self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}") from None
        message: JsonObject = {
            "task": self.name,
            "args": [pack(value, f"{self.name}: argument {at + 1}") for at, value in enumerate(args)],
            "kwargs": {name: pack(value, f"{self.name}: argument {name!r}") for name, value in kwargs.items()},
            "call": carried_call(self.name, is_answered=self.operation is not None),
        }
        task_id = task_id or os.urandom(16).hex()
        if self.options.unique:
            return self._fire_once(task_id, message, seconds)
        self.send(task_id, message, seconds)
        return Handle(task_id)

    def _fire_once(self, task_id: str, message: JsonObject, seconds: float) -> Handle[_Result]:
        """Queue it, unless it waits with the same arguments; whichever of the two waits now."""
        said = json.dumps([message["args"], message["kwargs"]], sort_keys=True)
        key = message["unique"] = f"unique:{self.name}:{hashlib.sha256(said.encode()).hexdigest()}"
        waiting = standings().claim(key, task_id, _HELD)
        if waiting is not None and standings().of(waiting)["state"] in ENDED:  # it was cancelled: it waits for nothing
            standings().release_own(key, waiting)
            waiting = standings().claim(key, task_id, _HELD)
        if waiting is not None:
            return Handle(waiting)
        try:
            self.send(task_id, message, seconds)
        except BaseException:
            standings().release(key)
            raise
        with suppress(QueueUnavailableError):  # the task is queued, whoever else may be
            standings().keep(key, task_id, seconds + _UNIQUE)
        return Handle(task_id)

    def send(self, task_id: str, message: JsonObject, seconds: float = 0) -> None:
        """Hand a message of this task to the broker, to be run in so many seconds."""
        if self.options.queue != DEFAULT:
            message["queue"] = self.options.queue  # for a worker that does not know the task
        due = time() + seconds if seconds > 0 else None
        limit = self.options.max_seconds or get_config().async_max_seconds
        if onlookers:  # before it is run, which may be at once
            for look in onlookers:
                look(Departure(current.get(), self.name, task_id, True, 0.0))
        deliver(task_id, message, queue=self.options.queue, due=due, seconds=limit)

    def __repr__(self) -> str:
        return f"<asynctask {self.name}>"


@overload
def asynctask(function: Callable[_Arguments, _Result], /) -> Task[_Arguments, _Result]: ...
@overload
def asynctask(
    *, delay: float = 0, max_retries: int = 0, backoff: float = 1, max_seconds: float | None = None,
    unique: bool = False, queue: str = DEFAULT, every: float | timedelta | None = None,
) -> Callable[[Callable[_Arguments, _Result]], Task[_Arguments, _Result]]: ...  # fmt: skip
def asynctask(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a function, plain or async, a task: `@asynctask`, or `@asynctask(delay=5, max_retries=3)`.

    The options are `delay`, `max_retries`, `backoff`, `max_seconds`, `unique`, `queue` and `every`.

    Raises:
        TypeError: there is no such option.
        ValueError: the value of an option is not valid.
    """
    made = Options(**options)
    if function is not None:
        return Task(function, made)
    return lambda function: Task(function, made)


def _name_of(function: Callable[..., Any]) -> str:
    module = function.__module__
    if module == "__main__":  # a worker imports the same file by its name
        module = os.path.splitext(os.path.basename(function.__code__.co_filename))[0]
    return f"{module}.{function.__qualname__}"


def _seconds(value: float, what: str) -> float:
    if type(value) not in {int, float} or not 0 <= value <= FARTHEST:
        raise ValueError(f"asynctask: {what} has to be a number from 0 to {FARTHEST:.0f}, the seconds of a year")
    return value


def _count(value: int, what: str) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"asynctask: {what} has to be a whole number, 0 or more")
    return value


def _above_zero(value: float | timedelta, what: str) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else value
    if not _seconds(seconds, what):
        raise ValueError(f"asynctask: {what} has to be more than 0")
    return float(seconds)


def _name(queue: str) -> str:
    if (
        type(queue) is not str
        or not 0 < len(queue) <= 30
        or not all(char.isascii() and (char.isalnum() or char in "-_") for char in queue)
    ):
        raise ValueError("asynctask: queue has to be up to 30 letters, digits, - or _, which every broker takes")
    return queue
