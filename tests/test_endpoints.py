"""What a function gets, and what its result becomes; the same on the lane and through Flask's own dispatch."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from services import JSON, Project, answers, body, operation, project_in, query

from pymacaron.config import get_config

THING = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": ["string", "null"]}}}


@pytest.fixture(params=["lane", "flask"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with project_in(tmp_path, dispatch=request.param) as made:
        yield made


# What a function gets


def header(name: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "schema": {"type": "string"}}


def test_names_become_pythons(project: Project) -> None:
    """Dashes, keywords and digits give way; a name in two places is suffixed where it comes again."""
    project.functions("def f(**given): return given")
    parameters = [
        {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
        query("id", type="integer"), query("from"), query("2nd"), query("page[size]"), header("X-Request-Id"),
    ]  # fmt: skip
    project.document({"/things/{id}": {"get": operation("f", parameters=parameters)}})
    got = project.start().get("/things/7?id=8&from=a&2nd=b&page[size]=9", headers={"X-Request-Id": "r"}).json
    assert got == {"id": 7, "id_query": 8, "from_": "a", "_2nd": "b", "page_size": "9", "x_request_id": "r"}


def test_what_is_absent(project: Project) -> None:
    """The document's default, else the function's, else None; nothing at all for **rest."""
    project.functions(
        """
        def f(a, b, c="own", d="own", *, e=None): return [a, b, c, d, e]
        def rest(a, **more): return [a, more]
        """
    )
    parameters = [query("a"), query("b", default="said"), query("c"), query("d", default="said"), query("e")]
    project.document(
        {
            "/f": {"get": operation("f", parameters=parameters)},
            "/rest": {"get": operation("rest", parameters=parameters)},
        }
    )
    client = project.start()
    assert client.get("/f").json == [None, "said", "own", "said", None]
    assert client.get("/f?a=1&b=2&c=3&d=4&e=5").json == ["1", "2", "3", "4", "5"]
    assert client.get("/rest").json == [None, {"b": "said", "d": "said"}]


def test_the_body_comes_first(project: Project) -> None:
    """As a model, whatever the function calls it; an absent one is None, or what the function has for it."""
    project.functions(
        """
        def f(thing, kind): return [type(thing).__name__, thing and thing.id, kind]
        def g(thing="own"): return [type(thing).__name__]
        def h(*everything): return list(map(str, everything))
        """
    )
    given = body({"$ref": "#/components/schemas/Thing"}, required=False)
    project.document(
        {
            "/f": {"post": operation("f", requestBody=given, parameters=[query("kind")])},
            "/g": {"post": operation("g", requestBody=given)},
            "/h": {"post": operation("h", requestBody=given)},
        },
        {"Thing": THING},
    )
    client = project.start()
    assert client.post("/f?kind=x", json={"id": 1}).json == ["Thing", 1, "x"]
    assert client.post("/f").json == ["NoneType", None, None]
    assert client.post("/g").json == ["str"]
    assert client.post("/h", json={"id": 1}).json == ["Thing(id=1)"]


def test_flask_is_there(project: Project) -> None:
    """request, g, session, current_app and url_for work inside a function, plain or async."""
    project.app.secret_key = "s3cret"
    project.functions(
        """
        from flask import current_app, g, request, session, url_for

        def f(n):
            g.n = session["n"] = n
            return [request.args["n"], g.n, session["n"], current_app.name, url_for("shop.get_f", n=n)]

        async def a(n):
            return f(n)
        """
    )
    parameters = [query("n", type="integer")]
    project.document(
        {"/f": {"get": operation("f", parameters=parameters)}, "/a": {"get": operation("a", parameters=parameters)}}
    )
    client = project.start()
    for path in ("/f", "/a", "/f", "/a"):
        for n in range(3):
            assert client.get(f"{path}?n={n}").json == [str(n), n, n, "service", f"/f?n={n}"]


def test_async_functions(project: Project) -> None:
    """They may await; each call has its own context; calls in several threads do not wait for each other."""
    project.functions(
        """
        import asyncio
        import threading

        together = threading.Barrier(4, timeout=10)

        async def meet():
            await asyncio.to_thread(together.wait)
            return await asyncio.gather(*(value(n) for n in range(3)))

        async def value(n):
            await asyncio.sleep(0)
            return n

        async def fails():
            await asyncio.sleep(0)
            raise KeyError("gone")
        """
    )
    project.document({"/meet": {"get": operation("meet")}, "/fails": {"get": operation("fails")}})
    client = project.start()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: project.app.test_client().get("/meet").json, range(8)))
    assert found == [[0, 1, 2]] * 8
    assert client.get("/fails").get_json()["error"] == "UNHANDLED_SERVER_ERROR"


def test_a_file_and_fields(project: Project) -> None:
    """A form's fields are the attributes of the first argument; files are streams with a name and a type."""
    project.functions(
        """
        def f(form):
            return [form.note, [[file.filename, file.content_type, file.read().decode()] for file in form.files]]
        """
    )
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    schema = {"type": "object", "properties": {"note": {"type": "string"}, "files": files}}
    multipart = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    project.document({"/f": {"post": operation("f", requestBody=multipart)}})
    sent = {"note": "n", "files": [(io.BytesIO(b"1"), "a.txt"), (io.BytesIO(b"2"), "b.bin", "x/y")]}
    assert project.start().post("/f", data=sent).json == ["n", [["a.txt", "text/plain", "1"], ["b.bin", "x/y", "2"]]]


