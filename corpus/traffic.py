"""Requests to every operation of a document, through the whole road: one that is right and one that is not.

Functions that return what the document promises answer them. The right request has to reach its function with the
arguments that it was made from, and to be answered as the function said; the other has to be refused as a mistake of
the caller. The random numbers start anew for every operation, so every run asks the same.

Some documents ask for what cannot be: a value that is a text and a number, a path that is another one's as well. What
cannot be asked is told apart from what went wrong, each with its reason.
"""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any, NamedTuple
from urllib.parse import unquote

from flask import Flask
from werkzeug.wrappers import Response as FlaskResponse

from pymacaron._types import HeaderList
from pymacaron.bodies import BodyStream, Upload
from pymacaron.dialects import Document
from pymacaron.endpoints import Endpoint, Options
from pymacaron.exceptions import PyMacaronException
from pymacaron.failures import Failures
from pymacaron.inputs import plain
from pymacaron.lane import Route, install
from pymacaron.messages import ABSENT, Arguments, Request
from pymacaron.operations import HEADER, Operation
from pymacaron.router import collisions, parse_template
from pymacaron.samples import NoSample, arguments, result, spoiled_request
from pymacaron.samples.calls import calls_of
from pymacaron.structs import fields_of, is_model
from pymacaron.wire import write_request

_TRIES = 5  # for a request that is no right one of another operation


class Answer(NamedTuple):
    status: int
    headers: HeaderList
    body: bytes


class Asked(NamedTuple):
    """What came of asking an operation: what went wrong, and what the document makes impossible to ask."""

    faults: list[str]
    impossible: list[str]


class Function:
    """Stands in for the user's function of an operation: notes what it is called with, returns what it is told to."""

    def __init__(self, log: list[Function]) -> None:
        self._log = log
        self.called: tuple[tuple[Any, ...], dict[str, Any]] = (), {}
        self.returns: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._log.append(self)
        self.called = args, kwargs
        return self.returns


class Service:
    """All operations of a document behind a Flask app; every response is held to the document."""

    def __init__(self, document: Document) -> None:
        self.operations = document.operations
        self._called: list[Function] = []
        self.functions = {operation: Function(self._called) for operation in document.operations}
        options = Options(strict_query=False, max_body=None, mode=lambda: "enforce", passed_on=FlaskResponse)
        routes = [
            Route(operation.method, operation.path, Endpoint(operation, function, options), f"operation{number}")
            for number, (operation, function) in enumerate(self.functions.items())
        ]
        self._hidden = {later: earlier for earlier, later in collisions(self.operations)}
        self._app = Flask("corpus")
        self._app.logger.disabled = True  # what fails is told by the table
        install(self._app, routes, Failures(expose=lambda: True))

    def asked(self, operation: Operation) -> Asked:
        """Ask an operation both requests."""
        hiding = self._hidden.get(operation)
        if hiding is not None:  # OpenAPI 3.x, Paths Object: such paths are identical, and must not be
            return Asked([], [f"requests reach {hiding.title}, whose path is the same"])
        random = Random(zlib.crc32(operation.title.encode()))
        found = Asked([], [])
        self._right(operation, random, found)
        found.faults.extend(self._wrong(operation, random))
        return found

    def _right(self, operation: Operation, random: Random, found: Asked) -> None:
        for _ in range(_TRIES):
            try:
                sent = arguments(operation, random)
            except NoSample as error:
                found.impossible.append(f"a right request: {error}")
                return
            status = self._prepared(operation, random, found.impossible)
            try:
                request = write_request(operation, sent)
            except PyMacaronException as error:
                found.faults.append(f"a right request cannot be written: {error}")
                return
            self._called.clear()
            faults = list(self._answered_wrongly(operation, sent, request, status))
            if not self._called or self.functions[operation] in self._called:
                found.faults.extend(faults)
                return
        found.faults.append("right requests reach other operations")  # one may: /pets/mine is no pet's name

    def _prepared(self, operation: Operation, random: Random, impossible: list[str]) -> int | None:
        """Let the function return something right; the status, or None if there is nothing."""
        function = self.functions[operation]
        function.returns = None
        try:
            status, value, headers = result(operation, random)
        except NoSample as error:
            impossible.append(f"a right answer: {error}")
            return None
        function.returns = value, status, headers
        return status

    def _answered_wrongly(
        self, operation: Operation, sent: Arguments, request: Request, status: int | None
    ) -> Iterator[str]:
        """What is wrong with the answer to a right request, or with what the function was called with."""
        function = self.functions[operation]
        answer = self.ask(request)
        if self._called != [function]:
            yield f"a right request is answered {answer.status} {answer.body[:300]!r}"
        elif status is not None and answer.status != status:
            yield f"{status} is answered {answer.status} {answer.body[:300]!r}"
        elif not _same(operation, sent, function.called):
            yield "the function is called with something else than was sent"

    def _wrong(self, operation: Operation, random: Random) -> list[str]:
        for _ in range(_TRIES):
            request = spoiled_request(operation, random)
            if request is None:  # it takes everything
                return []
            self._called.clear()
            answer = self.ask(request)
            if self.functions[operation] in self._called:
                return ["a wrong request reaches the function"]
            if not self._called:
                return [] if 400 <= answer.status < 500 else [f"a wrong request is answered {answer.status}"]
        return []  # what it does not take, other operations do

    def ask(self, request: Request) -> Answer:
        return ask(self._app, request)


