"""Bodies made of items, one after the other: lines, records, events, and arrays that are sent while they are made."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from drawn import api_of
from hypothesis import given
from hypothesis import strategies as st
from programs import by_gunicorn, by_python, running
from services import JSON, Project, operation, project_in

from pymacaron.bodies import (
    Joined,
    Pieces,
    read_events,
    split_lines,
    split_records,
    write_event,
    write_json,
    write_line,
    write_record,
)
from pymacaron.exceptions import InternalServerError, PayloadTooLargeError, ValidationError
from pymacaron.messages import Arguments, Request, Response
from pymacaron.operations import Operation
from pymacaron.wire import read_request, read_response, write_request, write_response

LINES, RECORDS, EVENTS = "application/x-ndjson", "application/json-seq", "text/event-stream"

# Bytes ⇄ items

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
ONE_LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), min_size=1, max_size=8)
EVENT = st.fixed_dictionaries(
    {"data": st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12)},
    optional={"event": ONE_LINE, "id": ONE_LINE, "retry": st.integers(0, 10**9)},
)


def cut(data: bytes, places: Iterable[int]) -> Iterator[bytes]:
    """The same bytes in chunks that end anywhere, some of them empty."""
    edges = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    yield b""
    yield from (data[start:end] for start, end in pairwise(edges))


PLACES = st.lists(st.integers(0, 200), max_size=12)


@pytest.mark.parametrize(("write", "split"), [(write_line, split_lines), (write_record, split_records)])
def test_json_comes_back(write: Callable[[bytes], bytes], split: Callable[[Any], Iterator[bytes]]) -> None:
    """Whatever the values are, and wherever the chunks end."""

    @given(st.lists(VALUES, max_size=5), PLACES)
    def law(values: list[Any], places: list[int]) -> None:
        data = b"".join(write(write_json(value)) for value in values)
        assert [json.loads(raw) for raw in split(cut(data, places))] == values

    law()


@given(st.lists(EVENT, max_size=4), PLACES, st.sampled_from(["\n", "\r", "\r\n"]))
def test_events_come_back(events: list[dict[str, Any]], places: list[int], line_end: str) -> None:
    """Whatever their fields say, wherever the chunks end, and however the lines do."""
    data = b"".join(map(write_event, events)).replace(b"\n", line_end.encode())
    assert list(read_events(cut(data, places))) == events


@pytest.mark.parametrize(
    ("stream", "events"),
    [  # most of them from the WHATWG's page, section 9.2.6
        ("data: YHOO\ndata: +2\ndata: 10\n\n", [{"data": "YHOO\n+2\n10"}]),
        (": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
         [{"data": "first event", "id": "1"}, {"data": "second event", "id": ""}, {"data": " third event"}]),
        ("data\n\ndata\ndata\n\ndata:", [{"data": ""}, {"data": "\n"}]),
        ("data:test\n\ndata: test\n\n", [{"data": "test"}, {"data": "test"}]),
        ("\ufeffdata: a\n\n", [{"data": "a"}]), ("data: a\r\rdata: b\r\n\r\n", [{"data": "a"}, {"data": "b"}]),
        ("retry: 10\ndata: a\n\nretry: x\ndata: b\n\n", [{"data": "a", "retry": 10}, {"data": "b"}]),
        ("event: e\nfoo: x\ndata: a:b\n\nevent: lost\n\n", [{"data": "a:b", "event": "e"}]),
        ("id: a\0b\ndata: a\n\n", [{"data": "a"}]), ("event:\ndata: a\n\n", [{"data": "a"}]),
    ],
)  # fmt: skip
def test_events_as_browsers_read_them(stream: str, events: list[dict[str, Any]]) -> None:
    """Comments, unknown fields and events without data or end are ignored; one space after the colon is not data."""
    assert list(read_events([stream.encode()])) == events


@pytest.mark.parametrize(
    ("records", "found"),
    [
        (b"\x1e1\n\x1e[]\x1e{}\n", [b"1", b"[]", b"{}"]), (b"\x1e\x1e\n\x1e true \n", [b"true"]), (b"", []),
        (b"\x1e12", [None]), (b"\x1etrue\x1e1\n", [None, b"1"]), (b"1\n\x1e2\n", [None, b"2"]), (b"\n\x1e2\n", [b"2"]),
    ],
)  # fmt: skip
def test_records_that_may_be_cut(records: bytes, found: list[bytes | None]) -> None:
    """A number or word without anything after it may have lost its end (RFC 7464 section 2.4): it is no JSON then."""
    read = list(split_records([records]))
    assert len(read) == len(found)
    for record, wanted in zip(read, found, strict=True):
        if wanted is None:
            with pytest.raises(ValueError, match="Expecting"):
                json.loads(record)
        else:
            assert record == wanted


@pytest.mark.parametrize("split", [split_lines, split_records, read_events])
def test_an_item_without_end(split: Callable[[Any], Iterator[Any]]) -> None:
    """An item that does not end fills no memory, and takes time in proportion to its length."""

    def chunks() -> Iterator[bytes]:
        yield b"\x1edata: "
        while True:
            yield b"x" * 65536

    start = time.process_time()
    with pytest.raises(PayloadTooLargeError):
        list(split(chunks()))
    assert time.process_time() - start < 2


def test_fields_of_one_line() -> None:
    """An event's name cannot smuggle in another field."""
    for name in ("event", "id"):
        with pytest.raises(ValueError, match=name):
            write_event({name: "a\ndata: b", "data": "x"})


