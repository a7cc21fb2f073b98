"""What one has of a task that was fired."""

from __future__ import annotations

from time import monotonic, sleep
from typing import Any, Generic, TypeVar

from .standing import DONE, ENDED, failure_error, standings
from .travelling import unpack

_Result = TypeVar("_Result")
_FIRST, _LAST = 0.002, 0.1  # seconds between two looks, at first and after a while


class Handle(Generic[_Result]):
    """A task that was fired, wherever it is now. A handle is its id: any process of the service can make one.

    Attributes:
        id: of the task, a text of 32 hexadecimal digits.
    """

    __slots__ = ("id",)

    def __init__(self, id: str) -> None:  # noqa: A002 - the name that users read
        self.id = id

    @property
    def state(self) -> str:
        """ "queued" (or not known), "running", "done", "failed" or "cancelled". How a task has ended is known for a
        day."""
        return str(standings().of(self.id)["state"])

    @property
    def result(self) -> _Result | None:
        """What the function has returned; None while it has not.

        Raises:
            PyMacaronException: the one that ended the function; TaskFailedError if it was another exception;
                TaskCancelledError.
        """
        found: _Result | None = self._outcome(standings().of(self.id))
        return found

    def wait(self, timeout: float | None = None) -> _Result:
        """The result, when it is there.

        Args:
            timeout: seconds; None: for ever.

        Raises:
            TimeoutError: it is not there yet.
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
        """Ask for the task not to be done: one that waits is not begun, one that runs is interrupted within a second or
        two, by an exception that only `finally` and bare `except` see. False if it had ended."""
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
