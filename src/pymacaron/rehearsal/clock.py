"""The time of a rehearsal, and what is due in it."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count


class Clock:
    """The wall's clock, which can be put forward; or, given `start`, one that stands still but for `step` seconds at
    each call, so that a rehearsal goes the same way each time. What is to happen later happens when someone looks, and
    finds the time at which it was due."""

    def __init__(self, *, start: datetime | None = None, step: float = 0.0) -> None:
        self._start = start or datetime.now(UTC)
        self._origin = None if start else time.monotonic()
        self._ahead = 0.0  # seconds
        self._happening: datetime | None = None
        self.step = step
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def now(self) -> datetime:
        if self._happening:
            return self._happening
        passed = 0.0 if self._origin is None else time.monotonic() - self._origin
        return self._start + timedelta(seconds=passed + self._ahead)

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """An action that repeats itself has to leave some time in between."""
        heapq.heappush(self._due, (self.now() + timedelta(seconds=seconds), next(self._order), action))

    def advance(self, seconds: float) -> None:
        self._ahead += seconds
        self._settle()

    def tick(self) -> None:
        """A call comes in: a clock that stands still makes its step, and what is due happens."""
        self.advance(self.step)

    def _settle(self) -> None:
        until = self.now()
        while self._due and self._due[0][0] <= until:
            self._happening, _, action = heapq.heappop(self._due)
            try:
                action()
            finally:
                self._happening = None