# Through the wire

ITEM = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "integer"}, "at": {"type": "string", "format": "date"}},
}
WAYS = {
    "itemSchema": {"itemSchema": ITEM},
    "array": {"schema": {"type": "array", "items": ITEM}},
    "schema": {"schema": ITEM},
}


def bytes_of(response: Response) -> bytes:
    return response.body if isinstance(response.body, bytes) else b"".join(response.body)


def operation_with(media: str, content: Any, version: str = "3.2") -> Operation:
    """An operation that takes and answers this."""
    both = {media: content}
    item = {
        "post": {
            "requestBody": {"required": True, "content": both},
            "responses": {"200": {"description": "", "content": both}},
        }
    }
    (made,) = api_of({}, version, {"/f": item}).document.operations
    return made


@pytest.mark.parametrize("media", [LINES, RECORDS, EVENTS, "application/jsonl"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("lazily", [True, False])
def test_what_is_written_is_read(media: str, way: str, lazily: bool) -> None:
    """read(write(items)) are the items as models, in requests and in responses, from a list or a generator."""
    made = operation_with(media, WAYS[way])

    @given(st.lists(st.fixed_dictionaries({"n": st.integers(-(2**53), 2**53)}), max_size=4))
    def law(items: list[dict[str, int]]) -> None:
        request = write_request(made, Arguments(iter(items) if lazily else items, {}))
        assert isinstance(request.body, bytes) != lazily
        response = write_response(made, iter(items) if lazily else items)
        for read in (read_request(made, request).body, read_response(made, response)):
            assert isinstance(read, Iterator)
            assert [item.to_json() for item in read] == items

    law()


@pytest.mark.parametrize("is_declared", [True, False])
def test_events_are_their_fields(is_declared: bool) -> None:
    """Where the schema of an item has a property `data`, or there is none, an item is the fields of an event."""
    schema = {
        "type": "object",
        "required": ["data"],
        "additionalProperties": {},
        "properties": {"data": {"type": "string"}},
    }
    made = operation_with(EVENTS, {"itemSchema": schema} if is_declared else {})

    @given(st.lists(EVENT, max_size=4))
    def law(events: list[dict[str, Any]]) -> None:
        read: Any = read_response(made, write_response(made, iter(events)))
        assert [dict(event) if isinstance(event, dict) else event.to_json() for event in read] == events

    law()


def data_of(schema: Any) -> Any:
    """The schema of an event whose data is this."""
    return {"type": "object", "properties": {"data": schema}, "additionalProperties": {}}


@pytest.mark.parametrize(
    ("schema", "item", "sent", "read"),
    [
        (ITEM, {"n": 1}, b'data: {"n":1}\n\n', {"n": 1}),
        (ITEM, {"event": "e", "data": {"n": 1}}, b'event: e\ndata: {"n":1}\n\n', {"n": 1}),
        (ITEM, 'data: {"n": 1}\n\n', b'data: {"n": 1}\n\n', {"n": 1}),
        (ITEM, b': ping\n\ndata: {"n": 1}\n\n', b': ping\n\ndata: {"n": 1}\n\n', {"n": 1}),
        ({"type": "string"}, "a\nb", b"data: a\ndata: b\n\n", "a\nb"),
        ({"type": "integer"}, 5, b"data: 5\n\n", 5),
        (data_of(ITEM), {"data": {"n": 1}}, b'data: {"n":1}\n\n', {"data": {"n": 1}}),
        (data_of({"type": "string"}), {"data": {"n": 1}, "id": "7"}, b'id: 7\ndata: {"n":1}\n\n',
         {"data": '{"n":1}', "id": "7"}),
    ],
)  # fmt: skip
def test_what_an_event_is(schema: Any, item: Any, sent: bytes, read: Any) -> None:
    """The data of an event is what the schema of an item says it is; who gives the fields can name the event."""
    made = operation_with(
        EVENTS, {"itemSchema": schema | ({"additionalProperties": {}} if "data" in str(schema) else {})}
    )
    response = write_response(made, iter([item]))
    assert bytes_of(response) == sent
    read_back: Any = read_response(made, Response(200, response.headers, sent))
    (found,) = read_back
    assert (found.to_json() if hasattr(found, "to_json") else found) == read


def test_one_text() -> None:
    """Where a document says that the whole of a sequence is a string, it is text, sent as it is made."""
    made = operation_with(EVENTS, {"schema": {"type": "string"}}, "3.0")
    response = write_response(made, iter(["data: 1\n\n", b"data: 2\n\n"]))
    assert bytes_of(response) == b"data: 1\n\ndata: 2\n\n"
    assert read_response(made, Response(200, response.headers, b"data: 1\n\n")) == "data: 1\n\n"


def test_arrays_are_sent_while_they_are_made() -> None:
    """A generator for JSON is an array."""
    made = operation_with(JSON, {"schema": {"type": "array", "items": {"type": "integer"}}})

    @given(st.lists(st.integers(), max_size=4))
    def law(items: list[int]) -> None:
        response = write_response(made, (item for item in items))
        assert isinstance(response.body, Pieces)
        assert read_response(made, response) == items

    law()


@pytest.mark.parametrize("pieces", [[b"[1,", b"2]"], ["[1,", "2]"], [b"[1,", "2]"]])
def test_json_that_is_written_already(pieces: list[Any]) -> None:
    """A generator of bytes, or of texts where no item can be one, writes the JSON itself."""
    made = operation_with(JSON, {"schema": {"type": "array", "items": {"type": "integer"}}})
    assert read_response(made, write_response(made, iter(pieces))) == [1, 2]


def test_a_client_is_told_of_faulty_items() -> None:
    """What the other side promised is not there: an error of the service that called, when the item is reached."""
    made = operation_with(LINES, {"itemSchema": ITEM})
    read = read_response(made, Response(200, [("Content-Type", LINES)], iter([b'{"n":1}\n{"n":', b'"x"}\n'])))
    assert next(read).n == 1  # type: ignore[call-overload]  # an iterator
    with pytest.raises(InternalServerError, match="/1/n"):
        next(read)  # type: ignore[call-overload]


def test_a_client_sends_no_faulty_item() -> None:
    """It is refused when it is reached; what came before it has been sent."""
    made = operation_with(LINES, {"itemSchema": ITEM})
    request = write_request(made, Arguments(iter([{"n": 1}, {"n": "x"}]), {}))
    assert not isinstance(request.body, bytes)
    assert request.body.read(100) == b'{"n":1}\n'
    with pytest.raises(ValidationError):
        request.body.read(100)
    with pytest.raises(ValidationError):
        write_request(made, Arguments([{"n": 1}, {"n": "x"}], {}))


@given(st.binary(max_size=60), st.sampled_from([LINES, RECORDS, EVENTS]))
def test_any_bytes_are_read_or_refused(body: bytes, media: str) -> None:
    """Whatever comes: items, or an error of the caller's."""
    made = operation_with(media, {"itemSchema": ITEM})
    items = read_request(made, Request("POST", "/f", "", {"content-type": media}, body)).body
    with suppress(ValidationError):
        assert all(item.n is not None for item in items)  # type: ignore[attr-defined]


# Requests, to a service


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made


@pytest.fixture(params=["lane", "flask"])
def either(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with project_in(tmp_path, dispatch=request.param) as made:
        yield made


SUM = """
    seen = []

    def add(items):
        for item in items:
            seen.append(item.n)
        return sum(seen)

    async def add_later(items):
        return sum([item.n async for item in items])

    def first(items):
        return next(items).n

    def echo(items):
        for item in items:
            yield item
"""


def taking(media: str, content: Any, function: str = "add", **more: Any) -> dict[str, Any]:
    return {"/f": {"post": operation(function, requestBody={"required": True, "content": {media: content}}, **more)}}


def encoded(media: str, values: Iterable[Any]) -> bytes:
    write = {LINES: write_line, RECORDS: write_record}
    raws = [json.dumps(value).encode() for value in values]
    return b"".join(b"data: " + raw + b"\n\n" if media == EVENTS else write[media](raw) for raw in raws)


@pytest.mark.parametrize("media", [LINES, RECORDS, EVENTS])
@pytest.mark.parametrize("function", ["add", "add_later"])
def test_a_function_gets_items(project: Project, media: str, function: str) -> None:
    """As models, one after the other; in an async function also by `async for`."""
    project.functions(SUM)
    project.document(taking(media, {"schema": {"type": "array", "items": ITEM}}, function))
    client = project.start()
    assert client.post("/f", data=encoded(media, [{"n": n} for n in range(10)]), content_type=media).json == 45
    assert client.post("/f", data=b"", content_type=media).json in {0, 45}  # none are a sequence too


def test_a_faulty_item(either: Project) -> None:
    """400 with its index, when it is reached: what came before it has been seen."""
    either.functions(SUM)
    either.document(taking(LINES, {"itemSchema": ITEM}, "add"), openapi="3.2.0")
    client = either.start()
    answer: Any = client.post("/f", data=b'{"n": 1}\n\n{"n": 2}\n{"n": "x"}\n{"n": 4}', content_type=LINES)
    assert answer.status_code == 400
    assert answer.json["errors"] == [{"in": "body", "pointer": "/2/n", "code": "type", "expected": "an integer"}]
    answer = client.post("/f", data=b'{"n": 3}\n{"n": ', content_type=LINES)
    assert answer.json["errors"] == [{"in": "body", "pointer": "/1", "code": "json", "expected": "a JSON text"}]
    import handlers  # type: ignore[import-not-found]  # the module that the either has just written

    assert handlers.seen == [1, 2, 3]


def test_nobody_has_to_read_on(project: Project) -> None:
    """A function may leave items unread, faulty ones too."""
    project.functions(SUM)
    project.document(taking(LINES, {"schema": ITEM}, "first"))
    assert project.start().post("/f", data=b'{"n": 1}\nnonsense', content_type=LINES).json == 1


@pytest.mark.parametrize(("count", "code"), [(1, "minItems"), (2, None), (3, None), (4, "maxItems")])
def test_how_many_items(project: Project, count: int, code: str | None) -> None:
    """The bounds of an array count for a sequence."""
    project.functions(SUM)
    project.document(taking(LINES, {"schema": {"type": "array", "items": ITEM, "minItems": 2, "maxItems": 3}}))
    answer: Any = project.start().post("/f", data=encoded(LINES, [{"n": 1}] * count), content_type=LINES)
    assert [problem["code"] for problem in answer.json["errors"]] == [code] if code else answer.json == count


def test_items_pass_through(either: Project) -> None:
    """A generator that gives back what it gets: the answer begins before all of the request is read."""
    either.functions(SUM)
    responses = {"200": {"description": "", "content": {RECORDS: {"schema": ITEM}}}}
    either.document(taking(LINES, {"schema": ITEM}, "echo", responses=responses))
    client = either.start()
    answer: Any = client.post("/f", data=encoded(LINES, [{"n": 1}, {"n": 2}]), content_type=LINES)
    assert (answer.content_type, answer.data) == (RECORDS, b'\x1e{"n":1}\n\x1e{"n":2}\n')
    answer = client.post("/f", data=b'{"n": "x"}', content_type=LINES)
    assert answer.status_code == 400  # nothing was sent yet


# Responses, of a service

MAKERS = """
    import asyncio
    import contextvars
    from flask import g, request
    from pymacaron.exceptions import PyMacaronException

    closed = []
    variable = contextvars.ContextVar("variable", default="none")

    def plain():
        g.user = request.args["user"]
        variable.set("mine")
        for n in range(3):
            yield {"n": n, "user": g.user, "path": request.path, "variable": variable.get()}

    async def asynchronous():
        g.user = request.args["user"]
        variable.set("mine")
        for n in range(3):
            await asyncio.sleep(0)
            yield {"n": n, "user": g.user, "path": request.path, "variable": variable.get()}

    async def returned(): return plain()
    async def returned_later(): return asynchronous(), 200, {"X-Rows": "3"}

    class Gone(PyMacaronException):
        code, status = "GONE", 410

    def fails_at_once():
        raise Gone("nothing there")
        yield

    def fails_later():
        yield {"n": 1}
        raise Gone("no more")

    def endless():
        try:
            while True:
                yield {"n": 1}
        finally:
            closed.append("plain")

    async def endless_later():
        try:
            while True:
                yield {"n": 1}
        finally:
            await asyncio.sleep(0)
            closed.append("async")

    def first_wrong(): yield from ({"n": "x"}, {"n": 1})
    def second_wrong(): yield from ({"n": 1}, {"n": "x"}, {"n": 2})
    def all_wrong(): yield from ({"n": "x"} for _ in range(250))
    def texts(): yield from ("ä", "b", b"c")
    def nothing(): yield from ()
    def unwritable(): yield object()
"""


def giving(project: Project, function: str, media: str = LINES, content: Any = None, **settings: Any) -> Any:
    from pymacaron.config import get_config

    for name, value in settings.items():
        setattr(get_config(), name, value)
    project.functions(MAKERS)
    content = {"schema": {"type": "object", "properties": {"n": {"type": "integer"}}}} if content is None else content
    responses = {"200": {"description": "", "content": {media: content}}}
    project.document({"/f": {"get": operation(function, responses=responses)}})
    return project.start()


@pytest.mark.parametrize("function", ["plain", "asynchronous", "returned", "returned_later"])
def test_generators_keep_their_context(either: Project, function: str) -> None:
    """`request`, `g` and context variables are there to the last item, in plain and in async generators."""
    client = giving(either, function)
    for user in ("ann", "ben"):
        answer = client.get(f"/f?user={user}")
        assert answer.content_type == LINES
        rows = [json.loads(line) for line in answer.data.splitlines()]
        assert [(row["n"], row["user"], row["path"]) for row in rows] == [(n, user, "/f") for n in range(3)]
        assert {row["variable"] for row in rows} == {"mine"}


@pytest.mark.parametrize(
    ("media", "data"),
    [
        (JSON, b'[{"n":1}]'), (LINES, b'{"n":1}\n'), (RECORDS, b'\x1e{"n":1}\n'), (EVENTS, b'data: {"n":1}\n\n'),
    ],
)  # fmt: skip
def test_the_first_piece_comes_at_once(project: Project, media: str, data: bytes) -> None:
    """Each item is sent as it is made."""
    content = {"schema": {"type": "array", "items": {"type": "object"}}}
    answer = giving(project, "endless", media, content).get("/f")
    assert next(iter(answer.response)) == data.removesuffix(b"]")
    answer.close()


@pytest.mark.parametrize(("function", "how"), [("endless", "plain"), ("endless_later", "async")])
def test_who_leaves_ends_it(either: Project, function: str, how: str) -> None:
    """When the caller goes away, `finally` runs."""
    answer = giving(either, function).get("/f")
    next(iter(answer.response))
    answer.close()
    import handlers  # the module that the either has just written

    assert handlers.closed == [how]


def test_errors_before_the_first_item(project: Project) -> None:
    """They are answered like those of any function."""
    answer = giving(project, "fails_at_once").get("/f")
    assert (answer.status_code, answer.json["error"]) == (410, "GONE")


def test_errors_after_the_first_item(either: Project) -> None:
    """The answer breaks off: the server sees the exception, and the caller no proper end."""
    client = giving(either, "fails_later")
    answer: Any = client.get("/f")
    pieces = iter(answer.response)
    assert next(pieces) == b'{"n":1}\n'
    with pytest.raises(Exception, match="no more"):
        next(pieces)
    answer.close()


@pytest.mark.parametrize("mode", ["off", "sample", "report", "enforce"])
@pytest.mark.parametrize("media", [JSON, LINES, RECORDS, EVENTS])
@pytest.mark.parametrize(("function", "faulty"), [("first_wrong", 0), ("second_wrong", 1), ("all_wrong", 0)])
def test_items_are_checked(
    project: Project, caplog: pytest.LogCaptureFixture, mode: str, media: str, function: str, faulty: int
) -> None:
    """Each as the mode says, told once a response; `enforce` answers 500 for the first, and breaks off for others."""
    item = {"type": "object", "properties": {"n": {"type": "integer"}}}
    client = giving(project, function, media, {"schema": {"type": "array", "items": item}}, validate_responses=mode)
    answer: Any = client.get("/f")
    if mode == "enforce" and faulty == 0:
        assert (answer.status_code, answer.json["error"]) == (500, "UNHANDLED_SERVER_ERROR")
    elif mode == "enforce":
        with pytest.raises(Exception, match="integer"):
            _ = answer.data
    else:
        assert answer.status_code == 200
        assert answer.data.count(b"n") >= 2
    answer.close()
    told = [record.getMessage() for record in caplog.records if "breaks the document" in record.getMessage()]
    is_seen = mode in {"report", "enforce"} or (mode == "sample" and faulty == 0)
    assert len(told) == is_seen
    assert all(f"body/{faulty}/n: expected an integer" in text for text in told)


@pytest.mark.parametrize(("media", "data"), [("text/csv", "äbc".encode()), ("image/png", "äbc".encode())])
def test_texts_and_bytes(project: Project, media: str, data: bytes) -> None:
    """What is text or binary is made of pieces of either."""
    assert giving(project, "texts", media, {}).get("/f").data == data


@pytest.mark.parametrize(("media", "data"), [(JSON, b"[]"), (LINES, b""), (EVENTS, b""), ("text/csv", b"")])
def test_no_items(project: Project, media: str, data: bytes) -> None:
    """A generator that gives nothing."""
    answer = giving(project, "nothing", media, {}).get("/f")
    assert (answer.status_code, answer.data) == (200, data)


def test_items_that_cannot_be_written(project: Project) -> None:
    """A mistake of the service: 500."""
    for media in (LINES, "text/csv"):
        made = operation_with(media, {})
        with pytest.raises((TypeError, NotImplementedError)):
            list(write_response(made, iter([object()])).body)
    assert giving(project, "unwritable").get("/f").status_code == 500


def test_head(either: Project) -> None:
    """A HEAD has the headers, and ends the generator."""
    answer = giving(either, "endless").head("/f")
    assert (answer.status_code, answer.data, answer.content_type) == (200, b"", LINES)
    import handlers  # the module that the either has just written

    assert handlers.closed == ["plain"]


def test_joined() -> None:
    """Pieces are a stream that is read in steps of any size."""

    @given(st.lists(st.binary(max_size=5), max_size=6), st.lists(st.integers(1, 7), min_size=40, max_size=40))
    def law(pieces: list[bytes], sizes: list[int]) -> None:
        stream = Joined(pieces)
        found = [stream.read(size) for size in sizes]
        assert b"".join(found) == b"".join(pieces)
        assert all(len(data) <= size for data, size in zip(found, sizes, strict=True))

    law()
    assert Joined([b"a", b"b"]).read() == b"ab"


@pytest.mark.parametrize("command", [by_python(), by_gunicorn()], ids=["python", "gunicorn"])
def test_events_arrive_when_they_are_made(tmp_path: Path, command: list[str]) -> None:
    """Through a server: the first event is there before the second is made, which waits for another request."""
    project = Project(tmp_path)
    project.functions(
        """
        import threading

        told = threading.Event()

        def watch():
            yield {"n": 1}
            assert told.wait(20)
            yield {"n": 2}

        def tell(): told.set()
        """
    )
    events = {"200": {"description": "", "content": {EVENTS: {"schema": ITEM}}}}
    project.document({"/watch": {"get": operation("watch", responses=events)}, "/tell": {"post": operation("tell")}})
    (tmp_path / "server.py").write_text(
        "from flask import Flask\nfrom pymacaron import API, letsgo\n\napp = Flask(__name__)\n\n"
        "def start(port=80, debug=False):\n    API(app).load_apis('apis').start()\n\nletsgo(__name__, callback=start)\n"
    )
    with running(command, tmp_path, tmp_path / "log", PYMACARON_CACHE="off") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request("GET", "/watch")
        response = connection.getresponse()
        assert (response.status, response.getheader("Content-Type")) == (200, EVENTS)
        assert response.read1() == b'data: {"n":1}\n\n'
        server.ask("POST", "/tell")
        assert response.read() == b'data: {"n":2}\n\n'
        connection.close()
