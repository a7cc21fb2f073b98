"""What goes on behind the requests, by one thread for all of it: claims are renewed while their work lasts, and what a
store would not do is tried again."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from pymacaron.exceptions import PyMacaronException

log = logging.getLogger(__name__)


class Renewing:
    """What is to be renewed every so many seconds. The thread is there while there is something.

    Args:
        renew: renews one of them; may raise PyMacaronException.
    """

    def __init__(self, renew: Callable[[Any], None], seconds: float) -> None:
        self._renew, self._seconds = renew, seconds
        self._going_on: dict[int, Any] = {}
        self._lock = threading.Lock()
        self._is_running = False

    @contextmanager
    def of(self, claim: Any) -> Iterator[None]:
        """Renew a claim until the end of the block."""
        with self._lock:
            self._going_on[id(claim)] = claim
            starts, self._is_running = not self._is_running, True
        if starts:
            threading.Thread(target=self._live, name="pymacaron-renewing", daemon=True).start()
        try:
            yield
        finally:
            with self._lock:
                del self._going_on[id(claim)]

    def _live(self) -> None:
        pause = threading.Event()
        known: set[int] = set()
        while True:
            pause.wait(self._seconds)
            with self._lock:
                lasting = {key: claim for key, claim in self._going_on.items() if key in known}
                known = set(self._going_on)
                if not known:
                    self._is_running = False
                    return
            for claim in lasting.values():
                try:
                    self._renew(claim)
                except PyMacaronException as error:
                    log.warning("a claim could not be renewed: %s", error)


class Insisting:
    """What has to be done as soon as somebody else is able to. The thread is there while there is something.

    Args:
        seconds: between two tries.
        patience: seconds after which one gives up.
        room: bytes that may wait.
    """

    def __init__(self, seconds: float, patience: float, room: int) -> None:
        self._seconds, self._patience, self._room = seconds, patience, room
        self._waiting: list[tuple[Callable[[], None], float, int]] = []
        self._lock = threading.Lock()
        self._is_running = False

    def on(self, act: Callable[[], None], size: int) -> bool:
        """Try again and again; `act` raises PyMacaronException while it cannot be done. False: there is no room for its
        `size` bytes."""
        with self._lock:
            if size + sum(one[2] for one in self._waiting) > self._room:
                return False
            self._waiting.append((act, monotonic() + self._patience, size))
            starts, self._is_running = not self._is_running, True
        if starts:
            threading.Thread(target=self._live, name="pymacaron-insisting", daemon=True).start()
        return True

    def _live(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(self._seconds)
            done = self._tried()
            now = monotonic()
            with self._lock:
                left = self._waiting[done:]
                self._waiting = [one for one in left if one[1] > now]
                given_up = len(left) - len(self._waiting)
                goes_on = self._is_running = bool(self._waiting)
            if given_up:
                log.error("a store was away for %.0f s: %d Idempotency-Keys stay as they are", self._patience, given_up)
            if not goes_on:
                return

    def _tried(self) -> int:
        """How many are done: one after the other, until one cannot be, as then neither can the others."""
        waiting = list(self._waiting)
        for number, (act, _, _) in enumerate(waiting):
            try:
                act()
            except PyMacaronException:
                return number
        return len(waiting)
