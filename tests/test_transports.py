"""What stands in for another service in tests: fakes, and recordings that are made once and replayed."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import leaks
import pytest
from clocks import within
from hypothesis import given
from hypothesis import strategies as st
from peers import Received, peer, rude_peer
from services import ERROR, JSON, Project, answers, body, operation, project_in, query

from pymacaron import ApiPool
from pymacaron.bodies import Upload
from pymacaron.calls import get_call
from pymacaron.client import Client, retries
from pymacaron.config import get_config
from pymacaron.exceptions import (
    DeadlineExceededError,
    NotFoundError,
    NotRecordedError,
    ServiceUnavailableError,
    WrongFakeError,
    is_error,
)
from pymacaron.transports.tapes import Tape

THING = {
    "type": "object", "required": ["id"],
    "properties": {"id": {"type": "integer"}, "made": {"type": "string", "format": "date-time"},
                   "password": {"type": "string"}, "pin": {"type": "integer", "x-sensitive": True}},
}  # fmt: skip
REF = {"$ref": "#/components/schemas/Thing"}
FORM = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}, "note": {"type": "string"}}}
PATHS: dict[str, Any] = {
    "/things/{id}": {
        "get": operation(
            operationId="getThing", responses=answers(**{"200": REF, "404": {"$ref": "#/components/schemas/Error"}}),
            parameters=[
                {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                query("q", type="string"), query("api_key", type="string"),
                {"name": "X-Team", "in": "header", "schema": {"type": "string"}},
            ],
        ),
    },
    "/things": {"post": operation(operationId="addThing", requestBody=body(REF), responses=answers(**{"201": REF}))},
    "/tokens/{token}": {"get": operation(operationId="check", parameters=[
        {"name": "token", "in": "path", "required": True, "schema": {"type": "string"}}])},
    "/lines": {"get": operation(operationId="lines", responses={"200": {
        "description": "", "content": {"application/jsonl": {"itemSchema": REF}}}})},
    "/files": {"post": operation(operationId="upload", requestBody={"content": {"multipart/form-data": {
        "schema": FORM}}})},
    "/blob": {
        "get": operation(operationId="blob", responses={"200": {
            "description": "", "content": {"application/octet-stream": {}}}}),
        "put": operation(operationId="putBlob", requestBody={"content": {"application/octet-stream": {}}}),
    },
}  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made


@pytest.fixture
def client(project: Project) -> Client:
    path = project.document(PATHS, {"Thing": THING, "Error": ERROR}, name="things", servers=[{"url": "/v1"}])
    return ApiPool.add("things", yaml_path=str(path), timeout=5).client


# Fakes


def test_functions_and_results(client: Client) -> None:
    """A fake is called as the function of the service would be, or is what that would return; its calls are listed."""

    def add(thing: Any) -> Any:
        call = get_call()
        assert call is not None
        assert call.id == "abc"
        return ApiPool.things.model.Thing(id=thing.id + 1)

    with ApiPool.things.fake(add_thing=add, get_thing={"id": 7}, check=True) as calls:
        assert client.add_thing({"id": 1}, request_headers={"PymCallID": "abc"}).id == 2
        assert client.get_thing(id=5, q="a b/ü", x_team="us").id == 7
        assert client.check(token="a/b") is True
        assert [(call.operation, call.arguments) for call in calls] == [
            ("add_thing", {}), ("get_thing", {"id": 5, "q": "a b/ü", "x_team": "us"}), ("check", {"token": "a/b"}),
        ]  # fmt: skip
        assert calls[0].body.id == 1
        assert calls[0].headers["pymcallid"] == "abc"
    with peer(lambda got: (200, {"Content-Type": JSON}, b'{"id": 1}')) as other:
        assert client.get_thing(id=5, base_url=other.url).id == 1


def test_all_kinds_of_results(client: Client) -> None:
    """Whatever a function may return: tuples, items, bytes, coroutines, models of errors."""

    async def get(id: int) -> Any:  # noqa: A002 - named by the document
        return {"id": id}, 200, {"X-Rate": "5"}

    def lines() -> Any:
        yield {"id": 1}
        yield {"id": 2}

    with ApiPool.things.fake(get_thing=get, lines=lines, blob=b"\0\1", add_thing=({"id": 3}, 201)):
        answered = client.get_thing(id=4, with_response=True)
        assert (answered.result.id, answered.headers["x-rate"]) == (4, "5")
        assert [thing.id for thing in client.lines()] == [1, 2]
        assert client.blob() == b"\0\1"
        assert client.add_thing({"id": 1}).id == 3


def test_fakes_that_fail(client: Client) -> None:
    """An exception is what callers get; connections may break and time may pass, at once and without another try."""
    error = ApiPool.things.model.Error(error="GONE", status=404, error_id="abc")
    for answer in (NotFoundError("gone"), error):
        with ApiPool.things.fake(get_thing=answer):
            found = client.get_thing(id=1)
            assert (type(found).__name__, found.status) == ("Error", 404)
    broken = ((ConnectionResetError(), ServiceUnavailableError), (TimeoutError, DeadlineExceededError))
    for wrong, expected in broken:
        with ApiPool.things.fake(get_thing=wrong) as calls:
            assert isinstance(client.get_thing(id=1), expected)
            assert len(calls) == 1
    with ApiPool.things.fake(get_thing=AssertionError("not now")), pytest.raises(AssertionError, match="not now"):
        client.get_thing(id=1)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"id": "x"}, r"body/id: expected"),
        (({"id": 1}, 202), "the status 202 is not declared"),
        (None, "body: expected an object"),
        (object(), "the fake of things.get_thing breaks the document"),
    ],
)
def test_wrong_fakes(client: Client, answer: Any, told: str) -> None:
    """A fake that gives what the document does not allow fails, and says how."""
    with ApiPool.things.fake(get_thing=answer), pytest.raises(WrongFakeError, match=told):
        client.get_thing(id=1)


def test_what_is_not_faked(client: Client) -> None:
    """Another operation that is called is told, and so is a name that the API has not; nothing goes out."""
    with ApiPool.things.fake(get_thing={"id": 1}):
        with pytest.raises(WrongFakeError, match=r"things.blob is called, and not faked: fake\(..., blob=...\)"):
            client.blob()
        with ApiPool.things.fake(blob=b"x"):
            assert client.blob() == b"x"
        assert client.get_thing(id=1).id == 1
    wrong = ApiPool.things.fake(get_thin={"id": 1})
    with pytest.raises(AttributeError, match="did you mean 'get_thing'"):
        wrong.__enter__()
    bad_items = ApiPool.things.fake(lines=[{"id": 1}, {"id": "x"}])
    with bad_items, pytest.raises(WrongFakeError, match="body/1/id"):
        list(client.lines())


def test_a_service_under_test(project: Project, client: Client) -> None:
    """What a service calls is faked for all of its threads, also if it serves that API itself; that a fake is wrong
    comes to light, whatever the service makes of it."""
    project.functions("""
        from pymacaron import ApiPool
        def f(): return {"got": ApiPool.things.client.get_thing(id=1).id}
    """)
    project.document({"/f": {"get": operation("f")}})
    (project.folder / "apis" / "things.yaml").rename(project.folder / "things.yaml")
    asking = project.start()
    with ApiPool.things.fake(get_thing={"id": 9}):
        assert asking.get("/f").get_json() == {"got": 9}
    with ApiPool.shop.fake(get_f={"got": 3}):
        assert next(iter([getattr(ApiPool.shop.client, "get_f")()])) == {"got": 3}  # noqa: B009
    assert ApiPool.shop.client.get_f()["error"]
    with pytest.raises(WrongFakeError, match="get_thing is called, and not faked"), ApiPool.things.fake():
        assert asking.get("/f").status_code == 500
    with pytest.raises(AssertionError) as failed, ApiPool.things.fake(get_thing={"id": "x"}):
        raise AssertionError(asking.get("/f").status_code)
    assert "the fake of things.get_thing breaks the document" in failed.value.__notes__[-1]


# Recordings


def answer(got: Received) -> tuple[int, dict[str, str], bytes]:
    kinds = {
        "/v1/lines": (200, {"Content-Type": "application/jsonl"}, b'{"id":1}\n{"id":2}\n'),
        "/v1/blob": (200, {"Content-Type": "application/octet-stream"}, b"\0\xff"),
        "/v1/files": (200, {"Content-Type": JSON}, b'"filed"'),
        "/v1/things": (201, {"Content-Type": JSON}, got.body),
        "/v1/things/4": (404, {"Content-Type": JSON}, b'{"error": "GONE", "status": 404}'),
    }
    if got.target in kinds:
        return kinds[got.target]
    said = {"id": 7, "made": "2026-01-02T03:04:05Z", "password": "hunter22", "pin": 9876}
    return 200, {"Content-Type": JSON, "Content-Encoding": "gzip", "X-Rate": "5"}, gzip.compress(
        json.dumps(said).encode()
    )  # fmt: skip


def all_calls(client: Client) -> list[Any]:
    """Results of every kind, as what is the same when it is made again."""
    first = client.get_thing(id=3, q="a b", api_key="sesame77", x_team="us", with_response=True)
    upload = {"file": Upload(io.BytesIO(b"content"), "a.txt", "text/plain"), "note": "n"}
    return [
        (first.result.id, first.result.made, first.status, first.headers["x-rate"]),
        client.add_thing({"id": 2, "password": "hunter22"}).id,
        client.get_thing(id=4).error,
        [thing.id for thing in client.lines()],
        client.blob(),
        client.put_blob(io.BytesIO(b"\xfe streamed")).__class__.__name__,
        client.upload(upload),
        client.check(token="tok-12345").__class__.__name__,
    ]


@pytest.mark.parametrize("name", ["tape.yaml", "deep/tape.json"])
def test_what_was_recorded_is_replayed(client: Client, tmp_path: Path, name: str) -> None:
    """Without a network, every call gives what it gave; the file has no secrets, and is read by people."""
    path = tmp_path / name
    with peer(answer) as other:
        get_config().clients = {"things": {"url": f"{other.url}/v1"}}
        with ApiPool.things.recording(path):
            recorded = all_calls(client)
        count = len(other.received)
    text = path.read_text("utf-8")
    for secret in (*map(leaks.secret, ("hunter22", "sesame77", "tok-12345")), "9876"):
        assert secret not in text
    get_config().clients = {"things": {"url": "http://elsewhere.invalid/v1"}}
    with ApiPool.things.replaying(path) as tape:
        assert all_calls(client) == recorded
        assert len(tape.entries) == count
        assert client.get_thing(id=3, q="a b", api_key="other", x_team="us").password == "*****"


def test_a_request_that_is_not_recorded(client: Client, tmp_path: Path) -> None:
    """Is an error that names the file and shows the nearest one, without secrets; so is a file that is none."""
    path = tmp_path / "tape.yaml"
    with peer(answer) as other, ApiPool.things.recording(path):
        for number in (3, 4):
            client.get_thing(id=number, q="long words", base_url=f"{other.url}/v1")
        client.add_thing({"id": 1}, base_url=f"{other.url}/v1")
    with ApiPool.things.replaying(path):
        with pytest.raises(NotRecordedError) as caught:
            client.get_thing(id=4, q="long word", api_key="sesame77")
        assert "things.get_thing: no such request is recorded in" in str(caught.value)
        assert "-path: /v1/things/4?q=long%20words" in str(caught.value).splitlines()
        assert "+path: /v1/things/4?q=long%20word&api_key=*****" in str(caught.value).replace('"', "").splitlines()
        with pytest.raises(NotRecordedError, match=r"(?s)-  id: 1.*\+  id: 2"):
            client.add_thing({"id": 2})
    for text, told in (("- 1", "a recording is a list of entries"), ("[", "tape.yaml: "), (None, "cannot be read")):
        path.write_text(text) if text else path.unlink()
        with pytest.raises(NotRecordedError, match=told), ApiPool.things.replaying(path):
            pass


def test_troubles_are_replayed(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faults and tries belong to what is recorded, in their order; what came last is said to later calls, too. There is
    no waiting between them."""
    monkeypatch.setattr(retries, "_FIRST", 0.01)
    count = iter(range(100))

    def failing(got: Received) -> tuple[int, dict[str, str], bytes]:
        return (503, {}, b"") if next(count) < 2 else (200, {"Content-Type": JSON}, b'{"id": 1}')

    path = tmp_path / "tape.yaml"
    with peer(failing) as other, rude_peer(lambda connection: None) as rude, ApiPool.things.recording(path) as tape:
        assert client.get_thing(id=1, base_url=f"{other.url}/v1").id == 1
        assert len(tape.entries) == 3
        assert isinstance(client.add_thing({"id": 1}, base_url=f"{rude.url}/v1"), ServiceUnavailableError)
        tape.entries[0]["response"]["headers"]["Retry-After"] = "2"
    with within(0.5), ApiPool.things.replaying(path):
        for _ in range(2):
            assert client.get_thing(id=1).id == 1
            assert "the connection broke off" in str(client.add_thing({"id": 1}))
    assert is_error(client.add_thing({"id": 1}, base_url="http://127.0.0.1:1"))


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON_VALUES, st.sampled_from(["t.yaml", "t.json"]))
def test_a_file_holds_what_it_was_given(tmp_path_factory: pytest.TempPathFactory, value: Any, name: str) -> None:
    """Whatever the values of a recording, they are read as they were written."""
    path = tmp_path_factory.getbasetemp() / name
    entries = [{"call": "a.b", "request": {"json": value}, "response": {"status": 200, "json": value}}]
    Tape(path, entries).save()
    assert Tape.load(path).entries == entries
