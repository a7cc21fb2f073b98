"""Answers that come in pieces, in pages, and to those who await them."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

import pytest
from clocks import within
from hypothesis import given
from hypothesis import strategies as st
from peers import Received, peer, rude_peer
from services import ERROR, JSON, Project, answers, body, operation, project_in, query

from pymacaron import ApiPool
from pymacaron.calls import Call, current
from pymacaron.client import Client
from pymacaron.client.links import link_to
from pymacaron.config import get_config
from pymacaron.exceptions import (
    ArgumentFault,
    BadGatewayError,
    DeadlineExceededError,
    NotFoundError,
    ServiceUnavailableError,
    is_error,
)

NUMBERS = {"type": "array", "items": {"type": "integer"}}
PATHS: dict[str, Any] = {
    "/blob": {"get": operation(operationId="blob", responses={
        "200": {"description": "", "content": {"application/octet-stream": {}}},
        "404": {"description": "", "content": {JSON: {"schema": ERROR}}},
    })},
    "/lines": {"get": operation(operationId="lines", responses={"200": {
        "description": "", "content": {"application/jsonl": {"itemSchema": {"type": "integer"}}}}})},
    "/numbers": {
        "get": operation(
            operationId="numbers", parameters=[query("page", type="integer"), query("timeout", type="integer")],
            responses=answers(**{"200": NUMBERS, "404": ERROR}), x_decorate_request="handlers.told",
        ),
        "post": operation(operationId="add", requestBody=body({"type": "integer"})),
    },
    "/plain": {"get": operation(
        operationId="plain", parameters=[query("page", type="integer")], responses=answers(**{"200": NUMBERS})
    )},
    "/object": {"get": operation(operationId="object")},
    **{f"/{name}": {"get": operation(operationId=name, responses=answers(**{"200": schema}))} for name, schema in {
        "boxed": {"type": "object", "properties": {"found": {"type": ["array", "null"]}, "next": {"type": "null"}}},
        "chosen": {"oneOf": [NUMBERS, {"type": "object"}]},
        "two": {"type": "object", "properties": {"a": NUMBERS, "b": NUMBERS}},
        "none": {"type": "object"},
    }.items()},
    "/secret": {"get": operation(operationId="secret", security=[{"key": []}])},
}  # fmt: skip
DECORATOR = """
seen = []
def told(call):
    def calling(*body, headers, **arguments):
        from pymacaron import ApiPool
        seen.append(arguments)
        assert ApiPool.there.client.object(base_url=arguments.get("base_url")) is not None
        return call(*body, headers=headers, **arguments)
    return calling
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made


Calling = Callable[[str], Client]


@pytest.fixture
def calling(project: Project) -> Calling:
    """Gives the client of the API `there`, which is at a URL."""
    project.functions(DECORATOR)
    schemes = {"key": {"type": "apiKey", "in": "query", "name": "key"}}
    path = project.document(PATHS, name="there", components={"securitySchemes": schemes})

    def client(url: str) -> Client:
        get_config().clients = {"there": {"url": url, "credentials": {"key": "k-1"}}}
        return ApiPool.add("there", yaml_path=str(path), timeout=5).client

    return client


Answer = tuple[int, dict[str, str], bytes]
BLOB = bytes(range(256)) * 1000
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"


def blob(got: Received) -> Answer:
    return 200, {"Content-Type": "application/octet-stream"}, BLOB


# In pieces


def test_a_stream(calling: Calling) -> None:
    """Is a file that is read once; compressed or not. Its connection serves again when it was read to its end."""

    def zipped(got: Received) -> Answer:
        return 200, {**blob(got)[1], "Content-Encoding": "gzip"}, gzip.compress(BLOB)

    for answer in (blob, zipped):
        with peer(answer) as other:
            client = calling(other.url)
            with client.blob(stream=True) as file:
                assert file.content_type == "application/octet-stream"
                assert file.read(70_000) == BLOB[:70_000]
                assert file.read() == BLOB[70_000:]
                assert file.read() == file.read(5) == b""
            assert b"".join(client.blob(stream=True)) == BLOB
            assert BufferedReader(client.blob(stream=True), 999).read() == BLOB
            answered = client.blob(stream=True, with_response=True)
            assert answered.result.read() == client.blob() == BLOB
            assert answered.status == 200
            assert other.connections == 1


def test_a_stream_that_is_given_up(calling: Calling) -> None:
    """Its connection is closed, since the rest of it would come first."""
    with peer(blob) as other:
        client = calling(other.url)
        with client.blob(stream=True) as file:
            file.read(1)
        with pytest.raises(ValueError, match="closed"):
            file.read(1)
        assert client.blob() == BLOB
        assert other.connections == 2


