"""Requests to every operation of a document, through the whole road: one that is right and one that is not.

Functions that return what the document promises answer them. The right request has to reach its function with the
arguments that it was made from, and to be answered as the function said; the other has to be refused as a mistake of
the caller. The random numbers start anew for every operation, so every run asks the same.
"""

from __future__ import annotations

import io
import sys
import zlib
from random import Random
from typing import Any, NamedTuple
from urllib.parse import unquote

from flask import Flask
from werkzeug.wrappers import Response as FlaskResponse

from pymacaron.bodies import BodyStream, Upload
from pymacaron.dialects import Document
from pymacaron.endpoints import Endpoint, Options
from pymacaron.failures import Failures
from pymacaron.lane import Route, install
from pymacaron.messages import Arguments, Request
from pymacaron.operations import Operation
from pymacaron.samples import NoSample, arguments, result, spoiled_request
from pymacaron.wire import write_request


class Answer(NamedTuple):
    status: int
    body: bytes


class Function:
    """Stands in for the user's function of an operation: notes what it is called with, returns what it is told to."""

    def __init__(self) -> None:
        self.called: tuple[tuple[Any, ...], dict[str, Any]] | None = None
        self.returns: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.called = args, kwargs
        return self.returns


class Service:
    """All operations of a document behind a Flask app; every response is held to the document."""

    def __init__(self, document: Document) -> None:
        self.operations = document.operations
        self.functions: dict[Operation, Function] = {operation: Function() for operation in document.operations}
        options = Options(strict_query=False, max_body=None, mode=lambda: "enforce", passed_on=FlaskResponse)
        routes = [
            Route(operation.method, operation.path, Endpoint(operation, function, options), f"operation{number}")
            for number, (operation, function) in enumerate(self.functions.items())
        ]
        self._app = Flask("corpus")
        self._app.logger.disabled = True  # what fails is told by the table
        install(self._app, routes, Failures(expose=lambda: True))

    def faults(self, operation: Operation) -> list[str]:
        """What went wrong with an operation; [] if it answered both requests as it should."""
        random = Random(zlib.crc32(operation.title.encode()))
        return [*self._right(operation, random), *self._wrong(operation, random)]

    def _right(self, operation: Operation, random: Random) -> list[str]:
        function = self.functions[operation]
        try:
            sent = arguments(operation, random)
            status, function.returns = result(operation, random)
        except NoSample as error:
            return [f"no sample: {error}"]
        function.returns = function.returns, status
        function.called = None
        answer = self.ask(write_request(operation, sent))
        if function.called is None:
            return [f"a right request is answered {answer.status} {answer.body[:300]!r}"]
        if answer.status != status:
            return [f"{status} is answered {answer.status} {answer.body[:300]!r}"]
        return [] if _same(sent, function.called) else ["the function is called with something else than was sent"]

    def _wrong(self, operation: Operation, random: Random) -> list[str]:
        request = spoiled_request(operation, random)
        if request is None:  # it takes everything
            return []
        function = self.functions[operation]
        function.called = None
        answer = self.ask(request)
        if function.called is not None:
            return ["a wrong request reaches the function"]
        return [] if 400 <= answer.status < 500 else [f"a wrong request is answered {answer.status}"]

    def ask(self, request: Request) -> Answer:
        """Send a request as a server would."""
        body = request.body if isinstance(request.body, bytes) else request.body.read()
        path = unquote(request.path, "latin-1")
        environ = {
            "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": request.query,
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr, "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(body)) if body else "",
        }  # fmt: skip
        for name, value in request.headers.items():
            key = name.upper().replace("-", "_")
            if key != "CONTENT_LENGTH":
                environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        statuses: list[int] = []
        pieces = self._app(environ, lambda status, *_: statuses.append(int(status[:3])))
        return Answer(statuses[-1], b"".join(pieces))


def _same(sent: Arguments, called: tuple[tuple[Any, ...], dict[str, Any]]) -> bool:
    args, kwargs = called
    given = {name: value for name, value in kwargs.items() if value is not None or name in sent.parameters}
    body = args[0] if args else None
    return _equal(sent.body or None, body or None) and _equal(sent.parameters, given)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, (Upload, BodyStream)) or isinstance(b, (Upload, BodyStream)):
        return True  # streams, which have been read by now
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == b)
