"""A worker that is asked to end and has nothing to do ends at once: without what Celery and its processes wait for."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import billiard.pool
from celery.concurrency import prefork
from kombu.asynchronous import get_event_loop

_LOOK = 0.02  # seconds


def in_worker() -> None:
    """In the main process: while the others end, Celery fires timers on a thread that looks twice a second only whether
    they have, and waits for that thread."""
    prefork.time = SimpleNamespace(sleep=lambda seconds: time.sleep(min(seconds, _LOOK)))


def wake() -> None:
    """In the main process, in the handler of a signal: its loop looks now whether it is to end, not in a second. On a
    thread, since the loop may have been interrupted where it holds the lock that this needs."""
    loop = get_event_loop()
    if loop is not None:
        threading.Thread(target=loop.call_soon, args=(int,), name="wake", daemon=True).start()


def in_process(exit_code: int) -> None:
    """In a process that runs tasks and has done so: it says that it ends, and sleeps for a second, so that the main
    process hears of it before it is gone. Of one that ends as it was asked to nothing is to be heard: its results are
    counted before."""
    if exit_code == 0:
        billiard.pool.time = SimpleNamespace(sleep=lambda _seconds: None)