def test_errors_are_no_streams(calling: Calling) -> None:
    """An error is what it is without; so is an answer that the document does not allow."""
    error = json.dumps({"error": "GONE", "status": 404}).encode()
    with peer(lambda got: (404, {"Content-Type": JSON}, error)) as other:
        found = calling(other.url).blob(stream=True)
        assert is_error(found)
        assert found.error == "GONE"
    with peer(lambda got: (200, {"Content-Type": "text/html"}, b"")) as other:
        assert isinstance(calling(other.url).blob(stream=True), BadGatewayError)
    with peer(lambda got: (200, {"Content-Type": "application/octet-stream", "Content-Encoding": "br"}, b"")) as other:
        assert isinstance(calling(other.url).blob(stream=True), BadGatewayError)
    with pytest.raises(ArgumentFault, match="stream has to be"):
        calling("http://127.0.0.1:1").blob(stream="yes")


def trickling(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


SHORT: dict[str, tuple[Callable[[socket.socket], None], type[Exception]]] = {
    "length": (lambda it: it.sendall(HEAD + b"Content-Length: 9\r\n\r\nxxxx"), ServiceUnavailableError),
    "chunks": (lambda it: it.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nxxxx\r\n"),
               ServiceUnavailableError),
    "gzip": (lambda it: it.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 60\r\n\r\n"
                                   + gzip.compress(BLOB)[:60]), BadGatewayError),
    "slow": (trickling, DeadlineExceededError),
}  # fmt: skip


@pytest.mark.parametrize("how", ["read", "read some", "iterate"])
@pytest.mark.parametrize("fault", SHORT)
def test_half_a_stream(calling: Calling, fault: str, how: str) -> None:
    """Is an error where it is read, and never looks like a short answer; it costs at most the deadline."""
    behave, expected = SHORT[fault]
    with rude_peer(behave) as other, within(0.6):
        stream = calling(other.url).blob(stream=True, timeout=0.3)
        with stream as file, pytest.raises(expected, match=r"^there\.blob was not answered: "):
            _read(file, how)
        assert file.closed


def _read(file: Any, how: str) -> None:
    if how == "read":
        file.read()
    while how == "read some" and file.read(3):
        pass
    for _ in file:
        pass


# In pages


def book(pages: int, link: str = '<?page={next}>; rel="next"') -> Callable[[Received], Answer]:
    def answer(got: Received) -> Answer:
        if got.target == "/object":
            return 200, {"Content-Type": JSON}, b"1"
        number = int(got.target.partition("page=")[2].partition("&")[0] or 1)
        more = {} if number == pages else {"Link": link.format(next=number + 1, last=pages)}
        return 200, {"Content-Type": JSON, **more}, json.dumps([number, -number]).encode()

    return answer


@pytest.mark.parametrize(
    "link",
    [
        '<?page={next}>; rel="next"',
        "</numbers?page={next}>;rel=next",
        '</>; rel="first", <?page={next}>; rel="last NEXT"',
    ],
)
def test_pages(calling: Calling, link: str) -> None:
    """Each page is asked for when it is wanted, with the options of the call, and through its decorator."""
    with peer(book(3, link)) as other:
        client = calling("http://127.0.0.1:1")
        pages = client.numbers.pages(base_url=other.url, request_headers={"X-A": "1"})
        assert not other.received
        assert list(pages) == [[1, -1], [2, -2], [3, -3]]
        assert list(client.numbers.items(base_url=other.url)) == [1, -1, 2, -2, 3, -3]
        got = [got for got in other.received if got.target != "/object"]
        assert [one.target for one in got[:3]] == ["/numbers", "/numbers?page=2", "/numbers?page=3"]
        assert [one.headers.get("x-a") for one in got[:3]] == ["1"] * 3
        other.received.clear()
        assert next(iter(pages)) == [1, -1]
        assert len(other.received) == 2
        answered = list(client.numbers.pages(base_url=other.url, with_response=True, timeout_=3))
        assert [one.status for one in answered] == [200] * 3

        async def awaited() -> list[Any]:
            found = [item async for item in client.numbers.items(base_url=other.url)]
            return [*found, [page async for page in pages]]

        assert asyncio.run(awaited()) == [1, -1, 2, -2, 3, -3, [[1, -1], [2, -2], [3, -3]]]


