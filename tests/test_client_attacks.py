"""Peers, documents and arguments that mean harm: nothing is taken for the answer to another request, nothing is sent
twice or to somebody else, and nobody's memory or time is used up."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trustme
from clocks import within
from hypothesis import given
from hypothesis import strategies as st
from peers import Peer, Received, peer, rude_peer
from services import JSON, body, operation, project_in, query

from pymacaron import ApiPool
from pymacaron.client import Client
from pymacaron.client.links import link_to
from pymacaron.config import get_config
from pymacaron.exceptions import ArgumentFault, BadGatewayError, ConfigurationError, is_error
from pymacaron.transports.http import _Outgoing

OAUTH = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/token", "scopes": {}}}}
NAMES = ("self", "call", "headers", "body", "given", "errand")
BYTES = {"description": "bytes", "content": {"application/octet-stream": {}}}
LINES = {"description": "lines", "content": {"application/jsonl": {"itemSchema": {}}}}
PATHS: dict[str, Any] = {
    "/things": {
        "get": operation(operationId="things", parameters=[query(name) for name in NAMES]),
        "post": operation(operationId="addThing", requestBody=body({})),
    },
    "/decorated": {"get": operation(
        operationId="decorated", x_decorate_request="handlers.told", parameters=[query("headers")]
    )},
    "/lines": {"get": operation(operationId="lines", responses={"200": LINES})},
    "/guarded": {"get": operation(operationId="guarded", security=[{"oauth": []}], responses={"200": BYTES})},
    "/framed": {"post": operation(
        operationId="framed", requestBody=body({}),
        parameters=[{"name": "Transfer-Encoding", "in": "header", "schema": {"type": "string"}}],
    )},
}  # fmt: skip
DECORATOR = """
    def told(call):
        def wrapped(*body, headers, headers_, **given):
            return call(*body, headers={**headers, "x-told": "yes"}, headers_=headers_, **given)
        return wrapped
"""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
Calling = Callable[..., Client]


@pytest.fixture
def calling(tmp_path: Path) -> Iterator[Calling]:
    """Gives the client of the API `things`, which is at a URL."""
    with project_in(tmp_path) as project:
        project.functions(DECORATOR)
        path = project.document(PATHS, name="things", components={"securitySchemes": {"oauth": OAUTH}})

        def client(url: str, **more: Any) -> Client:
            get_config().clients = {"things": {"url": url, "max_answer": 1_000_000, "max_failures": 0, **more}}
            return ApiPool.add("things", yaml_path=str(path), timeout=2).client

        yield client


def well(_: Received) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": JSON}, b"[]"


@contextmanager
def saying(raw: bytes, more: bytes = b"") -> Iterator[Peer]:
    """A peer that says that, and goes on with the other for ever."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(raw)
        while more:
            connection.sendall(more)

    with rude_peer(behave) as other:
        yield other


@pytest.mark.parametrize("raw", [
    *(CHUNKED + size + b"\r\n[]\r\n0\r\n\r\n" for size in (b"+2", b"-2", b"0x2", b"0_2", b" 2", b"\xb2", b"", b";a")),
    CHUNKED + b"2\r\n[]XX0\r\n\r\n",  # longer than it says
    HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
    HEAD + b"X: a\r\n \0b\r\nContent-Length: 2\r\n\r\n[]",
    HEAD + b"X: a\r\n b\rc\r\nContent-Length: 2\r\n\r\n[]",
], ids=repr)  # fmt: skip
def test_what_others_read_otherwise(calling: Calling, raw: bytes) -> None:
    """What the next one on the line may read in another way is no answer (RFC 9112 sections 5.2, 6 and 7.1)."""
    with saying(raw) as other:
        assert is_error(calling(other.url).things(max_attempts=1))


@pytest.mark.parametrize("raw", [
    CHUNKED + b"0002;a=b;c\r\n[]\r\n0\r\nX: y\r\n\r\n", CHUNKED + b"1 \r\n[\r\n1\n]\n0\r\n",
    HEAD + b"X: a\r\n \t\xe9\r\nContent-Length: 2\r\n\r\n[]",
])  # fmt: skip
def test_chunks(calling: Calling, raw: bytes) -> None:
    """Extensions, trailers, leading zeros and folded headers are understood."""
    with saying(raw) as other:
        assert calling(other.url).things() == []


@pytest.mark.parametrize(("raw", "more"), [
    (HEAD + b"Content-Length: 2\r\n" + CHUNKED.partition(HEAD)[2], b"10000\r\n" + b"x" * 65536 + b"\r\n"),
    (HEAD + b"X: a\r\n", b" " + b"a" * 60_000 + b"\r\n"), (CHUNKED + b"2\r\n[]\r\n0\r\n", b"X: y\r\n" * 1000),
], ids=["length and chunks", "folded", "trailers"])  # fmt: skip
def test_floods(calling: Calling, raw: bytes, more: bytes) -> None:
    """An answer without end is given up when it is longer than answers may be, not when time is up."""
    with saying(raw, more) as other, within(1.9):
        error = calling(other.url).things(max_attempts=1)
        assert is_error(error)
        assert error.status in (502, 503)


def test_an_item_without_end(calling: Calling) -> None:
    """Is an error of the other side, not of who calls us."""
    with saying(HEAD.replace(b"json", b"jsonl") + b"\r\n", b"1" * 65536) as other, pytest.raises(BadGatewayError):
        list(calling(other.url).lines())


