"""Connections of gunicorn's that are over, until their callers have heard of it."""

from __future__ import annotations

import contextlib
import selectors
import socket
from time import monotonic
from typing import Any

PATIENCE = 2.0  # seconds for a caller to close his end
_MOST = 65536  # bytes that he may send meanwhile


class Leaving:
    """What callers still send on connections that are over is taken in until they close them too: else the system
    answers it with a reset, which may take the end of an answer with it (RFC 9112, section 9.6).

    gunicorn (27) waits for that on the thread that everything else waits for, two seconds for each caller.

    Args:
        worker: gunicorn's, for its poller and for its number of connections, which these belong to.
    """

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._until: dict[socket.socket, float] = {}  # in the order of their times
        self._taken: dict[socket.socket, int] = {}

    def take(self, connection: socket.socket) -> None:
        """End a connection from our side."""
        try:
            connection.shutdown(socket.SHUT_WR)
            connection.setblocking(False)
        except OSError:  # the caller was quicker
            connection.close()
            return
        self._worker.nr_conns += 1
        self._until[connection], self._taken[connection] = monotonic() + PATIENCE, 0
        self._worker.poller.register(connection, selectors.EVENT_READ, self._read)

    def look(self) -> None:
        """Close those whose time is up."""
        now = monotonic()
        for connection in [one for one, until in self._until.items() if until <= now]:
            self._close(connection)

    def _read(self, connection: socket.socket) -> None:
        came = b""
        with contextlib.suppress(OSError):
            came = connection.recv(_MOST)
        self._taken[connection] += len(came)
        if not came or self._taken[connection] > _MOST:
            self._close(connection)

    def _close(self, connection: socket.socket) -> None:
        del self._until[connection], self._taken[connection]
        self._worker.poller.unregister(connection)
        self._worker.nr_conns -= 1
        connection.close()
