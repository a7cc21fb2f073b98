"""What this process is: known from its entry point, which says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from pymacaron._types import JsonObject

SERVER, WORKER = "server", "worker"


class Process:
    """Facts about this process.

    Attributes:
        role: WORKER where tasks are run; else SERVER, for scripts as well.
        surroundings: makes what tasks run in: the context of the Flask app.
        listeners: are told of tasks that have run, as of calls that were answered.
        here: runs a task where it is fired; None: tasks are sent to a broker.
    """

    def __init__(self) -> None:
        self.role = SERVER
        self.surroundings: Callable[[], AbstractContextManager[Any]] = nullcontext
        self.listeners: Sequence[Callable[[Any], None]] = ()
        self.here: Callable[[str, JsonObject], None] | None = None


process = Process()


def is_worker() -> bool:
    return process.role == WORKER
