"""The work that is done for an Idempotency-Key: when it begins and when it ends, which may be after its request."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from pymacaron._types import Handler, JsonObject
from pymacaron.exceptions import DeadlineExceededError


class Work:
    """The work that is being done for a key. `begun`: has its function been called?"""

    def __init__(self) -> None:
        self.begun = False
        self._lock = threading.Lock()
        self._is_over = False
        self._then: Callable[[JsonObject | None], None] | None = None

    def begin(self) -> None:
        """The function is about to be called.

        Raises:
            DeadlineExceededError: its request was answered before.
        """
        with self._lock:
            if self._is_over:
                raise DeadlineExceededError("The time limit passed before the function was called")
            self.begun = True

    def over(self, kept: JsonObject | None) -> None:
        """The function has ended; `kept` is what to keep if nobody waits for it any more."""
        with self._lock:
            self._is_over, then = True, self._then
        if then is not None:
            then(kept)

    def outlasts(self, then: Callable[[JsonObject | None], None]) -> bool:
        """Does the function run on, after its request was answered? Then `then` is called at its end."""
        with self._lock:
            self._is_over = self._is_over or not self.begun
            self._then = then
            return not self._is_over


current_work: ContextVar[Work | None] = ContextVar("pymacaron work for a key", default=None)


def noting(function: Handler) -> Handler:
    """The function; that it has been called, and has ended, is noted."""

    def call(*args: Any, **kwargs: Any) -> Any:
        work = current_work.get()
        if work is None or work.begun:
            return function(*args, **kwargs)
        work.begin()
        kept: JsonObject | None = None
        try:
            result = function(*args, **kwargs)
            kept = {}
        finally:
            work.over(kept)
        return result

    return call