def ask(app: Flask, request: Request) -> Answer:
    """Send a request as a server would."""
    body = request.body if isinstance(request.body, bytes) else request.body.read()
    path = unquote(request.path, "latin-1")
    environ = {
        "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": request.query,
        "RAW_URI": f"{request.path}?{request.query}", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": "localhost",
        "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr, "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(body)) if body or "content-length" in request.headers else "",
    }  # fmt: skip
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        if key != "CONTENT_LENGTH":
            environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    begun: list[tuple[int, HeaderList]] = []
    pieces = app(environ, lambda status, headers, *_: begun.append((int(status[:3]), headers)))
    return Answer(*begun[-1], b"".join(pieces))


def _same(operation: Operation, sent: Arguments, called: tuple[tuple[Any, ...], dict[str, Any]]) -> bool:
    args, kwargs = called
    given = {name: value for name, value in kwargs.items() if value is not None or name in sent.parameters}
    for name in _arriving_anyway(operation, sent):
        given.pop(name, None)
    wanted = {name: value for name, value in sent.parameters.items() if name not in _lengths(operation)}
    body = args[0] if args else None
    return _equal(None if sent.body is ABSENT else sent.body, body) and _equal(wanted, given)


def _arriving_anyway(operation: Operation, sent: Arguments) -> set[str]:
    """Parameters that may arrive though they were not sent: the length, which is the message's own; objects whose
    properties are keys that another one has as well; what the path has after "?" or "#"."""
    fixed = {condition.name for condition in parse_template(operation.path).conditions}
    anyway = {p.argument for p in operation.parameters if p.name in fixed} | calls_of(operation).entangled
    return _lengths(operation) | (anyway - sent.parameters.keys())


def _lengths(operation: Operation) -> set[str]:
    return {p.argument for p in operation.parameters if p.location == HEADER and p.name.lower() == "content-length"}


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, Upload) and isinstance(b, Upload):  # they have been read by now
        return (a.filename, a.content_type) == (b.filename, b.content_type)
    if isinstance(a, BodyStream) and isinstance(b, BodyStream):
        return a.content_type == b.content_type
    if is_model(a) and type(a) is type(b):
        return _equal(fields_of(a), fields_of(b))
    if isinstance(a, dict) and is_model(b):  # JSON that is more than its model can hold: what of it there is
        return all(_equal(a[name], value) for name, value in fields_of(b).items() if name in a)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == (plain(b) if isinstance(a, str) and isinstance(b, date) else b))
