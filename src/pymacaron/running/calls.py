"""Requests as granian hands them over, given to a WSGI application (PEP 3333)."""

from __future__ import annotations

import itertools
import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pymacaron.ending import ending
from pymacaron.lane.environ import UNSURE

from .lent import Lent
from .listening import LONGEST_LINE
from .slow import Paced, Waiting

log = logging.getLogger(__name__)
Headers = list[tuple[str, str]]
_LONGEST_TARGET = LONGEST_LINE - len("GET  HTTP/1.1")  # as far as it can be told: of the path, escapes are undone


class Calls:
    """What granian calls for every request, on a thread of its own.

    Args:
        app: the WSGI application.
        waiting: is told of those who wait for a body.
        most: after so many requests, `worn` is called; 0: never.
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        waiting: Waiting,
        *,
        most: int,
        worn: Callable[[], None],
        shared: bool,
    ) -> None:
        self._app, self._waiting, self._worn, self._most = app, waiting, worn, most
        self._count = itertools.count(1)
        self._environ: dict[str, Any] = {
            "SCRIPT_NAME": "", "SERVER_SOFTWARE": "granian", "wsgi.errors": sys.stderr, "wsgi.input_terminated": True,
            "wsgi.multiprocess": shared, "wsgi.multithread": True, "wsgi.run_once": False, "wsgi.version": (1, 0),
            UNSURE: True,
        }  # fmt: skip

    def __call__(self, protocol: Any, environ: dict[str, Any]) -> None:
        environ.update(self._environ)
        if len(environ["PATH_INFO"]) + len(environ["QUERY_STRING"]) > _LONGEST_TARGET:
            protocol.response_bytes(414, [("Connection", "close")], b"")
            return
        lent = None
        if "CONTENT_LENGTH" in environ or "HTTP_TRANSFER_ENCODING" in environ:
            lent = environ["wsgi.input"] = Lent(Paced(environ["wsgi.input"], self._waiting))
        self._answer(protocol, environ)
        if lent is not None:
            lent.take_back(patiently=True)
        if self._most and next(self._count) == self._most:
            self._worn()

    def _answer(self, protocol: Any, environ: dict[str, Any]) -> None:
        start = _Start()
        try:
            body = self._app(environ, start)
        except Exception:
            log.exception("the application raised what it should have answered")
            start, body = _Start(), [b""]
            start("500 Internal Server Error", [("Content-Length", "0")])
        headers = start.headers
        if ending.begun:  # so that the caller's next request goes elsewhere
            headers = [*headers, ("Connection", "close")]
        if type(body) is list:
            protocol.response_bytes(start.status, headers, b"".join(body) if len(body) != 1 else body[0])
        else:
            protocol.response_iter(start.status, headers, _Pieces(body))


class _Start:
    """`start_response`, and what it was told. There is no `write`, which applications of today do without."""

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.status = 500
        self.headers: Headers = []

    def __call__(self, status: str, headers: Headers, exc_info: object = None) -> Callable[[bytes], object]:
        self.status, self.headers = int(status[:3]), headers
        return _no_write


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("granian has no write(); return the body, or yield its pieces")


class _Pieces:
    """A body that comes bit by bit; granian asks for `__next__` and `close`."""

    __slots__ = ("__next__", "_body")

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body
        self.__next__ = iter(body).__next__

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        close: Callable[[], None] | None = getattr(self._body, "close", None)
        if close is not None:
            close()
