"""Bodies that are large, compressed, or made of parts: what they may be, and what they cost."""

from __future__ import annotations

import gzip
import hashlib
import http.client
import io
import json
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from programs import Server, by_gunicorn, by_python, running
from services import JSON, Project, body, operation, project_in

from pymacaron.bodies import uncoded
from pymacaron.config import get_config
from pymacaron.exceptions import BadRequestError, PayloadTooLargeError, UnsupportedMediaTypeError

MULTIPART = "multipart/form-data"
OCTETS = "application/octet-stream"

# Content codings


def bare_deflate(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(data) + made.flush()


CODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress, "identity": bytes, "": bytes,
    "GZip": gzip.compress,
}  # fmt: skip


class Trickle:
    """A stream that gives at most a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._stream, self._step = io.BytesIO(data), step

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(self._step if size < 0 else min(size, self._step))


@given(
    st.binary(max_size=300),
    st.lists(st.sampled_from(sorted(CODERS)), max_size=3),
    st.integers(1, 50),
    st.integers(1, 90),
)
def test_what_was_coded_comes_back(data: bytes, codings: list[str], step: int, size: int) -> None:
    """Whatever the codings, one after the other, and however it comes and is read."""
    coded = data
    for coding in codings:
        coded = CODERS[coding](coded)
    stream = uncoded(", ".join(codings), Trickle(coded, step), None, None)
    found = b"".join(iter(lambda: stream.read(size), b""))
    assert found == data
    assert uncoded(", ".join(codings), io.BytesIO(coded), len(data), len(coded)).read() == data


def test_unusual_streams() -> None:
    """Members of gzip in a row are one body; deflate without its header is what some send."""
    members = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two")
    assert uncoded("gzip", io.BytesIO(members), None, None).read() == b"one two"
    assert uncoded("deflate", io.BytesIO(bare_deflate(b"abc" * 99)), None, None).read() == b"abc" * 99


@given(st.binary(min_size=1, max_size=100), st.data())
def test_streams_that_are_cut_off(data: bytes, draw: Any) -> None:
    """A compressed body that ends too early is the caller's mistake, never taken for the whole."""
    for coder, coding in ((gzip.compress, "gzip"), (zlib.compress, "deflate")):
        coded = coder(data)
        end = draw.draw(st.integers(1, len(coded) - 1))
        with pytest.raises(BadRequestError):
            uncoded(coding, io.BytesIO(coded[:end]), None, None).read()


@given(st.binary(max_size=60), st.sampled_from(["gzip", "deflate"]))
def test_any_bytes_are_read_or_refused(data: bytes, coding: str) -> None:
    """What was never compressed."""
    try:
        uncoded(coding, io.BytesIO(data), 1000, len(data)).read()
    except BadRequestError as error:
        assert error.status == 400  # noqa: PT017 - nothing else may be raised


@pytest.mark.parametrize("header", ["br", "gzip, br", "compress", "gzip;q=1", ", ".join(["gzip"] * 5)])
def test_unknown_codings(header: str) -> None:
    """415, with those that are known."""
    with pytest.raises(UnsupportedMediaTypeError) as caught:
        uncoded(header, io.BytesIO(b""), None, None)
    assert caught.value.response_headers() == [("Accept-Encoding", "gzip, deflate")]