# What a result becomes

RESULTS = """
    import io
    import flask
    from pymacaron import get_model
    from pymacaron.models import Thing

    def thing(): return Thing(id=1, name=None)
    def things(): return [Thing(id=1), Thing(name="x")]
    def nested(): return {"found": Thing(id=1)}
    def a_dict(): return {"id": 1}
    def nothing(): return None
    def empty_list(): return []
    def empty_dict(): return {}
    def zero(): return 0
    def false(): return False
    def status(): return Thing(id=1), 202
    def headers(): return Thing(id=1), 201, {"Location": "/x", "X-Many": ["a", "b"]}
    def only_headers(): return {"id": 1}, {"X-One": "1"}
    def response(): return flask.Response("teapot", status=418, headers={"X-Own": "1"})
    def jsonified(): return flask.jsonify(id=1)
    def redirected(): return flask.redirect("/elsewhere")
    def html(): return "<p>ö"
    def plain(): return "ö"
    def raw(): return b"\\x89PNG"
    def stream(): return io.BytesIO(b"abc" * 100)
    def pieces():
        yield "a,b\\n"
        yield "ö".encode()
    def texts(): return "json text"
"""


def returning(project: Project, function: str, responses: dict[str, Any]) -> FlaskClient:
    project.functions(RESULTS)
    project.document({"/f": {"get": operation(function, responses=responses)}}, {"Thing": THING})
    return project.start()


ANY, THING_REF = answers(**{"200": {}}), {"$ref": "#/components/schemas/Thing"}


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("thing", {"id": 1, "name": None}), ("things", [{"id": 1}, {"name": "x"}]), ("nested", {"found": {"id": 1}}),
        ("a_dict", {"id": 1}), ("empty_list", []), ("empty_dict", {}), ("zero", 0), ("false", False),
        ("nothing", None), ("texts", "json text"), ("jsonified", {"id": 1}),
    ],
)  # fmt: skip
def test_values_become_json(project: Project, function: str, expected: Any) -> None:
    """Models, dicts, lists and scalars; what is falsy is a result like any other."""
    answer = returning(project, function, ANY).get("/f")
    assert (answer.status_code, answer.content_type) == (200, JSON)
    assert json.loads(answer.data) == expected


@pytest.mark.parametrize(
    ("function", "declared", "status"),
    [
        ("a_dict", ["201"], 201), ("a_dict", ["201", "200"], 200), ("a_dict", ["202", "201"], 201),
        ("a_dict", ["201", "400"], 201), ("a_dict", ["default"], 200), ("a_dict", ["2XX"], 200),
        ("status", ["200", "202"], 202), ("only_headers", ["201"], 201), ("headers", ["201"], 201),
    ],
)  # fmt: skip
def test_the_status(project: Project, function: str, declared: list[str], status: int) -> None:
    """The one that the function names; else the document's only 2xx, 200 of several, else the lowest."""
    assert returning(project, function, answers(**{key: {} for key in declared})).get("/f").status_code == status


def test_headers(project: Project) -> None:
    """Those of a result are sent; several of one name too."""
    answer = returning(project, "headers", answers(**{"201": THING_REF})).get("/f")
    assert (answer.headers["Location"], answer.headers.getlist("X-Many")) == ("/x", ["a", "b"])


@pytest.mark.parametrize("status", ["200", "204", "202"])
def test_no_body(project: Project, status: str) -> None:
    """None is an empty answer where the document declares one without a body."""
    answer = returning(project, "nothing", answers(**{status: None})).get("/f")
    assert (answer.status_code, answer.data, answer.headers.get("Content-Type")) == (int(status), b"", None)


@pytest.mark.parametrize(
    ("function", "media", "content_type", "data"),
    [
        ("html", None, "text/html; charset=utf-8", "<p>ö".encode()),
        ("html", "text/html", "text/html; charset=utf-8", "<p>ö".encode()),
        ("plain", "text/plain", "text/plain; charset=utf-8", "ö".encode()),
        ("raw", "image/png", "image/png", b"\x89PNG"),
        ("raw", "*/*", "application/octet-stream", b"\x89PNG"),
        ("stream", "application/pdf", "application/pdf", b"abc" * 100),
        ("pieces", "text/csv", "text/csv", "a,b\nö".encode()),
    ],
)
def test_other_bodies(project: Project, function: str, media: str | None, content_type: str, data: bytes) -> None:
    """Text, bytes, a file, a generator: as the declared media type; a text that nothing is declared for is HTML."""
    get_config().validate_responses = "off"  # which would not like an undeclared one
    content: dict[str, Any] = {"content": {media: {}}} if media else {}
    answer = returning(project, function, {"200": {"description": "ok", **content}}).get("/f")
    assert (answer.status_code, answer.content_type, answer.data) == (200, content_type, data)


