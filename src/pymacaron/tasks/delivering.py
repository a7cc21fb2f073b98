"""The door through which tasks leave: to the broker, or for tests to where they are run at once (here.py)."""

from __future__ import annotations

from pymacaron._types import JsonObject

from .process import process


def deliver(task_id: str, message: JsonObject, *, queue: str, due: float | None, seconds: float) -> None:
    """Hand a task over.

    Args:
        due: when it may run first, in seconds since 1970; None: now.
        seconds: that it may run for.

    Raises:
        QueueUnavailableError: nobody has taken it.
    """
    if process.here is not None:
        process.here(task_id, message)
        return
    from .sending import sender  # with Celery, for processes that fire tasks

    sender().send(task_id, message, queue=queue, due=due, seconds=seconds)
