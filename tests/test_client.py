"""A document as a client: what is sent, what comes back, and what happens when nothing right does."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from clocks import within
from peers import Answering, Received, peer, rude_peer
from services import ERROR, JSON, Project, answers, body, operation, project_in, query

from pymacaron import ApiPool
from pymacaron.calls import Call, current
from pymacaron.client import Client
from pymacaron.config import get_config
from pymacaron.exceptions import (
    ArgumentFault,
    BadGatewayError,
    ConfigurationError,
    DeadlineExceededError,
    PyMacaronException,
    ServiceUnavailableError,
    add_error,
    is_error,
)

THING = {
    "type": "object", "required": ["id"],
    "properties": {"id": {"type": "integer"}, "made": {"type": "string", "format": "date-time"}},
}  # fmt: skip
REF, ERROR_REF = {"$ref": "#/components/schemas/Thing"}, {"$ref": "#/components/schemas/Error"}
PATHS: dict[str, Any] = {
    "/things/{id}": {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
        "get": operation(
            operationId="getThing", parameters=[query("q", type="array", items={"type": "string"})],
            responses=answers(**{"200": REF, "404": ERROR_REF}),
        ),
        "delete": operation(operationId="deleteThing", responses=answers(**{"204": None})),
    },
    "/things": {
        "post": operation(
            operationId="addThing", requestBody=body(REF), responses=answers(**{"201": REF, "default": ERROR_REF})
        ),
        "get": operation(operationId="listThings", responses=answers(**{"200": {"type": "array", "items": REF}})),
    },
    "/wait": {"get": operation(
        operationId="wait", parameters=[query("timeout", type="integer")], x_bind_client="hold"
    )},
    "/lines": {"get": operation(operationId="lines", responses={"200": {
        "description": "", "content": {"application/jsonl": {"itemSchema": REF}}}})},
    "/blob": {"get": operation(operationId="blob", responses={"200": {
        "description": "", "content": {"application/octet-stream": {}}}})},
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made


Calling = Callable[[str], Any]


@pytest.fixture
def calling(project: Project) -> Calling:
    """Gives the client of the API `things`, which is at a URL."""
    path = project.document(PATHS, {"Thing": THING}, name="things")

    def client(url: str) -> Client:
        get_config().clients = {"things": {"url": url}}
        return ApiPool.add("things", yaml_path=str(path), timeout=5).client

    return client


def saying(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answering:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return lambda got: (status, {"Content-Type": JSON, **(headers or {})}, raw)


# What is sent


def test_a_call(calling: Calling) -> None:
    """The body comes first, parameters by keyword; the result is a model. Names are those of the document."""
    with peer(saying({"id": 7, "made": "2026-01-02T03:04:05Z"}, 201)) as other:
        client = calling(other.url)
        made = client.add_thing(ApiPool.things.model.Thing(id=7))
        assert (made.id, made.made.year, type(made).__name__) == (7, 2026, "Thing")
        assert client.add_thing({"id": 1}).id == 7
        assert [json.loads(got.body) for got in other.received] == [{"id": 7}, {"id": 1}]
        got = other.received[0]
        assert (got.method, got.target, got.headers["content-type"]) == ("POST", "/things", JSON)
        assert got.headers["accept"] == JSON
        assert got.headers["user-agent"].startswith("service pymacaron/")
        assert other.connections == 1
    with peer(saying({"id": 1})) as other:
        calling(other.url).get_thing(id=5, q=["a b", "ü"])
        assert other.received[0].target == "/things/5?q=a%20b&q=%C3%BC"


def test_nothing_wrong_is_sent(calling: Calling) -> None:
    """Arguments that break the document are refused where they are given, all of them at once, and are not echoed."""
    with peer(saying({})) as other:
        client = calling(other.url)
        with pytest.raises(ArgumentFault, match=r"^things.get_thing\(\) was called wrongly: path id: ") as caught:
            client.get_thing(id="secret", q="x")
        assert {problem.name for problem in caught.value.problems} == {"id", "q"}
        assert "secret" not in str(caught.value)
        for wrong in ({}, {"id": "x"}):
            with pytest.raises(ArgumentFault, match="body /id"):
                client.add_thing(wrong)
        with pytest.raises(ArgumentFault, match=r"a body \(required\)"):
            client.add_thing()
        with pytest.raises(TypeError, match=r"^get_thing\(\) has no parameter 'idd'; did you mean 'id'\?$"):
            client.get_thing(idd=5)
        with pytest.raises(TypeError, match="takes no body by position"):
            client.get_thing(5)
        with pytest.raises(ArgumentFault, match="control characters"):
            client.get_thing(id=5, request_headers={"x-a": "b\r\nc: d"})
        with pytest.raises(AttributeError, match=r"no operation 'get_thin'; did you mean 'get_thing'\?"):
            client.get_thin()
        with pytest.raises(ArgumentFault, match="timeout has to be a number of seconds"):
            client.get_thing(id=5, timeout=0)
        assert not other.received


def test_options_and_parameters_of_one_name(calling: Calling) -> None:
    """A parameter of the document wins; the option is then spelt with a _ behind it. x-bind-client names the method."""
    with peer(saying({})) as other:
        calling(other.url).hold(timeout=3, timeout_=4, request_headers={"X-More": "ü"})
        got = other.received[0]
        assert got.target == "/wait?timeout=3"
        assert got.headers["x-more"].encode("latin-1").decode() == "ü"
        assert 3000 < int(got.headers["pymdeadlinems"]) <= 4000


def test_what_travels(calling: Calling) -> None:
    """Call id, path and trace go out with every call; the deadline is the nearer of the caller's and the timeout."""
    with peer(saying({"id": 1})) as other:
        client = calling(other.url)
        sent = {"traceparent": f"00-{'4b' * 16}-{'0f' * 8}-01", "tracestate": "a=1,b=2", "pymdeadlinems": "900"}
        call = Call({"pymcallid": "abc", "pymcallpath": "shop.buy", **sent}).with_deadline()
        token = current.set(call)
        try:
            client.get_thing(id=1)
            call.deadline = time.monotonic() - 1
            late = client.get_thing(id=1)
        finally:
            current.reset(token)
        assert isinstance(late, DeadlineExceededError)
        (got,) = other.received
        assert got.headers["pymcallid"] == "abc"
        assert got.headers["pymcallpath"] == "shop.buy"
        assert got.headers["traceparent"] == f"00-{'4b' * 16}-{call.trace.span_id}-01"
        assert got.headers["tracestate"] == "a=1,b=2"
        assert 0 < int(got.headers["pymdeadlinems"]) <= 900


