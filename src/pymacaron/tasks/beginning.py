"""What a service with tasks does when it starts."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from pymacaron.exceptions import QueueUnavailableError, StartError

from .process import is_worker, process

log = logging.getLogger(__name__)


def begin(surroundings: Callable[[], AbstractContextManager[Any]], listeners: Sequence[Callable[[Any], None]]) -> None:
    """Let tasks be fired here, or run if this process is a worker.

    Args:
        surroundings: makes what tasks run in.
        listeners: are told of tasks that have run.

    Raises:
        StartError: Celery is not installed.
        ConfigurationError: there is no such broker.
    """
    process.surroundings, process.listeners = surroundings, listeners
    try:
        from .sending import sender  # with Celery, an extra
    except ModuleNotFoundError as error:
        fact = f"with_async is on, and {error.name} is not installed"
        raise StartError(f"{fact}: pip install 'pymacaron[async]'") from None
    if is_worker():  # which says itself what it waits for
        sender()
        return
    try:
        sender().check()
    except QueueUnavailableError as error:
        log.error("%s; until then, firing a task fails with 503", error)


def is_ready() -> bool:
    """Can tasks be fired just now?"""
    from .sending import sender  # there, since `begin` has imported it

    try:
        sender().check()
    except QueueUnavailableError:
        return False
    return True


def run_worker_beside(server: str, *, reloads: bool) -> None:
    """Start a worker for the tasks of a server.py, and keep it alive as long as this process is.

    Args:
        reloads: does the server start itself again when a file changes? Then the process that does so needs none.
    """
    if reloads and os.environ.get("WERKZEUG_RUN_MAIN") != "true":
        return
    from .supervising import supervise  # for programs, which are few

    supervise(server)
