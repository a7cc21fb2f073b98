"""What clients send to a server of its own over HTTP: files, streams, forms. It arrives as it was given."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import by_gunicorn, running
from services import JSON, operation, project_in

from pymacaron import ApiPool
from pymacaron.bodies import Upload
from pymacaron.client import Client
from pymacaron.config import get_config
from pymacaron.exceptions import ArgumentFault, DeadlineExceededError, PayloadTooLargeError, ServiceUnavailableError

OCTETS, TEXT, FORM, MULTIPART = (
    "application/octet-stream", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
)  # fmt: skip
FIELDS: dict[str, Any] = {
    "note": {"type": "string"}, "count": {"type": "integer"}, "tags": {"type": "array", "items": {"type": "string"}},
}  # fmt: skip
FILE = {"type": "string", "contentMediaType": OCTETS}


def posting(name: str, contents: dict[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {kind: {"schema": schema} for kind, schema in contents.items()}}
    return {"post": operation(name, operationId=name, requestBody=body)}


PATHS: dict[str, Any] = {
    "/parts": posting("parts", {MULTIPART: {"type": "object", "properties": {
        **FIELDS, "one": FILE, "many": {"type": "array", "items": FILE}, "meta": {"type": "object"}}}}),
    "/form": posting("form", {FORM: {"type": "object", "properties": FIELDS}}),
    "/stream": posting("stream", {OCTETS: {}}),
    "/any": posting("anything", {JSON: {"type": "object"}, TEXT: {"type": "string"}, OCTETS: {}}),
    "/lines": posting("lines", {"application/jsonl": {"type": "array", "items": {"type": "integer"}}}),
}  # fmt: skip
FUNCTIONS = """
import hashlib

def told(data):
    return [len(data), hashlib.sha256(data).hexdigest()]

def file(one):
    return [one.filename, one.content_type, *told(one.read())]

def parts(got):
    return {
        "note": got.note, "count": got.count, "tags": got.tags, "meta": got["meta"],
        "one": got.one and file(got.one), "many": [file(one) for one in got.many or ()],
    }

def form(got): return {"note": got.note, "count": got.count, "tags": got.tags}
def stream(got):
    size, digest = 0, hashlib.sha256()
    while data := got.read(5000):
        size += len(data)
        digest.update(data)
    return [size, digest.hexdigest()]
def anything(got):
    kind = {dict: "json", str: "text"}.get(type(got))
    return [kind, got] if kind else stream(got)
def lines(got): return list(got)
"""
SERVER = """
from flask import Flask
from pymacaron import API, letsgo
app = Flask(__name__)
def start(port=80, debug=False):
    API(app, port=port, debug=debug).load_apis("apis").start(serve="shop")
letsgo(__name__, callback=start)
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("uploads")
    with project_in(folder) as project:
        path = project.document(PATHS)
        project.functions(FUNCTIONS)
        project.functions(SERVER, "server")
        (folder / "pym-config.yaml").write_text("name: uploads\nlive_host: x\nmax_body: 20MB")
        with running(by_gunicorn(), folder, folder / "log", PYMACARON_CACHE="off") as server:
            get_config().clients = {
                "shop": {
                    "url": f"http://127.0.0.1:{server.port}",
                    "errors": "raise",
                    "max_failures": 0,
                    "max_attempts": 1,
                }
            }
            yield ApiPool.add("shop", yaml_path=str(path)).client


def told(data: bytes) -> list[Any]:
    return [len(data), hashlib.sha256(data).hexdigest()]


class Unknown:
    """A stream that does not tell how long it is, and gives what it likes."""

    def __init__(self, data: bytes, step: int) -> None:
        self._stream, self._step = io.BytesIO(data), step

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(self._step if size < 0 else min(size, self._step))


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda name: name.strip()
)
KINDS = st.sampled_from(["image/png", "text/plain", OCTETS, "application/json"])
FILES = st.tuples(NAMES, KINDS, st.binary(max_size=2000))
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.fixed_dictionaries({}, optional={
    "note": WORDS, "count": st.integers(-(10**9), 10**9), "tags": st.lists(WORDS, min_size=1, max_size=3),
})  # fmt: skip
EMPTY = {"note": None, "count": None, "tags": None}


