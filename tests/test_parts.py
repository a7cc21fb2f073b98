"""Multipart bodies whose parts have an order and no names (OpenAPI 3.2, "Encoding By Position")."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from drawn import SEEDS, api_of
from hypothesis import given
from services import Project, body, operation, project_in
from wire_law import check_request, check_response

from pymacaron.bodies import split_entities
from pymacaron.exceptions import BadRequestError, InternalServerError, PayloadTooLargeError
from pymacaron.messages import Response
from pymacaron.operations import Operation
from pymacaron.router import Router
from pymacaron.samples import result
from pymacaron.wire import read_response, write_response

NOTE = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "n": {"type": "integer"}}}
MIXED, RELATED, FORM = "multipart/mixed", "multipart/related", "multipart/form-data"
PICTURE = {"contentType": "image/png, image/jpeg"}
PREFIXED = {
    "schema": {"type": "array", "prefixItems": [NOTE, {"type": "string", "maxLength": 9}], "items": {}, "minItems": 1},
    "prefixEncoding": [{}, {"contentType": "text/plain"}],
    "itemEncoding": PICTURE,
}
WAYS: dict[str, Any] = {
    "notes": (MIXED, {"schema": {"type": "array", "items": NOTE, "maxItems": 4}}),
    "prefixed": (MIXED, PREFIXED),
    "stream": (MIXED, {"itemSchema": NOTE, "itemEncoding": {"contentType": "application/vnd.note+json"}}),
    "files": (RELATED, {"schema": {"type": "array", "items": {}}, "itemEncoding": PICTURE}),
    "numbers": (MIXED, {"schema": {"type": "array", "items": {"type": "integer"}}}),
    "form": (FORM, {"itemSchema": NOTE, "itemEncoding": {}}),
    "nested": (
        MIXED,
        {
            "schema": {"type": "array", "items": {"type": "array", "prefixItems": [{"type": "string"}], "items": NOTE}},
            "itemEncoding": {"contentType": "multipart/mixed", "itemEncoding": {"contentType": "application/json"}},
        },
    ),
    "closed": (MIXED, {"schema": {"type": "array", "prefixItems": [{"type": "boolean"}, NOTE], "items": False}}),
}


def operation_with(media: str, content: Any) -> Operation:
    both = {media: content}
    answers = {"200": {"description": "", "content": both}}
    made: Operation = api_of(
        {}, "3.2", {"/parts": {"post": {"requestBody": {"content": both}, "responses": answers}}}
    ).document.operations[0]
    return made


@pytest.mark.parametrize("way", WAYS)
def test_what_is_written_is_read(way: str) -> None:
    """In both directions: JSON, text, files, parts inside of parts, as lists and while they are made."""
    made = operation_with(*WAYS[way])
    router = Router([made])

    @given(SEEDS)
    def law(seed: int) -> None:
        assert check_request(made, router, seed)
        assert check_response(made, seed)

    law()


def written(*parts: tuple[str | None, bytes], boundary: str = "b") -> bytes:
    heads = [b"" if kind is None else f"Content-Type: {kind}\r\n".encode() for kind, _ in parts]
    whole = [b"--b\r\n" + head + b"\r\n" + raw + b"\r\n" for head, (_, raw) in zip(heads, parts, strict=True)]
    return b"".join(whole) + f"--{boundary}--\r\n".encode()


HANDLERS = """
    def prefixed(parts):
        note, *rest = parts
        return [note.text] + [one if isinstance(one, str) else [one.content_type, len(one.read())] for one in rest]
    def stream(parts):
        return sum(part.n for part in parts)
