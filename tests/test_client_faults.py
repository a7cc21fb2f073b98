"""Peers that do wrong: a call costs at most its deadline, never gives a wrong result, and leaves no socket behind."""

from __future__ import annotations

import gzip
import io
import json
import os
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException, HTTPResponse
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from clocks import within
from hypothesis import given
from hypothesis import strategies as st
from peers import Received, peer, rude_peer
from services import JSON, answers, body, operation, project_in

from pymacaron import ApiPool
from pymacaron.client import Client, retries
from pymacaron.config import get_config
from pymacaron.exceptions import (
    BadGatewayError,
    DeadlineExceededError,
    PyMacaronException,
    ServiceUnavailableError,
    error_of_status,
    is_error,
)
from pymacaron.transports.heads import Answer

TIMEOUT, TOLERANCE = 0.3, 0.4  # seconds; a busy machine lets threads wait
THING = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
PATHS: dict[str, Any] = {
    "/things/{id}": {"get": operation(
        operationId="getThing", responses=answers(**{"200": THING}),
        parameters=[{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
    )},
    "/things": {"post": operation(
        operationId="addThing", requestBody=body(THING), responses=answers(**{"201": THING})
    )},
}  # fmt: skip
Calling = Callable[[str], Any]
Behaviour = Callable[[socket.socket], None]


@pytest.fixture
def calling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Calling]:
    """Gives the client of the API `things`, which is at a URL."""
    monkeypatch.setattr(retries, "_FIRST", 0.01)
    with project_in(tmp_path) as project:
        path = project.document(PATHS, name="things")

        def client(url: str) -> Client:
            get_config().clients = {"things": {"url": url, "max_answer": 1_000_000, "max_failures": 0}}
            return ApiPool.add("things", yaml_path=str(path), timeout=5).client

        yield client


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
RIGHT = b'{"id": 1}'
WHOLE = HEAD + b"Content-Length: 9\r\n\r\n" + RIGHT
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def saying(raw: bytes) -> Behaviour:
    """Says that, and closes."""
    return lambda connection: connection.sendall(raw)


def resetting(raw: bytes) -> Behaviour:
    """Says that, and breaks the connection."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(raw)
        time.sleep(0.02)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return behave


def trickling(start: bytes, piece: bytes) -> Behaviour:
    """Says a little now and then, for ever."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)
            time.sleep(0.02)

    return behave


def endless(start: bytes, piece: bytes) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return behave


def silent(start: bytes = b"") -> Behaviour:
    def behave(connection: socket.socket) -> None:
        connection.sendall(start)
        time.sleep(9)

    return behave


def coded(coding: bytes, data: bytes) -> Behaviour:
    return saying(HEAD + b"Content-Encoding: " + coding + b"\r\nContent-Length: %d\r\n\r\n" % len(data) + data)


SPACES = b" " * 20_000_000
BROKEN, LATE, WRONG = ServiceUnavailableError, DeadlineExceededError, BadGatewayError
FAULTY: dict[str, tuple[Behaviour, type[PyMacaronException]]] = {
    # connections that end
    "reset at once": (resetting(b""), BROKEN),
    "reset in the status line": (resetting(HEAD[:12]), BROKEN),
    "reset in the headers": (resetting(HEAD[:30]), BROKEN),
    "reset before the body": (resetting(WHOLE[:-9]), BROKEN),
    "reset in the body": (resetting(WHOLE[:-2]), BROKEN),
    "reset in a chunk": (resetting(CHUNKED + b"9\r\n" + RIGHT[:5]), BROKEN),
    "closed at once": (saying(b""), BROKEN),
    "closed in the status line": (saying(HEAD[:12]), BROKEN),
    "closed in the headers": (saying(HEAD[:30]), BROKEN),
    "closed after the headers": (saying(HEAD), BROKEN),
    "closed before the last chunk": (saying(CHUNKED + b"9\r\n" + RIGHT + b"\r\n"), BROKEN),
    # time
    "silent": (silent(), LATE),
    "silent in the head": (silent(HEAD), LATE),
    "silent in the body": (silent(WHOLE[:-1]), LATE),
    "slow head": (trickling(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"), LATE),
    "slow headers": (trickling(b"HTTP/1.1 200 OK\r\n", b"X-Slow: x\r\n"), LATE),
    "hint after hint": (trickling(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), LATE),
    "slow body": (trickling(HEAD + b"Content-Length: 100000\r\n\r\n", b" "), LATE),
    "slow chunks": (trickling(CHUNKED, b"1\r\n \r\n"), LATE),
    # lengths
    "half a body": (saying(HEAD + b"Content-Length: 100\r\n\r\n" + RIGHT), BROKEN),
    "half a chunk": (saying(CHUNKED + b"20\r\n" + RIGHT), BROKEN),
    "no chunks": (saying(CHUNKED + b"xyz\r\n" + RIGHT), BROKEN),
    "two lengths": (saying(HEAD + b"Content-Length: 9\r\nContent-Length: 5\r\n\r\n" + RIGHT), BROKEN),
    "a length below zero": (saying(HEAD + b"Content-Length: -9\r\n\r\n" + RIGHT), BROKEN),
    "a length that is none": (saying(HEAD + b"Content-Length: nine\r\n\r\n" + RIGHT), BROKEN),
    "less than all": (saying(HEAD + b"Content-Length: 5\r\n\r\n" + RIGHT), WRONG),
    "too long": (saying(HEAD + b"Content-Length: 99999999999\r\n\r\n" + b" " * 2_000_000), WRONG),
    "endless": (endless(HEAD + b"\r\n", b" " * 65536), WRONG),
    "endless chunks": (endless(CHUNKED, b"1000\r\n" + b" " * 4096 + b"\r\n"), WRONG),
    "a coding of transfers": (saying(HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + RIGHT), BROKEN),
    # heads
    "no HTTP": (saying(b"220 smtp ready\r\n"), BROKEN),
    "HTTP/0.9": (saying(RIGHT + b"\r\n"), BROKEN),
    "HTTP/2": (saying(b"\0\0\x12\4\0\0\0\0\0" + bytes(18)), BROKEN),
    "a status that is none": (saying(WHOLE.replace(b"200", b"42")), BROKEN),
    "a long status": (saying(WHOLE.replace(b"200", b"2000")), BROKEN),
    "a header that is none": (saying(HEAD + b"nothing\r\n\r\n" + RIGHT), BROKEN),
    "a header with a blank in its name": (saying(HEAD + b"Content-Length : 9\r\n\r\n" + RIGHT), BROKEN),
    "a zero byte": (saying(HEAD + b"X: a\0b\r\n\r\n" + RIGHT), BROKEN),
    "a huge header": (saying(HEAD + b"X: " + b"x" * 100_000 + b"\r\n\r\n" + RIGHT), BROKEN),
    "headers and headers": (saying(HEAD + b"X: x\r\n" * 5000 + b"\r\n" + RIGHT), BROKEN),
    "endless headers": (endless(HEAD, b"X: x\r\n" * 100), BROKEN),
    "other protocols": (saying(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), WRONG),
    # bodies
    "bomb": (coded(b"gzip", gzip.compress(SPACES)), WRONG),
    "bomb in a bomb": (coded(b"gzip, gzip", gzip.compress(gzip.compress(SPACES))), WRONG),
    "deflated bomb": (coded(b"deflate", zlib.compress(SPACES)), WRONG),
    "no gzip": (coded(b"gzip", RIGHT), WRONG),
    "half of gzip": (coded(b"gzip", gzip.compress(RIGHT)[:-9]), WRONG),
    "a coding nobody asked for": (coded(b"br", RIGHT), WRONG),
    "no UTF-8": (saying(WHOLE.replace(b"1}", b"\xff}")), WRONG),
    "no JSON": (saying(WHOLE.replace(b"1}", b"}}")), WRONG),
    "no number of JSON's": (saying(HEAD + b"Content-Length: 11\r\n\r\n" + b'{"id": NaN}'), WRONG),
    "deep JSON": (saying(HEAD + b"\r\n" + b"[" * 500_000), WRONG),
    "another type": (saying(WHOLE.replace(b"application/json", b"text/html")), WRONG),
    # answers that lead elsewhere
    "endless redirects": (saying(b"HTTP/1.1 302 x\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"), WRONG),
    "redirects to nobody": (saying(b"HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:1/\r\n\r\n"), BROKEN),
    "redirects to files": (saying(b"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\n\r\n"), WRONG),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_peer(calling: Calling, fault: str) -> None:
    """It costs at most the deadline, tries included, and never gives a wrong result."""
    behave, expected = FAULTY[fault]
    timeout = TIMEOUT if expected is LATE else 3
    with rude_peer(behave) as other:
        client = calling(other.url)
        with within(timeout + TOLERANCE):
            error = client.get_thing(id=1, timeout=timeout)
        assert type(error) is expected, error
        assert str(error).startswith("things")
        assert "127.0.0.1" not in str(error)
        assert f"called GET {other.url}/things/{{id}}" in error.__notes__[0] or "redirects" in fault


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
@pytest.mark.parametrize("after", [b"", b"Retry-After: 3600\r\n", b"Retry-After: 0\r\n", b"Retry-After: \xff\r\n"])
def test_a_storm(calling: Calling, status: int, after: bytes) -> None:
    """A service that is down answers with an error, in time, however long it asks us to wait."""
    with rude_peer(saying(b"HTTP/1.1 %d no\r\nContent-Length: 0\r\n%s\r\n" % (status, after))) as other:
        client = calling(other.url)
        with within(1):
            error = client.get_thing(id=1, timeout=3)
            assert type(error) is type(error_of_status(status, ""))
            assert error.status == status
        assert other.connections <= 3


QUICK = ["reset in the body", "closed in the headers", "half a chunk", "too long", "bomb", "no JSON",
         "a header that is none", "two lengths", "endless redirects", "a coding nobody asked for"]  # fmt: skip


def test_no_socket_is_left(calling: Calling) -> None:
    """Whatever goes wrong with a call, its connection is closed or kept for the next one."""
    for fault in QUICK:
        with rude_peer(FAULTY[fault][0]) as other:
            client = calling(other.url)
            client.get_thing(id=1, max_attempts=1)
            before = sockets_to(other.port)
            for _ in range(10):
                assert is_error(client.get_thing(id=1, max_attempts=1))
            assert sockets_to(other.port) <= max(before, 1), fault


def sockets_to(port: int) -> int:
    """How many sockets of this process are connected to a port, whether anybody is still at the other end or not."""
    ours = {os.readlink(entry.path) for entry in os.scandir("/proc/self/fd") if os.path.lexists(entry.path)}
    lines = [line.split() for line in Path("/proc/self/net/tcp").read_text().splitlines()[1:]]
    return sum(int(line[2].partition(":")[2], 16) == port and f"socket:[{line[9]}]" in ours for line in lines)


# Answers that are odd, and right


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + WHOLE,
        WHOLE.replace(b" OK", b""),
        WHOLE.replace(b" OK", b" "),
        WHOLE.replace(b"1.1", b"1.0"),
        WHOLE.replace(b"\r\n", b"\n"),
        WHOLE.replace(b"Content-Type: application/json", b"content-TYPE:application/json;\r\n charset=utf-8"),
        WHOLE.replace(b"Content-Length: 9", b"Content-Length: 9\r\nContent-Length: 9"),
        HEAD + b"\r\n" + RIGHT,
        CHUNKED + b"4;a=b\r\n" + RIGHT[:4] + b"\r\n5\r\n" + RIGHT[4:] + b"\r\n0\r\nX: y\r\n\r\n",
    ],
)
def test_odd_answers(calling: Calling, raw: bytes) -> None:
    """What RFC 9112 allows is understood; answers on the way are not taken for the last one."""
    with rude_peer(saying(raw)) as other:
        assert calling(other.url).get_thing(id=1).id == 1


NAMES = st.text("abcXYZ-09", min_size=1, max_size=8).map(lambda name: f"X-{name}")
TEXTS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f\x85\xa0"), max_size=20)


@given(st.integers(200, 999), st.lists(st.tuples(NAMES, TEXTS), max_size=20), st.sampled_from(["", "gone", "no way"]))
def test_heads(status: int, fields: list[tuple[str, str]], reason: str) -> None:
    """What is written as the head of an answer is read, as the standard library does it."""
    raw = "".join([f"HTTP/1.1 {status} {reason}\r\n", *(f"{name}: {text}\r\n" for name, text in fields), "\r\n"])
    ours, theirs = answer_of(Answer, raw.encode("latin-1")), answer_of(HTTPResponse, raw.encode("latin-1"))
    assert (ours.status, ours.reason, list(ours.msg.items())) == (status, reason, fields)
    assert list(theirs.msg.items()) == fields
    for name in ("version", "length", "chunked", "will_close", "reason"):
        assert getattr(ours, name) == getattr(theirs, name), name


@given(st.binary(max_size=60), st.sampled_from([b"", HEAD, b"HTTP/1.1 204 x\r\nConnection: "]))
def test_any_bytes(data: bytes, start: bytes) -> None:
    """Whatever the other side sends, it is an answer or an HTTPException."""
    with suppress(HTTPException):
        assert answer_of(Answer, start + data + b"\r\n\r\n").status >= 100


class Said:
    """A socket from which all has been read."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._raw)


def answer_of(kind: type[HTTPResponse], raw: bytes) -> Any:
    made = kind(Said(raw), method="GET")  # type: ignore[arg-type]
    made.begin()
    return made


# Connections that are kept


def test_a_connection_that_ends_under_us(calling: Calling) -> None:
    """A connection that the other side gives up after an answer is not used again, whatever the method; one that ends
    when it is used is tried again only where that is safe, and never hands out an answer of before."""
    kept = WHOLE.replace(b"200 OK", b"201 x")
    with rude_peer(saying(kept)) as other:
        client = calling(other.url)
        for number in range(5):
            assert client.add_thing({"id": 1}).id == 1
            while other.ended <= number:
                time.sleep(0.001)
    asked = count()

    def one_answer_each(connection: socket.socket) -> None:
        connection.sendall(kept)
        while b"}" not in connection.recv(4096):  # of the next request
            pass
        next(asked)

    with rude_peer(one_answer_each, whole=True) as other:
        client = calling(other.url)
        assert client.add_thing({"id": 1}).id == 1
        assert isinstance(client.add_thing({"id": 2}), ServiceUnavailableError)
        assert next(asked) == 1
        assert client.add_thing({"id": 3}).id == 1


def test_answers_that_come_early(calling: Calling) -> None:
    """An answer before all of the request is sent ends the call in time, and is the answer or an error."""
    refused = b"HTTP/1.1 413 x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    for behave in (saying(refused), silent(refused), resetting(refused)):
        with rude_peer(behave) as other, within(0.5 + TOLERANCE):
            error = calling(other.url).add_thing({"id": 1, "more": "x" * 20_000_000}, timeout=0.5)
            assert error.status in {413, 503, 504}


def test_nobody_there(calling: Calling) -> None:
    """No connection, no name, a handshake that does not end: an error within the time for connecting."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = calling(f"http://127.0.0.1:{port}").get_thing(id=1)
    assert isinstance(error, ServiceUnavailableError)
    assert "there is no connection (Connection refused)" in str(error)
    with rude_peer(lambda connection: time.sleep(9), reads=False) as other, within(0.6):
        error = calling(f"https://127.0.0.1:{other.port}").get_thing(id=1, connect_timeout=0.2, max_attempts=1)
        assert isinstance(error, DeadlineExceededError)


def test_a_peer_who_does_not_read(calling: Calling) -> None:
    """A long request to somebody who takes nothing of it ends with the deadline, too."""
    with rude_peer(lambda connection: time.sleep(9), reads=False) as other, within(0.4 + TOLERANCE):
        error = calling(other.url).add_thing({"id": 1, "more": "x" * 20_000_000}, timeout=0.4)
        assert isinstance(error, DeadlineExceededError)


def test_more_than_was_announced(calling: Calling) -> None:
    """What stands behind an answer is not taken for the next one."""
    smuggled = HEAD + b'Content-Length: 9\r\n\r\n{"id": 9}'
    with rude_peer(saying(HEAD + b'Content-Length: 9\r\n\r\n{"id": 1}' + smuggled)) as other:
        client = calling(other.url)
        for _ in range(3):
            found = client.get_thing(id=1)
            assert is_error(found) or found.id == 1


def test_threads_share_a_client(calling: Calling) -> None:
    """Of 50 threads each gets the answer to what it asked, or its own error, while connections end now and then."""

    def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
        number = int(got.target.rpartition("/")[2] if got.method == "GET" else json.loads(got.body)["id"])
        ends = {"Connection": "close"} if number % 17 == 0 else {}
        if number % 13 == 0:
            return 404, ends, b""
        return 200 + (got.method == "POST"), {"Content-Type": JSON, **ends}, b'{"id": %d}' % number

    def call(number: int) -> Any:
        return client.get_thing(id=number) if number % 2 else client.add_thing({"id": number})

    with peer(answer) as other:
        client = calling(other.url)
        with ThreadPoolExecutor(50) as pool:
            found = list(pool.map(call, range(1000)))
        for number, result in enumerate(found):
            assert is_error(result) == (number % 13 == 0)
            assert (result.status if number % 13 == 0 else result.id) == (number if number % 13 else 404)
        assert len(other.received) == 1000
        assert sockets_to(other.port) <= 50
