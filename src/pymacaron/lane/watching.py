"""A call for every request, and its end told to whoever listens: logs and crash reports.

Bodies that are streamed end when the server has taken their last byte, or closes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Flask

from pymacaron._types import HeaderList
from pymacaron.calls import DEADLINE, Call, Exchange, Listeners, current
from pymacaron.flask_context import Environ

from .environ import EnvironHeaders
from .place import Layer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

SENT_DEADLINE = "HTTP_" + DEADLINE.upper()


class _Statuses(dict[str, int]):
    """The statuses of status lines."""

    def __missing__(self, line: str) -> int:
        status = int(line[:3]) if line[:3].isdecimal() else 500  # Flask lets any text be a status
        if len(self) < 1000:
            self[line] = status
        return status


_STATUSES = _Statuses()
_KEPT = 64 * 1024  # bytes of a streamed answer that are kept for those who listen


class Begun:
    """What start_response was told: the status line and the headers. Called, it remembers them, and passes them on."""

    __slots__ = ("_pass_on", "headers", "line")

    def __init__(
        self, line: str = "", headers: HeaderList | None = None, pass_on: StartResponse | None = None
    ) -> None:  # fmt: skip
        self.line = line
        self.headers: HeaderList = [] if headers is None else headers
        self._pass_on = pass_on

    def __call__(self, line: str, headers: HeaderList, exc_info: Any = None, /) -> Any:
        self.line, self.headers = line, headers
        begin = self._pass_on
        if begin is not None:
            return begin(line, headers) if exc_info is None else begin(line, headers, exc_info)
        return None


class Watching(Layer):
    """Begins a call for each request, and tells of its end. The lane does so itself for those that it answers."""

    def __init__(self, app: Flask, listeners: Listeners) -> None:
        self.app = app
        self._every, self._trouble, self._patience = listeners

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        call = Call(EnvironHeaders(environ))
        if SENT_DEADLINE in environ:
            call.with_deadline()
        outer = current.set(call)
        begun = Begun(pass_on=start_response)
        try:
            body = self.inner(environ, begun)
        except BaseException as error:
            self.broke_off(call, environ, error)
            raise
        else:
            is_dull = begun.line and not self._every and begun.line[0] < "5" and _is_complete(begun.headers)
            if is_dull and perf_counter() - call.began <= self._patience:
                call.failure = None
                return body
            return self.told(call, environ, begun, body)
        finally:
            current.reset(outer)

    def broke_off(self, call: Call, environ: Environ, error: BaseException) -> None:
        """Tell of a call that has no answer but the server's own: an exception has left the application."""
        if call.failure is not None and error.__context__ is None and error is not call.failure:
            error.__context__ = call.failure  # which has led to an answer that nobody gets now
        call.failure = error
        self.tell(call, environ, Begun("500"), b"", 0)

    def told(self, call: Call, environ: Environ, begun: Begun, body: Iterable[bytes]) -> Iterable[bytes]:
        """The body of a response that has begun; what is all there is told of now."""
        if type(body) is not list or not begun.line:
            return Watched(self, call, environ, begun, body)
        if self._every or begun.line[0] == "5" or perf_counter() - call.began > self._patience:
            content = body[0] if len(body) == 1 else b"".join(body)
            self.tell(call, environ, begun, content, len(content))
        call.failure = None  # its traceback leads back to the call: a circle that would wait for the garbage collector
        return body

    def tell(  # noqa: PLR0917 - called for every request, and keywords cost time
        self, call: Call, environ: Environ, begun: Begun, body: bytes, sent: int,
        answered: float | None = None, complete: bool = True,
    ) -> None:  # fmt: skip
        """Tell those who listen of a call that was answered; `answered` and `complete` as in Exchange."""
        seconds = perf_counter() - call.began
        answered = seconds if answered is None else answered
        line, headers = begun.line, begun.headers
        status = _STATUSES[line]
        length = environ.get("CONTENT_LENGTH")
        received = int(length) if length and length.isdecimal() and len(length) < 20 else None if length else 0
        method = environ.get("REQUEST_METHOD", "")
        exchange = Exchange(call, method, received, status, headers, body, sent, seconds, answered, complete)
        for listener in self._every:
            listener(exchange)
        if status >= 500 or answered > self._patience or not complete:
            for listener in self._trouble:
                listener(exchange)


class Watched:
    """The body of a response that is streamed, and with it the call."""

    def __init__(self, watching: Watching, call: Call, environ: Environ, begun: Begun, body: Iterable[bytes]) -> None:
        self._watching, self._call, self._environ, self._begun, self._body = watching, call, environ, begun, body
        self._answered = perf_counter() - call.began
        self._complete = True
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
            self._complete = False
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
            body = b"".join(self._kept)
            self._watching.tell(
                self._call, self._environ, self._begun, body, self._sent, self._answered, self._complete
            )  # fmt: skip
            self._call.failure = None


def _is_complete(headers: HeaderList) -> bool:
    """Whether a response says its length, which it can since it is all there."""
    return any(name == "Content-Length" for name, _ in headers)
