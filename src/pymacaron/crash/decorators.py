"""Decorators that have functions reported which are no operations, or that are slow on purpose."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import wraps
from math import inf
from time import perf_counter
from typing import Any, TypeVar

from pymacaron.calls import current, note_failure

from .kinds import error_key
from .reporting import is_off, log, reporting

Function = TypeVar("Function", bound=Callable[..., Any])


def crash_handler(function: Function) -> Function:
    """A decorator for Flask routes: their crashes and slow calls are reported as those of operations are.

    On any other function, it reports exceptions and raises them again.
    """
    name = _name_of(function)

    @contextmanager
    def watched() -> Iterator[None]:
        call = current.get()
        if call is not None and not call.function:
            call.function = name
        try:
            yield
        except Exception as error:
            if call is None:
                _tell(("crash", name, error_key(error)), kind="error", function=name, caught=error, is_fatal=True)
            else:
                note_failure(error)
            raise

    return _around(function, watched)


def report_slow(max_ms: float) -> Callable[[Function], Function]:
    """A decorator: calls of the function that take longer than `max_ms` milliseconds are reported.

    For the function of an operation, the limit replaces `report_call_exceeding_ms`.
    """

    def decorate(function: Function) -> Function:
        name = _name_of(function)

        @contextmanager
        def timed() -> Iterator[None]:
            call = current.get()
            if call is not None and call.function == name:
                call.slow_ms = inf
            began = perf_counter()
            try:
                yield
            finally:
                seconds = perf_counter() - began
                if seconds * 1000 > max_ms:
                    _tell((name, "slow"), kind="slow", function=name, seconds=seconds, limit_ms=max_ms)

        return _around(function, timed)

    return decorate


def _around(function: Function, watch: Callable[[], AbstractContextManager[None]]) -> Function:
    """The function, plain or async, watched."""
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*args: Any, **more: Any) -> Any:
            with watch():
                return await function(*args, **more)

        return awaited  # type: ignore[return-value]  # the same to call

    @wraps(function)
    def called(*args: Any, **more: Any) -> Any:
        with watch():
            return function(*args, **more)

    return called  # type: ignore[return-value]  # the same to call


def _name_of(function: Any) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', type(function).__name__)}"


def _tell(key: tuple[object, ...], **event: Any) -> None:
    try:
        if not is_off():
            reporting().tell(key, event)
    except Exception:  # noqa: BLE001 - a report must not break what it reports of
        log.exception("a report could not be made")
