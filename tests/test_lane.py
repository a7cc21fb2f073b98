"""The laws of the lane. Most are one law: Flask's own dispatch gives the same bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import flask
import pytest
import werkzeug
from flask import Flask, Response, current_app, g, request, session, url_for
from flask_cors import CORS
from hypothesis import assume, example, given
from hypothesis import strategies as st
from roads import (
    FLASK,
    GET,
    JSON,
    LANE,
    UNWATCHED,
    Answer,
    Ask,
    OurError,
    ask,
    both,
    echo,
    events_of,
    hooks,
    make,
    note,
    one,
    raising,
    reply,
)
from werkzeug.routing import Rule

from pymacaron import messages
from pymacaron.lane import Route
from pymacaron.lane.dispatch import Lane
from pymacaron.lane.environ import Body, EnvironHeaders, read_body


def test_request() -> None:
    """An endpoint gets the method, path, query, headers, body and path values of the request."""
    headers = {"X-Id": "7", "Content-Type": "text/plain", "Accept": "*/*"}
    routes = [Route("POST", "/v1/{id}/{b-c}.json", echo, "shop.x")]
    (answer,) = both(lambda app: routes, Ask("POST", "/v1/%C3%BC d/2.json?a=%20&b", b"body", headers))
    assert answer.json == {
        "method": "POST", "path": "/v1/ü d/2.json", "query": "a=%20&b", "values": {"id": "ü d", "b-c": "2"},
        "headers": {
            "accept": "*/*", "content-length": "4", "content-type": "text/plain", "host": "localhost", "x-id": "7",
        },
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
@pytest.mark.parametrize("hooked", [False, True])
def test_streams(method: str, hooked: bool) -> None:
    """An iterable is sent as it comes, without a length, and closed, even if it was not asked for."""

    def build(app: Flask) -> list[Route]:
        if hooked:
            app.after_request(lambda response: response)
        return one(lambda message: messages.Response(200, JSON, Stream(app)))

    assert both(build, Ask(method, "/x")) == [Answer("200 OK", JSON, b"ab" if method == "GET" else b"")]
    assert events_of(build, Ask(method, "/x")) == ["closed"]


def test_lists_have_a_length() -> None:
    """A list of pieces is an iterable whose length is known."""
    build = lambda app: one(lambda message: messages.Response(200, JSON, [b"a", b"bc"]))  # noqa: E731
    assert both(build, GET) == [Answer("200 OK", [*JSON, ("Content-Length", "3")], b"abc")]


@pytest.mark.parametrize("value", ["a\r\nX-Bad: 1", "a\nb", "€", "a\0b", "a\x1b[31m", "a\x7f"])
def test_headers_that_cannot_be_sent(value: str) -> None:
    """A header that would break the response, or smuggle in another, is a fault of the service."""
    for headers in ([("X-A", value)], [(value, "1")]):
        (answer,) = both(lambda app: one(lambda message: reply({}, 200, headers)), GET)  # noqa: B023
        assert (answer.status, answer.json["type"]) == ("500 INTERNAL SERVER ERROR", "ValueError")
    assert both(lambda app: one(lambda message: reply({}, 200, [("X-A", "é")])), GET)[0].status == "200 OK"


def test_headers_of_the_connection() -> None:
    """What the server has to say of the connection, a function that passes on the headers of another service does not
    say in its place."""
    passed_on = [("Transfer-Encoding", "chunked"), ("X-A", "1"), ("connection", "close"), ("Keep-Alive", "timeout=9")]
    (answer,) = both(lambda app: one(lambda message: reply(b"ab", 200, passed_on)), GET)
    assert answer == Answer("200 OK", [*JSON, ("X-A", "1"), ("Content-Length", "2")], b"ab")


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
        made.headers["Date"] = "Thu, 01 Jan 2026 00:00:00 GMT"  # files have one, and seconds pass between two answers
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
        ({"CONTENT_LENGTH": "9" * 5000, "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}, 400),
        ({"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "gzip, chunked", "wsgi.input_terminated": True}, 400),
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


@pytest.mark.parametrize("hook", [lambda: request.data, lambda: request.get_data(as_text=True), lambda: request.json])
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
        {"HTTP_HOST": ""}, {"HTTP_HOST": "\xff"}, {"HTTP_HOST": "x" * 300}, {"HTTP_HOST": "a..b"},
        {"REMOTE_ADDR": None},
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

    def answering(name: str) -> Callable[[messages.Request], Any]:
        return lambda message: reply([name, request.endpoint, message.path_values, request.view_args])

    routes = [Route("GET", path, answering(name), f"s.{name}") for name, path in names.items()]
    paths = ["/o", "/o?s=1", "/o?t=1&s=1", "/o?s=2", "/only?x=1", "/only", "/i/7?x", "/i/7"]
    answers = both(lambda app: routes, *(Ask("GET", path) for path in paths), passed_on=1)
    assert [answer.json[0] for answer in answers if answer.status == "200 OK"] == ["a", "b", "c", "a", "d", "e", "f"]
    assert answers[5].status == "404 NOT FOUND"
    assert answers[6].json == ["e", "s.e", {"id": "7"}, {"id": "7"}]
    assert answers[7].json == ["f", "s.f", {"name": "7"}, {"name": "7"}]


pieces = st.sampled_from(["a", "b", "{x}", "a{x}", "{x}.b", "{x}.{y}", "{x}-{y}", "", "a.b", "a.{x}"])
templates = st.builds(
    lambda parts, tail: "/" + "/".join(part.replace("{", f"{{v{at}") for at, part in enumerate(parts)) + tail,
    st.lists(pieces, min_size=1, max_size=3),
    st.sampled_from(["", "", "", "?q", "?q=1", "?q=1&r", "#r"]),
)
declared = st.lists(st.tuples(st.sampled_from(["GET", "POST", "HEAD", "OPTIONS"]), templates), max_size=6, unique=True)
segments = st.lists(st.sampled_from(["a", "b", "ab", "a.b", "a.a.b", "c", "a-b", "", "."]), max_size=4)
queries = st.sampled_from(["", "", "q", "q=1", "q=1&r", "r"])
asked = st.tuples(st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT"]), segments, queries)


@given(declared, st.lists(asked, min_size=1, max_size=6))
@example([("GET", "/a"), ("GET", "/{v0x}"), ("GET", "/a{v0x}/")], [("GET", ["ab"], "")])  # Werkzeug would redirect
@example([("GET", "/a"), ("HEAD", "/a"), ("OPTIONS", "/a")], [("OPTIONS", ["a"], "")])  # each answers OPTIONS by itself
def test_both_roads_find_the_same(declared: list[tuple[str, str]], asked: list[tuple[str, list[str], str]]) -> None:
    """Whatever the templates, the router and Flask's own rules find the same operation, with the same values."""

    def answering(number: int) -> Callable[[messages.Request], Any]:
        return lambda message: reply([number, message.path_values, request.endpoint, request.view_args])

    routes = [Route(method, path, answering(number), f"s.{number}") for number, (method, path) in enumerate(declared)]
    apps = make(lambda app: routes, LANE), make(lambda app: routes, FLASK)
    for method, parts, query in asked:
        environ = {"PATH_INFO": "/" + "/".join(parts), "QUERY_STRING": query}
        lane, flasks = (ask(app, method, "/", environ=environ) for app in apps)
        assert lane == flasks