def test_long_bodies_that_say_nothing() -> None:
    """Empty blocks without end are not read without end."""

    class Endless:
        read_so_far = 0

        def read(self, size: int = -1, /) -> bytes:
            self.read_so_far += size
            return b"\x00\x00\x00\xff\xff" * (size // 5)

    stream = Endless()
    with pytest.raises(PayloadTooLargeError):
        uncoded("deflate", stream, 1000, None).read(10)
    assert stream.read_so_far < 10**6


# A service

HANDLERS = """
    import hashlib

    def same(body): return body

    def measure(body):
        digest, size = hashlib.sha256(), 0
        for chunk in body:
            digest.update(chunk)
            size += len(chunk)
        return {"size": size, "sha256": digest.hexdigest(), "type": body.content_type}

    def measure_file(form):
        digest, size = hashlib.sha256(), 0
        while chunk := form.file.read(1 << 16):
            digest.update(chunk)
            size += len(chunk)
        return {"size": size, "sha256": digest.hexdigest(), "type": form.file.content_type}

    def parts(form):
        return {name: show(form[name]) for name in form.get_property_names() if name in form}

    def show(value):
        if isinstance(value, list):
            return [show(item) for item in value]
        if hasattr(value, "filename"):
            return [value.filename, value.content_type, value.read().decode("latin-1"), dict(value.headers)]
        return value

    def fields(note=None, n=None, file=None, files=None):
        return {"note": note, "n": n, "file": show(file), "files": show(files)}
"""


@pytest.fixture(params=["lane", "flask"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with project_in(tmp_path, dispatch=request.param, max_body="10kB") as made:
        made.functions(HANDLERS)
        yield made


@pytest.fixture
def client(project: Project) -> Any:
    """A service that takes 10 kB, but for what its operations say."""
    text = {"required": True, "content": {"text/plain": {}}}
    octets = {"required": True, "content": {OCTETS: {}}}
    file = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
    form = {"required": True, "content": {MULTIPART: {"schema": file}}}
    urlencoded = {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}}
    lines = {"required": True, "content": {"application/x-ndjson": {}}}
    project.document(
        {
            "/json": {"post": operation("same", requestBody=body({}))},
            "/text": {"post": operation("same", requestBody=text)},
            "/octets": {"post": operation("measure", requestBody=octets)},
            "/file": {"post": operation("measure_file", requestBody=form)},
            "/form": {"post": operation("same", requestBody=urlencoded)},
            "/lines": {"post": operation("same", requestBody=lines)},
            "/small": {"post": operation("same", requestBody=body({}), x_max_body=10)},
            "/large": {"post": operation("same", requestBody=body({}), x_max_body="20 kB")},
        }
    )
    return project.start()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_compressed_bodies(client: Any, coding: str) -> None:
    """They are what they say, in every kind of body."""
    code = CODERS[coding]
    headers = {"Content-Encoding": coding}
    assert client.post("/json", data=code(b'{"a": 1}'), content_type=JSON, headers=headers).json == {"a": 1}
    assert client.post("/text", data=code("ä".encode()), content_type="text/plain", headers=headers).json == "ä"
    answer = client.post("/octets", data=code(b"abc" * 1000), content_type=OCTETS, headers=headers)
    assert answer.json["size"] == 3000
    form = code(b"--b\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\nabc\r\n--b--\r\n")
    assert client.post("/file", data=form, content_type=f"{MULTIPART}; boundary=b", headers=headers).json["size"] == 3


def test_what_grows(client: Any) -> None:
    """The limit counts what is decompressed: a small body that becomes a large one is too large."""
    bomb = gzip.compress(b"1" * 10**7)
    assert len(bomb) < 10**5
    small = gzip.compress(b"1" * 10**6)
    for path, media in (
        ("/json", JSON),
        ("/text", "text/plain"),
        ("/octets", OCTETS),
        ("/lines", "application/x-ndjson"),
    ):
        for sent in (bomb, small):
            answer = client.post(path, data=sent, content_type=media, headers={"Content-Encoding": "gzip"})
            assert (answer.status_code, answer.json["error"]) == (413, "PAYLOAD_TOO_LARGE"), path


def test_codings_that_are_not_known(client: Any) -> None:
    """415, with those that are."""
    answer = client.post("/json", data=b"{}", content_type=JSON, headers={"Content-Encoding": "br"})
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "gzip, deflate")


@pytest.mark.parametrize(
    ("path", "media"),
    [
        ("/json", JSON), ("/text", "text/plain"), ("/octets", OCTETS), ("/file", f"{MULTIPART}; boundary=b"),
        ("/form", "application/x-www-form-urlencoded"), ("/lines", "application/x-ndjson"),
    ],
)  # fmt: skip
def test_what_says_that_it_is_too_large(client: Any, path: str, media: str) -> None:
    """413, and not a byte is read."""

    class Unread:
        def read(self, size: int = -1) -> bytes:
            raise AssertionError("somebody read the body")

    environ = {"wsgi.input": Unread(), "CONTENT_LENGTH": "10001"}
    answer = client.post(path, content_type=media, environ_overrides=environ)
    assert (answer.status_code, answer.json["error"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("path", ["/json", "/text", "/octets", "/file", "/form", "/lines"])
def test_what_turns_out_too_large(client: Any, path: str) -> None:
    """413 as soon as it is seen, where nothing was announced."""
    media = {
        "/json": JSON, "/text": "text/plain", "/octets": OCTETS, "/file": f"{MULTIPART}; boundary=b",
        "/form": "application/x-www-form-urlencoded", "/lines": "application/x-ndjson",
    }[path]  # fmt: skip

    class Endless:
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size >= 0
            assert self.given < 10**6
            start = b"--b\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\n" if self.given == 0 else b""
            self.given += size
            return (start + b"1" * size)[:size]

    environ: dict[str, Any] = {
        "wsgi.input": Endless(),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    environ["CONTENT_LENGTH"] = ""  # the test client puts one in
    answer = client.post(path, content_type=media, environ_overrides=environ)
    assert (answer.status_code, answer.json["error"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(("path", "limit"), [("/json", 10_000), ("/small", 10), ("/large", 20_000)])
def test_the_limit(client: Any, path: str, limit: int) -> None:
    """What the operation's x-max-body says, in bytes or with a unit, else the configuration; to the byte."""
    for size, status in ((limit, 200), (limit + 1, 413)):
        assert client.post(path, data=b"1".rjust(size), content_type=JSON).status_code == status


def test_limits_that_mean_nothing(project: Project) -> None:
    """x-max-body has to be a size."""
    project.document({"/f": {"post": operation("same", requestBody=body({}), x_max_body="16 apples")}})
    with pytest.raises(Exception, match="16MB"):
        project.start()


# Empty bodies


@pytest.mark.parametrize(
    ("media", "value"),
    [
        (JSON, None), ("text/plain", ""), ("application/x-www-form-urlencoded", {}),
        ("application/xml", "stream"), ("application/x-ndjson", []),
    ],
)  # fmt: skip
def test_empty_bodies(project: Project, media: str, value: Any) -> None:
    """Where nothing can be a value, it is one; else there is no body, which is 400 where one is required."""
    project.functions(
        """
        def f(body):
            if body is None or isinstance(body, (str, dict)): return body
            return list(body) if "Items" in repr(body) else "stream" if body.read() == b"" else "?"
        """
    )
    content: dict[str, Any] = {media.partition(";")[0]: {}}
    bodies = {"/may": {"content": content}, "/must": {"content": content, "required": True}}
    project.document({path: {"post": operation("f", requestBody=one)} for path, one in bodies.items()})
    client = project.start()
    assert client.post("/may").json is None
    assert client.post("/must").status_code == 400
    assert client.post("/may", data=b"", content_type=media).json == value
    answer: Any = client.post("/must", data=b"", content_type=media)
    if value is not None:
        assert answer.json == value
    else:
        assert answer.json["errors"] == [
            {"in": "body", "pointer": "", "code": "required", "expected": "a body (required)"}
        ]


# Parts


def part(head: str, data: bytes | str = b"x", *headers: str) -> bytes:
    raw = data.encode() if isinstance(data, str) else data
    lines = [f"Content-Disposition: form-data; {head}", *headers]
    return b"--b\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + raw + b"\r\n"


def multipart(*parts: bytes) -> dict[str, Any]:
    return {"data": b"".join(parts) + b"--b--\r\n", "content_type": f"{MULTIPART}; boundary=b"}


FILE = {"type": "string", "format": "binary"}


def taking(project: Project, properties: dict[str, Any], encoding: dict[str, Any] | None = None, **more: Any) -> Any:
    schema = {"type": "object", "properties": properties, **more}
    form = {"required": True, "content": {MULTIPART: {"schema": schema, "encoding": encoding or {}}}}
    project.document({"/f": {"post": operation("parts", requestBody=form)}})
    return project.start()


def test_what_parts_may_be(project: Project) -> None:
    """Files, arrays of them, text, numbers, JSON, each with its own media type and headers."""
    properties = {
        "file": FILE, "files": {"type": "array", "items": FILE}, "note": {"type": "string"},
        "count": {"type": "integer"}, "meta": {"type": "object", "properties": {"a": {"type": "integer"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
    }  # fmt: skip
    client = taking(project, properties)
    sent = multipart(
        part('name="file"; filename="ä.txt"', b"\x00\xff", "Content-Type: x/y", "X-Own: 1"),
        part('name="files"; filename="1"', "one"), part('name="files"; filename="2"', "two", "Content-Type: text/csv"),
        part('name="note"', "ä"), part('name="count"', "5"), part('name="tags"', "a"), part('name="tags"', "b"),
        part('name="meta"', '{"a": 1}', "Content-Type: application/json"),
    )  # fmt: skip
    assert client.post("/f", **sent).json == {
        "file": ["ä.txt", "x/y", "\x00\xff", {"x-own": "1"}], "note": "ä", "count": 5, "tags": ["a", "b"],
        "meta": {"a": 1}, "files": [["1", OCTETS, "one", {}], ["2", "text/csv", "two", {}]],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("charset", "parts"),
    [
        ("latin-1", [part('name="note"', "ä".encode("latin-1"), "Content-Type: text/plain; charset=ISO-8859-1")]),
        ("utf-16", [part('name="note"', "ä".encode("utf-16"), 'Content-Type: text/plain; charset="utf-16"')]),
        ("_charset_", [part('name="_charset_"', "windows-1252"), part('name="note"', "ä".encode("cp1252"))]),
        ("utf-8", [part('name="note"', "ä")]),
    ],
)  # fmt: skip
def test_charsets_of_parts(project: Project, charset: str, parts: list[bytes]) -> None:
    """A part's own, else the form's field `_charset_` (RFC 7578 section 4.6), else UTF-8."""
    assert taking(project, {"note": {"type": "string"}}).post("/f", **multipart(*parts)).json == {"note": "ä"}


@pytest.mark.parametrize("charset", [b"\xff", b"rot13", b"\xf0\x9f", b""])
def test_charsets_that_are_none(project: Project, charset: bytes) -> None:
    """The caller's mistake, told of every text."""
    client = taking(project, {"note": {"type": "string"}})
    answer: Any = client.post("/f", **multipart(part('name="_charset_"', charset), part('name="note"', "ä")))
    if charset:
        assert [(problem["pointer"], problem["code"]) for problem in answer.json["errors"]] == [("/note", "encoding")]
    else:
        assert answer.json == {"note": "ä"}


def test_many_files(project: Project) -> None:
    """Each is small, and all of them together are not in memory."""
    get_config().max_body = 10**9
    client = taking(project, {"files": {"type": "array", "items": FILE}})
    sizes = [400_000] * 40
    answer = client.post("/f", **multipart(*[part('name="files"; filename="f"', bytes(size)) for size in sizes]))
    assert [len(file[2]) for file in answer.json["files"]] == sizes


@pytest.mark.parametrize("declared", ["image/png, image/jpeg", "image/*", "IMAGE/PNG"])
def test_media_types_of_parts(project: Project, declared: str) -> None:
    """One of those in the list, or in the range; a part that does not say is what it should be."""
    client = taking(project, {"picture": FILE, "note": {"type": "string"}}, {"picture": {"contentType": declared}})
    for media, is_right in (("image/png", True), (None, True), ("text/html", False), ("image", False)):
        headers = [f"Content-Type: {media}"] if media else []
        answer: Any = client.post("/f", **multipart(part('name="picture"; filename="p"', b"x", *headers)))
        assert (answer.status_code == 200) == is_right
        if not is_right:
            (problem,) = answer.json["errors"]
            assert (problem["pointer"], problem["code"]) == ("/picture", "contentType")
            assert declared.partition(",")[0].lower() in problem["expected"]


def test_headers_of_parts(project: Project) -> None:
    """Those that the encoding declares are checked, and are on the file."""
    encoding = {"file": {"headers": {"X-Pages": {"required": True, "schema": {"type": "integer", "minimum": 1}}}}}
    client = taking(project, {"file": FILE}, encoding)
    right = client.post("/f", **multipart(part('name="file"; filename="f"', b"x", "X-Pages: 3"))).json
    assert right == {"file": ["f", OCTETS, "x", {"x-pages": "3"}]}
    for headers in (["X-Pages: 0"], ["X-Pages: x"], []):
        answer: Any = client.post("/f", **multipart(part('name="file"; filename="f"', b"x", *headers)))
        assert [(p["pointer"], p["code"]) for p in answer.json["errors"]] == [("/file", "header")]


def test_every_fault_of_a_form(project: Project) -> None:
    """All of them in one answer: of texts, of JSON, of files, of what is missing; no value is told."""
    properties = {
        "count": {"type": "integer"}, "meta": {"type": "object"}, "file": FILE,
        "note": {"type": "string", "minLength": 9}, "raw": {"type": "string"},
    }  # fmt: skip
    client = taking(project, properties, {"file": {"contentType": "image/png"}}, required=["file", "more"])
    answer: Any = client.post("/f", **multipart(
        part('name="count"', "secret"), part('name="meta"', "{secret"), part('name="note"', "secret"),
        part('name="file"; filename="f"', "secret", "Content-Type: text/html"), part('name="raw"', b"\xff"),
    ))  # fmt: skip
    found = {(problem["pointer"], problem["code"]) for problem in answer.json["errors"]}
    assert found == {
        ("/count", "type"), ("/meta", "json"), ("/note", "minLength"), ("/file", "contentType"), ("/raw", "encoding"),
        ("/more", "required"),
    }  # fmt: skip
    assert "secret" not in answer.text


def test_form_fields_of_swagger_2(project: Project) -> None:
    """Fields are keywords; lists of files, charsets and every fault work there too."""
    parameters = [
        {"name": "note", "in": "formData", "type": "string", "minLength": 1},
        {"name": "n", "in": "formData", "type": "integer", "required": True},
        {"name": "file", "in": "formData", "type": "file"},
        {"name": "files", "in": "formData", "type": "array", "items": FILE, "required": True},
    ]
    document = {
        "swagger": "2.0", "info": {"title": "old", "version": "1"}, "paths": {"/f": {"post": {
            "x-bind-server": "handlers.fields", "consumes": [MULTIPART], "parameters": parameters,
            "responses": {"200": {"description": "", "schema": {}}},
        }}},
    }  # fmt: skip
    (project.folder / "apis" / "old.json").write_text(json.dumps(document), "utf-8")
    client = project.start()
    sent = multipart(
        part('name="note"', "ä".encode("latin-1"), "Content-Type: text/plain; charset=latin-1"), part('name="n"', "5"),
        part('name="files"; filename="1"', "one"), part('name="files"; filename="2"', "two"),
    )  # fmt: skip
    files = [["1", OCTETS, "one", {}], ["2", OCTETS, "two", {}]]
    assert client.post("/f", **sent).json == {"note": "ä", "n": 5, "file": None, "files": files}
    wrong = multipart(
        part('name="note"', b"\xff"), part('name="file"; filename="1"'), part('name="file"; filename="2"')
    )  # fmt: skip
    answer: Any = client.post("/f", **wrong)
    found = {(problem["name"], problem["code"]) for problem in answer.json["errors"]}
    assert found == {("note", "encoding"), ("n", "required"), ("file", "type"), ("files", "required")}


@pytest.mark.parametrize(
    "broken",
    [
        b"--b\r\n" + b"X-Long: " + b"x" * 9000, b"x" * 9000, b"--b--\r\n", b"--b\r\n",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", b"--b\r\n\r\nx\r\n--b--\r\n",
        b'--b\r\nContent-Disposition: form-data; name="file',
    ],
)  # fmt: skip
def test_broken_forms(client: Any, broken: bytes) -> None:
    """The caller's mistake."""
    answer = client.post("/file", data=broken, content_type=f"{MULTIPART}; boundary=b")
    assert answer.status_code == 400


# What large bodies cost

SERVICE = '''
from flask import Flask
from pymacaron import API, letsgo
import resource

app = Flask(__name__)

@app.get("/peak")
def peak():
    """The most memory that this process has had so far, in KB."""
    return str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

def start(port=80, debug=False):
    API(app, port=port, debug=debug).load_apis("apis").start(serve="shop")

letsgo(__name__, callback=start)
'''
LARGE = 300 * 10**6
HUGE = 2 * 2**30
MAY_GROW = 24 * 1024  # KB, whatever the size of the body


class Noise:
    """A file of so many bytes, none of which is anywhere."""

    BLOCK = hashlib.sha256(b"noise").digest() * 2048

    def __init__(self, size: int, head: bytes = b"", tail: bytes = b"") -> None:
        self._left, self._head, self._tail = size, head, tail
        self.length = size + len(head) + len(tail)
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        if self._head:
            data, self._head = self._head, b""
            return data
        if not self._left:
            data, self._tail = self._tail, b""
            return data
        data = self.BLOCK[: min(self._left, len(self.BLOCK))]
        self._left -= len(data)
        self.digest.update(data)
        return data


@pytest.fixture(scope="module", params=["python", "gunicorn"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("uploads")
    made = Project(folder)
    made.functions(HANDLERS + """
    def download(size):
        def pieces():
            for _ in range(size // 65536):
                yield b"x" * 65536
        return pieces()

    def send_file():
        from pathlib import Path
        return Path("large.bin")
    """)  # fmt: skip
    file = {"type": "object", "required": ["file"], "properties": {"file": FILE}}
    octets = {"required": True, "content": {OCTETS: {}}}
    form = {"required": True, "content": {MULTIPART: {"schema": file}}}
    size = {"name": "size", "in": "query", "required": True, "schema": {"type": "integer"}}
    binary = {"200": {"description": "", "content": {OCTETS: {}}}}
    made.document(
        {
            "/octets": {"post": operation("measure", requestBody=octets, x_max_body="3GB")},
            "/file": {"post": operation("measure_file", requestBody=form, x_max_body="3GB")},
            "/download": {"get": operation("download", parameters=[size], responses=binary)},
            "/send": {"get": operation("send_file", responses=binary)},
        }
    )
    (folder / "server.py").write_text(SERVICE, "utf-8")
    command = by_python() if request.param == "python" else by_gunicorn()
    with running(command, folder, tmp_path_factory.mktemp("log") / "log", PYMACARON_CACHE="off") as found:
        yield found


def peak(server: Server) -> int:
    return int(server.ask("GET", "/peak").body)


def send(server: Server, path: str, noise: Noise, headers: dict[str, str]) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    try:
        connection.request("POST", path, noise, {"Content-Length": str(noise.length), **headers})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


HEAD = part('name="file"; filename="f"', b"").removesuffix(b"\r\n")
WAYS: dict[str, tuple[dict[str, str], bytes, bytes]] = {
    "/octets": ({"Content-Type": OCTETS}, b"", b""),
    "/file": ({"Content-Type": f"{MULTIPART}; boundary=b"}, HEAD, b"\r\n--b--\r\n"),
}


def uploaded(server: Server, path: str, size: int) -> int:
    """By how many KB the peak of the server's memory grows while it takes a body of this size."""
    headers, head, tail = WAYS[path]
    send(server, path, Noise(10**6, head, tail), headers)  # what is made at first use
    before = peak(server)
    noise = Noise(size, head, tail)
    answer = send(server, path, noise, headers)
    assert (answer["size"], answer["sha256"]) == (size, noise.digest.hexdigest())
    return peak(server) - before


@pytest.mark.parametrize("path", sorted(WAYS))
def test_large_uploads_take_no_memory(server: Server, path: str) -> None:
    """A body of 300 MB reaches the function whole, as a stream or as a file in a form, and is never in memory."""
    assert uploaded(server, path, LARGE) < MAY_GROW


@pytest.mark.heavy
@pytest.mark.parametrize("path", sorted(WAYS))
def test_huge_uploads_take_no_memory(server: Server, path: str) -> None:
    """2 GB likewise."""
    assert uploaded(server, path, HUGE) < MAY_GROW


def test_large_downloads_take_no_memory(server: Server, tmp_path: Path) -> None:
    """A generator, and a file on disk, are sent as they are read."""
    before = peak(server)
    folder = Path(f"/proc/{server.process.pid}/cwd").resolve()
    with (folder / "large.bin").open("wb") as file:
        file.truncate(LARGE)
    for path in (f"/download?size={LARGE}", "/send"):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request("GET", path)
        response = connection.getresponse()
        size = 0
        while chunk := response.read(1 << 20):
            size += len(chunk)
        connection.close()
        assert abs(size - LARGE) < 65536
    assert peak(server) - before < MAY_GROW


def test_a_server_answers_before_it_reads(server: Server) -> None:
    """What says that it is too large is refused at once, before its bytes are sent."""
    head = f"POST /octets HTTP/1.1\r\nHost: x\r\nContent-Type: {OCTETS}\r\nContent-Length: {10**10}\r\n\r\n"
    start = time.monotonic()
    answer = server.send(head.encode())
    assert answer.status == 413
    assert time.monotonic() - start < 5