@pytest.mark.parametrize(
    ("name", "pages", "items"),
    [
        ("boxed", [{"found": [1], "next": None}, {"found": None}, {}, {"found": [2, 3], "total": 1}], [1, 2, 3]),
        ("chosen", [[1], [2]], [1, 2]),
        ("two", [{"a": [1]}], "may have a, b; use pages"),
        ("none", [{"x": [1]}], "of type .*; use pages"),
    ],
)
def test_items_of_objects(calling: Calling, name: str, pages: list[Any], items: Any) -> None:
    """The items of objects are those of the one list that the document gives them; where there is none in one, none."""

    def answer(got: Received) -> Answer:
        number = int(got.target.partition("page=")[2] or 0)
        more = {"Link": f"<?page={number + 1}>; rel=next"} if number + 1 < len(pages) else {}
        return 200, {"Content-Type": JSON, **more}, json.dumps(pages[number]).encode()

    with peer(answer) as other:
        method = getattr(calling(other.url), name)
        if isinstance(items, list):
            assert list(method.items()) == list(method.items(with_response=True)) == items
        else:
            with pytest.raises(TypeError, match=items):
                list(method.items())


def test_pages_that_lead_astray(calling: Calling) -> None:
    """Pages in a circle, on another host or nowhere are an error; so is one that cannot be had."""
    with peer(book(9)) as there:
        for link, told in (
            ('<?page=2>; rel="next"', "one that was there before"),
            (f'<{there.url}/numbers>; rel="next"', "on another host"),
            ('<//user:hunter22@other/>; rel="next"', "next page is not valid"),
            ('<ftp://x>; rel="next"', "next page is not valid"),
            ('<http://[x/>; rel="next"', "next page is not valid"),
        ):  # fmt: skip
            with peer(book(9, link)) as other, pytest.raises(BadGatewayError, match=told) as caught:
                list(calling(other.url).numbers.pages())
            assert "hunter22" not in str(caught.value)
        assert not there.received

    def round_about(got: Received) -> Answer:
        """Each page is elsewhere."""
        if got.target != "/numbers":
            return 302, {"Location": "/numbers"}, b""
        return 200, {"Content-Type": JSON, "Link": "<?page=2>; rel=next"}, b"[]"

    with peer(round_about) as other, pytest.raises(BadGatewayError, match="was there before"):
        list(calling(other.url).plain.pages())

    def gone(got: Received) -> Answer:
        return (404, {}, b"") if "page=3" in got.target else book(9)(got)

    with peer(gone) as other:
        pages = iter(calling(other.url).numbers.pages())
        assert [next(pages), next(pages)] == [[1, -1], [2, -2]]
        with pytest.raises(NotFoundError):
            next(pages)
        client = calling(other.url)
        with pytest.raises(TypeError, match=r"add\(\) is a POST, and only what is got has pages"):
            client.add.pages(1)
        with pytest.raises(TypeError, match="has no parameter 'pag'"):
            list(client.numbers.pages(pag=2))
    with peer(lambda got: (200, {"Content-Type": JSON}, b"{}")) as other, pytest.raises(TypeError, match="use pages"):
        list(calling(other.url).object.items())


def test_pages_of_a_fake(calling: Calling) -> None:
    """A fake has pages as the service would."""
    client = calling("http://127.0.0.1:1")

    def plain(page: int | None) -> Any:
        return ([1], 200, {"Link": "<?page=2>; rel=next"}) if page is None else [page]

    with ApiPool.there.fake(plain=plain):
        assert list(client.plain.items()) == [1, 2]


def test_pages_have_credentials(calling: Calling) -> None:
    """The credentials of a query go along with every page."""
    with peer(book(2)) as other:
        assert len(list(calling(other.url).secret.pages())) == 2
        assert [got.target for got in other.received] == ["/secret?key=k-1", "/secret?page=2&key=k-1"]


URLS = st.text("abc/?#,;=\"' %.", max_size=8).filter(lambda text: "//" not in text)
WORDS = st.text('abc,; <>=\\"', max_size=6)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.lists(st.tuples(URLS, WORDS, st.booleans()), max_size=4), URLS)
def test_links(others: list[tuple[str, str, bool]], target: str) -> None:
    """The link of a relation is found among any others, whatever stands in their targets and titles."""
    told = [f'<{url}>; title={_quoted(title)}; rel="prev{" next" * anchored}"' + "; anchor=x" * anchored
            for url, title, anchored in others]  # fmt: skip
    assert link_to("next", ", ".join(told)) is None
    found = link_to("next", ", ".join([*told, f"<{target}>; rel=next"]))
    assert found == link_to("next", f'<{target}>; rel="next"')
    assert found is not None


