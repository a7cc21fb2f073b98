"""`max_concurrency`: how many calls of its operations a process answers at once."""

from __future__ import annotations

import threading

from pymacaron.exceptions import ServiceUnavailableError


class Overcrowded(ServiceUnavailableError):
    """There are as many calls as there may be at once. Nothing was done; a moment later there may be room."""

    headers = (("Retry-After", "1"),)


class Crowd:
    """The calls that are being answered; a context manager around each of them.

    Args:
        most: how many there may be at once.
    """

    def __init__(self, most: int) -> None:
        self._room = threading.Semaphore(most)

    def __enter__(self) -> None:
        """
        Raises:
            Overcrowded: there are as many as there may be.
        """
        if not self._room.acquire(blocking=False):
            raise Overcrowded("The service is answering as many calls as it accepts at once; try again")

    def __exit__(self, *_: object) -> None:
        self._room.release()
