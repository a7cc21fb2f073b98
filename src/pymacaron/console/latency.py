"""How long calls take: counted in classes that are a fifth wider each, so that nothing grows with the calls."""

from __future__ import annotations

from collections import deque
from math import log2

from pymacaron._types import JsonObject

_FINE = 4  # classes in which times double
_LEAST = 2**-4  # milliseconds; the first class has all that is quicker
_CLASSES = 21 * _FINE  # up to two minutes; the last one has all that is slower
SLOT, _SLOTS = 5, 120  # seconds that a point of the plot over time stands for; ten minutes of them


class Times:
    """Times of calls.

    Attributes:
        counts: by class; class i has times from `_LEAST` * 2**(i / 4) milliseconds on.
        slowest: milliseconds.
    """

    __slots__ = ("count", "counts", "slowest")

    def __init__(self) -> None:
        self.count = 0
        self.counts = [0] * _CLASSES
        self.slowest = 0.0

    def add(self, ms: float) -> None:
        self.count += 1
        self.slowest = max(self.slowest, ms)
        at = int(_FINE * log2(ms / _LEAST)) if ms > _LEAST else 0
        self.counts[at if at < _CLASSES else -1] += 1

    def to_json(self) -> JsonObject:
        """The classes that have something in them, as pairs."""
        return {
            "count": self.count, "slowest": round(self.slowest, 3),
            "classes": [[at, count] for at, count in enumerate(self.counts) if count],
        }  # fmt: skip


class Figures:
    """What is counted of an operation, or of a task.

    Attributes:
        refused: answers from 400 to 499.
        failed: answers from 500 on, and such as broke off.
        last: when it was called, seconds since 1970.
        number: of the last thing that happened to it.
    """

    __slots__ = ("failed", "last", "number", "refused", "times")

    def __init__(self) -> None:
        self.refused = self.failed = self.number = 0
        self.last = 0.0
        self.times = Times()

    def add(self, status: int, ms: float, *, complete: bool) -> None:
        self.times.add(ms)
        if status >= 500 or not complete:
            self.failed += 1
        elif status >= 400:
            self.refused += 1


class Course:
    """How many calls there were lately, and how long they took, by the time of the day."""

    def __init__(self) -> None:
        self._slots: deque[tuple[int, Figures]] = deque(maxlen=_SLOTS)

    def add(self, now: float, status: int, ms: float, *, complete: bool) -> None:
        at = int(now) // SLOT
        if not self._slots or self._slots[-1][0] < at:
            self._slots.append((at, Figures()))
        self._slots[-1][1].add(status, ms, complete=complete)

    def to_json(self, now: float) -> list[JsonObject]:
        """The points that are not too old, with the time at which each begins."""
        oldest = int(now) // SLOT - _SLOTS
        return [
            {"at": at * SLOT, "failed": figures.failed, "refused": figures.refused, **figures.times.to_json()}
            for at, figures in list(self._slots) if at > oldest
        ]  # fmt: skip