@given(st.text('<>,;="\\ relnxt', max_size=30))
def test_anything_may_be_a_link(text: str) -> None:
    """What is written otherwise is no link."""
    link_to("next", text)


# Awaited


def test_awaited(calling: Calling) -> None:
    """A call that is awaited gives and raises what it does otherwise; its Call travels; mistakes are told."""

    async def calls(client: Client) -> None:
        assert await client.numbers.aio(page=2) == [2, -2]
        answered = await client.numbers.aio(with_response=True)
        assert (answered.result, answered.status) == ([1, -1], 200)
        assert isinstance(await client.numbers.aio(base_url="http://127.0.0.1:1"), ServiceUnavailableError)
        with pytest.raises(ArgumentFault):
            await client.numbers.aio(page="x")
        with pytest.raises(TypeError, match="has no parameter 'pag'"):
            await client.numbers.aio(pag=1)

    token = current.set(Call({"pymcallid": "abc"}))
    try:
        with peer(book(9)) as other:
            asyncio.run(calls(calling(other.url)))
            assert {got.headers["pymcallid"] for got in other.received} == {"abc"}
    finally:
        current.reset(token)


def test_many_are_awaited(calling: Calling) -> None:
    """Two hundred at once are asked at once, and everybody gets the answer to what they asked."""
    together = threading.Barrier(200)

    def answer(got: Received) -> Answer:
        together.wait(10)
        return 200, {"Content-Type": JSON}, json.dumps([int(got.target.partition("=")[2])]).encode()

    async def calls(client: Client) -> Any:
        return await asyncio.gather(*[client.plain.aio(page=number) for number in range(200)])

    with peer(answer) as other:
        assert asyncio.run(calls(calling(other.url))) == [[number] for number in range(200)]


def test_one_that_is_cancelled(calling: Calling) -> None:
    """Is over at once; what it was about is not tried again, and nothing is left behind."""

    def answer(got: Received) -> Answer:
        time.sleep(0.3)
        return 503, {}, b""

    async def calls(client: Client) -> None:
        task = asyncio.ensure_future(client.object.aio())
        await asyncio.sleep(0.1)
        with within(0.2):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(client.object.aio(), 0.1)
        await asyncio.sleep(0.8)

    with peer(answer) as other:
        asyncio.run(calls(calling(other.url)))
        assert len(other.received) == 2


def test_deadlines_hold_for_those_who_wait(calling: Calling, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a call counts from when it is awaited, even if no thread is free for it."""
    from concurrent.futures import ThreadPoolExecutor

    from pymacaron.client import waiting

    few = ThreadPoolExecutor(1)
    monkeypatch.setattr(waiting, "_threads", lambda: few)

    def answer(got: Received) -> Answer:
        time.sleep(0.5)
        return 200, {"Content-Type": JSON}, b"1"

    async def calls(client: Client) -> None:
        with within(0.9):
            first, *others = await asyncio.gather(*[client.object.aio(timeout=t) for t in (2, 0.2, 0.2)])
            assert first == 1
            assert [type(one) for one in others] == [DeadlineExceededError] * 2

    with few, peer(answer) as other:
        asyncio.run(calls(calling(other.url)))
        assert len(other.received) == 1


def test_pieces_are_awaited(calling: Calling) -> None:
    """Streams and items come to those who await them, too; one that is cancelled while it is read is closed."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/jsonl\r\n\r\n")
        for number in range(3):
            connection.sendall(b"%d\n" % number)
            time.sleep(0.02)

    async def lines(client: Client) -> list[int]:
        return [number async for number in await client.lines.aio()]

    with rude_peer(behave) as other:
        assert asyncio.run(lines(calling(other.url))) == [0, 1, 2]

    with peer(lambda got: (200, {"Content-Type": "application/octet-stream"}, BLOB)) as other:
        asyncio.run(read_blobs(calling(other.url)))

    async def cancelled(client: Client) -> None:
        with within(0.4), pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), await client.blob.aio(stream=True, timeout=1) as file:
                await file.read()

    with rude_peer(trickling) as other:
        asyncio.run(cancelled(calling(other.url)))


async def read_blobs(client: Client) -> None:
    async with await client.blob.aio(stream=True) as file:
        assert file.content_type == "application/octet-stream"
        assert await file.read(5) == BLOB[:5]
        assert b"".join([piece async for piece in file]) == BLOB[5:]
    answered = await client.blob.aio(stream=True, with_response=True)
    assert await answered.result.read() == BLOB
