"""What functions may answer with: statuses, headers, files, redirections; and whether it is what the document says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from drawn import api_of
from hypothesis import given
from hypothesis import strategies as st
from services import JSON, Project, answers, operation, project_in

from pymacaron.answers import Breach, BrokenPromise, ResponseCheck
from pymacaron.config import get_config
from pymacaron.headers import http_date
from pymacaron.messages import Response
from pymacaron.operations import Operation
from pymacaron.wire import ResponseReader, ResponseWriter, ResultFault, read_response, write_response

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
NUMBERS = st.integers(-(2**53), 2**53)


def operation_of(responses: dict[str, Any], version: str = "3.1") -> Operation:
    (made,) = api_of({}, version, {"/f": {"get": {"responses": responses}}}).document.operations
    return made


def answering(content: dict[str, Any] | None = None, **more: Any) -> Operation:
    """An operation that answers 200 with these media types, and `headers` or the like."""
    described = {"description": "", **({} if content is None else {"content": content}), **more}
    return operation_of({"200": described})


# What is written is read


@given(
    st.recursive(
        st.none() | st.booleans() | NUMBERS | TEXTS, lambda x: st.lists(x) | st.dictionaries(TEXTS, x), max_leaves=6
    )
)
def test_json(value: Any) -> None:
    """read(write(x)) == x for every JSON value, what is falsy included."""
    made = answering({JSON: {}})
    assert read_response(made, write_response(made, value)) == value


@given(TEXTS, st.sampled_from(["text/plain", "text/html", "text/csv; charset=utf-16", "text/plain; charset=utf-8"]))
def test_text(value: str, media: str) -> None:
    """In the charset that the document names, else UTF-8, which the response says."""
    made = answering({media: {"schema": {"type": "string"}}})
    response = write_response(made, value)
    assert "charset=" in dict(response.headers)["Content-Type"]
    assert read_response(made, response) == value


@given(st.one_of(NUMBERS, st.booleans(), st.floats(allow_nan=False, allow_infinity=False)))
def test_scalars_as_text(value: Any) -> None:
    """Where the schema of a text is that of a number or boolean, that is what functions and clients have."""
    kind = "boolean" if isinstance(value, bool) else "integer" if isinstance(value, int) else "number"
    made = answering({"text/plain": {"schema": {"type": kind}}})
    assert read_response(made, write_response(made, value)) == value


@given(st.binary(max_size=50))
def test_bytes(value: bytes) -> None:
    """What is not ours to understand."""
    made = answering({"image/png": {}})
    assert read_response(made, write_response(made, value)) == value


FORM = {
    "type": "object",
    "properties": {
        "a": {"type": "string"},
        "n": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
}


@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_forms(media: str) -> None:
    """A response may be a form too."""
    made = answering({media: {"schema": FORM}})
    tags = st.lists(TEXTS, min_size=1, max_size=3)

    @given(st.fixed_dictionaries({}, optional={"a": TEXTS, "n": NUMBERS, "tags": tags}))
    def law(value: dict[str, Any]) -> None:
        read: Any = read_response(made, write_response(made, value))
        assert read.to_json() == value

    law()


HEADERS = {
    "X-Int": ({"type": "integer"}, NUMBERS), "X-Flag": ({"type": "boolean"}, st.booleans()),
    "X-Ints": ({"type": "array", "items": {"type": "integer"}}, st.lists(NUMBERS, min_size=1, max_size=4)),
    "X-Object": ({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "boolean"}}},
                 st.fixed_dictionaries({"a": NUMBERS, "b": st.booleans()})),
    "X-Text": ({"type": "string"}, st.text("abc ,;=", min_size=1, max_size=8).map(str.strip)),
}  # fmt: skip


@given(st.fixed_dictionaries({}, optional={name: values for name, (_, values) in HEADERS.items()}), st.booleans())
def test_headers(given_headers: dict[str, Any], explode: bool) -> None:
    """Headers are written as the document declares them, and read again as the same values."""
    declared = {name: {"schema": schema, "explode": explode} for name, (schema, _) in HEADERS.items()}
    made = answering({JSON: {}}, headers=declared)
    response = write_response(made, ({}, 200, given_headers))
    assert ResponseReader(made).headers(response) == given_headers
    assert ResponseCheck(made, "enforce").faults(response) == []


NOON = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)


@given(st.integers(-30 * 10**9, 250 * 10**9), st.integers(-23, 23))
def test_dates_of_http(second: int, hours: int) -> None:
    """As RFC 9110 section 5.6.7 has them, for whatever time zone; one without is UTC."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
    for same in (moment, moment.astimezone(timezone(timedelta(hours=hours))), moment.replace(tzinfo=None)):
        assert parsedate_to_datetime(http_date(same)) == moment


