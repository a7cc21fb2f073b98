"""Calls to an API that this very process serves: no connection, but all else is as for callers from outside, with the
application's middleware, hooks and contexts, its logs and its crash reports."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextvars import Context
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from pymacaron.bodies import Joined, close
from pymacaron.messages import Request, Response

from .carrying import Origin, Sending, TransportFault, target_of

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class LocalTransport:
    """Hands requests to a WSGI application. Each has context variables of its own, as if it had come over a connection:
    else Flask would let it share the caller's `g`."""

    is_local = True

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def send(self, sending: Sending) -> Response:
        if sending.until <= monotonic():
            raise TransportFault("the deadline has passed", unsent=True, late=True)
        context = Context()
        started: list[Any] = []

        def start_response(*said: Any) -> Any:
            started[:] = said[:2]

        environ = _environ(sending.origin, sending.request)
        body = context.run(self._app, environ, start_response)
        pieces = _pieces(body, context)
        first = next(pieces, b"")  # the status is known by then (PEP 3333)
        status, headers = started
        if isinstance(body, list | tuple):
            return Response(int(status[:3]), headers, first + b"".join(pieces))
        return Response(int(status[:3]), headers, Joined(pieces, first))


def _pieces(body: Any, context: Context) -> Iterator[bytes]:
    """The pieces of an answer, each made in the context of the call."""
    iterator = iter(body)
    try:
        while (piece := context.run(next, iterator, None)) is not None:
            yield piece
    finally:
        context.run(close, body)


_OWN_NAMES = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def _environ(origin: Origin, request: Request) -> WSGIEnvironment:
    """PEP 3333."""
    body: Any = request.body
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "QUERY_STRING": request.query,
        "PATH_INFO": unquote_to_bytes(request.path).decode("latin-1"), "SERVER_PROTOCOL": "HTTP/1.1",
        "REQUEST_URI": target_of(request),
        "SERVER_NAME": origin.host, "SERVER_PORT": str(origin.port), "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": str(origin).partition("://")[2], "wsgi.version": (1, 0), "wsgi.url_scheme": origin.scheme,
        "wsgi.input": io.BytesIO(body) if isinstance(body, bytes) else body, "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False,
    }  # fmt: skip
    for name, text in request.headers.items():
        environ[_OWN_NAMES.get(name) or "HTTP_" + name.upper().replace("-", "_")] = text
    return environ