@pytest.mark.parametrize("text", ["<", '<a>\\"', "<a>;a=", '<\\">"', '<a>;rel="x'])
def test_links_without_end(text: str) -> None:
    """Are read in no time, whatever stands there."""
    began = time.process_time()
    assert link_to("next", text * (300_000 // len(text))) is None
    assert time.process_time() - began < 1


def test_what_stands_behind_an_encrypted_answer(calling: Calling, tmp_path: Path) -> None:
    """Is not taken for the next one, though it is decrypted already."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    head = HEAD + b"Content-Length: 2\r\nX-Pad: "
    right = head + b"p" * (8192 - len(head) - 6) + b"\r\n\r\n[]"  # ends with the buffer that it is read through
    assert len(right) == 8192

    def serve(connection: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            while secured.recv(65536):
                secured.sendall(right + HEAD + b"Content-Length: 6\r\n\r\n" + b'"evil"')

    with rude_peer(serve, reads=False) as other:
        url = f"https://127.0.0.1:{other.port}"
        client = calling(url, authorities=str(tmp_path / "authority.pem"))
        assert [client.things() for _ in range(3)] == [[], [], []]


@pytest.mark.parametrize("resets", [False, True])
def test_a_proxy_that_breaks_off(calling: Calling, monkeypatch: pytest.MonkeyPatch, resets: bool) -> None:
    """May have passed the request on: what must not be done twice is sent once."""
    linger = b"\1\0\0\0\0\0\0\0" if resets else b"\0" * 8

    def behave(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    with rude_peer(behave) as proxy:
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("http_proxy", proxy.url)
        client = calling(f"http://{'resets' if resets else 'closes'}.invalid")
        assert is_error(client.add_thing({}))
        assert proxy.connections == 1
        assert is_error(client.things())
        assert proxy.connections == 4


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://[::1", "http://a b:1", "ftp://x"])
def test_proxies_that_are_none(calling: Calling, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    """Are an error of the call like any other."""
    monkeypatch.setenv("http_proxy", proxy)
    assert calling(f"http://by{abs(hash(proxy))}.invalid").things(max_attempts=1).status == 503


@pytest.mark.parametrize("host", ["a b", "[::1", "a%0d%0ab", "a<b", "[x]", "a:b", ""])
def test_addresses_that_are_none(calling: Calling, host: str) -> None:
    """Are refused where they are given."""
    with pytest.raises(ConfigurationError, match="address of an API"):
        calling("http://a.invalid").things(base_url=f"http://{host}/")


@pytest.mark.parametrize("headers", [{"Content-Length": "3"}, {"Transfer-Encoding": "identity"}])
def test_nobody_says_where_a_request_ends(calling: Calling, headers: dict[str, str]) -> None:
    """Else what is left of its body would be a request of its own."""
    with peer(well) as other:
        client = calling(other.url)
        with pytest.raises(ArgumentFault, match="follow from the body"):
            client.add_thing({"id": "GET /admin"}, request_headers=headers)
        with pytest.raises(ArgumentFault, match="follow from the body"):
            client.framed({}, transfer_encoding="chunked")
        assert not other.received


@given(said=st.integers(0, 40), data=st.binary(max_size=40), piece=st.integers(1, 50))
def test_files_that_change_while_they_are_sent(said: int, data: bytes, piece: int) -> None:
    """As many bytes are sent as were announced; where there are fewer, the call ends."""
    import io

    outgoing, sent = _Outgoing(io.BytesIO(data), {"content-length": str(said)}), b""
    with suppress(OSError):
        while more := outgoing.read(piece):
            sent += more
    assert sent == data[:said]
    assert (outgoing.failure is not None) == (len(data) < said)


@pytest.mark.parametrize("name", NAMES)
def test_any_parameter_may_be_given(calling: Calling, name: str) -> None:
    """Whatever a document calls its parameters, they are those of the operation."""
    with peer(well) as other:
        client = calling(other.url)
        assert client.things(**{name: "v"}) == asyncio.run(client.things.aio(**{name: "v"})) == []
        assert list(client.things.pages(**{name: "v"})) == [[]]
        assert client.decorated(headers="v") == []
        assert {got.target for got in other.received} == {f"/things?{name}=v", "/decorated?headers=v"}
        assert other.received[-1].headers["x-told"] == "yes"


@pytest.mark.parametrize("more", [{}, {"Content-Type": "text/event-stream"}])
@pytest.mark.parametrize("seconds", ["3600", "1" + "0" * 400, '"1e9"', "[]"])
def test_answers_of_token_endpoints(calling: Calling, more: dict[str, str], seconds: str) -> None:
    """A token is one whatever its endpoint says beside it, for calls whose answer is a stream, too."""

    def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
        if got.target == "/token":
            return 200, {"Content-Type": JSON, **more}, f'{{"access_token": "T", "expires_in": {seconds}}}'.encode()
        return 200, {"Content-Type": "application/octet-stream"}, got.headers["authorization"].encode()

    with peer(answer) as other:
        login = {"oauth": {"client_id": "me", "client_secret": "hunter22"}}
        with calling(other.url, credentials=login).guarded(stream=True) as stream:
            assert stream.read() == b"Bearer T"


def test_credentials_that_come_back(calling: Calling) -> None:
    """Whoever has put them into a request, what is noted of its answer does not tell them."""
    given = {"Authorization": "Bearer opaque-one", "Cookie": "sid=opaque-two", "X-Api-Key": "opaque-three"}

    def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
        return 500, {"Content-Type": "text/plain"}, json.dumps([*got.headers.values()]).encode()

    with peer(answer) as other:
        error = calling(other.url).things(request_headers=given)
    assert "text/plain" in str(error.__notes__)
    assert "opaque" not in str(error.__notes__)