@pytest.mark.parametrize(
    ("value", "schema", "text"),
    [
        (NOON, None, "Sun, 01 Mar 2026 12:30:15 GMT"), (NOON, {"type": "string"}, "Sun, 01 Mar 2026 12:30:15 GMT"),
        (NOON, {"type": "string", "format": "date-time"}, "2026-03-01T12:30:15Z"), (5, None, "5"), (True, None, "true"),
        (NOON.date(), {"type": "string", "format": "date"}, "2026-03-01"), ("as it is", {"type": "array"}, "as it is"),
        (["a", "b"], None, ["a", "b"]), (["a", "b"], {"type": "array", "items": {}}, "a,b"), (None, None, []),
        ({"a": 1}, {"type": "object"}, "a,1"), (1.5, None, "1.5"),
    ],
)  # fmt: skip
def test_values_of_headers(value: Any, schema: Any, text: Any) -> None:
    """A value is written as it is declared; what is not declared as its text, a date as HTTP writes it."""
    declared: dict[str, Any] = {} if schema is None else {"headers": {"X-Own": {"schema": schema}}}
    headers = write_response(answering({JSON: {}}, **declared), ({}, {"x-own": value})).headers
    found = [content for name, content in headers if name == "x-own"]
    assert found == (text if isinstance(text, list) else [text])


def test_json_in_headers() -> None:
    """A header with `content` is JSON; Set-Cookie is never joined."""
    declared = {
        "X-Meta": {"content": {JSON: {"schema": {"type": "object"}}}},
        "Set-Cookie": {"schema": {"type": "array", "items": {"type": "string"}}},
    }
    made = answering({JSON: {}}, headers=declared)
    response = write_response(made, ({}, 200, {"X-Meta": {"a": [1]}, "Set-Cookie": ["a=1", "b=2"]}))
    assert response.headers[1:] == [("X-Meta", '{"a":[1]}'), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]


def test_headers_of_swagger_2() -> None:
    """Their lists are separated as collectionFormat says."""
    schema = {"type": "array", "items": {"type": "integer"}, "collectionFormat": "pipes"}
    made = operation_of({"200": {"description": "", "headers": {"X-Ints": schema}}}, "2.0")
    response = write_response(made, (None, 200, {"X-Ints": [1, 2]}))
    assert response.headers == [("X-Ints", "1|2")]
    assert ResponseReader(made).headers(response) == {"X-Ints": [1, 2]}


@pytest.mark.parametrize("value", [object(), "a\nb", {"a": object()}])
def test_headers_that_cannot_be(value: Any) -> None:
    """A mistake of the service: nothing is smuggled in."""
    made = answering({JSON: {}})
    if isinstance(value, str):
        return  # text is looked at when it is sent, see test_lane
    with pytest.raises(ResultFault):
        write_response(made, ({}, 200, {"X-Own": value}))


# Which body a value becomes


