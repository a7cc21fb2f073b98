"""The laws of the lane. Most of them are one law: Flask's own dispatch gives the same bytes, and calls the same hooks."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from wsgiref.validate import validator

import flask
import pytest
import werkzeug
from flask import Flask, Response, abort, current_app, g, request, session, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.signals import (
    appcontext_popped,
    appcontext_pushed,
    appcontext_tearing_down,
    got_request_exception,
    message_flashed,
    request_finished,
    request_started,
    request_tearing_down,
)
from flask_cors import CORS
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule
from werkzeug.test import EnvironBuilder

from pymacaron import flask_context, messages
from pymacaron.exceptions import ForbiddenError, MethodNotAllowedError, NotFoundError, PyMacaronException
from pymacaron.lane import Route, install
from pymacaron.lane.dispatch import Lane
from pymacaron.lane.environ import Body, EnvironHeaders, read_body

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


def note(*what: Any) -> None:
    current_app.extensions["events"].append(what[0] if len(what) == 1 else what)


def one(endpoint: Callable[..., Any], method: str = "GET", path: str = "/x") -> list[Route]:
    return [Route(method, path, endpoint, "shop.x")]


GET = Ask("GET", "/x")


# ------------------------------------------------------------------------------------------------------- messages


def test_request() -> None:
    """An endpoint gets the method, path, query, headers, body and path values of the request."""
    headers = {"X-Id": "7", "Content-Type": "text/plain", "Accept": "*/*"}
    routes = [Route("POST", "/v1/{id}/{b-c}.json", echo, "shop.x")]
    (answer,) = both(lambda app: routes, Ask("POST", "/v1/%C3%BC d/2.json?a=%20&b", b"body", headers))
    assert answer.json == {
        "method": "POST", "path": "/v1/ü d/2.json", "query": "a=%20&b", "values": {"id": "ü d", "b-c": "2"},
        "headers": {"accept": "*/*", "content-length": "4", "content-type": "text/plain", "host": "localhost", "x-id": "7"},
        "body": "body",
    }  # fmt: skip


def test_response() -> None:
    """Status, headers and body come as the endpoint gave them, with the length."""
    build = lambda app: one(lambda message: reply({}, 201, [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]))  # noqa: E731
    assert both(build, GET) == [
        Answer("201 CREATED", [*JSON, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Content-Length", "2")], b"{}")
    ]


@pytest.mark.parametrize("status", [200, 204, 205, 206, 304, 404, 418, 499, 599])
@pytest.mark.parametrize("headers", [[], JSON, [("content-length", "2"), ("ETag", '"x"')]])
def test_statuses(status: int, headers: list[tuple[str, str]]) -> None:
    """Every status has its line; 204 and 304 have no body and no length."""
    answer, head = both(
        lambda app: one(lambda message: messages.Response(status, headers, b"{}")),
        Ask("GET", "/x", environ=UNWATCHED), Ask("HEAD", "/x", environ=UNWATCHED),
    )  # fmt: skip
    assert answer.status.startswith(f"{status} ")
    assert answer.body == (b"" if status in {204, 304} else b"{}")
    assert (answer.header("content-length") == "2") is (status not in {204, 304})
    assert head == answer._replace(body=b"")


def test_no_content_type_is_made_up() -> None:
    """A response without Content-Type stays without."""
    build = lambda app: one(lambda message: messages.Response(200, [], b""))  # noqa: E731
    assert both(build, Ask("GET", "/x", environ=UNWATCHED))[0].headers == [("Content-Length", "0")]


class Stream:
    def __init__(self, app: Flask) -> None:
        self.pieces, self.app = iter([b"a", b"b"]), app

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self.pieces)

    def close(self) -> None:
        self.app.extensions["events"].append("closed")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_streams(method: str) -> None:
    """An iterable is sent as it comes, without a length, and closed, even if it was not asked for."""

    def build(app: Flask) -> list[Route]:
        return one(lambda message: messages.Response(200, JSON, Stream(app)))

    assert both(build, Ask(method, "/x")) == [Answer("200 OK", JSON, b"ab" if method == "GET" else b"")]
    assert events_of(build, Ask(method, "/x")) == ["closed"]


def test_lists_have_a_length() -> None:
    """A list of pieces is an iterable whose length is known."""
    build = lambda app: one(lambda message: messages.Response(200, JSON, [b"a", b"bc"]))  # noqa: E731
    assert both(build, GET) == [Answer("200 OK", [*JSON, ("Content-Length", "3")], b"abc")]


@pytest.mark.parametrize("value", ["a\r\nX-Bad: 1", "a\nb", "€", "a\0b"])
def test_headers_that_cannot_be_sent(value: str) -> None:
    """A header that would break the response, or smuggle in another, is a fault of the service."""
    for headers in ([("X-A", value)], [(value, "1")]):
        (answer,) = both(lambda app: one(lambda message: reply({}, 200, headers)), GET)  # noqa: B023
        assert (answer.status, answer.json["type"]) == ("500 INTERNAL SERVER ERROR", "ValueError")
    assert both(lambda app: one(lambda message: reply({}, 200, [("X-A", "é")])), GET)[0].status == "200 OK"


FLASK_ANSWERS: list[Callable[[], Any]] = [
    lambda: Response("text"),
    lambda: Response(["a", "b"], 201, {"X-A": "1", "Location": "/ü"}, mimetype="text/plain"),
    lambda: Response(iter([b"a", b"b"])),
    lambda: Response(iter([b"a", b"b"]), direct_passthrough=True),
    lambda: werkzeug.Response("plain"),
    lambda: flask.jsonify(a=1),
    lambda: flask.redirect("/elsewhere"),
    lambda: flask.send_file(io.BytesIO(b"file"), mimetype="text/plain", download_name="x.txt"),
    lambda: Response(status=204),
    lambda: Response("x", status=304),
]


@pytest.mark.parametrize("answer", FLASK_ANSWERS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_flask_responses(answer: Callable[[], Any], method: str) -> None:
    """A Flask or Werkzeug response is sent as it is."""

    def endpoint(message: messages.Request) -> Any:
        events = current_app.extensions["events"]
        made = answer()
        made.set_cookie("c", "1")
        made.call_on_close(lambda: events.append("closed"))
        return made

    def build(app: Flask) -> list[Route]:
        app.after_request(lambda response: response)
        return one(endpoint)

    asked = Ask(method, "/x", environ=UNWATCHED)
    (plain,) = both(lambda app: one(endpoint), asked)
    assert plain == both(build, asked)[0]
    assert plain.header("Set-Cookie") == "c=1; Path=/"


def test_file_wrapper() -> None:
    """The server's own way of sending files is used for Flask's files."""
    wrapped: list[Any] = []

    def file_wrapper(file: Any, size: int = 8192) -> Iterator[bytes]:
        wrapped.append(file)
        return iter(lambda: file.read(size), b"")

    def endpoint(message: messages.Request) -> Any:
        return flask.send_file(io.BytesIO(b"file"), mimetype="text/plain", download_name="x.txt")

    asked = Ask("GET", "/x", environ={"wsgi.file_wrapper": file_wrapper})
    assert both(lambda app: one(endpoint), asked)[0].body == b"file"
    assert len(wrapped) == 2


class Shouting(Response):
    default_mimetype = "text/shout"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers["X-Shout"] = "1"


def test_response_class() -> None:
    """The application's response class makes every response."""

    def build(app: Flask) -> list[Route]:
        app.response_class = Shouting
        return one(lambda message: messages.Response(200, [], b"x"))

    asks = [Ask("GET", "/x", environ=UNWATCHED), Ask("HEAD", "/x", environ=UNWATCHED), Ask("GET", "/y")]
    answer, head, missing = both(build, *asks, passed_on=1)
    assert sorted(answer.headers) == [("Content-Length", "1"), ("X-Shout", "1")]
    assert head == answer._replace(body=b"")
    assert missing.header("X-Shout") == "1"


