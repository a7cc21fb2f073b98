"""Can this service do its work just now? What it depends on is asked, all at once, each for a second at the most."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from time import monotonic
from typing import Any

from .auth.configured import check_keys, fetches_keys
from .config import get_config
from .loops import awaited

log = logging.getLogger(__name__)
OK, DOWN, SLOW = "ok", "down", "slow"
Check = Callable[[], object]


class Readiness:
    """What the parts say that a service depends on, each "ok", "down" or "slow".

    What was found counts for a while, and only one caller at a time waits for what is found next: however often
    somebody asks, the parts are not asked more often, and no more than one thread of a server is held up.

    Args:
        checks: by the name of what is checked; one that raises, or returns False, says that it is down.
        surroundings: makes what checks run in.
        seconds: that a check may take.
        kept: seconds for which an answer counts.
    """

    def __init__(
        self, checks: Mapping[str, Check], surroundings: Callable[[], AbstractContextManager[Any]] = nullcontext, *,
        seconds: float = 1.0, kept: float = 1.0, clock: Callable[[], float] = monotonic,
    ) -> None:  # fmt: skip
        self._checks, self._surroundings = dict(checks), surroundings
        self._seconds, self._kept, self._clock = seconds, kept, clock
        self._parts: dict[str, _Part] = {}
        self._known: dict[str, str] = {}
        self._until = float("-inf")
        self._lock = threading.Lock()

    def __call__(self) -> dict[str, str]:
        """How each part stands, by its name."""
        if self._clock() < self._until or not self._lock.acquire(blocking=self._until < 0):
            return self._known
        try:
            if self._clock() >= self._until:  # else somebody has just asked
                self._known = self._ask()
                self._until = self._clock() + self._kept
            return self._known
        finally:
            self._lock.release()

    def _ask(self) -> dict[str, str]:
        checks = _ours() | self._checks
        parts = {name: self._parts.get(name) or _Part(check, self._surroundings) for name, check in checks.items()}
        for part in parts.values():
            part.ask()
        until = monotonic() + self._seconds
        found = {name: part.answer(until) for name, part in parts.items()}
        for name, state in found.items():
            if state != self._known.get(name, OK):
                _tell(name, state, parts[name].fault)
        self._parts = parts
        return found


class _Part:
    """Something that the service depends on; it is asked on a thread of its own, one at a time."""

    def __init__(self, check: Check, surroundings: Callable[[], AbstractContextManager[Any]]) -> None:
        self._check, self._surroundings = awaited(check), surroundings
        self._thread: threading.Thread | None = None  # asked whether it lives: in a forked process it does not
        self.fault = ""

    def ask(self) -> None:
        """Begin to ask, unless an earlier answer is still to come."""
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="pymacaron readiness", daemon=True)
            self._thread.start()

    def answer(self, until: float) -> str:
        """How it stands, as far as that is known by a time of time.monotonic()."""
        assert self._thread is not None, "it has been asked"
        self._thread.join(max(0.0, until - monotonic()))
        if self._thread.is_alive():
            self.fault = "it has not answered in time"
            return SLOW
        return DOWN if self.fault else OK

    def _run(self) -> None:
        fault = ""
        try:
            with self._surroundings():
                if self._check() is False:
                    fault = "its check returned False"
        except BaseException as error:  # noqa: BLE001 - also what would end a program: this is a thread
            fault = f"{type(error).__name__}: {error}"
        self.fault = fault


def _tell(name: str, state: str, fault: str) -> None:
    if state == OK:
        log.info("%s is ready again", name)
    else:
        log.warning("not ready: %s is %s (%s)", name, state, fault)


def _ours() -> dict[str, Check]:
    """What pymacaron itself needs, as the service is configured."""
    checks: dict[str, Check] = {}
    from .stores import opening  # without a store of any kind

    if opening.is_in_use():
        checks["store"] = lambda: opening.get_store().check()
    if get_config().with_async:
        from .tasks.sending import sender  # with Celery, which the start has imported

        checks["broker"] = lambda: sender().check()
    if fetches_keys():
        checks["keys"] = check_keys
    return checks