@pytest.mark.parametrize(
    ("servers", "settings", "sent"),
    [
        ([{"url": "http://127.0.0.1:PORT/v1"}], {}, "/v1/f"),
        ([{"url": "http://{host}:{port}/{v}", "variables": {"host": {"default": "127.0.0.1"},
          "port": {"default": "PORT"}, "v": {"default": "v1"}}}], {"variables": {"v": "v2"}}, "/v2/f"),
        ([{"url": "http://nowhere.invalid/v1"}], {"url": "http://127.0.0.1:PORT"}, "/v1/f"),
        ([{"url": "http://nowhere.invalid/v1"}], {"url": "http://127.0.0.1:PORT/"}, "/f"),
        ([{"url": "http://nowhere.invalid/v1"}], {"url": "http://127.0.0.1:PORT/x/y/"}, "/x/y/f"),
    ],
)  # fmt: skip
def test_where_an_api_is(project: Project, servers: Any, settings: Any, sent: str) -> None:
    """What the document says, with its variables, unless the configuration says otherwise."""
    with peer(saying({})) as other:

        def put(value: Any) -> Any:
            return json.loads(json.dumps(value).replace("PORT", str(other.port)))

        path = project.document({"/f": {"get": operation(operationId="f")}}, servers=put(servers), name="there")
        get_config().clients = {"there": put(settings)}
        ApiPool.add("there", yaml_path=str(path)).client.f()
        assert other.received[0].target == sent


def test_where_the_code_says(project: Project) -> None:
    """ApiPool.add(host, port, proto) goes before the document, and base_url of a call before everything."""
    text = json.dumps({
        "swagger": "2.0", "info": {"title": "x", "version": "1"}, "host": "nowhere.invalid", "basePath": "/v1",
        "schemes": ["https"], "paths": {"/f": {"get": {"operationId": "f", "responses": {"200": {"description": ""}}}}},
    })  # fmt: skip
    with peer(lambda got: (200, {}, b"")) as other:
        client = ApiPool.add("there", yaml_str=text, host="127.0.0.1", port=other.port).client
        assert client.f() is None
        client.f(base_url=other.url + "/other")
        assert [got.target for got in other.received] == ["/v1/f", "/other/f"]
    for url in ("ftp://x", "http://", "http://me:hunter22@x", "nothing"):
        with pytest.raises(ConfigurationError, match="write for example https://api") as caught:
            client.f(base_url=url)
        assert "hunter22" not in str(caught.value)