def seen_with(*routes: tuple[str, str], path: str, environ: Any = None, build: Any = None) -> Any:
    """What answers a path as it stands in the URL, alike on both roads: [the template, the values], or the status."""

    def answering(template: str) -> Callable[[messages.Request], Any]:
        return lambda message: reply([template, message.path_values])

    made = [Route(method, path, answering(path), f"s.{number}") for number, (method, path) in enumerate(routes)]
    apps = [make(lambda app: [*(build(app) if build else ()), *made], road) for road in (LANE, FLASK)]
    lane, flasks = (ask(app, "GET", path, environ=environ) for app in apps)
    assert lane == flasks
    return lane.json if lane.status == "200 OK" else int(lane.status[:3])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=2, max_size=2))
@example(["a/b", "%2F"])
@example(["/", "100%/%25"])
def test_slashes_inside_of_variables(values: list[str]) -> None:
    """Whatever text is percent-encoded into path variables, slashes included, arrives as it was."""
    assume(not {"/", ".", ".."} & {*values})
    path = "/x/" + "/to/".join(quote(value, safe="") for value in values)
    assert seen_with(("GET", "/x/{a-b}/to/{c}"), path=path) == ["/x/{a-b}/to/{c}", {"a-b": values[0], "c": values[1]}]


def test_encoded_slashes_do_not_separate() -> None:
    """The operation is the one of the path as it was sent; where that has none, the path as the server decoded it."""
    routes = ("GET", "/i/{id}"), ("GET", "/i/{id}/parts"), ("POST", "/p/{id}"), ("GET", "/p/a/b"), ("GET", "/q?{x}/{y}")
    assert seen_with(*routes, path="/i/a%2fparts?q=%2F") == ["/i/{id}", {"id": "a/parts"}]
    assert seen_with(*routes, path="/i/a%2Fb/parts") == ["/i/{id}/parts", {"id": "a/b"}]
    assert seen_with(*routes, path="/i%2Fa") == ["/i/{id}", {"id": "a"}]
    assert seen_with(*routes, path="/p/a%2Fb") == 405
    assert seen_with(*routes, path="/i/a%252Fparts") == ["/i/{id}", {"id": "a%2Fparts"}]
    assert seen_with(*routes, path="/x%2Fy") == 404


