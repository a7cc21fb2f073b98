"""Two applications for every test of the lane: one on it, one with Flask's own dispatch, asked the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple
from wsgiref.validate import validator

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from pymacaron import messages
from pymacaron.exceptions import PyMacaronException
from pymacaron.lane import Route, install
from pymacaron.lane.dispatch import Lane

JSON = [("Content-Type", "application/json")]
LANE, FLASK = "lane", "flask"
UNWATCHED = {"test.unwatched": True}  # in an environ: the validator wants a Content-Type for every body


class Answer(NamedTuple):
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Ask(NamedTuple):
    """One request; `environ` is changed last, a None takes a key away."""

    method: str
    path: str
    data: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    environ: dict[str, Any] = {}  # noqa: RUF012 - never changed


def ask(app: Any, method: str, path: str, data: bytes = b"", headers: Any = None, environ: Any = None) -> Answer:
    """A request as a WSGI server makes it, to an application watched by the standard library's validator."""
    builder = EnvironBuilder(path=path, method=method, headers=headers, data=data)
    made = {**builder.get_environ(), **(environ or {})}
    made = {key: value for key, value in made.items() if value is not None}
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        started.append((status, headers))
        return lambda data: None

    watched = app if environ else validator(app)
    answer = watched(made, start_response)
    try:
        body = b"".join(answer)
    finally:
        if hasattr(answer, "close"):
            answer.close()
    ((status, sent),) = started
    return Answer(status, list(sent), body)


def error_response(error: BaseException) -> messages.Response:
    if isinstance(error, PyMacaronException):
        body: dict[str, Any] = {"error": error.code, "text": error.error_description}
        return reply(body, error.status, error.response_headers())
    if isinstance(error, HTTPException):
        return reply({"error": type(error).__name__}, error.code or 500)
    return reply({"error": "UNHANDLED", "type": type(error).__name__}, 500)


def reply(value: Any = None, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> messages.Response:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return messages.Response(status, [*JSON, *headers], body)


def echo(message: messages.Request) -> messages.Response:
    body = message.body if isinstance(message.body, bytes) else message.body.read()
    return reply(
        {
            "method": message.method, "path": message.path, "query": message.query, "values": message.path_values,
            "headers": dict(sorted(message.headers.items())), "body": body.decode("latin-1"),
        }
    )  # fmt: skip


Build = Callable[[Flask], Iterable[Route]]


def make(build: Build, road: str, **config: Any) -> Flask:
    app = Flask("shop")
    app.secret_key = "secret"
    app.config.update(config)
    events: list[Any] = []
    app.extensions["events"] = events
    install(app, list(build(app)), error_response, through_flask=road == FLASK)
    if road == LANE:
        assert isinstance(app.wsgi_app, Lane)
        inner = app.wsgi_app.inner
        passed: list[str] = []
        app.extensions["passed_on"] = passed

        def watch(environ: Any, start_response: Any) -> Any:
            passed.append(environ.get("PATH_INFO", ""))
            return inner(environ, start_response)

        app.wsgi_app.inner = watch
    return app


def both(build: Build, *asks: Ask, passed_on: int = 0, **config: Any) -> list[Answer]:
    """The answers to some requests, the same on both roads; `passed_on` of them the lane hands to Flask."""
    apps = make(build, LANE, **config), make(build, FLASK, **config)
    ways = [[ask(app, *one) for one in asks] for app in apps]
    assert ways[0] == ways[1]
    assert apps[0].extensions["events"] == apps[1].extensions["events"]
    assert len(apps[0].extensions["passed_on"]) == passed_on
    return ways[0]


def events_of(build: Build, *asks: Ask, **config: Any) -> list[Any]:
    """What the hooks noted while the requests were answered, the same on both roads."""
    both(build, *asks, **config)
    app = make(build, LANE, **config)
    for one in asks:
        ask(app, *one)
    noted: list[Any] = app.extensions["events"]
    return noted


def note(*what: Any) -> Any:
    """Note an event, for comparing; it gives None, so that it can stand in an expression."""
    current_app.extensions["events"].append(what[0] if len(what) == 1 else what)


class OurError(PyMacaronException):
    code, status = "OURS", 409


def raising(error: Callable[[], BaseException]) -> Callable[[messages.Request], Any]:
    def endpoint(message: messages.Request) -> Any:
        raise error()

    return endpoint


def hooks(app: Flask) -> list[Route]:
    """One or two hooks of every kind, which note that they are called."""
    app.url_value_preprocessor(lambda endpoint, values: note("values", endpoint, dict(values or {})))
    app.before_request(lambda: note("before 1"))
    app.before_request(lambda: note("before 2", request.path))

    def after(name: str) -> Callable[[Response], Response]:
        def function(response: Response) -> Response:
            note(name, response.status_code, response.get_data())
            response.headers[name] = "1"
            return response

        return function

    app.after_request(after("After-1"))
    app.after_request(after("After-2"))
    app.teardown_request(lambda error: note("teardown request", repr(error)))
    app.teardown_appcontext(lambda error: note("teardown app", repr(error)))
    return []


def one(endpoint: Callable[..., Any], method: str = "GET", path: str = "/x") -> list[Route]:
    return [Route(method, path, endpoint, "shop.x")]


GET = Ask("GET", "/x")
