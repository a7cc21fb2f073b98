"""The body of a request, lent to whoever answers it: none of it is read when it has been answered.

A function that runs on after its 504 (`x-timeout-ms`) may still be reading. With granian all other calls would wait for
that, since it closes the body while it holds the interpreter; with gunicorn, on a connection that stays open, it would
read what belongs to the next request.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any


class Lent:
    """A `wsgi.input` that can be taken back; then it is at its end.

    Args:
        inner: the `wsgi.input` of a server.
    """

    __slots__ = ("_inner", "_is_over", "_lock")

    def __init__(self, inner: Any) -> None:
        self._inner, self._is_over = inner, False
        self._lock = threading.Lock()

    def take_back(self, *, patiently: bool) -> bool:
        """Let nobody read any more; is that so?

        Args:
            patiently: wait for whoever is reading just now, and who may be waiting for the caller.
        """
        self._is_over = True
        if not self._lock.acquire(blocking=patiently):
            return False
        self._lock.release()
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        with self._lock:
            return b"" if self._is_over else self._inner.read(size)

    def readline(self, size: int | None = -1, /) -> bytes:
        with self._lock:
            return b"" if self._is_over else self._inner.readline(size)

    def readlines(self, hint: int = -1, /) -> list[bytes]:
        return list(self)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")
