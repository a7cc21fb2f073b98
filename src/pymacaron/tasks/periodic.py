"""Tasks that nobody has to fire: `@asynctask(every=...)`.

Time is cut into periods of so many seconds, counted from the beginning of 1970 (UTC): those of 3600 begin with the
hours. The first worker that notices a new period claims it for all, and fires the task: once in each period, however
many workers there are. Periods without any worker are passed over.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from time import time
from typing import Any

from pymacaron.exceptions import QueueUnavailableError

from .declared import Task, tasks
from .standing import Standings, standings

log = logging.getLogger(__name__)
_HELD = 30.0  # seconds that a period is claimed for by one who died before the task was fired
_SHORTEST, _LONGEST = 1.0, 30.0  # seconds until a broker is asked again that was not there
_TURN = 1.0  # the longest that this sleeps: clocks are set, and the machine may sleep as well


class Clockwork(threading.Thread):
    """Fires the periodic tasks of a worker, when they are due and nobody else has fired them."""

    def __init__(self, clock: Callable[[], float] = time) -> None:
        super().__init__(name="periodic tasks", daemon=True)
        self._clock = clock
        self._ended = threading.Event()
        self._fired: dict[str, int] = {}
        self._pause = self._until = 0.0  # where the broker is not there: how long it is left alone, and until when

    def run(self) -> None:
        while not self._ended.is_set():
            self.turn([task for task in list(tasks.values()) if task.options.every])
            nearest = min((self._left(task) for task in tasks.values() if task.options.every), default=_TURN)
            self._ended.wait(min(max(nearest, 0.01), _TURN))

    def turn(self, periodic: Iterable[Task[..., Any]]) -> None:
        """Fire what is due; nothing, while a broker that was not there is left alone."""
        if 0 < self._until - self._clock() <= _LONGEST:  # more is a clock that was set
            return
        due = [task for task in periodic if self._fired.get(task.name) != self._period(task)]
        try:
            for task in due:
                self._fire_due(task)
        except QueueUnavailableError as error:
            self._leave_alone(error)
        else:
            if due and self._pause:
                log.warning("periodic tasks are queued again")
                self._pause = 0.0

    def _leave_alone(self, error: QueueUnavailableError) -> None:
        if not self._pause:  # said once
            log.warning("periodic tasks cannot be queued, retrying: %s", error)
        self._pause = min(2 * self._pause or _SHORTEST, _LONGEST)
        self._until = self._clock() + self._pause

    def _fire_due(self, task: Task[..., Any]) -> None:
        period = self._period(task)
        try:
            self._fire(standings(), task, period)
        except QueueUnavailableError:
            raise
        except Exception:  # the others are fired all the same
            log.exception("the periodic task %s cannot be queued", task.name)
        self._fired[task.name] = period

    def _fire(self, known: Standings, task: Task[..., Any], period: int) -> None:
        key = f"every:{task.name}:{task.options.every}:{period}"
        if known.claim(key, "", min(_HELD, task.options.every or _HELD)) is not None:
            return
        try:
            task.fire()
        except BaseException:
            known.release(key)
            raise
        known.keep(key, "", 2 * (task.options.every or 0) + _HELD)

    def _period(self, task: Task[..., Any]) -> int:
        return int(self._clock() // (task.options.every or 1))

    def _left(self, task: Task[..., Any]) -> float:
        every = task.options.every or 1
        return every - self._clock() % every

    def stop(self) -> None:
        self._ended.set()
