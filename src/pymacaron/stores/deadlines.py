"""The deadline of the call that a store works for (`x-timeout-ms`, `PymDeadlineMs`): from then on nothing is begun, and
what runs is stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextvars import Context
from math import inf
from time import monotonic
from typing import TypeVar

from pymacaron.calls import current
from pymacaron.exceptions import DeadlineExceededError

_T = TypeVar("_T")
_MOST = 256  # items that are looked at between two looks at the clock


def deadline() -> float | None:
    """Until when the store may work, by time.monotonic(); None: for as long as it takes.

    Raises:
        DeadlineExceededError: that is over.
    """
    call = current.get()
    if call is None or call.deadline is None:
        return None
    if monotonic() >= call.deadline:
        raise DeadlineExceededError("The deadline of the call has passed: the store is not asked any more")
    return call.deadline


def left(most: float = inf) -> float:
    """Seconds that are left, `most` at the most; 0.0 if the time is over."""
    call = current.get()
    return most if call is None or call.deadline is None else max(0.0, min(most, call.deadline - monotonic()))


def too_late() -> DeadlineExceededError:
    """What to raise where the store was stopped in the middle."""
    return DeadlineExceededError("The store did not answer before the deadline of the call")


def in_time(items: Iterable[_T]) -> Iterable[_T]:
    """Items, given one by one until the time is over; then DeadlineExceededError is raised."""
    return items if deadline() is None else _in_time(items)


def _in_time(items: Iterable[_T]) -> Iterator[_T]:
    for number, item in enumerate(items):
        if not number % _MOST and not left():
            raise too_late()
        yield item


def unhurried() -> Context:
    """Where a store has all the time that it needs: what is done in `unhurried().run()` is part of no call."""
    return Context()