@settings(max_examples=40)
@given(VALUES, st.none() | FILES, st.lists(FILES, max_size=3), st.none() | st.dictionaries(WORDS, WORDS, max_size=2))
def test_parts(client: Client, values: dict[str, Any], one: Any, many: list[Any], meta: Any) -> None:
    """Files keep their names, types and bytes, in their order; the fields beside them their values."""
    given_values = dict(values)
    for name, said in (("one", one), ("many", many)):
        if said:
            made = [
                Upload(io.BytesIO(data), filename, kind) for filename, kind, data in ([said] if said is one else said)
            ]
            given_values[name] = made[0] if said is one else made
    if meta is not None:
        given_values["meta"] = meta
    expected = {
        **EMPTY, **values, "meta": meta, "one": one and [one[0], one[1], *told(one[2])],
        "many": [[name, kind, *told(data)] for name, kind, data in many],
    }  # fmt: skip
    if given_values:
        assert client.parts(given_values) == expected


@settings(max_examples=30)
@given(VALUES)
def test_forms(client: Client, values: dict[str, Any]) -> None:
    """The fields of a form arrive with their values."""
    assert client.form(values) == {**EMPTY, **values}


@settings(max_examples=25)
@given(st.binary(max_size=70_000), st.integers(1, 20_000), st.booleans())
def test_streams(client: Client, data: bytes, step: int, unknown: bool) -> None:
    """A stream arrives whole, whether anybody knows its length or not."""
    sent: Any = Unknown(data, max(step, len(data) // 50 + 1)) if unknown else io.BytesIO(data)
    assert client.stream(sent) == told(data)


def test_large_ones(client: Client, tmp_path: Path) -> None:
    """Files from a disk, generators and streams of some megabytes are sent piece by piece; bytes are taken as well."""
    data = bytes(range(256)) * 20_000
    path = tmp_path / "a file.bin"
    path.write_bytes(data)
    with path.open("rb") as file:
        assert client.stream(file) == told(data)
    assert client.stream(path) == told(data)
    assert client.stream(data[index : index + 50_000] for index in range(0, len(data), 50_000)) == told(data)
    assert client.stream(Unknown(data, 30_000)) == told(data)
    with path.open("rb") as file:
        found = client.parts({"one": file, "note": "n"})
    assert found["one"][2:] == told(data)
    assert client.parts({"one": data})["one"][2:] == told(data)


@settings(max_examples=25)
@given(st.dictionaries(WORDS, WORDS, max_size=3) | WORDS | st.binary(min_size=1, max_size=100))
def test_content_types(client: Client, value: Any) -> None:
    """Of several content types, what is given says which one it is."""
    kind = "json" if isinstance(value, dict) else "text" if isinstance(value, str) else None
    assert client.anything(value) == ([kind, value] if kind else told(value))


def test_items(client: Client) -> None:
    """Items are sent as they are made; one that breaks the document ends the call, and nothing takes it for all."""
    assert client.lines(iter(range(1000))) == list(range(1000))
    with pytest.raises(ArgumentFault):
        client.lines(iter([1, 2, {"three": 3}]))


def test_a_stream_that_fails(client: Client) -> None:
    """What goes wrong while a body is made is told as it is; the connection is not used again."""

    def failing() -> Iterator[bytes]:
        yield b"abc"
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        client.stream(failing())
    assert client.stream(b"abc") == told(b"abc")


def test_too_much(client: Client) -> None:
    """What the service refuses is its error, whenever it says so; a stream without end costs the deadline."""
    with pytest.raises((PayloadTooLargeError, ServiceUnavailableError)):
        client.stream(b"x" * 21_000_000)

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    with pytest.raises((PayloadTooLargeError, ServiceUnavailableError, DeadlineExceededError)):
        client.stream(endless(), timeout=0.5)
    assert client.stream(b"abc") == told(b"abc")
