"""How gunicorn serves a service: `gunicorn --config python:pymacaron.gunicorn server:app`.

The command line and WEB_CONCURRENCY (the number of workers) count more than what stands here.
"""

from __future__ import annotations

import socket
import time
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]  # it has none

worker_class = "pymacaron.gunicorn.Worker"
threads = 64  # each call has one, a caller who is slow to send as well; one that is not needed is not made

# A request may take so many seconds to come, and one second more for every so many bytes of it that have come.
GRACE, SLOWEST = 20.0, 1000
# So many seconds a caller may leave an answer untouched, where the system can tell (Linux).
UNREAD = 30.0
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)


class Worker(ThreadWorker):  # type: ignore[misc]  # likewise
    """gunicorn's worker with threads, which on its own waits without end for a request that has begun."""

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection that has something to read to a thread."""
        conn.init = partial(_init, conn)  # gunicorn calls it before it reads, once for each request
        super().enqueue_req(conn)


def _init(conn: Any) -> None:
    if not conn.initialized and _USER_TIMEOUT is not None and conn.sock.family != socket.AF_UNIX:
        conn.sock.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, int(UNREAD * 1000))
    TConn.init(conn)
    unreader = getattr(conn.parser, "unreader", None)  # HTTP/2 has none, and timeouts of its own
    if unreader is not None:
        made = unreader.sock if isinstance(unreader.sock, Paced) else Paced(unreader.sock)
        made.begin()
        unreader.sock = made


class Paced:
    """A socket that a request is read from. For a caller who is too slow it is at its end: the time that others take,
    the service included, does not count."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self._left = 0.0
        self._given_up = False

    def begin(self) -> None:
        """Start the time of a request."""
        self._left = GRACE

    def recv(self, size: int) -> bytes:
        if self._given_up:
            return b""
        inner, start = self._inner, time.monotonic()
        before = inner.gettimeout()
        wait = self._left if before is None else min(self._left, before)
        inner.settimeout(max(wait, 0.001))
        try:
            data = inner.recv(size)
        except TimeoutError:
            if wait != self._left:  # gunicorn's own limit
                raise
            data = b""
            inner.shutdown(socket.SHUT_RD)  # else gunicorn, closing it, waits for the end of what the caller sends
        finally:
            inner.settimeout(before)
        self._given_up = not data
        self._left += len(data) / SLOWEST - (time.monotonic() - start)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
