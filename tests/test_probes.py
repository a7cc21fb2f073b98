"""What measured peers get wrong, each row asked of us: one small service, one probe a test."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from leaks import secret
from services import JSON, answers, body, operation, project_in, query

from pymacaron import ApiPool

HANDLERS = """
    def take(body=None, **more): return {"body": body, "more": {k: str(v) for k, v in more.items()}}
    def echo(**given): return {name: value for name, value in given.items() if value is not None}
    def types(**given): return {name: type(value).__name__ for name, value in given.items()}
    def broken(): return {"id": "no integer"}
    def member(body):
        assert body.password == "correct horse"
        return body
    def member_dict(body): return {"user": body.user, "password": body.password, "also": body.also}
"""
PET = {
    "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
    "discriminator": {"propertyName": "kind"},
}
SCHEMAS: dict[str, Any] = {
    "Account": {
        "type": "object",
        "required": ["id", "name", "password", "age"],
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "name": {"type": "string", "minLength": 2},
            "password": {"type": "string", "format": "password", "minLength": 8},
            "age": {"type": "integer", "minimum": 0},
            "mail": {"type": "string", "format": "email"},
        },
    },
    "Cat": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
    },
    "Dog": {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
    },
    "Member": {
        "type": "object",
        "required": ["password"],
        "properties": {
            "user": {"type": "string"},
            "password": {"type": "string", "writeOnly": True},
            "also": {"type": "array", "items": {"$ref": "#/components/schemas/Member"}},
        },
    },
    "Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "n": {"type": "integer"}}},
}


def located(name: str, place: str, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": schema}


MEMBER = {"$ref": "#/components/schemas/Member"}
PATHS: dict[str, Any] = {
    "/members": {"post": operation("member", requestBody=body(MEMBER), responses=answers(**{"200": MEMBER}))},
    "/members/dict": {"post": operation("member_dict", requestBody=body(MEMBER), responses=answers(**{"200": MEMBER}))},
    "/accounts": {"post": operation("take", requestBody=body({"$ref": "#/components/schemas/Account"}))},
    "/pets": {"post": operation("take", requestBody=body(PET))},
    "/nodes": {"post": operation("take", requestBody=body({"$ref": "#/components/schemas/Node"}))},
    "/echo": {
        "get": operation(
            "echo",
            parameters=[
                query("limit", type="integer"),
                located("X-N", "header", type="integer"),
                located("sid", "cookie", type="integer"),
                query("since", type="string", format="date-time"),
                query("uid", type="string", format="uuid"),
                query("filter", type="object", properties={"tags": {"type": "array", "items": {"type": "string"}}})
                | {"style": "deepObject"},
                query("colour", type="object", properties={"R": {"type": "integer"}, "G": {"type": "integer"}})
                | {"style": "form", "explode": True},
            ],
        )
    },
    "/types": {"get": operation("types", parameters=[query("since", type="string", format="date-time")])},
    "/broken": {
        "get": operation("broken")
        | {"responses": answers(**{"200": {"type": "object", "properties": {"id": {"type": "integer"}}}})}
    },
}


@pytest.fixture(name="ask")
def _ask(tmp_path: Path) -> Iterator[Any]:
    with project_in(tmp_path) as project:
        project.functions(HANDLERS)
        project.document(PATHS, SCHEMAS)
        project.start()
        yield project.app.test_client(use_cookies=False).open


def problems(answer: Any) -> set[tuple[str, str]]:
    assert answer.status_code == 400, answer.text
    assert answer.json["error"] == "INVALID_PARAMETER"
    return {(problem["in"], problem.get("name", problem.get("pointer"))) for problem in answer.json["errors"]}


def test_every_fault_of_a_body(ask: Any) -> None:
    """Four faults in one body are four problems with their places, and no value is in the answer."""
    sent = {"name": "x", "password": secret("hunter2"), "age": -5, "mail": "nowhere"}
    answer = ask("/accounts", method="POST", json=sent)
    assert problems(answer) == {("body", "/name"), ("body", "/password"), ("body", "/age"), ("body", "/mail")}
    assert "hunter2" not in answer.text
    assert "nowhere" not in answer.text


def test_a_wrong_query_parameter_is_named(ask: Any) -> None:
    """The problem says which parameter, where the document declares it, and what would have been right."""
    answer = ask("/echo?limit=many")
    assert problems(answer) == {("query", "limit")}
    assert answer.json["errors"][0]["expected"] == "an integer"
    assert answer.json["errors"][0]["spec"] == "#/paths/~1echo/get/parameters/0"


def test_all_locations_in_one_reply(ask: Any) -> None:
    """Faults in header, query and cookie are told together."""
    answer = ask("/echo?limit=x", headers={"X-N": "y", "Cookie": "sid=z"})
    assert problems(answer) == {("query", "limit"), ("header", "X-N"), ("cookie", "sid")}


def test_header_and_cookie_are_converted(ask: Any) -> None:
    """An integer in a header or cookie is an integer."""
    answer = ask("/echo", headers={"X-N": "5", "Cookie": "sid=6"})
    assert (answer.json["x_n"], answer.json["sid"]) == (5, 6)


def test_formats_are_checked_and_converted(ask: Any) -> None:
    """No date-time and no uuid are problems; a date-time is a datetime."""
    assert problems(ask("/echo?since=notadate&uid=zzz")) == {("query", "since"), ("query", "uid")}
    assert ask("/types?since=2024-05-17T09:30:00Z").json == {"since": "datetime"}


def test_deep_object_with_an_array(ask: Any) -> None:
    """A deepObject may hold an array."""
    assert ask("/echo?filter[tags]=a&filter[tags]=b").json["filter"] == {"tags": ["a", "b"]}


def test_exploded_form_object(ask: Any) -> None:
    """The properties of an exploded form object are query parameters of their own."""
    assert ask("/echo?R=100&G=200").json["colour"] == {"R": 100, "G": 200}


def test_required_and_read_only(ask: Any) -> None:
    """What is readOnly is not demanded, and dropped when it is sent."""
    sent = {"name": "Ada", "password": "correct horse", "age": 3}
    assert ask("/accounts", method="POST", json=sent).status_code == 200
    for given in (7, "no integer"):
        assert "id" not in ask("/accounts", method="POST", json={**sent, "id": given}).json["body"]


def test_write_only_is_never_shown(ask: Any) -> None:
    """A writeOnly property comes in, and is left out of every answer, of models and of dicts."""
    sent = {"user": "ada", "password": "correct horse", "also": [{"password": "battery"}]}
    for path in ("/members", "/members/dict"):
        answer = ask(path, method="POST", json=sent)
        assert answer.json == {"user": "ada", "also": [{}]}, path


def test_the_discriminator_chooses(ask: Any) -> None:
    """Of two alternatives that both fit, the one named is meant."""
    assert ask("/pets", method="POST", json={"kind": "Dog", "name": "Rex"}).status_code == 200
    assert problems(ask("/pets", method="POST", json={"kind": "Cow"})) == {("body", "/kind")}


@pytest.mark.parametrize(("sent", "status", "code"), [
    (b"<xml/>", 415, "UNSUPPORTED_MEDIA_TYPE"), (b'{"a": }', 400, "INVALID_JSON"),
])  # fmt: skip
def test_bodies_that_are_no_json(ask: Any, sent: bytes, status: int, code: str) -> None:
    """XML is a media type that is not taken; broken JSON is told with its offset."""
    content_type = "application/xml" if status == 415 else JSON
    answer = ask("/accounts", method="POST", data=sent, content_type=content_type)
    assert (answer.status_code, answer.json["error"]) == (status, code)
    if code == "INVALID_JSON":
        assert answer.json["offset"] == 6


def test_a_broken_promise_stays_inside(ask: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A response that breaks the document is a 500 that says nothing of why; the log does."""
    answer = ask("/broken")
    assert answer.status_code == 500
    assert "integer" not in answer.text
    assert any("body/id: expected an integer" in record.getMessage() for record in caplog.records)


