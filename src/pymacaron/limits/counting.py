"""How often somebody has called lately, counted in this process.

Each caller has one number: when the calls made so far would be used up if they came evenly (the generic cell rate
algorithm, ITU-T I.371). So a caller may use the whole allowance at once, and gets it back bit by bit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import NamedTuple, Protocol

from pymacaron.rates import Rate


class Count(NamedTuple):
    """What counting a call has found.

    Attributes:
        allowed: whether the caller may make it.
        left: how many more may be made at once.
        wait: seconds until there is room for one; 0.0 if there is.
        reset: seconds until the whole allowance is there again.
    """

    allowed: bool
    left: int
    wait: float
    reset: float


class Counter(Protocol):
    """Counts calls."""

    def count(self, key: str, rate: Rate) -> Count:
        """Count a call of the one that `key` stands for; one that is not allowed does not count."""


def after(rate: Rate, ahead: float) -> Count:
    """What to tell of a call: `ahead` are the seconds in which the calls made before it would be used up."""
    step = rate.seconds / rate.calls
    room = rate.seconds - ahead
    if room < step * (1 - 1e-9):
        return Count(False, 0, step - room, ahead)
    return Count(True, int((room - step) / step + 1e-6), 0.0, ahead + step)


class OwnCounter:
    """Counts in memory: what other processes of the service count is not known."""

    _MOST = 100_000  # callers; above it, those who have their whole allowance again are forgotten

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._used: dict[str, float] = {}
        self._lock = threading.Lock()

    def count(self, key: str, rate: Rate) -> Count:
        now = self._clock()
        with self._lock:
            ahead = max(0.0, self._used.get(key, 0.0) - now)
            count = after(rate, ahead)
            if count.allowed:
                self._used[key] = now + count.reset
                if len(self._used) > self._MOST:
                    self._forget(now)
        return count

    def _forget(self, now: float) -> None:
        self._used = {key: until for key, until in self._used.items() if until > now}
        if len(self._used) > self._MOST * 3 // 4:  # or the next calls would look again, each of them
            # without those who come soonest to their allowance again
            kept = sorted(self._used.items(), key=lambda entry: entry[1])[-(self._MOST // 2) :]
            self._used = dict(kept)