def test_encoded_slashes_of_the_document() -> None:
    """A path of the document may have some itself, before a variable that has others."""
    routes = ("GET", "/a%2Fb/{id}"), ("GET", "/a%2Fb")
    assert seen_with(*routes, path="/a%2Fb/c") == ["/a%2Fb/{id}", {"id": "c"}]
    assert seen_with(*routes, path="/a%2Fb/c%2fd") == ["/a%2Fb/{id}", {"id": "c/d"}]
    assert seen_with(*routes, path="/a%2Fb") == ["/a%2Fb", {}]


@pytest.mark.parametrize(
    ("environ", "value"),
    [
        ({"RAW_URI": "/m%2Fn/i/a%2Fb", "SCRIPT_NAME": "/m/n"}, "a/b"), ({"RAW_URI": "http://h/i/a%2Fb"}, "a/b"),
        ({"REQUEST_URI": "/i/a%2Fb", "RAW_URI": None}, "a/b"), ({"REQUEST_URI": None, "RAW_URI": None}, None),
        ({"RAW_URI": "/i/x%2Fb"}, None), ({"RAW_URI": "%2F"}, None), ({"RAW_URI": "/i/a%2Fb", "PATH_INFO": ""}, None),
        ({"RAW_URI": "/i/%FF%2Fb", "PATH_INFO": "/i/\xff/b"}, None),
        ({"RAW_URI": "/i/%%2Fb", "PATH_INFO": "/i/%/b"}, "%/b"),
    ],
)  # fmt: skip
def test_the_target_that_servers_tell(environ: dict[str, Any], value: str | None) -> None:
    """A slash is told from the end of the request target; where there is none that fits, it separates segments."""
    found = seen_with(
        ("GET", "/i/{id}"), path="/", environ={"PATH_INFO": "/i/a/b", "SERVER_PROTOCOL": "HTTP/1.1", **environ}
    )
    assert found == ["/i/{id}", {"id": value}] if value else found in {400, 404}


def test_slashes_in_routes_of_the_user() -> None:
    """The user's own routes get their paths as ever."""

    def build(app: Flask) -> list[Route]:
        app.add_url_rule("/files/<path:name>", "files", lambda name: [name])
        app.url_value_preprocessor(lambda endpoint, values: note(dict(values or {})))
        return []

    assert seen_with(("GET", "/i/{id}"), path="/files/a%2Fb", build=build) == ["a/b"]
    assert seen_with(("GET", "/i/{id}"), path="/i/a%2Fb", build=build) == ["/i/{id}", {"id": "a/b"}]


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

        def guard(inner: Any = inner, **args: Any) -> Any:
            return "no" if "X-No" in request.headers else inner(**args)

        app.view_functions["shop.x"] = guard
        assert ask(app, "GET", "/x", headers={"X-No": "1"}).body == b"no"
        assert ask(app, "GET", "/x").body == b"{}"


def test_wrapped_views_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """A line in the log says which operations Flask dispatches because their views are not ours."""
    app = make(lambda app: [*one(echo), Route("GET", "/y", echo, "shop.y")], LANE)
    app.view_functions["shop.x"] = lambda: "mine"
    ask(app, "GET", "/y")
    ask(app, "GET", "/x")
    assert [record.message for record in caplog.records] == [
        "shop: Flask's own dispatch answers 1 operations, since their view functions were replaced: shop.x"
    ]
    assert app.extensions["passed_on"] == ["/x"]


def test_upgrades() -> None:
    """An upgrade to HTTP/2 that is offered is not taken, and costs nothing; one to a websocket is Flask's to judge."""
    asks = [Ask("GET", "/x", headers={"Connection": "Upgrade", "Upgrade": name}) for name in ("h2c", "websocket")]
    assert [answer.status[:3] for answer in both(lambda app: one(echo), *asks, passed_on=1)] == ["200", "400"]


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
        app = make(lambda app: [*hooks(app), *one(endpoint)], road)
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
    assert object() not in headers
    assert not any(value in repr(headers) for value in values.values() if len(value) == 3 and not value.isascii())


def test_requests_are_told_of_afterwards() -> None:
    """Whoever hears of a request when it is over sees what was kept of its body; nothing, where that was put away."""
    kept = io.BytesIO(b"abc")
    headers = EnvironHeaders({"REQUEST_METHOD": "POST", "PATH_INFO": "/a", "wsgi.input": kept})
    assert headers.request().body == b"abc"
    kept.close()
    assert (headers.request().path, headers.request().body) == ("/a", b"")


def test_body_needs_a_length() -> None:
    """Without length and coding there is no body, whatever the stream would give."""
    assert read_body({"wsgi.input": io.BytesIO(b"x")}, {}) == b""
