"""The process that starts workers and replaces those that die, are worn or are to load the service again."""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from time import monotonic

from .children import Child
from .listening import LAST_CALLS, close, take_no_more
from .plan import Plan
from .targets import Target

log = logging.getLogger(__name__)
_TICK = 0.5  # seconds between two looks, where nothing happens
_MARGIN = 0.8  # seconds that a worker has beyond its time, to say what it left undone
_SHORTEST, _LONGEST = 0.1, 15.0  # seconds until one that failed to start is started again
CANNOT_START = 2


class Supervisor:
    """Keeps as many workers serving as the plan says, until it is asked to end: by SIGTERM or SIGINT with patience, by
    the second one at once. SIGHUP replaces all workers, one by one, each only when its successor serves."""

    def __init__(
        self, plan: Plan, target: Target, listener: socket.socket, *, when_ending: Callable[[], object]
    ) -> None:
        self._plan, self._listener, self._when_ending = plan, listener, when_ending
        told = json.dumps({"plan": plan._asdict(), "target": target._asdict(), "listener": listener.fileno()})
        self._command = [sys.executable, "-m", "pymacaron.running.serving", told]
        self._children: list[Child] = []
        self._asked: list[int] = []  # signals that have come
        self._closes_at: float | None = None
        self._pause, self._not_before = _SHORTEST, 0.0
        self._has_served = False
        self._stranger: int | None = None
        self._selector = selectors.DefaultSelector()

    def run(self) -> int:
        """Serve; the exit code."""
        self._hear_signals()
        for number in range(1, self._plan.workers + 1):
            self._start(number)
        while self._children or not self._is_ending:
            self._wait()
            self._obey()
            self._look_after()
            if self._cannot_start:
                return CANNOT_START
        return 0

    @property
    def _is_ending(self) -> bool:
        return self._closes_at is not None

    @property
    def _cannot_start(self) -> bool:
        return not self._has_served and not self._children and not self._is_ending

    def _hear_signals(self) -> None:
        heard, rung = socket.socketpair()
        for end in (heard, rung):
            end.setblocking(False)
        signal.set_wakeup_fd(rung.fileno(), warn_on_full_buffer=False)
        self._bell = heard, rung
        self._selector.register(heard, selectors.EVENT_READ)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, lambda got, _frame: self._asked.append(got))

    def _start(self, number: int) -> Child:
        child = Child(number, self._command, self._listener.fileno())
        self._children.append(child)
        self._selector.register(child.pipe, selectors.EVENT_READ, child)
        log.info("worker %d started, process %d", number, child.process.pid)
        return child

    def _wait(self) -> None:
        for key, _ in self._selector.select(_TICK if self._closes_at is None else LAST_CALLS / 2):
            if isinstance(key.data, Child):
                key.data.listen()
            else:
                self._bell[0].recv(4096)

    def _obey(self) -> None:
        asked, self._asked = self._asked, []
        for number in asked:
            if number in {signal.SIGTERM, signal.SIGINT}:
                self._end()
            elif number == signal.SIGHUP and not self._is_ending:
                log.info("SIGHUP: replacing all workers")
                for child in self._children:
                    child.is_worn = True

    def _end(self) -> None:
        if self._is_ending:
            log.warning("second signal: running calls are aborted")
            for child in self._children:
                child.kill()
            return
        log.info("shutting down: running calls have %d s to finish", self._plan.shutdown_grace)
        self._closes_at = monotonic() + self._plan.shutdown_delay
        self._when_ending()
        for child in self._children:
            child.end(self._plan.shutdown_grace + _MARGIN)

    def _look_after(self) -> None:
        now = monotonic()
        if self._closes_at is not None and now >= self._closes_at and self._listener.fileno() >= 0:
            take_no_more(self._listener)
            close(self._listener, self._plan)
        for child in list(self._children):
            if child.process.poll() is not None:
                self._has_ended(child)
            else:
                self._check(child, now)
        if not self._is_ending and now >= self._not_before:
            self._fill_up()
        if os.getpid() == 1:
            self._bury_stranger()

    def _check(self, child: Child, now: float) -> None:
        if child.is_ready and not self._has_served:
            self._has_served = True
            log.info("serving at %s", self._plan.place)
        if child.ends_by is not None:
            if now > child.ends_by:
                log.warning("worker %d did not end in time: killing it", child.number)
                child.kill()
        elif child.is_ready and now - child.heard > self._plan.worker_timeout:
            log.error("worker %d has not responded for %d s: killing it", child.number, self._plan.worker_timeout)
            child.kill()
        elif child.is_worn and not self._is_ending:
            self._replace(child)

    def _replace(self, child: Child) -> None:
        """Start a successor; when it serves, let this one end."""
        successor = child.successor
        if successor is None:
            if not any(other.successor for other in self._children):  # one at a time
                child.successor = self._start(child.number)
        elif successor.is_ready:
            child.end(self._plan.shutdown_grace + _MARGIN)
            child.successor = None

    def _has_ended(self, child: Child) -> None:
        self._selector.unregister(child.pipe)
        self._children.remove(child)
        child.listen()
        child.close()
        if child.ends_by is not None:
            log.info("worker %d has ended", child.number)
            return
        for other in self._children:
            if other.successor is child:
                log.error("the new worker %d cannot start: the previous one keeps serving", child.number)
                other.successor, other.is_worn = None, False
        if child.is_ready:
            self._pause = _SHORTEST
            log.error("worker %d %s; starting another one", child.number, child.how_it_ended)
        else:
            self._not_before = monotonic() + self._pause
            self._pause = min(2 * self._pause, _LONGEST)
            log.error("worker %d cannot start: it %s", child.number, child.how_it_ended)

    def _fill_up(self) -> None:
        """Start what is missing, as soon as one has shown that the service can start."""
        if not self._has_served:
            return
        there = {child.number for child in self._children if child.ends_by is None}
        for number in range(1, self._plan.workers + 1):
            if number not in there:
                self._start(number)

    def _bury_stranger(self) -> None:
        """As the first process of a container, let processes end whose parents have ended before them. One that has
        parents who ask after it is not seen twice."""
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            ended = None
        stranger = None if ended is None else ended.si_pid
        if stranger is not None and stranger == self._stranger:
            os.waitpid(stranger, os.WNOHANG)
            stranger = None
        self._stranger = stranger