def test_recursion_is_served_and_published(tmp_path: Path) -> None:
    """A recursive schema validates at every depth, also when it is split over files, and its document is published."""
    with project_in(tmp_path) as project:
        project.functions(HANDLERS)
        node = {"type": "object", "properties": {"next": {"$ref": "#/Part"}, "n": {"type": "integer"}}}
        (tmp_path / "parts.yaml").write_text(json.dumps({"Part": node}), "utf-8")
        there = {"$ref": "../parts.yaml#/Part"}
        project.document(PATHS | {"/split": {"post": operation("take", requestBody=body(there))}}, SCHEMAS)
        project.load().publish_apis().start(serve="shop")
        ask = project.app.test_client().open
        assert ApiPool.shop.model.Part.get_model_name() == "Part"  # a schema of another file has its name
        for path in ("/nodes", "/split"):
            assert ask(path, method="POST", json={"next": {"next": {"n": 1}}}).status_code == 200
            assert problems(ask(path, method="POST", json={"next": {"next": {"n": "x"}}})) == {("body", "/next/next/n")}
        assert ask("/doc/shop.json").status_code == 200


def test_a_fault_of_the_document_has_its_place(tmp_path: Path) -> None:
    """`type: integr` stops the start with file, line, column and the word that was meant; no traceback."""
    (tmp_path / "apis").mkdir()
    (tmp_path / "apis" / "x.yaml").write_text(
        "openapi: 3.1.0\ninfo: {title: x, version: '1'}\npaths:\n  /a:\n    get:\n      parameters:\n"
        "      - {name: n, in: query, schema: {type: integr}}\n      responses: {'200': {description: ok}}\n",
        "utf-8",
    )
    server = "from flask import Flask\nfrom pymacaron import API, letsgo\napp = Flask(__name__)\n"
    server += "def start(port=80, debug=False):\n    API(app).load_apis('apis').start(serve='x')\n"
    server += "letsgo(__name__, callback=start)\n"
    (tmp_path / "server.py").write_text(server, "utf-8")
    ended = subprocess.run([sys.executable, "server.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "x.yaml:7:45:" in ended.stderr
    assert "did you mean 'integer'?" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_signature_mismatch_stops_the_start(tmp_path: Path) -> None:
    """A function that does not take a parameter is found at start, not at the first call."""
    from pymacaron.exceptions import BindingError  # beside the only test that needs it

    with project_in(tmp_path) as project:
        project.functions("def f(): return {}")
        project.document({"/a": {"get": operation("f", parameters=[query("limit", type="integer")])}})
        with pytest.raises(BindingError, match="limit"):
            project.start()


@pytest.mark.parametrize(
    "ending", ["sys.exit(3)", "raise GeneratorExit", "return {}, 100", "return {}, True", "raise Odd"]
)
def test_what_a_function_must_not_do(tmp_path: Path, ending: str) -> None:
    """Nothing that a function does ends the worker or sends what is no answer: the caller gets a 500."""
    with project_in(tmp_path) as project:
        project.functions(f"""
            import sys
            class Odd(Exception):
                def __str__(self): raise ValueError
            def f(): {ending}
        """)
        project.document({"/a": {"get": operation("f")}})
        answer = project.start(debug=True).get("/a")
        assert (answer.status_code, (answer.json or {})["error"]) == (500, "UNHANDLED_SERVER_ERROR")


def test_flasks_own_test_client(ask: Any) -> None:
    """`app.test_client()` reaches the operations."""
    assert ask("/echo").status_code == 200