# --------------------------------------------------------------------------------------------------------- bodies


def body_of(message: messages.Request) -> bytes:
    return message.body if isinstance(message.body, bytes) else message.body.read()


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        ({"CONTENT_LENGTH": "4"}, 200), ({"CONTENT_LENGTH": "0"}, 200), ({"CONTENT_LENGTH": ""}, 200),
        ({"CONTENT_LENGTH": None}, 200), ({"CONTENT_LENGTH": "abc"}, 400), ({"CONTENT_LENGTH": "-1"}, 400),
        ({"CONTENT_LENGTH": "4, 4"}, 400), ({"CONTENT_LENGTH": "4.0"}, 400), ({"CONTENT_LENGTH": "+4"}, 400),
        ({"CONTENT_LENGTH": "٤"}, 400), ({"CONTENT_LENGTH": "9" * 5000}, 400), ({"CONTENT_LENGTH": "9" * 18}, 400),
        ({"CONTENT_LENGTH": "5"}, 400), ({"CONTENT_LENGTH": "4", "HTTP_TRANSFER_ENCODING": "chunked"}, 400),
        ({"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked"}, 200),
        ({"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}, 200),
        ({"CONTENT_LENGTH": None, "SERVER_PROTOCOL": "HTTP/2", "wsgi.input_terminated": True}, 200),
        ({"CONTENT_LENGTH": None, "wsgi.input_terminated": True}, 200),
        ({"wsgi.input": None, "CONTENT_LENGTH": None}, 200), ({"wsgi.input": None}, 400),
    ],
)  # fmt: skip
def test_framing(environ: dict[str, Any], status: int) -> None:
    """A body is read as far as it goes; one whose end is in doubt is refused."""
    (answer,) = both(lambda app: one(lambda m: reply(body_of(m)), "POST"), Ask("POST", "/x", b"body", {}, environ))
    assert int(answer.status[:3]) == status
    announced = environ.get("CONTENT_LENGTH", "4") or environ.get("SERVER_PROTOCOL") or len(environ) == 3
    if status == 200:
        assert answer.body == (b"body" if announced and announced != "0" else b"")


class Slow(io.RawIOBase):
    """A stream that gives a byte at a time, and then breaks."""

    def __init__(self, data: bytes) -> None:
        self.data = [*data]

    def read(self, size: int = -1) -> bytes:
        if not self.data:
            raise ConnectionResetError
        return bytes([self.data.pop(0)])


def test_broken_connection() -> None:
    """A caller who goes away gets a 400, which he does not see, and nobody a 500."""
    environ = {"wsgi.input": Slow(b"body"), "CONTENT_LENGTH": "4"}
    routes = one(lambda m: reply(body_of(m)), "POST")
    assert ask(make(lambda app: routes, LANE), "POST", "/x", environ=environ).body == b"body"
    environ = {"wsgi.input": Slow(b"bod"), "CONTENT_LENGTH": "4"}
    assert ask(make(lambda app: routes, LANE), "POST", "/x", environ=environ).status == "400 BAD REQUEST"


@given(st.binary(max_size=300), st.lists(st.integers(-1, 40), max_size=8), st.booleans())
def test_reading_in_pieces(data: bytes, sizes: list[int], announced: bool) -> None:
    """However a body is read, the pieces make up the body, and then comes nothing."""
    environ = {"wsgi.input": io.BytesIO(data + (b"next request" if announced else b""))}
    body = Body(environ, len(data) if announced else None, None)
    read = [body.read(size) for size in sizes]
    assert all(len(piece) <= size for piece, size in zip(read, sizes, strict=True) if size >= 0)
    assert b"".join(read) + body.read() == data
    assert body.read() == body.read(7) == b""


