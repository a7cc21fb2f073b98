"""What one has of a task that was fired."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Any, Generic, TypeVar

from .standing import DONE, ENDED, failure_error, standings
from .travelling import unpack

_Result = TypeVar("_Result")
_FIRST, _LAST = 0.002, 0.1  # seconds between two looks, at first and after a while


class Handle(Generic[_Result]):
    """A task that was fired. Any process of the service can make a handle from the id of the task.

    Attributes:
        id: the id of the task, 32 hexadecimal digits.
    """

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:  # noqa: A002 - the name that users read
        self.id = id

    @property
    def state(self) -> str:
        """One of "queued" (also for an unknown task), "running", "done", "failed" and "cancelled".

        The end of a task is known for a day.
        """
        return str(standings().of(self.id)["state"])

    @property
    def result(self) -> _Result | None:
        """What the function returned; None if it has not ended.

        Raises:
            PyMacaronException: the error of the function; a TaskFailedError if it raised another exception; a
                TaskCancelledError if the task was cancelled.
        """
        found: _Result | None = self._outcome(standings().of(self.id))
        return found

    def wait(self, timeout: float | None = None) -> _Result:
        """Wait for the result, and return it.

        Args:
            timeout: how many seconds to wait; None for ever.

        Raises:
            TimeoutError: the task has not ended by then.
            PyMacaronException: as for `result`.
        """
        until = None if timeout is None else monotonic() + timeout
        pause = _FIRST
        while True:
            standing = standings().of(self.id)
            if standing["state"] in ENDED:
                result: _Result = self._outcome(standing)
                return result
            left = pause if until is None else until - monotonic()
            if left <= 0:
                raise TimeoutError(f"the task is still {standing['state']} after {timeout} s")
            sleep(min(pause, left))
            pause = min(pause * 1.5, _LAST)

    def cancel(self) -> bool:
        """Cancel the task. Returns False if it had already ended.

        A waiting task is not started. A running task is interrupted within a second or two, by an exception that only
        `finally` and a bare `except` see.
        """
        if standings().of(self.id)["state"] in ENDED:
            return False
        standings().stop(self.id)
        return True

    @staticmethod
    def _outcome(standing: dict[str, Any]) -> Any:
        if standing["state"] == DONE:
            return unpack(standing["result"])
        if standing["state"] in ENDED:
            raise failure_error(standing)
        return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"<Handle {self.id}>"
