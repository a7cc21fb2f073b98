"""Crashes that are equal: the first of a kind is told at once, the others are counted until the window ends."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from time import monotonic, time

from pymacaron.answers import BrokenPromise
from pymacaron.calls import Exchange
from pymacaron.exceptions import PyMacaronException


class Kind:
    """One kind of crash.

    Attributes:
        more: how many came after the one that was told.
        until: when the window ends, in the seconds of the clock.
        first: when the window began, in seconds since 1970.
        told: title and message of the report, once it is made.
    """

    __slots__ = ("first", "more", "told", "until")

    def __init__(self, until: float) -> None:
        self.more = 0
        self.until = until
        self.first = time()
        self.told: tuple[str, str] | None = None


class Kinds:
    """All kinds of the current windows.

    Args:
        window: seconds.
        most: so many kinds are told in one window; those that come after are counted as one, "any other".
    """

    OTHER = "any other kind"

    def __init__(self, window: float, *, most: int = 50, clock: Callable[[], float] = monotonic) -> None:
        self.window = window
        self._most = most
        self._clock = clock
        self._kinds: dict[Hashable, Kind] = {}
        self.lock = Lock()

    def new(self, key: Hashable) -> Kind | None:
        """The kind if it is to be told now; else one more is counted."""
        with self.lock:
            kind = self._kinds.get(key)
            if kind is None:
                return self._first(key)
            kind.more += 1
            return None

    def _first(self, key: Hashable) -> Kind | None:
        if len(self._kinds) >= self._most:
            key = self.OTHER
            if key in self._kinds:
                self._kinds[key].more += 1
                return None
        kind = self._kinds[key] = Kind(self._clock() + self.window)
        return kind

    def is_other(self, kind: Kind) -> bool:
        return self._kinds.get(self.OTHER) is kind

    def due(self, *, all_of_them: bool = False) -> list[tuple[Kind, int, float]]:
        """The kinds whose window has ended, with how many came after the one that was told, and since when. A new
        window begins for them; kinds of which no more came are forgotten."""
        now, ended = self._clock(), []
        with self.lock:
            for key, kind in list(self._kinds.items()):
                if kind.until > now and not all_of_them:
                    continue
                if kind.more and kind.told is not None:
                    ended.append((kind, kind.more, kind.first))
                    kind.more, kind.until, kind.first = 0, now + self.window, time()
                elif not kind.more:
                    del self._kinds[key]
        return ended

    def wait(self) -> float | None:
        """Seconds until a window ends; None if there is none."""
        with self.lock:
            ends = [kind.until for kind in self._kinds.values()]
        return max(0.0, min(ends) - self._clock()) if ends else None

    def forget(self) -> None:
        self.lock = Lock()
        self._kinds.clear()


def crash_key(exchange: Exchange) -> Hashable:
    """What equal crashes have in common: the function, the status, the exception and the place that raised it.

    Every crash pays for this, however many there are; it takes less than a microsecond.
    """
    call = exchange.call
    if call.failure is None:
        return call.function, exchange.status
    return call.function, exchange.status, error_key(call.failure)


def error_key(error: BaseException) -> Hashable:
    """The exception's class and code, and the place that raised it."""
    code = error.code if isinstance(error, PyMacaronException) else None
    if isinstance(error, BrokenPromise):
        code = error.breach.fingerprint
    place = error.__traceback__
    if place is None:
        return type(error), code
    while (inner := place.tb_next) is not None:
        place = inner
    return type(error), code, id(place.tb_frame.f_code), place.tb_lasti
