"""How many requests are being answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from flask import Flask

from pymacaron.lane import Layer, wrap

from .measures import measures

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def watch(app: Flask) -> None:
    """Count the requests that `app` is answering."""
    wrap(app, _Crowd())


class _Crowd(Layer):
    """A request counts until the application has given its answer; one that is streamed, until its end."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        measures.in_flight.inc()
        try:
            body = self.inner(environ, start_response)
        except BaseException:
            measures.in_flight.dec()
            raise
        if type(body) is list:
            measures.in_flight.dec()
            return body
        return _Body(body, measures.in_flight.dec)


class _Body:
    """A body that tells when it is over."""

    def __init__(self, body: Iterable[bytes], over: Callable[[], None]) -> None:
        self._body, self._over, self._is_over = body, over, False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._body
        self._end()

    def close(self) -> None:
        """Called by the server at the end, whichever it is (PEP 3333)."""
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end()

    def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._over()