def test_length_limit() -> None:
    """Flask's MAX_CONTENT_LENGTH holds for operations, announced or not."""
    chunked = {"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}
    routes = one(lambda m: reply(body_of(m)), "POST")
    asks = [Ask("POST", "/x", b"12345"), Ask("POST", "/x", b"1234"), Ask("POST", "/x", b"12345", {}, chunked)]
    answers = both(lambda app: routes, *asks, MAX_CONTENT_LENGTH=4)
    assert [answer.status[:3] for answer in answers] == ["413", "200", "413"]


def test_flask_request_has_the_body_too() -> None:
    """What the operation has read whole is there for flask.request."""

    def endpoint(message: messages.Request) -> Any:
        return reply([body_of(message).decode(), request.get_json(), request.get_data(as_text=True)])

    asked = Ask("POST", "/x", b'{"a": 1}', {"Content-Type": "application/json"})
    assert both(lambda app: one(endpoint, "POST"), asked)[0].json == ['{"a": 1}', {"a": 1}, '{"a": 1}']


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("hook", [lambda: request.get_data(), lambda: request.get_json(), lambda: request.json])
def test_hooks_may_read_the_body(hook: Callable[[], object]) -> None:
    """What a before_request function has read through flask.request is still there for the operation."""

    def build(app: Flask) -> list[Route]:
        app.before_request(lambda: note(hook()))
        return one(lambda m: reply(body_of(m)), "POST")

    assert both(build, Ask("POST", "/x", b"[1]", {"Content-Type": "application/json"}))[0].body == b"[1]"


def test_a_form_read_by_a_hook(caplog: pytest.LogCaptureFixture) -> None:
    """A hook that parses the form uses it up: the log says how to mend that."""

    def build(app: Flask) -> list[Route]:
        app.before_request(lambda: note(request.form.to_dict()))
        return one(lambda m: reply(body_of(m)), "POST")

    assert both(build, Ask("POST", "/x", b"a=1", FORM))[0].status == "500 INTERNAL SERVER ERROR"
    assert "let it call request.get_data() first" in caplog.text


# -------------------------------------------------------------------------------------------- what Flask promises


def test_proxies() -> None:
    """flask.request, g, session, current_app and url_for work inside an operation."""

    def endpoint(message: messages.Request) -> Any:
        g.user = "ann"
        session["n"] = session.get("n", 0) + 1
        return reply(
            [
                request.args["q"], request.headers["X-A"], request.method, request.path, request.endpoint,
                request.view_args, request.blueprint, str(request.url_rule), g.user, current_app.name,
                url_for("shop.x", item_id=3), url_for(".x", item_id=3, _external=True), url_for("static", filename="a"),
                flask.has_request_context(), flask.has_app_context(), type(request._get_current_object()).__name__,
                request.url, request.remote_addr, request.host,
            ]
        )  # fmt: skip

    build = lambda app: one(endpoint, path="/items/{item-id}")  # noqa: E731
    (answer,) = both(build, Ask("GET", "/items/7?q=1", headers={"X-A": "2"}))
    assert answer.json == [
        "1", "2", "GET", "/items/7", "shop.x", {"item_id": "7"}, "shop", "/items/<item_id>", "ann", "shop",
        "/items/3", "http://localhost/items/3", "/static/a", True, True, "Request", "http://localhost/items/7?q=1",
        None, "localhost",
    ]  # fmt: skip
    assert answer.header("Set-Cookie")
    assert answer.header("Vary") == "Cookie"


class MyRequest(flask.Request):
    mine = "mine"


class MyGlobals(flask.ctx._AppCtxGlobals):
    mine = "too"


def test_the_users_classes() -> None:
    """request and g are made by the application's classes."""

    def build(app: Flask) -> list[Route]:
        app.request_class, app.app_ctx_globals_class = MyRequest, MyGlobals
        return one(lambda message: reply([request.mine, g.mine]))  # type: ignore[attr-defined]

    assert both(build, GET)[0].json == ["mine", "too"]


def test_contexts_end_with_the_request() -> None:
    """After the answer there is no context any more, whatever happened."""

    def endpoint(message: messages.Request) -> Any:
        note(g.get("n"), flask.has_request_context())
        g.n = 1
        raise KeyError

    for road in (LANE, FLASK):
        app = make(lambda app: one(endpoint), road)
        for _ in range(2):
            ask(app, *GET)
            assert not flask.has_request_context()
            assert not flask.has_app_context()
        assert app.extensions["events"] == [(None, True)] * 2


def test_an_outer_app_context_is_kept() -> None:
    """Inside an application context of the same application, the request uses that one, and so its g."""

    def endpoint(message: messages.Request) -> Any:
        return reply(g.get("n"))

    for road in (LANE, FLASK):
        app = make(lambda app: one(endpoint), road)
        with app.app_context():
            g.n = 5
            assert ask(app, *GET).json == 5
            assert flask.has_app_context()
        with Flask("other").app_context():
            g.n = 6
            assert ask(app, *GET).json is None


def test_after_this_request() -> None:
    """Functions given to after_this_request are called with the response."""

    def endpoint(message: messages.Request) -> Any:
        @flask.after_this_request
        def add(response: Response) -> Response:
            response.headers["X-Late"] = "1"
            return response

        return reply({})

    (answer,) = both(lambda app: one(endpoint), GET)
    assert answer.headers[-1] == ("X-Late", "1")


def test_flash() -> None:
    """Messages flashed in one request are read in the next."""

    def endpoint(message: messages.Request) -> Any:
        if message.query:
            return reply(flask.get_flashed_messages(with_categories=True))
        flask.flash("saved", "info")
        return reply(flask.get_flashed_messages())

    for road in (LANE, FLASK):
        client = make(lambda app: one(endpoint), road).test_client()
        assert client.get("/x").json == ["saved"]
        client = make(lambda app: one(endpoint), road).test_client()
        with client.session_transaction() as stored:
            stored["_flashes"] = [("info", "saved")]
        assert client.get("/x?read").json == [["info", "saved"]]
        assert client.get("/x?read").json == []


def test_streaming_with_context() -> None:
    """stream_with_context keeps the request for a body that is made while it is sent."""

    def endpoint(message: messages.Request) -> Any:
        def pieces() -> Iterator[bytes]:
            yield request.args["q"].encode()
            yield str(g.n).encode()

        g.n = 3
        body = flask.stream_with_context(pieces())
        return messages.Response(200, JSON, body) if request.args["q"] == "ours" else Response(body)

    asks = [Ask("GET", "/x?q=ours"), Ask("GET", "/x?q=flasks")]
    assert [answer.body for answer in both(lambda app: one(endpoint), *asks)] == [b"ours3", b"flasks3"]


def test_streaming_without_context() -> None:
    """Contexts end before a body is sent, as with Flask."""

    def endpoint(message: messages.Request) -> Any:
        def pieces() -> Iterator[bytes]:
            yield str(flask.has_request_context()).encode()

        return messages.Response(200, JSON, pieces())

    assert both(lambda app: one(endpoint), GET)[0].body == b"False"


def test_copied_context() -> None:
    """copy_current_request_context takes the request and the session along."""

    def endpoint(message: messages.Request) -> Any:
        session["a"] = 1

        @flask.copy_current_request_context
        def later() -> list[Any]:
            return [request.endpoint, request.view_args, session["a"], request.args["q"]]

        return reply([later(), later()])

    (answer,) = both(lambda app: one(endpoint, path="/{a}"), Ask("GET", "/x?q=1"))
    assert answer.json == [["shop.x", {"a": "x"}, 1, "1"]] * 2


def test_pushed_again() -> None:
    """A context that the function pushes once more is torn down once, at the end."""

    def endpoint(message: messages.Request) -> Any:
        with flask.globals.request_ctx._get_current_object():  # type: ignore[attr-defined]
            note("inside")
        with current_app.test_request_context("/other?a=b"):
            note(request.args["a"])
        return reply([message.path, request.path])

    def build(app: Flask) -> list[Route]:
        app.teardown_request(lambda error: note("teardown", request.path))
        app.teardown_appcontext(lambda error: note("app teardown"))
        return one(endpoint)

    once = ["inside", "b", ("teardown", "/other"), ("teardown", "/x"), "app teardown"]
    assert events_of(build, GET) == once


# ----------------------------------------------------------------------------------------------------------- hooks


def hooks(app: Flask) -> None:
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


def test_hooks() -> None:
    """Every kind of hook is called, in Flask's order, for operations as for the user's own routes."""

    def endpoint(message: messages.Request) -> Any:
        note("operation")
        return reply({})

    def build(app: Flask) -> list[Route]:
        hooks(app)
        app.add_url_rule("/own/<a>", "own", lambda a: {})
        return one(endpoint, path="/x/{a}")

    answers = both(
        build, Ask("GET", "/x/1"), Ask("HEAD", "/x/1"), Ask("OPTIONS", "/x/1"), Ask("GET", "/own/1"), passed_on=2
    )
    assert [name for name, _ in answers[0].headers] == ["Content-Type", "Content-Length", "After-2", "After-1"]
    assert events_of(build, Ask("GET", "/x/1"), passed_on=0) == [
        ("values", "shop.x", {"a": "1"}), "before 1", ("before 2", "/x/1"), "operation",
        ("After-2", 200, b"{}"), ("After-1", 200, b"{}"), ("teardown request", "None"), ("teardown app", "None"),
    ]  # fmt: skip


def test_blueprint_hooks() -> None:
    """Hooks of a blueprint are called for operations whose name begins with the blueprint's."""

    def build(app: Flask) -> list[Route]:
        outer, inner = flask.Blueprint("shop", "shop"), flask.Blueprint("v1", "v1")
        for blueprint in (outer, inner):
            name = blueprint.name

            def after(response: Response, name: str = name) -> Response:
                note("after", name)
                return response

            blueprint.url_value_preprocessor(lambda e, v, name=name: note("values", name))  # type: ignore[misc]
            blueprint.before_request(lambda name=name: note("before", name))
            blueprint.after_request(after)
            blueprint.teardown_request(lambda error, name=name: note("teardown", name))  # type: ignore[misc]
        outer.register_blueprint(inner)
        app.register_blueprint(outer)
        hooks(app)
        return [Route("GET", "/x", lambda m: reply(request.blueprints), "shop.v1.x")]

    assert both(build, GET)[0].json == ["shop.v1", "shop"]
    assert len(events_of(build, GET)) == 15


def test_view_args_can_be_taken() -> None:
    """A url_value_preprocessor may change or take values, and the operation sees what is left."""

    def preprocess(endpoint: str | None, values: dict[str, Any] | None) -> None:
        assert values is not None
        g.lang = values.pop("lang")
        values["c_d"] = "changed"

    def build(app: Flask) -> list[Route]:
        app.url_value_preprocessor(preprocess)
        app.url_value_preprocessor(lambda endpoint, values: note(values is request.view_args))
        return [
            Route("GET", "/{lang}/{c_d}", lambda m: reply([g.lang, m.path_values, request.view_args]), "shop.x"),
            Route("GET", "/{lang}/{c-d}/x", lambda m: reply([g.lang, m.path_values, request.view_args]), "shop.y"),
        ]

    first, second = both(build, Ask("GET", "/en/1"), Ask("GET", "/en/1/x"))
    assert first.json == ["en", {"c_d": "changed"}, {"c_d": "changed"}]
    assert second.json == ["en", {"c-d": "changed"}, {"c_d": "changed"}]


BEFORE: list[Callable[[], Any]] = [
    lambda: "text", lambda: ({"a": 1}, 418, {"X-A": "1"}), lambda: Response("r", 202), lambda: [1],
]  # fmt: skip


@pytest.mark.parametrize("answer", BEFORE)
def test_before_request_answers(answer: Callable[[], Any]) -> None:
    """What a before_request function returns is the answer; the operation is not called, after_request is."""

    def build(app: Flask) -> list[Route]:
        hooks(app)
        app.before_request(answer)
        return one(lambda message: note("called"))

    assert "called" not in events_of(build, GET)


def test_async_hooks() -> None:
    """A coroutine function as a hook goes through app.ensure_sync."""

    async def hook() -> None:
        note("never")

    def build(app: Flask) -> list[Route]:
        app.async_to_sync = lambda func: lambda *args: note("sync")  # type: ignore[method-assign]
        app.before_request(hook)
        return one(lambda message: reply({}))

    assert events_of(build, GET) == ["sync"]


def test_first_request() -> None:
    """After the first request the application is set up for good, as with Flask."""
    for road in (LANE, FLASK):
        app = make(lambda app: one(lambda message: reply({})), road)
        ask(app, *GET)
        with pytest.raises(AssertionError, match="can no longer be called"):
            app.before_request(lambda: None)


SIGNALS = {
    "started": request_started, "finished": request_finished, "exception": got_request_exception,
    "tearing down": request_tearing_down, "app pushed": appcontext_pushed, "app tearing down": appcontext_tearing_down,
    "app popped": appcontext_popped,
}  # fmt: skip


@pytest.mark.parametrize("only", [[name] for name in SIGNALS] + [[*SIGNALS]])
@pytest.mark.parametrize("fails", [False, True])
def test_signals(only: list[str], fails: bool) -> None:
    """Signals are sent to the receivers there are, which may come late."""

    def endpoint(message: messages.Request) -> Any:
        if fails:
            raise KeyError("k")
        return reply({})

    def run(road: str) -> list[Any]:
        app = make(lambda app: one(endpoint), road)
        ask(app, *GET)
        seen: list[Any] = []
        receivers = []
        for name in only:

            def receive(sender: Any, name: str = name, **more: Any) -> None:
                response = more.pop("response", None)
                seen.append((name, sender.name, repr(more), response and (response.status, response.get_data())))

            receivers.append(receive)
            SIGNALS[name].connect(receive, app)
        ask(app, *GET)
        for name, receive in zip(only, receivers, strict=True):
            SIGNALS[name].disconnect(receive, app)
        ask(app, *GET)
        return seen

    seen = run(LANE)
    assert seen == run(FLASK)
    assert [name for name, *_ in seen] == [
        name for name in ["app pushed", "started", "exception", "finished", "tearing down", "app tearing down", "app popped"]
        if name in only and (fails or name != "exception")
    ]  # fmt: skip


def test_flash_signal() -> None:
    """message_flashed is sent."""
    seen: list[str] = []

    def receive(sender: Any, message: str, **more: Any) -> None:
        seen.append(message)

    def endpoint(message: messages.Request) -> Any:
        flask.flash("hello")
        return reply({})

    with message_flashed.connected_to(receive):
        both(lambda app: one(endpoint), GET)
    assert seen == ["hello", "hello"]


# --------------------------------------------------------------------------------------------------------- session


def counting(message: messages.Request) -> Any:
    if message.query == "set":
        session["n"] = session.get("n", 0) + 1
    if message.query == "permanent":
        session.permanent = True
    if message.query == "clear":
        session.clear()
    return reply(session.get("n") if message.query else None)


@pytest.mark.parametrize("refresh", [True, False])
@pytest.mark.parametrize("key", ["secret", None])
def test_sessions(refresh: bool, key: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session is read, saved, refreshed if permanent, and deleted, as with Flask."""
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: 1_700_000_000)
    queries = ["", "?read", "?set", "", "?read", "?set", "?permanent", "", "?read", "?clear", "", "?read"]

    def run(road: str) -> list[Any]:
        app = make(lambda app: one(counting), road, SESSION_REFRESH_EACH_REQUEST=refresh, SECRET_KEY=key)
        app.permanent_session_lifetime = timedelta(days=10_000)
        client = app.test_client()
        answers = [client.get("/x" + query) for query in queries]
        cookies = [[c.split("; Expires")[0] for c in a.headers.getlist("Set-Cookie")] for a in answers]
        return [[(a.status, a.data, a.headers.get("Vary"), c) for a, c in zip(answers, cookies, strict=True)]]

    lane = run(LANE)
    assert lane == run(FLASK)
    saved = [bool(cookies) for *_, cookies in lane[0]]
    if key:
        assert saved == [False, False, True, False, False, True, True, refresh, refresh, True, False, False]


class Stored(dict[str, Any], SessionMixin):
    pass


class Store(SecureCookieSessionInterface):
    """A session store that notes when it is asked."""

    def open_session(self, app: Flask, request: Any) -> Any:
        app.extensions["events"].append(("open", flask.has_request_context(), request.headers.get("X-None")))
        return None if "X-None" in request.headers else Stored(a=1)

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        app.extensions["events"].append(("save", dict(session), session.accessed))
        response.headers["X-Saved"] = "1"


def test_session_interface() -> None:
    """A session interface of the user's is asked for every request, before the operation and after it."""

    def build(app: Flask) -> list[Route]:
        app.session_interface = Store()
        app.after_request(lambda response: (note("after"), response)[1])
        return one(lambda message: reply(note("operation")))

    assert both(build, GET)[0].header("X-Saved") == "1"
    both(build, Ask("GET", "/x", headers={"X-None": "1"}))
    assert events_of(build, GET) == [("open", True, None), "operation", "after", ("save", {"a": 1}, False)]


def test_session_of_a_failing_operation() -> None:
    """What a failing operation left in the session is saved, as with Flask."""

    def endpoint(message: messages.Request) -> Any:
        session["a"] = 1
        raise KeyError if message.query else ForbiddenError("no")

    asks = [Ask("GET", "/x"), Ask("GET", "/x?a")]
    assert all(answer.header("Set-Cookie") for answer in both(lambda app: one(endpoint), *asks))


# ---------------------------------------------------------------------------------------------------------- errors


class OurError(PyMacaronException):
    code, status = "OURS", 409


RAISED: list[Callable[[], BaseException]] = [
    lambda: OurError("ours"), lambda: KeyError("k"), lambda: werkzeug.exceptions.NotFound(),
    lambda: werkzeug.exceptions.ImATeapot("hot"), lambda: werkzeug.exceptions.BadRequestKeyError("k"),
    lambda: werkzeug.exceptions.InternalServerError(), lambda: HTTPException(response=Response("own", 423)),
    lambda: werkzeug.exceptions.Gone(response=Response("own", 423)), lambda: werkzeug.exceptions.MethodNotAllowed(["X"]),
    lambda: werkzeug.routing.RequestRedirect("/elsewhere"),
]  # fmt: skip


def raising(error: Callable[[], BaseException]) -> Callable[[messages.Request], Any]:
    def endpoint(message: messages.Request) -> Any:
        raise error()

    return endpoint


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("error", RAISED)
def test_errors_of_operations(error: Callable[[], BaseException], debug: bool) -> None:
    """Whatever an operation raises is answered in our format, through the hooks, even in debug mode and in tests; a
    response carried by Werkzeug's exception is the answer. Teardown functions hear of what nobody expected."""

    def build(app: Flask) -> list[Route]:
        hooks(app)
        return one(raising(error))

    (answer,) = both(build, GET, DEBUG=debug, TESTING=debug)
    made = error()
    own = getattr(made, "response", None) is not None or isinstance(made, werkzeug.routing.RequestRedirect)
    assert answer.header("Content-Type") == ("application/json" if not own else "text/html; charset=utf-8")
    assert answer.headers[-2:] == [("After-2", "1"), ("After-1", "1")]
    expected = repr(made) if isinstance(made, KeyError) and not isinstance(made, HTTPException) else "None"
    assert events_of(build, GET, DEBUG=debug)[-2:] == [("teardown request", expected), ("teardown app", expected)]


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize(
    "handled",
    [Exception, HTTPException, PyMacaronException, OurError, KeyError, LookupError, 404, 418, 500, 400,
     werkzeug.exceptions.InternalServerError, werkzeug.exceptions.NotFound],
)  # fmt: skip
@pytest.mark.parametrize("late", [False, True])
def test_the_users_error_handlers(error: Callable[[], BaseException], handled: Any, late: bool) -> None:
    """A handler of the user's, for a class, a base class or a code, registered before or after, wins over our format."""

    def handler(error: Exception) -> Any:
        original = getattr(error, "original_exception", None)
        code = getattr(error, "code", None)
        return {"handled": type(original or error).__name__}, code if isinstance(code, int) else 499

    def answers(road: str, hook: bool) -> list[Answer]:
        def build(app: Flask) -> list[Route]:
            if hook:
                app.before_request(lambda: raising(error)(None))  # type: ignore[arg-type]
            if not late:
                app.register_error_handler(handled, handler)
            return one(raising(error))

        app = make(build, road)
        if late:
            app.register_error_handler(handled, handler)
        return [ask(app, *one) for one in (GET, Ask("GET", "/nowhere"), Ask("POST", "/x"))]

    lane = answers(LANE, False)
    assert lane == answers(FLASK, False)
    assert answers(LANE, True) == answers(FLASK, True)
    made = error()
    code = getattr(made, "code", 500)
    if isinstance(handled, type) and isinstance(made, handled) and code and "Redirect" not in type(made).__name__:
        assert "handled" in lane[0].json
    if handled is HTTPException or handled is Exception or handled == 404:
        assert lane[1].json == {"handled": "NotFound"}
    else:
        assert lane[1].json == {"error": "NOT_FOUND", "text": "there is nothing at this path"} or handled in {
            werkzeug.exceptions.NotFound
        }


def test_blueprint_error_handlers() -> None:
    """A blueprint's handler comes before the application's."""

    def build(app: Flask) -> list[Route]:
        blueprint = flask.Blueprint("shop", "shop")
        blueprint.register_error_handler(LookupError, lambda error: ("blueprint", 480))
        blueprint.register_error_handler(404, lambda error: ("blueprint 404", 404))
        app.register_error_handler(Exception, lambda error: ("app", 481))
        app.register_blueprint(blueprint)
        return [
            Route("GET", "/k", raising(lambda: KeyError()), "shop.k"),
            Route("GET", "/n", raising(lambda: werkzeug.exceptions.NotFound()), "shop.n"),
            Route("GET", "/v", raising(lambda: ValueError()), "shop.v"),
        ]

    answers = both(build, Ask("GET", "/k"), Ask("GET", "/n"), Ask("GET", "/v"), Ask("GET", "/nowhere"), passed_on=1)
    assert [answer.body for answer in answers] == [b"blueprint", b"blueprint 404", b"app", b"app"]


def test_error_handlers_that_fail() -> None:
    """An error in an error handler, or in a hook, is answered with 500, as with Flask."""

    def fail(*args: Any) -> Any:
        raise ZeroDivisionError

    def build(app: Flask) -> list[Route]:
        app.register_error_handler(OurError, fail)
        return one(raising(lambda: OurError("x")))

    assert both(build, GET)[0].json == {"error": "UNHANDLED", "type": "ZeroDivisionError"}
    for hook in ("before_request", "url_value_preprocessor", "after_request"):

        def build_hook(app: Flask, hook: str = hook) -> list[Route]:
            getattr(app, hook)(fail)
            return one(lambda message: reply({}))

        assert both(build_hook, GET)[0].json == {"error": "UNHANDLED", "type": "ZeroDivisionError"}


def test_unhandled_errors_are_logged_and_signalled(caplog: pytest.LogCaptureFixture) -> None:
    """What nobody expected goes to app.log_exception and got_request_exception, once; other errors do not."""
    for error, times in ((KeyError("k"), 1), (OurError("x"), 0), (werkzeug.exceptions.Gone(), 0)):
        for road in (LANE, FLASK):
            caplog.clear()
            seen: list[Any] = []
            app = make(lambda app: one(raising(lambda: error)), road, TESTING=True)  # noqa: B023
            with got_request_exception.connected_to(lambda sender, exception: seen.append(exception), app):  # noqa: B023
                ask(app, *GET)
            assert seen == [error] * times
            assert [record.message for record in caplog.records] == ["Exception on /x [GET]"] * times


def test_base_exceptions_pass() -> None:
    """What is no Exception is not answered but let through, and the contexts are left."""
    for road in (LANE, FLASK):
        app = make(lambda app: hooks(app) or one(raising(lambda: SystemExit(3))), road)  # type: ignore[func-returns-value]
        with pytest.raises(SystemExit):
            ask(app, *GET)
        assert not flask.has_request_context()
        assert app.extensions["events"][-1] == ("teardown app", "SystemExit(3)")


def test_trapped_http_exceptions() -> None:
    """TRAP_HTTP_EXCEPTIONS is for routes of the user's: there they count as failures of the program."""

    def build(app: Flask) -> list[Route]:
        app.add_url_rule("/own", "own", lambda: abort(410))
        return one(raising(lambda: werkzeug.exceptions.Gone()))

    ours, own = both(build, GET, Ask("GET", "/own"), passed_on=1, TRAP_HTTP_EXCEPTIONS=True)
    assert (ours.status, ours.json) == ("410 GONE", {"error": "Gone"})
    assert own.status == "500 INTERNAL SERVER ERROR"


def test_what_flask_itself_answers() -> None:
    """404, 405 with Allow, and 500 are in our format outside of operations too; redirects are Flask's."""

    def build(app: Flask) -> list[Route]:
        app.add_url_rule("/own", "own", lambda: 1 / 0)
        app.add_url_rule("/slash/", "slash", lambda: "x")
        return one(lambda message: reply({}))

    asks = [Ask("GET", "/nowhere"), Ask("DELETE", "/x"), Ask("GET", "/own"), Ask("GET", "/slash"), Ask("POST", "/own")]
    missing, method, broken, slash, own = both(build, *asks, passed_on=5)
    assert (missing.status, missing.json["error"]) == ("404 NOT FOUND", NotFoundError.code)
    assert (method.status, method.json["error"]) == ("405 METHOD NOT ALLOWED", MethodNotAllowedError.code)
    assert method.header("Allow") == "GET, HEAD, OPTIONS"
    assert (broken.status, broken.json["type"]) == ("500 INTERNAL SERVER ERROR", "ZeroDivisionError")
    assert slash.status == "308 PERMANENT REDIRECT"
    assert own.header("Allow") == "GET, HEAD, OPTIONS"


def test_the_users_own_routes_are_left_alone() -> None:
    """What a route or blueprint of the user's answers, or aborts with, is not changed."""

    def routes(app: Flask) -> list[Route]:
        blueprint = flask.Blueprint("own", "own")
        blueprint.add_url_rule("/a", "a", lambda: abort(404))
        blueprint.add_url_rule("/b", "b", lambda: ("gone", 410))
        blueprint.add_url_rule("/c", "c", lambda: abort(500))
        blueprint.add_url_rule("/d", "d", lambda: abort(Response("e", 422)))
        app.register_blueprint(blueprint, url_prefix="/own")
        return []

    plain = Flask("plain")
    routes(plain)
    paths = ["/own/a", "/own/b", "/own/c", "/own/d"]
    answers = both(lambda app: [*routes(app), *one(lambda m: reply({}))], *(Ask("GET", p) for p in paths), passed_on=4)
    assert answers == [ask(plain, "GET", path) for path in paths]


def test_failures_of_the_users_own_routes_pass_in_tests() -> None:
    """In tests, an exception in a route of the user's reaches the test, as Flask has it."""
    for road in (LANE, FLASK):
        app = make(lambda app: one(lambda m: reply({})), road, TESTING=True)
        app.add_url_rule("/own", "own", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            ask(app, "GET", "/own")


def test_our_errors_in_the_users_own_routes() -> None:
    """A route of the user's may raise our exceptions too."""

    def fail() -> Any:
        raise OurError("x")

    def build(app: Flask) -> list[Route]:
        app.add_url_rule("/own", "own", fail)
        return one(lambda m: reply({}))

    assert both(build, Ask("GET", "/own"), passed_on=1)[0].status == "409 CONFLICT"


# --------------------------------------------------------------------------------------------------------- routing


def test_head_and_options() -> None:
    """HEAD is GET without the body; OPTIONS is Flask's, unless the document has one."""
    routes = [
        Route("GET", "/x", echo, "shop.x"), Route("POST", "/x", echo, "shop.y"),
        Route("GET", "/o", echo, "shop.g"), Route("OPTIONS", "/o", echo, "shop.o"), Route("HEAD", "/o", echo, "shop.h"),
    ]  # fmt: skip
    get, head, options, declared, own_head = both(
        lambda app: routes, Ask("GET", "/x"), Ask("HEAD", "/x"), Ask("OPTIONS", "/x"), Ask("OPTIONS", "/o"),
        Ask("HEAD", "/o"), passed_on=1,
    )  # fmt: skip
    assert head.body == b""
    assert head.header("Content-Length") == str(len(get.body) + 1)  # the operation sees another method
    assert {*(options.header("Allow") or "").split(", ")} == {"GET", "HEAD", "OPTIONS", "POST"}
    assert declared.json["method"] == "OPTIONS"
    assert own_head.header("Content-Length") == head.header("Content-Length")


@pytest.mark.parametrize("method", ["FOO", "get", "Get", "TRACE", "QUERY", "", "G\u00e9T"])
def test_odd_methods(method: str) -> None:
    """An odd method is unknown, or answered if an operation has it; lower case is Flask's to judge."""
    answers = both(
        lambda app: [*one(echo), Route("QUERY", "/q", echo, "shop.q")],
        Ask("GET", "/x", environ={"REQUEST_METHOD": method}), Ask("GET", "/q", environ={"REQUEST_METHOD": method}),
        passed_on=1 if method == "QUERY" else 2,
    )  # fmt: skip
    assert {answer.status[:3] for answer in answers} <= {"200", "405"}


@pytest.mark.parametrize(
    "environ",
    [
        {"PATH_INFO": "/x/\xff"}, {"PATH_INFO": "/x/\xe2\x28\xa1"}, {"PATH_INFO": ""}, {"PATH_INFO": None},
        {"PATH_INFO": "//x//1"}, {"PATH_INFO": "/x/1/"}, {"PATH_INFO": "/x/" + "a" * 100_000}, {"PATH_INFO": "x/1"},
        {"PATH_INFO": "/x/a\r\nb"}, {"PATH_INFO": "/x/a\0b"}, {"PATH_INFO": "/x/../x/1"}, {"PATH_INFO": "/" * 5000},
        {"QUERY_STRING": None}, {"QUERY_STRING": "\xff=%ff&&=&%"}, {"HTTP_HOST": None}, {"HTTP_HOST": "a b"},
        {"HTTP_HOST": ""}, {"HTTP_HOST": "\xff"}, {"HTTP_HOST": "x" * 300}, {"HTTP_HOST": "a..b"}, {"REMOTE_ADDR": None},
        {"HTTP_UPGRADE": "websocket", "HTTP_CONNECTION": "Upgrade"}, {"HTTP_COOKIE": "\xff; session=; session=\xff"},
        {"CONTENT_TYPE": None}, {"CONTENT_TYPE": "\xff"}, {"SERVER_PROTOCOL": None}, {"wsgi.errors": None},
        {"HTTP_X_A": ""}, {"HTTP_CONTENT_LENGTH": "x"}, {"HTTP_CONTENT_TYPE": "x"}, {"SERVER_PORT": "x"},
    ],
)  # fmt: skip
def test_hostile_environs(environ: dict[str, Any]) -> None:
    """Whatever a caller can send is answered below 500, and the same on both roads."""
    build = lambda app: one(echo, path="/x/{a}")  # noqa: E731
    for method in ("GET", "POST"):
        answers = [
            ask(make(build, road), method, "/x/1", environ={"wsgi.errors": io.StringIO(), **environ})
            for road in (LANE, FLASK)
        ]
        assert answers[0] == answers[1]
        assert int(answers[0].status[:3]) < 500


def test_path_that_is_not_utf8() -> None:
    """Bytes that are no text are refused, not replaced: two paths never become one."""
    build = lambda app: one(echo, path="/x/{a}")  # noqa: E731
    (answer,) = both(build, Ask("GET", "/", environ={"PATH_INFO": "/x/\xff"}), passed_on=1)
    assert (answer.status, answer.json["text"]) == ("400 BAD REQUEST", "the path is not UTF-8")


def test_trusted_hosts() -> None:
    """Flask's TRUSTED_HOSTS holds for operations, also when it changes."""
    hosts = ["good.com", "evil.com", "good.com:80", "a.good.com"]
    asks = [Ask("GET", "/x", headers={"Host": host}) for host in hosts]
    answers = both(lambda app: one(echo), *asks, passed_on=2, TRUSTED_HOSTS=["good.com"])
    assert [answer.status[:3] for answer in answers] == ["200", "400", "200", "400"]
    app = make(lambda app: one(echo), LANE)
    assert ask(app, *asks[1]).status == "200 OK"
    app.config["TRUSTED_HOSTS"] = ["good.com"]
    assert ask(app, *asks[1]).status == "400 BAD REQUEST"
    app.config["TRUSTED_HOSTS"].append("evil.com")
    assert ask(app, *asks[1]).status == "200 OK"


def test_many_hosts_are_not_remembered() -> None:
    """The memory of hosts has a bound."""
    app = make(lambda app: one(echo), LANE)
    for number in range(1100):
        assert ask(app, "GET", "/x", headers={"Host": f"h{number}.com"}).status == "200 OK"
    assert isinstance(app.wsgi_app, Lane)
    assert len(app.wsgi_app._hosts) < 1100


def test_mounted_below_a_prefix() -> None:
    """SCRIPT_NAME is respected: routes match below it, and URLs are built with it."""
    build = lambda app: one(lambda m: reply([m.path, url_for("shop.x"), request.url]))  # noqa: E731
    (answer,) = both(build, Ask("GET", "/x", environ={"SCRIPT_NAME": "/mount"}))
    assert answer.json == ["/x", "/mount/x", "http://localhost/mount/x"]


def test_variants() -> None:
    """Operations told apart by their query share a route, and each has its own name."""
    names = {"a": "/o", "b": "/o?s=1", "c": "/o?s=1&t", "d": "/only?x=1", "e": "/i/{id}?x", "f": "/i/{name}"}
    routes = [
        Route("GET", path, lambda m, name=name: reply([name, request.endpoint, m.path_values, request.view_args]), f"s.{name}")
        for name, path in names.items()
    ]  # fmt: skip
    paths = ["/o", "/o?s=1", "/o?t=1&s=1", "/o?s=2", "/only?x=1", "/only", "/i/7?x", "/i/7"]
    answers = both(lambda app: routes, *(Ask("GET", path) for path in paths), passed_on=1)
    assert [answer.json[0] for answer in answers if answer.status == "200 OK"] == ["a", "b", "c", "a", "d", "e", "f"]
    assert answers[5].status == "404 NOT FOUND"
    assert answers[6].json == ["e", "s.e", {"id": "7"}, {"id": "7"}]
    assert answers[7].json == ["f", "s.f", {"name": "7"}, {"name": "7"}]


def test_names_that_flask_does_not_take() -> None:
    """Path variables have names of their own on the wire, Python ones in Flask, and do not clash."""
    routes = one(lambda m: reply([m.path_values, request.view_args]), path="/{a-b}/{a_b}/{größe}/{1}")
    (answer,) = both(lambda app: routes, Ask("GET", "/1/2/3/4"))
    assert list(answer.json[0].values()) == list(answer.json[1].values()) == ["1", "2", "3", "4"]
    assert answer.json[0] == {"a-b": "1", "a_b": "2", "größe": "3", "1": "4"}


def test_the_users_more_specific_routes_win() -> None:
    """A route of the user's is found where Flask would find it, before an operation's template."""

    def build(app: Flask) -> list[Route]:
        app.add_url_rule("/items/special", "special", lambda: "special")
        app.add_url_rule("/items/<int:n>", "number", lambda n: "number")
        app.add_url_rule("/files/<path:p>", "files", lambda p: "files")
        app.add_url_rule("/first", "first", lambda: "first")
        return [
            Route("GET", "/items/{id}", lambda m: reply(b"item"), "s.item"),
            Route("PUT", "/items/{id}", lambda m: reply(b"put"), "s.put"),
            Route("GET", "/{a}/{b}", lambda m: reply(b"two"), "s.two"),
            Route("GET", "/first", lambda m: reply(b"second"), "s.first"),
        ]

    paths = ["/items/special", "/items/7", "/items/x", "/files/a", "/static/a", "/a/b", "/first"]
    asks = [*(Ask("GET", path) for path in paths), Ask("PUT", "/items/special")]
    bodies = [answer.body for answer in both(build, *asks, passed_on=6)]
    assert bodies[:4] == [b"special", b"number", b"item", b"files"]
    assert bodies[5:] == [b"two", b"first", b"put"]


def test_routes_added_after_the_start() -> None:
    """Routes that the user adds after the operations count too."""
    for road in (LANE, FLASK):
        app = make(lambda app: one(lambda m: reply(b"item"), path="/items/{id}"), road)
        app.add_url_rule("/items/special", "special", lambda: "special")
        assert ask(app, "GET", "/items/special").body == b"special"
        assert ask(app, "GET", "/items/1").body == b"item"


def test_a_wrapped_view_is_never_passed_by() -> None:
    """Who wraps the view function of an operation, say to guard it, is obeyed."""
    for road in (LANE, FLASK):
        app = make(lambda app: one(lambda m: reply({})), road)
        inner = app.view_functions["shop.x"]
        app.view_functions["shop.x"] = lambda **args: "no" if "X-No" in request.headers else inner(**args)
        assert ask(app, "GET", "/x", headers={"X-No": "1"}).body == b"no"
        assert ask(app, "GET", "/x").body == b"{}"


def test_an_ordinary_flask_app() -> None:
    """Rules, endpoints and `flask routes` show the operations; url_for works outside of requests."""
    app = make(lambda app: one(echo, path="/items/{id}"), LANE, SERVER_NAME="example.com")
    (rule,) = [rule for rule in app.url_map.iter_rules() if rule.endpoint == "shop.x"]
    assert isinstance(rule, Rule)
    assert (rule.rule, rule.methods) == ("/items/<id>", {"GET", "HEAD", "OPTIONS"})
    assert "shop.x" in app.view_functions
    with app.app_context():
        assert url_for("shop.x", id=1, q=2) == "http://example.com/items/1?q=2"
        with pytest.raises(werkzeug.routing.BuildError):
            url_for("shop.x")
    assert app.test_cli_runner().invoke(flask.cli.routes_command).output.count("/items/<id>") == 1
    with app.test_request_context("/items/9"):
        assert (request.endpoint, request.view_args) == ("shop.x", {"id": "9"})
        assert app.dispatch_request().get_data().startswith(b"{")  # type: ignore[union-attr]
    assert vars(app).get("url_rule_class") is None


def test_test_client() -> None:
    """app.test_client() works, and inside `with` the context stays until the next request."""

    def endpoint(message: messages.Request) -> Any:
        g.seen = request.args.get("q")
        session["a"] = 1
        return reply({})

    for road in (LANE, FLASK):
        app = make(lambda app: hooks(app) or one(endpoint), road)  # type: ignore[func-returns-value]
        with app.test_client() as client:
            assert client.get("/x?q=1").json == {}
            assert (g.seen, session["a"], request.args["q"], request.endpoint) == ("1", 1, "1", "shop.x")
            assert client.get("/x?q=2").status_code == 200
            assert g.seen == "2"
        assert not flask.has_request_context()
        assert app.extensions["events"].count(("teardown app", "None")) == 4  # Flask's client tears down twice
        with app.test_client() as client:
            client.get("/x", json={"a": 1})
            assert request.json == {"a": 1}


def test_cors() -> None:
    """flask-cors adds its headers to operations, errors and preflights, before or after the start."""
    origin = {"Origin": "http://a.com", "Access-Control-Request-Method": "GET"}
    asks = [
        Ask("GET", "/x", headers=origin), Ask("OPTIONS", "/x", headers=origin), Ask("GET", "/k", headers=origin),
        Ask("GET", "/o", headers=origin), Ask("GET", "/nowhere", headers=origin), Ask("GET", "/h", headers=origin),
    ]  # fmt: skip

    def build(app: Flask) -> list[Route]:
        hooks(app)
        CORS(app, supports_credentials=True)
        app.register_error_handler(LookupError, lambda error: ("handled", 444))
        return [
            Route("GET", "/x", echo, "s.x"), Route("GET", "/k", raising(ValueError), "s.k"),
            Route("GET", "/o", raising(lambda: OurError("x")), "s.o"), Route("GET", "/h", raising(KeyError), "s.h"),
        ]  # fmt: skip

    answers = both(build, *asks, passed_on=2)
    assert all(answer.header("Access-Control-Allow-Origin") == "http://a.com" for answer in answers)
    late = [make(lambda app: one(echo), road) for road in (LANE, FLASK)]
    for app in late:
        CORS(app)
    assert ask(late[0], *asks[0]) == ask(late[1], *asks[0])
    assert ask(late[0], *asks[0]).header("Access-Control-Allow-Origin")


# ------------------------------------------------------------------------------------------------------- the place


class Wrapped:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def __call__(self, environ: Any, start_response: Any) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return self.inner(environ, start_response)

    handle = __call__


class Slotted:
    __slots__ = ("inner",)
    __call__ = Wrapped.__call__

    def __init__(self, inner: Any) -> None:
        self.inner = inner


class Nested:
    def __init__(self, inner: Any) -> None:
        self.apps = [{"/": [inner]}]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return self.apps[0]["/"][0](environ, start_response)


def closure(inner: Any) -> Any:
    def middleware(environ: Any, start_response: Any) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return inner(environ, start_response)

    return middleware


def bound(inner: Any) -> Any:
    return Wrapped(inner).handle


def by_default(inner: Any) -> Any:
    def middleware(environ: Any, start_response: Any, inner: Any = inner) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return inner(environ, start_response)

    return middleware


def frozen(inner: Any) -> Any:
    apps = (inner,)

    def middleware(environ: Any, start_response: Any) -> Any:
        environ["seen"] = environ.get("seen", 0) + 1
        return apps[0](environ, start_response)

    return middleware


def seen(message: messages.Request) -> Any:
    return reply(request.environ.get("seen"))


def is_on_the_lane(app: Flask) -> bool:
    """Whether an operation is answered without asking Flask."""
    asked = []
    original = Flask.full_dispatch_request
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "full_dispatch_request", lambda self: asked.append(1) or original(self))
        assert ask(app, *GET).status == "200 OK"
    return not asked


@pytest.mark.parametrize(
    "wraps", [[Wrapped], [Slotted], [Nested], [closure], [bound], [closure, Wrapped, Nested, Slotted]]
)
def test_middleware_stays_outside(wraps: list[Any]) -> None:
    """The lane goes inside of what is wrapped around the application, however it is wrapped."""
    app = Flask("shop")
    for wrap in wraps:
        app.wsgi_app = wrap(app.wsgi_app)
    outside = app.wsgi_app
    install(app, one(seen), error_response)
    assert app.wsgi_app is outside
    assert ask(app, *GET).json == len(wraps)
    assert ask(app, "GET", "/nowhere").status == "404 NOT FOUND"
    assert is_on_the_lane(app)


@pytest.mark.parametrize("wrap", [by_default, frozen])
def test_middleware_that_hides_the_application(wrap: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Where the application is not to be found inside, Flask dispatches, and a line in the log says so."""
    app = Flask("shop")
    app.wsgi_app = wrap(app.wsgi_app)
    install(app, one(seen), error_response)
    assert ask(app, *GET).json == 1
    assert not is_on_the_lane(app)
    assert [record.message for record in caplog.records] == [
        "shop: Flask's own dispatch answers the operations, since what is wrapped around its wsgi_app could not be "
        "recognised"
    ]


def test_real_middleware() -> None:
    """Werkzeug's own middleware works around the lane: proxies are undone before, prefixes taken off."""
    app = Flask("shop")
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    app.wsgi_app = DispatcherMiddleware(Response("outside", 404), {"/mount": app.wsgi_app})  # type: ignore[method-assign]
    install(app, one(lambda m: reply([request.remote_addr, request.script_root])), error_response)
    answer = ask(app, "GET", "/mount/x", headers={"X-Forwarded-For": "1.2.3.4"})
    assert answer.json == ["1.2.3.4", "/mount"]
    assert ask(app, "GET", "/x").body == b"outside"


def test_middleware_added_later() -> None:
    """What is wrapped around the application after the start stays outside too."""
    app = make(lambda app: one(seen), LANE)
    app.wsgi_app = Wrapped(app.wsgi_app)  # type: ignore[method-assign]
    assert ask(app, *GET).json == 1


def test_installed_twice() -> None:
    """Operations may be installed in several steps, each with its own errors."""
    for road in (LANE, FLASK):
        app = Flask("shop")
        other = lambda error: reply({"error": "other"}, 500)  # noqa: E731
        install(app, [Route("GET", "/x", seen, "a.x")], error_response, through_flask=road == FLASK)
        install(app, [Route("GET", "/y", raising(ValueError), "b.y")], other, through_flask=road == FLASK)
        assert ask(app, *GET).status == "200 OK"
        assert ask(app, "GET", "/y").json == {"error": "other"}
        assert ask(app, "GET", "/nowhere").json["error"] == "NOT_FOUND"
        assert ask(app, "POST", "/y").header("Allow") == "GET, HEAD, OPTIONS"


def overriding(name: str) -> type[Flask]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.extensions.setdefault("events", []).append(name)
        return getattr(Flask, name)(self, *args, **kwargs)

    return type("MyFlask", (Flask,), {name: method})


@pytest.mark.parametrize("name", [*flask_context._REPLACED, *flask_context._CALLED])
@pytest.mark.parametrize("how", ["class", "object"])
def test_overridden_methods(name: str, how: str, caplog: pytest.LogCaptureFixture) -> None:
    """Who overrides how Flask dispatches is obeyed: the lane stays out."""
    app = overriding(name)("shop") if how == "class" else Flask("shop")
    called = app.extensions.setdefault("events", [])
    if how == "object":
        original = getattr(app, name)
        setattr(app, name, lambda *args, **kwargs: (called.append(name), original(*args, **kwargs))[1])
    fails = name in {"raise_routing_exception"} or name.startswith("handle_")
    error: Any = werkzeug.exceptions.Gone if name == "handle_http_exception" else KeyError
    install(app, one(raising(error) if fails else seen), error_response)
    answer = ask(app, "GET", "/nowhere" if name == "raise_routing_exception" else "/x")
    assert answer.header("Content-Type") == "application/json"
    assert name in called or (name, how) == ("handle_exception", "object")  # ours answers instead
    stays_out = how == "class" or name not in {"wsgi_app", *flask_context._CALLED}
    assert bool(caplog.records and "Flask's own dispatch" in caplog.text) is stays_out


def test_a_patched_flask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Agents that patch Flask's class are seen as well."""
    original = Flask.dispatch_request

    def patched(self: Flask) -> Any:
        return original(self)

    monkeypatch.setattr(Flask, "dispatch_request", patched)
    assert flask_context.why_unknown(Flask("shop")) == "Flask.dispatch_request is not Flask's own"


def test_an_unknown_flask(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """With a Flask whose contexts are not known here, Flask dispatches."""
    monkeypatch.setattr("importlib.metadata.version", lambda name: "9.9.0")
    app = Flask("shop")
    install(app, one(seen), error_response)
    assert ask(app, *GET).status == "200 OK"
    assert not is_on_the_lane(app)
    assert "Flask 9.9.0" in caplog.text


def test_routing_by_host(caplog: pytest.LogCaptureFixture) -> None:
    """An application that routes by host name is Flask's to dispatch."""
    app = Flask("shop", host_matching=True, static_host="localhost")
    assert flask_context.why_unknown(app) == "it routes by host name"
    assert flask_context.why_unknown(Flask("shop", subdomain_matching=True)) == "it routes by host name"


def test_installing_too_late() -> None:
    """After the first request nothing can be installed, and Flask says so."""
    app = make(lambda app: one(seen), LANE)
    ask(app, *GET)
    with pytest.raises(AssertionError, match="can no longer be called"):
        install(app, [Route("GET", "/y", seen, "shop.y")], error_response)
    assert vars(app).get("url_rule_class") is None


# --------------------------------------------------------------------------------------------------------- headers


@given(
    st.dictionaries(st.sampled_from(["x-a", "x-b-c", "content-type", "content-length", "accept"]), st.text(max_size=3))
)
def test_headers_are_a_mapping(values: dict[str, str]) -> None:
    """Headers are the mapping of what was sent, an empty content type or length aside."""
    environ: dict[str, Any] = {"REQUEST_METHOD": "GET", "HTTP_CONTENT_TYPE": "no", "HTTP_CONTENT_LENGTH": "no"}
    for name, value in values.items():
        key = name.upper().replace("-", "_")
        environ[key if key.startswith("CONTENT") else "HTTP_" + key] = value
    expected = {name: value for name, value in values.items() if value or not name.startswith("content")}
    headers = EnvironHeaders(environ)
    assert dict(headers) == expected == {name: headers[name] for name in headers}
    assert len(headers) == len(expected)
    for name in ["x-a", "content-type", "content-length", "nothing"]:
        assert headers.get(name) == expected.get(name)
        assert (name in headers) is (name in expected)
    with pytest.raises(KeyError):
        headers["nothing"]
    assert 1 not in headers
    assert not any(value in repr(headers) for value in values.values() if len(value) == 3 and not value.isascii())


def test_body_needs_a_length() -> None:
    """Without length and coding there is no body, whatever the stream would give."""
    assert read_body({"wsgi.input": io.BytesIO(b"x")}, {}) == b""


logging.getLogger("flask_cors").setLevel(logging.ERROR)
