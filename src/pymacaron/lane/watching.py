"""A call for every request, and its end told to whoever listens: logs and crash reports.

This layer stands around the others, and inside the middleware of the user. Bodies that are streamed end when the server
has taken their last byte or closes them.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Flask

from pymacaron._types import HeaderList
from pymacaron.calls import Call, Exchange, Listener, current
from pymacaron.flask_context import Environ
from pymacaron.messages import Request

from .environ import EnvironHeaders, path_of
from .place import Layer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_KEPT = 64 * 1024  # bytes of a streamed answer that are kept for those who listen


class Watching(Layer):
    """Begins a call for each request, and ends it."""

    def __init__(self, app: Flask, listeners: Sequence[Listener]) -> None:
        self.app = app
        self._listeners = listeners

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        call = Call(EnvironHeaders(environ))
        begun: list[Any] = []

        def begin(status: str, headers: HeaderList, exc_info: Any = None, /) -> Any:
            begun[:] = status, headers
            return start_response(status, headers) if exc_info is None else start_response(status, headers, exc_info)

        outer = current.set(call)
        try:
            body = self.inner(environ, begin)
        except BaseException as error:
            call.failure = error
            self.ended(call, environ, begun, b"", 0)
            raise
        finally:
            current.reset(outer)
        if type(body) is not list:
            return Watched(self, call, environ, begun, body)
        content = body[0] if len(body) == 1 else b"".join(body)
        self.ended(call, environ, begun, content, len(content))
        return body

    def ended(self, call: Call, environ: Environ, begun: Sequence[Any], body: bytes, sent: int) -> None:
        """Tell those who listen that a call was answered."""
        seconds = perf_counter() - call.began
        line, headers = begun or ("500", [])
        exchange = Exchange(call, int(line[:3]), headers, body, sent, seconds, partial(_request, environ))
        for listener in self._listeners:
            listener(exchange)


class Watched:
    """The body of a response that is streamed, and with it the call."""

    def __init__(
        self, watching: Watching, call: Call, environ: Environ, begun: Sequence[Any], body: Iterable[bytes]
    ) -> None:
        self._watching, self._call, self._environ, self._begun, self._body = watching, call, environ, begun, body
        self._pieces: Iterator[bytes] | None = None
        self._kept: list[bytes] = []
        self._sent = 0
        self._is_over = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        outer = current.set(self._call)
        try:
            if self._pieces is None:
                self._pieces = iter(self._body)
            piece = next(self._pieces)
        except StopIteration:
            self._end()
            raise
        except BaseException as error:
            self._call.failure = error
            self._end()
            raise
        finally:
            current.reset(outer)
        if self._sent < _KEPT:
            self._kept.append(piece[: _KEPT - self._sent])
        self._sent += len(piece)
        return piece

    def close(self) -> None:
        """Called by the server at the end, whichever it is (PEP 3333)."""
        outer = current.set(self._call)
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            current.reset(outer)
            self._end()

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._watching.ended(self._call, self._environ, self._begun, b"".join(self._kept), self._sent)


def _request(environ: Environ) -> Request:
    """What was asked, for those who tell of it afterwards."""
    try:
        path = path_of(environ)
    except Exception:  # noqa: BLE001 - a path that is no text has been answered, too
        path = environ.get("PATH_INFO", "").encode("ascii", "replace").decode()
    kept = environ.get("wsgi.input")
    body = kept.getvalue() if isinstance(kept, io.BytesIO) else b""
    method, query = environ.get("REQUEST_METHOD", ""), environ.get("QUERY_STRING", "")
    return Request(method, path, query, EnvironHeaders(environ), body)
