"""A worker: a process in which granian serves the application, until it is asked to finish."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import random
import signal
import socket
import sys
import threading
import time
from typing import Any

from granian import _granian
from granian._futures import _new_cbscheduler
from granian.http import HTTP1Settings

from pymacaron import crash
from pymacaron.ending import ending
from pymacaron.logs import set_up

from .calls import Calls
from .children import ALIVE, READY, WORN
from .listening import BACKLOG, LAST_CALLS
from .machine import connections
from .plan import Plan
from .slow import Waiting
from .targets import Target

log = logging.getLogger(__name__)
_SPREAD = 0.1  # of max_requests, so that not all workers are replaced at the same time
_FLUSH = 0.6  # seconds for reports that are still to be sent when time is up
_BEAT = 1.0  # seconds between two signs of life
CANNOT_START = 3
_INSIDE: Any = _granian  # its stubs say less, and other things, than there are
_SCHEDULER: Any = _new_cbscheduler


class Worker:
    """Serves until SIGTERM, or until the process ends that has started this one."""

    def __init__(self, plan: Plan, listener: socket.socket, pipe: int) -> None:
        self._plan, self._listener, self._pipe = plan, listener, pipe
        self._waiting = Waiting(plan.request_timeout, plan.threads // 2)
        self._finish = _INSIDE.WorkerSignal()
        self._finished = threading.Event()
        self._finish.add_cb(self._finished.set)

    def run(self, app: Any) -> None:
        plan = self._plan
        most = round(plan.max_requests * random.uniform(1 - _SPREAD, 1))  # noqa: S311 - nobody gains by guessing it
        calls = Calls(app, self._waiting, most=most, worn=lambda: self._say(WORN), shared=plan.workers > 1)
        is_unix = self._listener.family == socket.AF_UNIX
        worker = _INSIDE.WSGIWorker(
            1, (None, _INSIDE.SocketHolder(self._listener.fileno(), is_unix, BACKLOG)), None,
            1, 8, plan.threads, 30, connections(), "1",
            HTTP1Settings(header_read_timeout=plan.keep_alive * 1000, max_buffer_size=plan.max_head), None, None,
            *_tls(plan), (None, None),
        )  # fmt: skip
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else self._end)
        gc.collect()
        gc.freeze()  # what the service consists of stays: it need not be looked at again
        serve = worker.serve_mtr_uds if is_unix else worker.serve_mtr
        serve(_SCHEDULER(asyncio.new_event_loop(), calls, impl_asyncio=True), None, self._finish)
        self._say(READY)
        for work in (self._beat, self._end_with_parent):
            threading.Thread(target=work, name="pymacaron worker", daemon=True).start()
        self._finished.wait()
        crash.flush(_FLUSH)

    def _say(self, word: bytes) -> None:
        with contextlib.suppress(OSError):  # nobody there: then this ends as well
            os.write(self._pipe, word)

    def _beat(self) -> None:
        while True:
            time.sleep(_BEAT)
            self._say(ALIVE)
            if not ending.begun and self._waiting.are_too_many():
                log.warning("half of the threads wait for slow callers: this worker will be replaced")
                self._say(WORN)

    def _end_with_parent(self) -> None:
        while os.read(0, 1024):
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    def _end(self, *_: object) -> None:
        """Serve on for a moment, for those who have not heard of it yet; then finish what has begun."""
        if not ending.begun:
            ending.begun = True
            for seconds, work in (
                (self._plan.shutdown_delay + LAST_CALLS, self._finish.set), (self._plan.shutdown_grace, self._give_up),
            ):  # fmt: skip
                timer = threading.Timer(seconds, work)
                timer.daemon = True
                timer.start()

    def _give_up(self) -> None:
        log.warning(
            "calls are still running %d s after the shutdown began: they are aborted", self._plan.shutdown_grace
        )
        crash.flush(_FLUSH)
        logging.shutdown()
        os._exit(0)


def _tls(plan: Plan) -> tuple[Any, ...]:
    """What granian wants to know: whether, certificate, key, its password, the oldest version, and of callers' ones."""
    return plan.https_cert is not None, plan.https_cert, plan.https_key, None, "tls1.2", None, [], False


def main(told: str, _number: str, pipe: str) -> None:
    """The program that the supervising process starts; what it is told is JSON."""
    given = json.loads(told)
    plan, target = Plan(**given["plan"]), Target(**given["target"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the one who supervises
    worker = Worker(plan, socket.socket(fileno=given["listener"]), int(pipe))
    set_up()
    try:
        app = target.load()
    except Exception as error:
        log.error("%s cannot be loaded: %s: %s", target.file, type(error).__name__, error, exc_info=error)
        sys.exit(CANNOT_START)
    worker.run(app)


if __name__ == "__main__":
    main(*sys.argv[1:])
