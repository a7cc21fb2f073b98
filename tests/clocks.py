"""Limits of time that hold on a busy machine, too."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_STEP = 0.005  # seconds that the watching thread sleeps at a time


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """What is done inside waits for no longer than this, not counting the time in which the machine let this process
    wait: how much that is, a thread tells that does nothing but sleep and look when it wakes up. What computes, and
    leaves that thread no turn, is measured by `time.process_time` instead."""
    stalls: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            before = time.monotonic()
            time.sleep(_STEP)
            stalls.append(time.monotonic() - before - _STEP)

    watching = threading.Thread(target=watch)
    watching.start()
    began = time.monotonic()
    try:
        yield
        took = time.monotonic() - began
    finally:
        done.set()
        watching.join()
    assert took < seconds + sum(stalls), f"{took:.3f} s, where {seconds} s are allowed"