def test_the_configuration_of_clients(project: Project) -> None:
    """What is wrong with it is told with its place and the cure."""
    config = get_config()
    for wrong, told in (
        ({"a": {"ur": "x"}}, r"'ur' of a is unknown; did you mean 'url'\?"),
        ({"a": {"timeout": "5"}}, "a.timeout has to be a number of seconds; write a number, more than 0"),
        ({"a": "x"}, "write the name of an API"),
    ):  # fmt: skip
        with pytest.raises(ConfigurationError, match=told):
            config.clients = wrong  # type: ignore[assignment]


# What comes back


def test_with_response(calling: Calling) -> None:
    """Status and headers come along when they are asked for."""
    with peer(saying({"id": 1}, 200, {"X-Rate": "5"})) as other:
        result, status, headers = calling(other.url).get_thing(id=1, with_response=True)
        assert (result.id, status, headers["x-rate"]) == (1, 200, "5")


def test_kinds_of_results(calling: Calling) -> None:
    """Lists, nothing, bytes, and items as they come; compressed or not."""

    def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
        zipped = {"Content-Encoding": "gzip"}
        return {
            "/things/1": (204, {}, b""),
            "/things": (200, {"Content-Type": JSON, **zipped}, gzip.compress(b'[{"id":1}]')),
            "/lines": (200, {"Content-Type": "application/jsonl"}, b'{"id":1}\n{"id":2}\n'),
            "/blob": (200, {"Content-Type": "application/octet-stream"}, b"\0\1"),
        }[got.target]  # fmt: skip

    with peer(answer) as other:
        client = calling(other.url)
        assert client.delete_thing(id=1) is None
        assert [thing.id for thing in client.list_things()] == [1]
        assert [thing.id for thing in client.lines()] == [1, 2]
        assert client.blob() == b"\0\1"


def test_items_as_they_come(calling: Calling) -> None:
    """A stream is read while it is made, for longer than the timeout of the call."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\n\r\n")
        for number in range(4):
            connection.sendall(b'{"id": %d}\n' % number)
            time.sleep(0.1)

    with rude_peer(behave) as other:
        with within(0.25):
            items = calling(other.url).lines(timeout=0.3, read_timeout=0.25)
            assert next(items).id == 0
        assert [thing.id for thing in items] == [1, 2, 3]


def test_items_that_break_off(calling: Calling) -> None:
    """The error comes where the items end."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\nContent-Length: 99\r\n\r\n"
    with rude_peer(lambda connection: connection.sendall(head + b'{"id": 1}\n')) as other:
        items = calling(other.url).lines()
        assert next(items).id == 1
        with pytest.raises(ServiceUnavailableError, match=r"things\.lines was not answered: the connection broke off"):
            next(items)


def test_redirects(calling: Calling) -> None:
    """A GET that the document does not say leads elsewhere is followed; credentials stay with the host they are for."""
    with peer(saying({"id": 3})) as there:

        def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
            if got.target == "/things/1":
                return 307, {"Location": "/things/2?x=1"}, b"moved"
            return 302, {"Location": f"{there.url}/elsewhere"}, b""

        with peer(answer) as other:
            client = calling(other.url)
            assert client.get_thing(id=1, request_headers={"Authorization": "Bearer x"}).id == 3
            assert other.received[1].headers["authorization"] == "Bearer x"
            assert there.received[0].target == "/elsewhere"
            assert not {"authorization", "pymcallid"} & there.received[0].headers.keys()
            assert isinstance(client.delete_thing(id=1), BadGatewayError)
    with peer(lambda got: (302, {"Location": "http://[x/"}, b"")) as other:
        assert isinstance(calling(other.url).get_thing(id=1), BadGatewayError)


# Errors


def test_a_remote_error_is_returned(calling: Calling) -> None:
    """As the document's Error model, with the error_id that it was born with; declared or not. One that was born here
    is told by the same names."""
    sent = {"error": "GONE", "status": 404, "error_id": "abc", "error_description": "no such thing"}
    for status in (404, 503):
        with peer(saying({**sent, "status": status}, status)) as other:
            error = calling(other.url).get_thing(id=1)
            assert is_error(error)
            assert (type(error).__name__, error.error, error.error_id, error.status) == ("Error", "GONE", "abc", status)
    unreached = calling("http://127.0.0.1:1").get_thing(id=1, max_attempts=1)
    assert (unreached.error, unreached.status) == ("SERVICE_UNAVAILABLE", 503)
    assert unreached.error_id
    assert "no connection" in unreached.error_description


