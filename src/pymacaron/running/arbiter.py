"""A service by gunicorn, whose own supervising process, the arbiter, runs in this one."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from gunicorn.app.wsgiapp import WSGIApplication

from .listening import look, take_no_more
from .plan import Plan
from .supervising import CANNOT_START
from .targets import Target

_MARGIN = 0.5  # seconds that a worker has beyond its time


def serve(plan: Plan, target: Target, *, when_ending: Callable[[], object]) -> int:
    """Serve until SIGTERM or SIGINT; the exit code: 0, or 2 where the service cannot start. What else the plan says,
    `pymacaron.gunicorn` reads as well.

    Raises:
        StartError: nobody can listen there.
    """
    look(plan)  # gunicorn tries for five seconds, and does not say what helps
    ours = os.getpid()
    options = {
        "--config": "python:pymacaron.gunicorn", "--workers": plan.workers, "--threads": plan.threads,
        "--bind": _bind(plan),
    }  # fmt: skip
    sys.argv = ["pymacaron run", *(str(word) for pair in options.items() for word in pair), target.spec]
    os.chdir(target.folder)
    target.use()
    try:
        _Application(plan, when_ending).run()
    except SystemExit as ended:
        if os.getpid() != ours:  # of a worker, whose code the arbiter reads
            raise
        return CANNOT_START if ended.code else 0  # gunicorn has several codes for that
    return 0


def _bind(plan: Plan) -> str:
    if plan.unix_socket:
        return f"unix:{plan.unix_socket}"
    return f"[{plan.host}]:{plan.port}" if ":" in plan.host else f"{plan.host}:{plan.port}"


class _Application(WSGIApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's own, which also tells when the end has begun: its hooks come only when its workers have ended."""

    def __init__(self, plan: Plan, when_ending: Callable[[], object]) -> None:
        self._plan, self._when_ending = plan, when_ending
        super().__init__("%(prog)s [OPTIONS] [APP_MODULE]", prog="pymacaron run")

    def load_config(self) -> None:
        super().load_config()
        self.cfg.set("when_ready", self._hear)

    def _hear(self, arbiter: Any) -> None:
        doors = [listener.sock.dup() for listener in arbiter.LISTENERS]  # gunicorn closes its own at once
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._telling(signal.getsignal(number), arbiter, doors))

    def _telling(self, usual: Any, arbiter: Any, doors: list[socket.socket]) -> Callable[[int, Any], None]:
        def close() -> None:
            for door in doors:
                take_no_more(door)
                door.close()

        def hear(number: int, frame: Any) -> None:
            self._when_ending()
            give_up = partial(arbiter.kill_workers, signal.SIGKILL)
            for seconds, work in ((self._plan.shutdown_delay, close), (self._plan.shutdown_grace + _MARGIN, give_up)):
                timer = threading.Timer(seconds, work)
                timer.daemon = True
                timer.start()
            usual(number, frame)

        return hear
