"""The length of an answer: what is sent is as long as its Content-Length says, or breaks off."""

from __future__ import annotations

import io
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import by_gunicorn, running
from services import Project, operation, project_in

from pymacaron.bodies import FileBody, Measured

ANYTHING = {"200": {"description": "", "content": {"*/*": {}}}}
FUNCTIONS = """
    import io
    from flask import request

    def given(): return request.args.get("length")
    def whole(): return b"12345", 200, {"Content-Length": given()}
    def value(): return {"a": 1}, {"content-length": given()}
    def memory(): return io.BytesIO(b"12345"), 200, {"Content-Length": given()}

    def pieces():
        def made():
            yield from (b"12", b"34", b"5")
        return made(), 200, {"Content-Length": given()}
"""


@pytest.fixture(params=["lane", "flask"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path, dispatch=request.param, validate_responses="off", log_calls=False) as made:
        made.functions(FUNCTIONS)
        yield made


def serve(project: Project, *functions: str) -> Any:
    project.document({f"/{name}": {"get": operation(name, responses=ANYTHING)} for name in functions})
    return project.start()


@given(st.lists(st.binary(max_size=4), max_size=6), st.integers(0, 20))
def test_bodies_are_measured(pieces: list[bytes], length: int) -> None:
    """What comes out is the first `length` bytes; where there are fewer, it ends in an error. Either is told once."""
    told: list[str] = []
    whole, sent = b"".join(pieces), b""
    try:
        for piece in Measured(iter(pieces), length, told.append):
            sent += piece
    except RuntimeError:
        assert len(whole) < length
    else:
        assert len(sent) == length
    assert sent == whole[:length]
    assert len(told) == (len(whole) != length)


@pytest.mark.parametrize("length", ["4", "6", "5", "0", "-5", "five", "5, 5", "9" * 30])
def test_whole_bodies(project: Project, length: str, caplog: pytest.LogCaptureFixture) -> None:
    """Their length is the one that they have, whatever the function says; a mistake is logged."""
    client = serve(project, "whole", "value", "memory")
    for path, body in (("/whole", b"12345"), ("/value", b'{"a":1}'), ("/memory", b"12345")):
        caplog.clear()
        for answer in (client.get(path, query_string={"length": length}), client.head(path + "?length=5")):
            assert answer.headers.getlist("Content-Length") == [str(len(body))]
        assert client.get(path, query_string={"length": length}).data == body
        assert bool(caplog.records) == (path != "/memory" and length != str(len(body)))


def test_pieces(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A stream is cut where its Content-Length ends, and breaks off where it is shorter; no length is no length."""
    client = serve(project, "pieces")
    assert (client.get("/pieces?length=5").data, caplog.text) == (b"12345", "")
    assert client.get("/pieces?length=3").data == b"123"
    assert "more than the 3 bytes of its Content-Length" in caplog.text
    with pytest.raises(RuntimeError, match="5 bytes, and its Content-Length is 9"):
        assert client.get("/pieces?length=9").data
    answer = client.get("/pieces?length=five")
    assert (answer.data, answer.content_length) == (b"12345", None)
    assert client.head("/pieces?length=9").content_length == 9


def test_connections_stay_in_step(tmp_path: Path) -> None:
    """Through a server, with several requests sent on one connection: no byte of an answer is part of the next."""
    with project_in(tmp_path) as project:
        project.functions(FUNCTIONS)
        project.document({"/pieces": {"get": operation("pieces", responses=ANYTHING)}})
    (tmp_path / "server.py").write_text(
        "from flask import Flask\nfrom pymacaron import API, letsgo\n\napp = Flask(__name__)\n\n"
        "def start(port=80, debug=False):\n    API(app).load_apis('apis').start()\n\nletsgo(__name__, callback=start)\n"
    )
    with running(by_gunicorn(), tmp_path, tmp_path / "log", PYMACARON_CACHE="off") as server:
        for length, seen, last in ((3, b"123", b"{}"), (5, b"12345", b"{}"), (9, b"12345", b"12345")):
            with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
                asked = f"GET /pieces?length={length} HTTP/1.1\r\nHost: x\r\n\r\n"
                connection.sendall(asked.encode() + b"GET /ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                answers = connection.makefile("rb").read()
            first, _, _ = answers.partition(b"HTTP/1.1 200 OK\r\n\r\n")
            assert first.split(b"\r\n\r\n")[1].startswith(seen)
            assert (answers.endswith(last), answers.count(b"HTTP/1.1 200")) == (True, 1 if length == 9 else 2)


def text_files(folder: Path) -> Iterator[Any]:
    """Files that give texts, of all kinds."""
    (folder / "text").write_text("größe €\n" * 20_000, "utf-16")
    yield (folder / "text").open(encoding="utf-16")
    yield io.StringIO("größe €\n" * 20_000)
    file = tempfile.NamedTemporaryFile("w+", encoding="utf-16", dir=folder)  # noqa: SIM115 - FileBody closes it
    file.write("größe €\n" * 20_000)
    file.seek(0)
    yield file


def test_files_opened_as_text(tmp_path: Path) -> None:
    """They are sent in the charset of the answer, whatever they were read in, and tell no length."""
    for charset in (None, "latin-1"):
        for file in text_files(tmp_path):
            body = FileBody(file, "cp1252" if charset else None)
            assert body.size is None
            assert b"".join(body).decode("cp1252" if charset else "utf-8") == "größe €\n" * 20_000
            assert file.closed
    (tmp_path / "bytes").write_bytes(b"\xff\xfe no text")
    assert b"".join(FileBody((tmp_path / "bytes").open(encoding="utf-8", errors="surrogateescape"))) == (
        b"\xff\xfe no text"
    )


def test_text_files_are_labelled(project: Project) -> None:
    """What pymacaron makes bytes of says its charset; what is no text is an error before anything is sent."""
    project.functions(
        """
        from pathlib import Path

        def good(): return (Path(__file__).parent / "a.txt").open(encoding="latin-1")
        def bad(): return (Path(__file__).parent / "a.txt").open(encoding="ascii")
        def closed():
            with (Path(__file__).parent / "a.txt").open() as file:
                return file
        """
    )
    (project.folder / "a.txt").write_bytes("größe".encode("latin-1"))
    texts = {"200": {"description": "", "content": {"text/plain": {"schema": {"type": "string"}}}}}
    project.document({f"/{name}": {"get": operation(name, responses=texts)} for name in ("good", "bad", "closed")})
    client = project.start()
    answer = client.get("/good")
    assert (answer.text, answer.content_type) == ("größe", "text/plain; charset=utf-8")
    assert [client.get(f"/{name}").status_code for name in ("bad", "closed")] == [500, 500]