def test_a_remote_error_is_raised(calling: Calling) -> None:
    """With client_errors: raise, as the class whose code it has."""
    gone = add_error("ThingGone", "THING_GONE", 404)
    with peer(saying({"error": "THING_GONE", "status": 404, "error_id": "abc"}, 404)) as other:
        client = calling(other.url)
        get_config().client_errors = "raise"
        with pytest.raises(gone) as caught:
            client.get_thing(id=1)
        assert (caught.value.error_id, caught.value.status) == ("abc", 404)
        get_config().clients = {"things": {"url": other.url, "errors": "return"}}
        assert is_error(client.get_thing(id=1))


@pytest.mark.parametrize(
    ("status", "kind", "sent", "expected", "told"),
    [
        (200, JSON, b'{"id": "x"}', BadGatewayError, "the body breaks the document"),
        (200, JSON, b'{"id": ', BadGatewayError, "the body breaks the document"),
        (200, "text/html", b"<html>password=hunter22</html>", BadGatewayError, "text/html is not declared"),
        (202, JSON, b"{}", BadGatewayError, "the status 202 is not declared"),
        (302, JSON, b"{}", BadGatewayError, "it redirects, but not to a safe address"),
        (404, "text/html", b"<h1>nginx</h1>", PyMacaronException, "things.get_thing answered with status 404"),
        (502, "text/html", b"<h1>nginx</h1>", BadGatewayError, "things.get_thing answered with status 502"),
        (404, JSON, b'{"message": "no"}', PyMacaronException, "things.get_thing answered with status 404"),
    ],
)  # fmt: skip
def test_unexpected_answers(
    calling: Calling, status: int, kind: str, sent: bytes, expected: type[PyMacaronException], told: str
) -> None:
    """What the document does not allow is an error that says what was called and what came back, without secrets."""
    with peer(saying(sent, status, {"Content-Type": kind})) as other:
        error = calling(other.url).get_thing(id=1)
        assert is_error(error)
        assert isinstance(error, expected)
        assert told in str(error)
        assert "127.0.0.1" not in str(error)
        if status != 302:
            assert error.status == (status if status >= 400 else 502)
            (note,) = error.__notes__
            assert f"called GET {other.url}/things/{{id}}; answered {status}, {kind}" in note
            assert "hunter22" not in note


def test_wrong_arguments_inside_a_function_are_the_services_fault(project: Project, calling: Calling) -> None:
    """A client call with wrong arguments inside a function is a 500, never the caller's 400."""
    calling("http://127.0.0.1:1")
    project.functions("from pymacaron import ApiPool\ndef f(): ApiPool.things.client.get_thing(id='x')")
    (project.folder / "apis" / "things.yaml").unlink()
    project.document({"/f": {"get": operation("f")}})
    assert project.start().get("/f").get_json()["error"] == "UNHANDLED_SERVER_ERROR"


def test_errors_are_forwarded(project: Project, calling: Calling) -> None:
    """A function may return or raise what its client gave it: status and error_id stay those of the origin."""
    with peer(saying({"error": "GONE", "status": 404, "error_id": "abc"}, 404)) as other:
        calling(other.url)
        project.functions("from pymacaron import ApiPool\ndef f(): return ApiPool.things.client.get_thing(id=1)")
        (project.folder / "apis" / "things.yaml").unlink()
        project.document({"/f": {"get": operation("f", responses=answers(**{"200": {}, "404": ERROR}))}})
        answer = project.start().get("/f")
        found = answer.get_json()
        assert (answer.status_code, found["error"], found["error_id"]) == (404, "GONE", "abc")


# Connections


def test_certificates(calling: Calling, tmp_path: Path) -> None:
    """Connections are encrypted, and certificates verified, unless the configuration says otherwise."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with peer(saying({"id": 1}), tls=context) as other:
        url = f"https://127.0.0.1:{other.port}"
        client = calling(url)
        error = client.get_thing(id=1)
        assert isinstance(error, ServiceUnavailableError)
        assert "TLS connection failed" in str(error)
        for more in ({"authorities": str(tmp_path / "ca.pem")}, {"verify": False}):
            get_config().clients = {"things": {"url": url, **more}}
            assert client.get_thing(id=1).id == 1
            assert client.get_thing(id=1).id == 1
        assert len(other.received) == 4


def test_proxies(calling: Calling, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment says of proxies counts."""
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with peer(saying({"id": 1})) as other:
        monkeypatch.setenv("http_proxy", other.url)
        assert calling("http://things.invalid:81").get_thing(id=1).id == 1
        assert other.received[0].target == "http://things.invalid:81/things/1"
        assert other.received[0].headers["host"] == "things.invalid:81"
