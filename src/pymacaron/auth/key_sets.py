"""A set of keys that changes while the service runs: fetched when it is needed, kept for its time, asked again once for
a key that it does not have.

The source, the clock and the times are arguments. Sets are fetched in a thread of their own, one at a time, with a
pause after each. No request waits for that while there are keys to go on with, except those with an unknown kid; none
waits once a fetch has taken longer than it should: a slow source, and callers who make kids up, hold up few.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import NamedTuple

from pymacaron.exceptions import ServiceUnavailableError

from .faults import KeyFault
from .keys import Key, read_key_set

log = logging.getLogger(__name__)


class Fetched(NamedTuple):
    """The text of a key set, and for how many seconds its source says that it is fresh; None if it does not."""

    text: bytes
    fresh: float | None = None


class Times(NamedTuple):
    """Seconds. `fresh`: until a set is fetched anew, where its source does not say; `least` and `most` bound what it
    says. `kept`: how long one is used at the most, if no newer can be had. `pause`: between two fetches. `patience`:
    how long requests wait for one, from its beginning."""

    fresh: float = 3600
    least: float = 60
    most: float = 24 * 3600
    kept: float = 24 * 3600
    pause: float = 10
    patience: float = 3


USUAL = Times()


class KeySet:
    """The keys of a source.

    Args:
        name: of the source, for messages.
        fetch: gets the set, or raises KeyFault.
        algorithm: the only one that is wanted; None: each key says its own.
    """

    def __init__(
        self, name: str, fetch: Callable[[], Fetched], algorithm: str | None, *, times: Times = USUAL,
        clock: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self._name, self._fetch, self._algorithm = name, fetch, algorithm
        self._times, self._clock = times, clock
        self._keys: Sequence[Key] = ()
        self._stale = self._end = self._next = float("-inf")  # when to fetch anew, when to stop, when to try next
        self._began = float("-inf")
        self._thread: threading.Thread | None = None  # asked whether it lives: in a forked process it does not
        self._lock = threading.Lock()

    def find(self, kid: str | None, algorithm: str) -> Iterable[Key]:
        """The keys to try for a token: the one it names, all if it names none.

        Raises:
            ServiceUnavailableError: there are no keys, and none could be fetched.
        """
        now = self._clock()
        if now >= self._end:
            self._refresh(self._times.patience)
        elif now >= self._stale:
            self._refresh(0)
        if kid is not None and not any(key.kid == kid for key in self._keys):
            self._refresh(self._times.patience)
        keys = self._keys
        if self._clock() >= self._end:
            raise ServiceUnavailableError("The keys that verify tokens are not available at the moment")
        return [key for key in keys if key.algorithm == algorithm and (kid is None or key.kid == kid)]

    def load(self) -> None:
        """Fetch the keys.

        Raises:
            KeyFault: they cannot be had; those that are there stay.
        """
        fetched = self._fetch()
        self._keys = read_key_set(fetched.text, self._algorithm)
        times, now = self._times, self._clock()
        fresh = times.fresh if fetched.fresh is None else min(max(fetched.fresh, times.least), times.most)
        self._stale, self._end = now + fresh, now + max(fresh, times.kept)

    def _refresh(self, patience: float) -> None:
        """Let the keys be fetched, unless that was just tried, and wait for it until so many seconds after it began."""
        with self._lock:
            now = self._clock()
            if now >= self._next and not (self._thread is not None and self._thread.is_alive()):
                begun = threading.Thread(target=self._try, name="pymacaron keys", daemon=True)
                begun.start()
                self._thread, self._began = begun, now
            thread, left = self._thread, self._began + patience - now
        if thread is not None and left > 0:
            thread.join(left)

    def _try(self) -> None:
        try:
            self.load()
        except KeyFault as fault:
            left = self._end - self._clock()
            use = f"those known are used for {left:.0f} s more" if left > 0 else "no token can be verified"
            log.warning("%s %s; %s", self._name, fault.fact, use)
        finally:
            self._next = self._clock() + self._times.pause