@pytest.mark.parametrize(
    ("media", "value", "content_type", "body"),
    [
        ("application/xml", "<a/>", "application/xml", b"<a/>"),
        ("application/xml", b"<a/>", "application/xml", b"<a/>"),
        ("application/json; charset=utf-8", {}, "application/json; charset=utf-8", b"{}"),
        ("application/vnd.api+json", [], "application/vnd.api+json", b"[]"),
        ("*/*", {}, JSON, b"{}"), ("*/*", "a", "text/html; charset=utf-8", b"a"),
        ("*/*", b"a", "application/octet-stream", b"a"),
        ("text/*", "a", "text/html; charset=utf-8", b"a"), ("application/*", "a", "application/octet-stream", b"a"),
        ("application/*", 5, JSON, b"5"), ("text/csv", {}, JSON, b"{}"), (JSON, b'{"a": 1}', JSON, b'{"a": 1}'),
        ("text/csv, text/plain", "a", "text/csv; charset=utf-8", b"a"),
        ("text/plain", "", "text/plain; charset=utf-8", b""),
        (None, {"a": 1}, JSON, b'{"a":1}'), (None, "a", "text/html; charset=utf-8", b"a"), (None, None, None, b""),
        ("text/plain", None, None, b""), ("image/png", None, None, b""), (JSON, None, JSON, b"null"),
    ],
)  # fmt: skip
def test_what_a_value_becomes(media: str | None, value: Any, content_type: str | None, body: bytes) -> None:
    """What is declared, if it can be that; a range leaves the choice to the value; else what the value is."""
    response = write_response(answering(None if media is None else {media: {}}), value)
    assert (dict(response.headers).get("Content-Type"), response.body) == (content_type, body)


@pytest.mark.parametrize(
    ("value", "content_type", "kept"),
    [
        ("ä", "text/plain; charset=latin-1", "ä".encode("latin-1")), ({"a": 1}, "application/hal+json", b'{"a":1}'),
        (b"a", "image/gif", b"a"), ([1], "application/x-own", b"[1]"), ([1], "application/x-ndjson", b"1\n"),
    ],
)  # fmt: skip
def test_a_content_type_of_ones_own(value: Any, content_type: str, kept: bytes) -> None:
    """A function may name it, in any case, and it is what the body becomes."""
    response = write_response(answering({JSON: {}}), (value, 200, {"content-type": content_type}))
    assert (response.headers, response.body) == ([("content-type", content_type)], kept)


def test_text_that_is_json() -> None:
    """A text is JSON already where no string is declared, and a string where one is."""
    for schema, body in (
        ({"type": "object"}, b'{"a": 1}'),
        ({}, b'"{\\"a\\": 1}"'),
        ({"type": "string"}, b'"{\\"a\\": 1}"'),
    ):
        assert write_response(answering({JSON: {"schema": schema}}), '{"a": 1}').body == body


@pytest.mark.parametrize("status", [204, 205, 304])
@pytest.mark.parametrize("value", [None, {}, "text"])
def test_statuses_without_a_body(status: int, value: Any) -> None:
    """Whatever the function gives."""
    made = operation_of({str(status): {"description": ""}, "200": {"description": "", "content": {JSON: {}}}})
    response = write_response(made, (value, status))
    assert (response.body, response.headers) == (b"", [])


@pytest.mark.parametrize("value", [None, ""])
def test_redirections(value: Any) -> None:
    """They need no body, also where one is declared."""
    contents: list[dict[str, Any]] = [{}, {"content": {"text/html": {}}}]
    for content in contents:
        made = operation_of({"302": {"description": "", **content}})
        response = write_response(made, (value, 302, {"Location": "/x"}))
        assert (response.status, response.headers, response.body) == (302, [("Location", "/x")], b"")
        assert ResponseCheck(made, "enforce").faults(response) == []


# A service


