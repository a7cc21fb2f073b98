"""Fields of forms ⇄ the object that the document describes. What a service makes of uploads is in test_uploads.py."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from drawn import TEXTS, api_of
from hypothesis import given
from hypothesis import strategies as st

from pymacaron.bodies import Part, Upload, write_multipart
from pymacaron.exceptions import BadRequestError, PayloadTooLargeError
from pymacaron.forms import FieldFault, Form

MULTIPART, URLENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
INTEGER, STRING = {"type": "integer"}, {"type": "string"}
STRINGS, NUMBERS = {"type": "array", "items": STRING}, {"type": "array", "items": {"type": "number"}}
ROW = {"type": "object", "properties": {"n": INTEGER}}
FILE_30, FILE_31 = {"type": "string", "format": "binary"}, {"contentMediaType": "image/png"}


def form_of(
    properties: dict[str, Any],
    encoding: dict[str, Any] | None = None,
    media: str = URLENCODED,
    version: str = "3.1",
    **more: Any,
) -> Form:
    schema = {"type": "object", "properties": properties, **more}
    body = {"content": {media: {"schema": schema, "encoding": encoding or {}}}}
    path = {"post": {"requestBody": body, "responses": {"200": {"description": "Done."}}}}
    (operation,) = api_of({}, version, {"/": path}).document.operations
    return Form(operation.contents[0], operation.shapes, multipart=media == MULTIPART)


def faults(form: Form, body: bytes) -> list[tuple[str, str]]:
    """(place, code) of each problem, sorted."""
    try:
        problems = form.problems(form.read(body, "b", None))
    except FieldFault as fault:
        problems = fault.problems
    return sorted(("/".join(map(str, problem.path)), problem.code) for problem in problems)


def parts(*given: tuple[str, str] | Part) -> bytes:
    made = [one if isinstance(one, Part) else Part(one[0], None, one[1].encode(), None) for one in given]
    written = write_multipart(made, "b")
    assert isinstance(written, bytes)
    return written


def file(name: str, content: str, filename: str = "f.txt", media: str = "text/plain") -> Part:
    return Part(name, None, None, Upload(io.BytesIO(content.encode()), filename, media, name))


# Fields as text


EVERY = form_of(
    {
        "text": STRING, "count": INTEGER, "yes": {"type": "boolean"}, "none": {"type": "null"}, "any": {},
        "tags": STRINGS, "sizes": NUMBERS, "row": ROW, "rows": {"type": "array", "items": ROW},
        "deep": {"type": "object", "properties": {"a": INTEGER}}, "flat": STRINGS, "piped": STRINGS,
        "json": STRINGS,
    },
    {
        "deep": {"style": "deepObject"}, "flat": {"explode": False},
        "piped": {"style": "pipeDelimited", "explode": False}, "json": {"contentType": "application/json"},
    },
)  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        ("text=a+b%20c%26%C3%A4", {"text": "a b c&ä"}),
        ("count=-5&yes=true&none=", {"count": -5, "yes": True, "none": None}),
        ("any=5", {"any": "5"}),
        ("tags=a&tags=b%2Cc", {"tags": ["a", "b,c"]}),
        ("tags=", {"tags": [""]}),
        ("sizes=1&sizes=2.5", {"sizes": [1, 2.5]}),
        ("row=%7B%22n%22%3A1%7D", {"row": {"n": 1}}),
        ("rows=%7B%22n%22%3A1%7D&rows=%7B%22n%22%3A2%7D", {"rows": [{"n": 1}, {"n": 2}]}),
        ("deep%5Ba%5D=1", {"deep": {"a": 1}}),
        ("flat=a,b", {"flat": ["a", "b"]}),
        ("piped=a%7Cb", {"piped": ["a", "b"]}),
        ("json=%22a%22&json=%22b%22", {"json": ["a", "b"]}),
        ("", {}),
    ],
)
def test_fields(sent: str, values: dict[str, Any]) -> None:
    """Each field by its type, its style, or as JSON; written again, it reads the same."""
    assert EVERY.read(sent.encode(), None, None) == values
    assert EVERY.problems(values) == []
    assert EVERY.read("&".join(EVERY.write_pairs(values)).encode(), None, None) == values


@pytest.mark.parametrize(
    ("sent", "values"),
    [
        ("text=ä", {"text": "ä"}),
        ("text=100%", {"text": "100%"}),
        ("&&text=a&", {"text": "a"}),
        ("deep[a]=1", {"deep": {"a": 1}}),
        ("json=[%22a%22, %22b%22]", {"json": ["a", "b"]}),
        ("own=1&more=a&more=b&%C3%A4=", {"own": "1", "more": ["a", "b"], "ä": ""}),
    ],
)
def test_what_else_is_taken(sent: str, values: dict[str, Any]) -> None:
    """Bytes that nobody encoded, brackets, lists as one JSON text; fields of no property are texts."""
    assert EVERY.read(sent.encode(), None, None) == values


def test_every_fault_is_told() -> None:
    form = form_of(
        {"count": INTEGER, "row": ROW, "text": {**STRING, "minLength": 3}, "scalar": INTEGER},
        required=["gone", "text"],
    )
    sent = b"count=many&row=%7B&text=a&scalar=1&scalar=2"
    found = faults(form, sent)
    assert found == [
        ("count", "type"),
        ("gone", "required"),
        ("row", "json"),
        ("scalar", "type"),
        ("text", "minLength"),
    ]


@given(st.binary(max_size=60))
def test_any_bytes_are_fields(raw: bytes) -> None:
    """Whatever comes is an object of fields, or problems of its fields."""
    with suppress(FieldFault):
        assert isinstance(EVERY.read(raw, None, None), dict)


# Files


@pytest.mark.parametrize(
    ("version", "schema", "is_file"),
    [
        ("3.0", FILE_30, True),
        ("3.0", {"type": "string", "format": "base64"}, True),
        ("3.0", {"type": "array", "items": FILE_30}, True),
        ("3.0", STRING, False),
        ("3.0", {"type": "string", "format": "byte"}, False),
        ("3.1", FILE_31, True),
        ("3.1", FILE_30, True),
        ("3.1", {"type": "array", "items": FILE_31}, True),
        ("3.1", {**FILE_31, "contentEncoding": "base64"}, False),
        ("3.1", {"contentMediaType": "application/json"}, False),
        ("3.1", {"type": "string", "contentMediaType": "text/html"}, False),
    ],
)
def test_what_is_a_file(version: str, schema: Any, is_file: bool) -> None:
    """A file is an upload even where the client gave it no name; what is none is text even where it did."""
    form = form_of({"a": schema}, None, MULTIPART, version)
    for sent in (parts(("a", "1")), parts(file("a", "1"))):
        value = form.read(sent, "b", None)["a"]
        found = value[0] if isinstance(value, list) else value
        assert isinstance(found, Upload) == is_file
        assert not is_file or found.read() == b"1"


FILES = form_of(
    {"one": FILE_30, "many": {"type": "array", "items": FILE_30}, "tags": STRINGS, "row": ROW}, None, MULTIPART
)


def test_files_and_fields() -> None:
    fields = (("tags", "a"), ("tags", "b,c"), ("row", '{"n": 1}'), ("more", "x"))
    sent = parts(file("one", "1"), file("many", "2"), *fields, file("many", "3"), file("own", "4"))
    values = FILES.read(sent, "b", None)
    assert FILES.problems(values) == []
    contents = [upload.read() for upload in (values["one"], *values["many"], values["own"])]
    assert contents == [b"1", b"2", b"3", b"4"]
    assert (values["tags"], values["row"], values["more"]) == (["a", "b,c"], {"n": 1}, "x")


def test_faulty_files() -> None:
    assert faults(FILES, parts(file("one", "1"), file("one", "2"), ("row", "{"))) == [("one", "type"), ("row", "json")]


@pytest.mark.parametrize(
    "content", [b"data", bytearray(b"data"), io.BytesIO(b"data")], ids=lambda one: type(one).__name__
)
def test_what_a_client_may_give_as_a_file(content: Any) -> None:
    (part,) = FILES.write({"one": content})
    upload = part.upload
    assert upload is not None
    assert (upload.read(), upload.filename, upload.content_type) == (b"data", "one", "application/octet-stream")


def test_the_folder_of_a_file_is_not_told(tmp_path: Path) -> None:
    """A file is sent with its name, not with where it is here."""
    (tmp_path / "cat.png").write_bytes(b"data")
    with (tmp_path / "cat.png").open("rb") as opened:
        (part,) = FILES.write({"one": opened})
        assert part.upload is not None
        assert part.upload.filename == "cat.png"


def test_a_text_is_no_file() -> None:
    """It may be the name of one, or what it holds: the caller has to say."""
    with pytest.raises(TypeError, match="the file 'one' has to be bytes, a binary file or an Upload, not str"):
        FILES.write({"one": "cat.png"})


def test_media_types_of_what_is_written() -> None:
    """What the document says; JSON where a field is an object; a range says nothing."""
    encoding = {
        "text": {"contentType": "text/markdown"},
        "one": {"contentType": "image/*"},
        "two": {"contentType": "image/png, image/gif"},
    }
    form = form_of({"text": STRING, "plain": STRING, "row": ROW, "one": FILE_30, "two": FILE_30}, encoding, MULTIPART)
    written = form.write({"text": "a", "plain": "b", "row": {"n": 1}, "one": b"1", "two": b"2"})
    media = {part.name: part.upload.content_type if part.upload else part.content_type for part in written}
    assert media == {
        "text": "text/markdown",
        "plain": None,
        "row": "application/json",
        "one": "application/octet-stream",
        "two": "image/png",
    }


# Writing


@given(st.lists(TEXTS, max_size=3), TEXTS, st.integers())
def test_texts_come_back(tags: Iterable[str], text: str, count: int) -> None:
    values = {"tags": list(tags), "text": text, "count": count} if tags else {"text": text, "count": count}
    for media in (URLENCODED, MULTIPART):
        form = form_of({"tags": STRINGS, "text": STRING, "count": INTEGER}, None, media)
        pairs = "&".join(form.write_pairs(values)).encode()
        body = parts(*form.write(values)) if media == MULTIPART else pairs
        assert form.read(body, "b", None) == values


def test_what_no_part_can_say() -> None:
    """Nothing is encoded in a part, so an item with the delimiter of its style would arrive as two."""
    encoding = {"tags": {"style": "pipeDelimited", "explode": False}}
    piped = form_of({"tags": STRINGS}, encoding, MULTIPART)
    assert piped.read(parts(*piped.write({"tags": ["a", "b,c"]})), "b", None) == {"tags": ["a", "b,c"]}
    commas = form_of({"tags": STRINGS}, {"tags": {"explode": False}}, MULTIPART)
    for form, value in ((piped, ["a|b", "c"]), (commas, ["a,b"])):
        with pytest.raises(FieldFault) as caught:
            form.write({"tags": value})
        assert {problem.path for problem in caught.value.problems} == {("tags",)}


def test_broken_multipart() -> None:
    for body in (b"", b"--b\r\n", b"no parts at all"):
        with pytest.raises(BadRequestError):
            FILES.read(body, "b", None)
    with pytest.raises(BadRequestError, match="boundary"):
        FILES.read(parts(("a", "1")), None, None)


@pytest.mark.parametrize("media", [URLENCODED, MULTIPART])
def test_fields_are_counted(media: str) -> None:
    """A form has a thousand fields at most."""
    form = form_of({"a": STRINGS}, media=media)
    for count in (999, 1000, 1001, 50_000):
        fields = [("a", "x")] * count
        body = parts(*fields) if media == MULTIPART else "&".join(map("=".join, fields)).encode()
        if count > 1000:
            with pytest.raises(PayloadTooLargeError, match="1000"):
                form.read(body, "b", None)
        else:
            assert form.read(body, "b", None) == {"a": ["x"] * count}


@pytest.mark.parametrize("name", ["text", "rows", "undeclared"])
def test_fields_are_unicode(name: str) -> None:
    """Bytes that are no UTF-8 are refused in every field, whatever the document says of it."""
    for text in (b"%ff", b"\xff", b"%ED%A0%80"):
        assert faults(EVERY, name.encode() + b"=" + text) == [(name, "encoding")]


@pytest.mark.parametrize(("media", "most"), [(URLENCODED, 30), (MULTIPART, 100)])
def test_long_fields_take_little_memory(media: str, most: int) -> None:
    """A field of escapes is read in a small multiple of its own size, and whole, wherever it is cut for that."""
    text = "xé\u20ac" * 30_000
    body = parts(("a", text)) if media == MULTIPART else f"a={quote(text)}".encode()
    form = form_of({"a": STRING}, media=media)
    tracemalloc.start()
    try:
        assert form.read(body, "b", None) == {"a": text}
        assert tracemalloc.get_traced_memory()[1] < most * len(body)  # at once: 71 and 200 times as much
    finally:
        tracemalloc.stop()
