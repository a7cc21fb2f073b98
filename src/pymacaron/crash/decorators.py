"""Decorators that have functions reported which are no operations, or that are slow on purpose."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from math import inf
from time import perf_counter
from typing import Any, TypeVar

from pymacaron.calls import current, note_failure

from .reporting import is_off, log, tell

Function = TypeVar("Function", bound=Callable[..., Any])


def name_of(function: Any) -> str:
    return f"{function.__module__}.{getattr(function, '__qualname__', type(function).__name__)}"


def crash_handler(function: Function) -> Function:
    """Have a Flask route's crashes and slow calls reported as those of operations are. Around any other function, an
    exception that leaves it is reported."""
    name = name_of(function)

    @wraps(function)
    def watched(*args: Any, **more: Any) -> Any:
        call = current.get()
        if call is not None and not call.function:
            call.function = name
        try:
            return function(*args, **more)
        except Exception as error:
            if call is None:
                _tell_crash(name, error)
            else:
                note_failure(error)
            raise

    return watched  # type: ignore[return-value]  # the same to call


def _tell_crash(name: str, error: BaseException) -> None:
    if not is_off():
        title = f"{type(error).__name__}: {error}"
        _quietly("error", ("crash", name, type(error)), function=name, title=title, caught=error, is_fatal=True)


def report_slow(max_ms: float) -> Callable[[Function], Function]:
    """Report calls of a function that take longer than `max_ms` milliseconds. For the function of an operation, that
    is its limit instead of `report_call_exceeding_ms`."""

    def decorate(function: Function) -> Function:
        name = name_of(function)

        @wraps(function)
        def timed(*args: Any, **more: Any) -> Any:
            call = current.get()
            if call is not None and call.function == name:
                call.slow_ms = inf
            began = perf_counter()
            try:
                return function(*args, **more)
            finally:
                seconds = perf_counter() - began
                if seconds * 1000 > max_ms and not is_off():
                    _quietly("slow", (name, "slow"), function=name, seconds=seconds, limit_ms=max_ms)

        return timed  # type: ignore[return-value]  # the same to call

    return decorate


def _quietly(kind: str, key: tuple[object, ...], **event: Any) -> None:
    try:
        tell(kind, key, sys._getframe(2), **event)
    except Exception:  # noqa: BLE001 - a report must not break what it reports of
        log.exception("a report could not be made")