@pytest.fixture(params=["lane", "flask"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with project_in(tmp_path, dispatch=request.param) as made:
        yield made


FILES = """
    import io
    from datetime import datetime, timezone
    from pathlib import Path

    HERE = Path(__file__).parent
    opened = []

    def path(): return HERE / "data.bin"
    def named(): return HERE / "page.html"
    def missing(): return HERE / "nowhere"

    def file():
        opened.append((HERE / "data.bin").open("rb"))
        return opened[-1]

    def memory(): return io.BytesIO(bytes(range(256)) * 1000)
    def middle():
        found = io.BytesIO(b"skipped" + bytes(range(256)) * 1000)
        found.seek(7)
        return found
    def text(): return (HERE / "page.html").open(encoding="utf-8")

    class Pipe(io.RawIOBase):
        def __init__(self): self.left = [b"abc", b"def"]
        def readable(self): return True
        def read(self, size=-1): return self.left.pop(0) if self.left else b""

    def pipe(): return Pipe()
    def tagged(): return {"a": 1}, 200, {"ETag": '"one"'}
    def dated(): return "text", {"Last-Modified": datetime(2026, 1, 1, tzinfo=timezone.utc)}
    def own(): return HERE / "data.bin", 200, {"ETag": '"own"', "Content-Type": "application/x-own", "X-Own": "1"}
"""
DATA = bytes(range(256)) * 1000
ANYTHING = {"200": {"description": "", "content": {"*/*": {}}}}


def serving(project: Project, function: str, responses: Any = ANYTHING) -> Any:
    project.functions(FILES)
    (project.folder / "data.bin").write_bytes(DATA)
    (project.folder / "page.html").write_text("<p>ö", "utf-8")
    project.document({"/f": {"get": operation(function, responses=responses)}})
    return project.start()


def ask(client: Any, method: str = "GET", **more: Any) -> Any:
    """The whole answer, after which everything is closed, as servers do it."""
    with client.open("/f", method=method, **more) as answer:
        answer.get_data()
        return answer


@pytest.mark.parametrize("function", ["path", "file", "memory", "middle"])
def test_files(project: Project, function: str) -> None:
    """A path, an open file, bytes in memory: whole, with their length, and by HEAD."""
    client = serving(project, function)
    answer = ask(client, "GET")
    assert (answer.status_code, answer.data) == (200, DATA)
    assert (answer.content_type, answer.content_length) == ("application/octet-stream", len(DATA))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert ("ETag" in answer.headers) == ("Last-Modified" in answer.headers) == (function in {"path", "file"})
    head = ask(client, "HEAD")
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(DATA))
    assert [h for h in head.headers if h[0] != "Date"] == [h for h in answer.headers if h[0] != "Date"]


@pytest.mark.parametrize("function", ["path", "file", "memory", "middle"])
def test_ranges(project: Project, function: str) -> None:
    """206 with what is asked for; what cannot be had is 416, with the length; what is no range of bytes is ignored."""
    client = serving(project, function)

    for wanted, start, end in (
        ("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=255990-", 255990, 256000), ("bytes=-5", 255995, 256000),
        ("bytes=100-9999999", 100, 256000), ("bytes=70000-140000", 70000, 140001), ("bytes=0-", 0, 256000),
    ):  # fmt: skip
        answer = ask(client, "GET", headers={"Range": wanted})
        assert (answer.status_code, answer.data) == (206, DATA[start:end]), wanted
        assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/256000"
        assert answer.content_length == end - start
    for wanted in ("bytes=256000-", "bytes=5-1", "bytes=x"):
        answer = ask(client, "GET", headers={"Range": wanted})
        assert (answer.status_code, answer.content_type) == (416, JSON)
        assert (answer.headers["Content-Range"], answer.json["status"]) == ("bytes */256000", 416)
    for wanted in ("bytes=0-1,5-6", "lines=1-2", "nonsense"):
        answer = ask(client, "GET", headers={"Range": wanted})
        assert (answer.status_code, answer.data) == (200, DATA)


def test_files_are_closed(project: Project) -> None:
    """However it ends: sent, asked about, unchanged, out of range."""
    client = serving(project, "file")
    tag = ask(client, "GET").headers["ETag"]
    for headers in (
        {},
        {"If-None-Match": tag},
        {"Range": "bytes=1-2"},
        {"Range": "bytes=999999-"},
        {"If-Match": '"x"'},
    ):
        ask(client, "GET", headers=headers)
        ask(client, "HEAD", headers=headers)
    import handlers  # type: ignore[import-not-found]  # the module that the project has just written

    assert len(handlers.opened) == 11
    assert all(file.closed for file in handlers.opened)


NEVER = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"  # at which Werkzeug overflows


def test_conditions(project: Project) -> None:
    """304 for who has it, 412 for who wants another; a range only of what the caller has a part of."""
    client = serving(project, "path")
    whole = ask(client, "GET")
    tag, changed = whole.headers["ETag"], whole.headers["Last-Modified"]
    moment = parsedate_to_datetime(changed)
    earlier, later = (http_date(moment + timedelta(days=days)) for days in (-1, 1))
    for headers, status in (
        ({"If-None-Match": tag}, 304), ({"If-None-Match": f'"x", W/{tag}'}, 304), ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"x"'}, 200), ({"If-Modified-Since": changed}, 304), ({"If-Modified-Since": later}, 304),
        ({"If-Modified-Since": earlier}, 200), ({"If-None-Match": '"x"', "If-Modified-Since": later}, 200),
        ({"If-Match": tag}, 200), ({"If-Match": '"x"'}, 412), ({"If-Match": "*"}, 200),
        ({"If-Match": f'"x", {tag}'}, 200), ({"If-Match": f"W/{tag}"}, 412), ({"If-Match": f'"x", W/{tag}'}, 412),
        ({"If-Match": tag, "If-None-Match": tag}, 304), ({"If-Match": tag, "If-Unmodified-Since": earlier}, 200),
        ({"If-Unmodified-Since": later}, 200), ({"If-Unmodified-Since": earlier}, 412),
        ({"If-Match": '"x"', "Range": "bytes=0-1"}, 412), ({"If-Range": f"W/{tag}", "Range": "bytes=0-1"}, 200),
        ({"If-None-Match": tag, "Range": "bytes=0-1"}, 304),
        ({"If-Range": tag, "Range": "bytes=0-1"}, 206), ({"If-Range": '"x"', "Range": "bytes=0-1"}, 200),
        ({"If-Range": changed, "Range": "bytes=0-1"}, 206), ({"If-Range": earlier, "Range": "bytes=0-1"}, 200),
        ({"If-Modified-Since": "nonsense"}, 200), ({"If-Modified-Since": NEVER}, 200),
        ({"If-Unmodified-Since": NEVER}, 200), ({"If-Range": NEVER, "Range": "bytes=0-1"}, 200),
    ):  # fmt: skip
        answer = ask(client, "GET", headers=headers)
        assert answer.status_code == status, headers
        if status == 304:
            assert (answer.data, answer.headers["ETag"], answer.content_type) == (b"", tag, None)
    (project.folder / "data.bin").write_bytes(b"other")
    os.utime(project.folder / "data.bin", (1, 1))
    assert ask(client, "GET", headers={"If-None-Match": tag}).data == b"other"


@pytest.mark.parametrize(
    ("function", "same", "other"),
    [
        ("tagged", {"If-None-Match": '"one"'}, {"If-None-Match": '"two"'}),
        ("dated", {"If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
         {"If-Modified-Since": "Wed, 31 Dec 2025 00:00:00 GMT"}),
    ],
)  # fmt: skip
def test_conditions_of_values(project: Project, function: str, same: dict[str, str], other: dict[str, str]) -> None:
    """What a function gives an ETag or a date is conditional too, and never in parts."""
    client = serving(project, function)
    assert ask(client, "GET", headers=same).status_code == 304
    answer = ask(client, "GET", headers={**other, "Range": "bytes=0-1"})
    assert (answer.status_code, "Accept-Ranges" in answer.headers) == (200, False)


def test_what_a_file_says_of_itself(project: Project) -> None:
    """Its media type is what its name says, if that is declared; the function has the last word."""
    assert ask(serving(project, "named")).content_type == "text/html"
    answer = ask(project.app.test_client())
    assert answer.data == "<p>ö".encode()


def test_a_function_has_the_last_word(project: Project) -> None:
    """On the headers of its file."""
    answer = ask(serving(project, "own"), "GET", headers={"If-None-Match": '"own"'})
    assert (answer.status_code, answer.headers["X-Own"]) == (304, "1")
    answer = ask(project.app.test_client())
    assert (answer.content_type, answer.headers["ETag"]) == ("application/x-own", '"own"')


@pytest.mark.parametrize(("function", "data"), [("text", "<p>ö".encode()), ("pipe", b"abcdef")])
def test_files_that_do_not_know_their_length(project: Project, function: str, data: bytes) -> None:
    """They are sent as they are read, and never in parts."""
    answer = ask(serving(project, function), "GET", headers={"Range": "bytes=1-2"})
    assert (answer.status_code, answer.data, answer.content_length) == (200, data, None)


def test_files_that_are_not_there(project: Project) -> None:
    """A mistake of the service; its paths are not told."""
    answer = ask(serving(project, "missing"))
    assert (answer.status_code, answer.json["error"]) == (500, "UNHANDLED_SERVER_ERROR")
    assert "nowhere" not in answer.text


def test_files_of_swagger_2(project: Project) -> None:
    """A response of the type `file`."""
    project.functions(FILES)
    (project.folder / "data.bin").write_bytes(DATA)
    document = {
        "swagger": "2.0", "info": {"title": "old", "version": "1"}, "paths": {"/f": {"get": {
            "x-bind-server": "handlers.path", "produces": ["application/pdf"],
            "responses": {"200": {"description": "", "schema": {"type": "file"}}},
        }}},
    }  # fmt: skip
    (project.folder / "apis" / "old.json").write_text(json.dumps(document), "utf-8")
    answer = ask(project.start())
    assert (answer.content_type, answer.data) == ("application/pdf", DATA)


# Keeping promises

ITEM = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
PROMISED: dict[str, dict[str, Any]] = {
    "200": {JSON: ITEM, "application/xml": ITEM}, "201": {"text/plain": {"type": "string", "maxLength": 3}}, "204": {},
    "202": {"application/x-ndjson": ITEM, "application/*+json": ITEM}, "301": {}, "4XX": {JSON: ITEM},
    "203": {"text/plain": {"type": "integer"}, "text/csv": {"type": "array"}},
}  # fmt: skip
DECLARED: dict[str, Any] = {
    status: {"description": ""}
    | ({"content": {media: {"schema": schemas[media]} for media in schemas}} if schemas else {})
    for status, schemas in PROMISED.items()
}
DECLARED["200"]["headers"] = {"X-Rate": {"required": True, "schema": {"type": "integer", "maximum": 9}}}
RIGHT: list[Any] = [
    ({"n": 1}, 200, {"X-Rate": 9}), ("<n>1</n>", 200, {"X-Rate": "0", "Content-Type": "application/xml"}), ("abc", 201),
    ([{"n": 1}], 202), ({"n": 1}, 202, {"Content-Type": "application/hal+json"}), (5, 203), (None, 204),
    (b"a,b", 203, {"Content-Type": "text/csv"}), ({"n": 1}, 404), (None, 301, {"Location": "/"}),
    ({"n": 1}, 200, {"x-rate": 1, "X-Other": "free"}),
]  # fmt: skip
RATED = {"X-Rate": 1}
WRONG: list[tuple[Any, str]] = [
    (({"n": "x"}, 200, RATED), "body/n: expected an integer"), (({}, 200, RATED), "body/n"),
    (({"n": 1}, 200), "the header X-Rate is missing"), (({"n": 1}, 200, {"X-Rate": 10}), "X-Rate: expected at most 9"),
    (({"n": 1}, 200, {"X-Rate": "many"}), "header X-Rate: expected an integer"), ((None, 201), "the declared body is"),
    (("abcd", 201), "expected at most 3 characters"), (({"n": 1}, 206), "the status 206 is not declared"),
    (("a", 200, RATED | {"Content-Type": "text/csv"}), "the Content-Type text/csv is not declared"),
    (([{"n": 1}, {"n": "x"}], 202), "body/1/n: expected an integer"), (("five", 203), "expected an integer"),
    (("text", 301, {"Location": "/"}), "the response has a body"), (({"n": "x"}, 418), "body/n"),
    ((b"{", 404), "expected valid JSON"), ((b'{"n": 1}\nnonsense', 202), "expected a JSON text"),
    (({"n": 1}, 200, {"X-Rate": [1, 2]}), "header X-Rate"), ((b"\xff", 201), "expected text of the charset"),
]  # fmt: skip


@pytest.mark.parametrize("number", [float("nan"), float("inf"), Decimal("NaN"), Decimal("-Infinity")], ids=str)
def test_no_numbers(number: Any) -> None:
    """What is no number in JSON is a fault of the service, told with its place, and never sent as what is no JSON."""
    schemas = {"Made": {"type": "object", "properties": {"n": {"type": "number"}, "id": {"type": "integer"}}}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Made"}}}
    responses = {"200": {"description": "", "content": content}}
    api = api_of(schemas, "3.1", {"/f": {"get": {"responses": responses}}})
    (made,) = api.document.operations
    response = write_response(made, {"n": number})
    (fault,) = ResponseCheck(made, "enforce").faults(response)
    assert "expected a number" in fault
    assert response.body == b'{"n":null}'
    assert ResponseWriter(made).plain(api.model.Made(n=number)).body == b'{"n":null}'


@pytest.mark.parametrize("result", [("a", "b"), ({}, {}, {}), ("a", ["b"]), (1, 200, None, 3), ("a", b"b"), ("a", 1.5)])
def test_tuples_have_a_meaning(result: Any) -> None:
    """A tuple that is none of those that mean something is told with what they are, and what else to return."""
    with pytest.raises(ResultFault, match=r"result of GET /.* a tuple means \(value, status\), .*return a list"):
        write_response(operation_of(DECLARED), result)


@pytest.mark.parametrize("result", [(201, {"n": 1}), (201, [("a", "b")]), (201, {"n": 1}, {"X-A": "b"}), (201, None)])
def test_a_status_comes_second(result: Any) -> None:
    """A tuple the wrong way round is told as what it is, unless the body may be such a number."""
    with pytest.raises(ResultFault, match="it begins with a status; write the value first: `return value, 201`"):
        write_response(operation_of(DECLARED), result)
    number = {"200": {"description": "", "content": {JSON: {"schema": {"type": ["integer", "null"]}}}}}
    assert write_response(operation_of(number), (201, {"X-A": "b"})).body == b"201"


def in_mode(project: Project, mode: str, result: Any) -> Any:
    get_config().validate_responses = mode
    project.functions(f"def f(): return {result!r}")
    project.document({"/f": {"get": operation("f", responses=DECLARED)}})
    return project.start()


@pytest.mark.parametrize("result", RIGHT, ids=str)
def test_what_keeps_the_promise(result: Any) -> None:
    """Nothing is found."""
    made = operation_of(DECLARED)
    assert ResponseCheck(made, "enforce").faults(write_response(made, result)) == []


@pytest.mark.parametrize(("result", "fault"), WRONG, ids=str)
def test_what_breaks_the_promise(result: Any, fault: str) -> None:
    """It is told with its place, and no value of it."""
    made = operation_of(DECLARED)
    found = ResponseCheck(made, "enforce").faults(write_response(made, result))
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize("mode", ["off", "sample", "report", "enforce"])
@pytest.mark.parametrize(("result", "fault"), WRONG[:12], ids=str)
def test_modes(tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: str, result: Any, fault: str) -> None:
    """off: nothing; sample: the first; report: each; enforce: each, and a 500 that says nothing in its place."""
    with project_in(tmp_path) as project:
        client = in_mode(project, mode, result)
        seen = [client.get("/f") for _ in range(3)]
        told = [record.getMessage() for record in caplog.records if "breaks the document" in record.getMessage()]
    assert len(told) == {"off": 0, "sample": 1, "report": 3, "enforce": 3}[mode]
    assert all(fault in text for text in told)
    assert not [record for record in caplog.records if record.exc_info]
    for answer in seen:
        assert (answer.status_code == 500) == (mode == "enforce")
        assert fault not in answer.text


def test_headers_of_servers() -> None:
    """What servers write, after the check, is not missed."""
    declared = {name: {"required": True, "schema": {}} for name in ("Date", "Content-Length", "Server")}
    made = answering({JSON: {}}, headers=declared)
    assert ResponseCheck(made, "enforce").faults(write_response(made, {})) == []


def test_operations_without_responses() -> None:
    """Where nothing is promised, nothing is broken."""
    made = operation_of({})
    assert ResponseCheck(made, "enforce").faults(write_response(made, ({"a": 1}, 299))) == []


def test_a_report_of_ones_own() -> None:
    """Whoever checks may be told of the faults."""
    told: list[Any] = []
    made = operation_of(DECLARED)
    check = ResponseCheck(made, "enforce", told.append)
    response = Response(299, [], b"")
    with pytest.raises(BrokenPromise):
        check(response)
    assert told == [Breach(made, 299, ["the status 299 is not declared"], is_sent=False)]


def test_head_operations(project: Project) -> None:
    """An operation of the method HEAD needs no body, whatever is declared."""
    project.functions("def f(): return None, {'X-Own': 1}")
    project.document({"/f": {"head": operation("f", responses=answers(**{"200": ITEM}))}})
    answer = project.start().head("/f")
    assert (answer.status_code, answer.headers["X-Own"]) == (200, "1")
