"""Claims that are renewed while their work goes on, by one thread for all of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
