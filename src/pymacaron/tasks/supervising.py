"""A worker beside a server: `python server.py` starts one, lets it be started again when it dies, and ends it."""

from __future__ import annotations

import atexit
import logging
import os
import signal
import subprocess
import sys
import threading
from time import monotonic

from pymacaron.config import get_config

log = logging.getLogger(__name__)
_HEALTHY = 10.0  # seconds after which a worker that ends has not failed to start
_SHORTEST, _LONGEST = 0.5, 30.0  # seconds until one that has died is started again
_MORE = 5.0  # seconds that ending takes beyond the tasks that are still run


class Supervisor(threading.Thread):
    """Keeps a worker alive as long as this process is. It ends with this process however that ends: its standard input
    is a pipe from here, and when that closes, it stops as if asked to."""

    def __init__(self, server: str) -> None:
        super().__init__(name="worker", daemon=True)
        self._command = [sys.executable, "-m", "pymacaron.cli", "worker", "--supervised", os.path.abspath(server)]
        self._ending = threading.Event()
        self._worker: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        pause = _SHORTEST
        while not self._ending.is_set():
            began = monotonic()
            self._worker = worker = subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603 - ourselves
            log.info("task worker started, process %d", worker.pid)
            code = worker.wait()
            if self._ending.is_set():
                return
            pause = _SHORTEST if monotonic() - began > _HEALTHY else min(2 * pause, _LONGEST)
            log.error("the task worker has ended (%d); starting another one in %g s", code, pause)
            self._ending.wait(pause)

    def stop(self) -> None:
        """Ask the worker to end, and end it if it does not."""
        self._ending.set()
        worker = self._worker
        if worker is None or worker.poll() is not None:
            return
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(get_config().async_drain + _MORE)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def supervise(server: str) -> Supervisor:
    """Start a worker for the tasks of a server.py, until this process ends."""
    supervisor = Supervisor(server)
    supervisor.start()
    atexit.register(supervisor.stop)
    return supervisor


def end_with_parent() -> None:
    """In the worker: end when the process that started this one has ended."""

    def watch() -> None:
        while os.read(0, 1024):
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