"""


@pytest.fixture(name="project", params=["lane", "flask"])
def _project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with project_in(tmp_path, dispatch=request.param) as made:
        made.functions(HANDLERS)
        media, stream = WAYS["stream"]
        paths = {
            "/prefixed": {"post": operation("prefixed", requestBody={"content": {MIXED: PREFIXED}})},
            "/stream": {"post": operation("stream", requestBody={"content": {media: stream}})},
            "/other": {"post": operation("stream", requestBody=body(NOTE))},
        }
        made.document(paths, openapi="3.2.0")
        yield made


def test_parts_by_their_place(project: Project) -> None:
    """Each is what its place says; one that does not say what it is, is what it should be. Files have a type."""
    ask = project.start().post
    parts = written(
        (None, b'{"text": "a"}'), ("text/plain; charset=latin-1", b"\xe4"), ("image/png", b"PNG"), (None, b"")
    )
    answer = ask("/prefixed", data=b"for people\r\n" + parts + b"after", content_type=f"{MIXED}; boundary=b")
    assert (answer.status_code, answer.json) == (200, ["a", "ä", ["image/png", 3], ["image/png", 0]])
    answer = ask("/prefixed", data=written(("application/json", b'{"text": 1}')), content_type=f"{RELATED}; boundary=b")
    assert answer.status_code == 415


def test_every_fault_of_parts(project: Project) -> None:
    """Is told, with the number of the part first in its pointer."""
    ask = project.start().post
    sent = written(("application/json", b'{"n": "x"}'), ("text/plain", b"0123456789"), ("text/html", b""))
    answer: Any = ask("/prefixed", data=sent, content_type=f"{MIXED}; boundary=b")
    assert answer.status_code == 400
    found = [(one["pointer"], one["code"]) for one in answer.json["errors"]]
    assert sorted(found) == [("/0/n", "type"), ("/0/text", "required"), ("/1", "maxLength"), ("/2", "contentType")]
    for parts, pointer, code in (
        (written(), "", "minItems"), (written((None, b"{")), "/0", "json"), (written((None, b"")), "/0", "json"),
        (written((None, b'{"text": ""}'), (None, b"\xff")), "/1", "encoding"),
    ):  # fmt: skip
        answer = ask("/prefixed", data=parts, content_type=f"{MIXED}; boundary=b")
        assert answer.status_code == 400
        assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [(pointer, code)]


def test_streams_of_parts(project: Project) -> None:
    """Parts are checked when they are reached."""
    ask = project.start().post
    kind = "application/vnd.note+json"
    right = (kind, b'{"text": "", "n": 2}')
    assert ask("/stream", data=written(right, right), content_type=f"{MIXED}; boundary=b").json == 4
    answer: Any = ask("/stream", data=written(right, (kind, b"{}")), content_type=f"{MIXED}; boundary=b")
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [("/1/text", "required")]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"--b",
        b"--b\r\n",
        b"--b--",
        b"no parts",
        b"--b\r\n\r\n",
        b"--b\r\nA: b\r\n\r\nx\r\n--bother\r\n",
        b"\xff" * 99,
    ],
)
def test_malformed_bodies(project: Project, sent: bytes) -> None:
    """Are 400, never a failure, also without a boundary."""
    ask = project.start().post
    for content_type in (f"{MIXED}; boundary=b", MIXED, f"{MIXED}; boundary=\xe4"):
        for path in ("/prefixed", "/stream"):
            answer: Any = ask(path, data=sent, content_type=content_type)
            assert answer.status_code == 400 or (sent == b"--b--" and path == "/stream")


def test_answers_are_held_to_the_document() -> None:
    """A part that breaks its schema is found, in a list and in a stream; so is it by who reads an answer."""
    made = operation_with(*WAYS["stream"])
    headers = [("Content-Type", f"{MIXED}; boundary=b")]
    sent = written(("application/vnd.note+json", b'{"text": "a"}'), ("application/vnd.note+json", b"{}"))
    read: Any = read_response(made, Response(200, headers, sent))
    assert next(read).text == "a"
    with pytest.raises(InternalServerError, match="/1/text"):
        next(read)


def test_broken_promises(tmp_path: Path) -> None:
    """Are answered as such."""
    with project_in(tmp_path) as project:
        project.functions("""
            def listed(): return [{"text": "a"}, {"text": 1}]
            def made(): yield {"text": 1}
        """)
        answers = {"200": {"description": "", "content": {MIXED: WAYS["notes"][1]}}}
        stream = {"200": {"description": "", "content": {MIXED: WAYS["stream"][1]}}}
        project.document(
            {"/l": {"get": operation("listed", responses=answers)}, "/m": {"get": operation("made", responses=stream)}},
            openapi="3.2.0",
        )
        client = project.start(debug=True)
        assert client.get("/l").status_code == 500
        assert client.get("/m").status_code == 500


@given(SEEDS)
def test_any_chunks(seed: int) -> None:
    """However a body is cut, its parts are the same."""
    random = Random(seed)
    contents = [random.randbytes(random.randint(0, 40)).replace(b"--b", b"") for _ in range(random.randint(0, 4))]
    raw = written(*(("a/b", content) for content in contents))
    cuts = sorted(random.randint(0, len(raw)) for _ in range(random.randint(0, 20)))
    chunks = [raw[start:end] for start, end in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    assert [entity.content.read() for entity in split_entities(chunks, "b")] == contents


def test_bounds() -> None:
    """The headers of a part end somewhere, and a body without a boundary is none."""
    with pytest.raises(PayloadTooLargeError):
        list(split_entities([b"--b\r\nA: ", *[b"x" * 50_000] * 9], "b"))
    with pytest.raises(BadRequestError):
        list(split_entities([], None))


def test_large_files_are_not_held(tmp_path: Path) -> None:
    """A list with a file that is open is sent from where it is."""
    made = operation_with(*WAYS["files"])
    path = tmp_path / "a.png"
    path.write_bytes(b"x" * 10**6)
    response = write_response(made, [io.BytesIO(b"y"), path.open("rb")])
    assert not isinstance(response.body, bytes)
    parts: Any = read_response(made, response)
    first, second = parts
    assert (first.read(), len(second.read())) == (b"y", 10**6)
    assert result(made, Random(1)).status == 200