def test_flasks_responses_go_out_as_they_are(project: Project) -> None:
    """A Response, a redirect."""
    answer = returning(project, "response", ANY).get("/f")
    assert (answer.status_code, answer.text, answer.headers["X-Own"]) == (418, "teapot", "1")


def test_redirects(project: Project) -> None:
    """As Flask makes them."""
    answer = returning(project, "redirected", ANY).get("/f")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/elsewhere")


def test_a_generator_is_closed(project: Project) -> None:
    """Whoever goes away early ends it; its `finally` runs."""
    project.functions(
        """
        ended = []

        def f():
            try:
                while True:
                    yield "x" * 1000
            finally:
                ended.append(True)
        """
    )
    project.document(
        {"/f": {"get": operation("f", responses={"200": {"description": "", "content": {"text/csv": {}}}})}}
    )
    answer = project.start().get("/f")
    next(iter(answer.response))
    answer.close()
    import handlers  # type: ignore[import-not-found]  # the module that the project has just written

    assert handlers.ended == [True]


@pytest.mark.parametrize(
    "result", ["object()", "{1: object()}", "(1, 2, 3, 4)", "{'a': {1, object()}}", "({}, 'x', 1)"]
)
def test_results_that_cannot_be_written(project: Project, result: str) -> None:
    """A mistake of the service: 500, and nothing of it is told."""
    project.functions(f"def f(): return {result}")
    project.document({"/f": {"get": operation("f")}})
    answer = project.start().get("/f")
    assert (answer.status_code, answer.get_json()["error"]) == (500, "UNHANDLED_SERVER_ERROR")
    assert "object" not in answer.text


# Keeping promises

BREAKING = """
    def wrong(): return {"id": "none"}
    def undeclared(): return {"id": 1}, 202
    def missing(): return None
    def other_type(): return "<p>"
    def right(): return {"id": 1}
    def also_right(): return {"id": "none"}, 404
"""
DECLARED = {"200": THING_REF, "404": {}}


@pytest.mark.parametrize("mode", ["off", "sample", "report", "enforce"])
@pytest.mark.parametrize("function", ["wrong", "undeclared", "missing", "other_type", "right", "also_right"])
def test_responses_are_checked(project: Project, caplog: pytest.LogCaptureFixture, mode: str, function: str) -> None:
    """off: never; sample: the first of each status; report: each; enforce: and a 500 without detail replaces it."""
    get_config().validate_responses = mode
    project.functions(BREAKING)
    project.document({"/f": {"get": operation(function, responses=answers(**DECLARED))}}, {"Thing": THING})
    client = project.start()
    seen = [client.get("/f").status_code for _ in range(5)]
    breaks = function not in {"right", "also_right"}
    told = [record for record in caplog.records if "breaks the document" in record.message]
    assert len(told) == (breaks and {"off": 0, "sample": 1, "report": 5, "enforce": 5}[mode])
    assert (seen[0] == 500) == (breaks and mode == "enforce")
    assert len(set(seen)) == 1


def test_one_in_a_hundred_is_checked(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """In the mode `sample`."""
    get_config().validate_responses = "sample"
    project.functions(BREAKING)
    project.document({"/f": {"get": operation("wrong", responses=answers(**DECLARED))}}, {"Thing": THING})
    client = project.start()
    for _ in range(201):
        client.get("/f")
    assert sum("breaks the document" in record.message for record in caplog.records) == 3


def test_the_default_mode(project: Project) -> None:
    """In tests and in debug responses are enforced."""
    project.functions(BREAKING)
    project.document({"/f": {"get": operation("wrong", responses=answers(**DECLARED))}}, {"Thing": THING})
    answer = project.start().get("/f")
    assert (answer.status_code, answer.get_json()["error"]) == (500, "UNHANDLED_SERVER_ERROR")
    assert "none" not in answer.text


def test_threads_do_not_mix(project: Project) -> None:
    """Many calls at once: each gets its own arguments and answer."""
    project.functions("def f(n): return {'id': n}")
    project.document({"/f": {"get": operation("f", parameters=[query("n", type="integer")])}})
    project.start()
    wrong: list[int] = []

    def many(start: int) -> None:
        client = project.app.test_client()
        wrong.extend(n for n in range(start, start + 50) if client.get(f"/f?n={n}").json != {"id": n})

    threads = [threading.Thread(target=many, args=(start,)) for start in range(0, 400, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
