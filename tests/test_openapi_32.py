"""What OpenAPI 3.2 adds to requests: the method QUERY and others, and the whole query string as one value.

Sequences of JSON are in test_streams.py; multipart bodies whose parts have an order are in test_parts.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drawn import api_of
from hypothesis import given
from hypothesis import strategies as st
from programs import by_gunicorn, by_python, running
from services import JSON, Project, body, operation, project_in

from pymacaron.messages import ABSENT, Arguments
from pymacaron.operations import Operation
from pymacaron.wire import read_request, write_request

FILTER = {"type": "object", "properties": {"name": {"type": "string"}, "most": {"type": "integer"}}}
HANDLERS = """
    def search(filter, id): return {"filter": filter.to_json(), "id": id}
    def copy(id): return {"copied": id}
    def get(id): return {"got": id}
    def look(filter=None, **more): return {"filter": filter and filter.to_json(), **more}
"""
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
PATHS = {
    "/things/{id}": {
        "parameters": [ID],
        "get": operation("get"),
        "query": operation("search", requestBody=body(FILTER)),
        "additionalOperations": {"COPY": operation("copy"), "PURGE-ALL": operation("copy")},
    }
}  # fmt: skip


@pytest.fixture(params=["lane", "flask"])
def project(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    with project_in(tmp_path, dispatch=request.param) as made:
        made.functions(HANDLERS)
        yield made


def test_methods(project: Project) -> None:
    """QUERY has a body that is checked like any; additional methods are called what the document calls them."""
    project.document(PATHS, openapi="3.2.0")
    client = project.start()
    answer: Any = client.open("/things/7", method="QUERY", json={"name": "a", "most": 5})
    assert (answer.status_code, answer.json) == (200, {"filter": {"name": "a", "most": 5}, "id": "7"})
    answer = client.open("/things/7", method="QUERY", json={"most": "many"})
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (400, "/most")
    assert client.open("/things/7", method="QUERY").status_code == 400
    for method in ("COPY", "PURGE-ALL"):
        assert client.open("/things/7", method=method).json == {"copied": "7"}
    answer = client.delete("/things/7")
    assert answer.status_code == 405
    assert {"GET", "HEAD", "QUERY", "COPY", "PURGE-ALL", "OPTIONS"} == set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("command", [by_python(), by_gunicorn()], ids=["python", "gunicorn"])
def test_methods_on_servers(tmp_path: Path, command: list[str]) -> None:
    """Servers pass them on."""
    project = Project(tmp_path)
    project.functions(HANDLERS)
    project.document(PATHS, openapi="3.2.0")
    (tmp_path / "server.py").write_text(
        "from flask import Flask\nfrom pymacaron import API, letsgo\n\napp = Flask(__name__)\n\n"
        "def start(port=80, debug=False):\n    API(app).load_apis('apis').start()\n\nletsgo(__name__, callback=start)\n"
    )
    with running(command, tmp_path, tmp_path / "log", PYMACARON_CACHE="off") as server:
        assert server.ask("QUERY", "/things/7", {"most": 5}).json == {"filter": {"most": 5}, "id": "7"}
        assert server.ask("COPY", "/things/7").json == {"copied": "7"}
        assert server.ask("GET", "/things/7").json == {"got": "7"}


def whole_query(media: str, schema: Any = FILTER, **more: Any) -> dict[str, Any]:
    return {"name": "filter", "in": "querystring", "content": {media: {"schema": schema}}, **more}


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("media", "query", "found"),
    [
        (FORM, "name=a%20b&most=5", {"name": "a b", "most": 5}), (FORM, "name=a+b", {"name": "a b"}),
        (JSON, "%7B%22most%22%3A5%7D", {"most": 5}), (JSON, "", None), (FORM, "", None),
    ],
)  # fmt: skip
def test_the_whole_query(project: Project, media: str, query: str, found: Any) -> None:
    """As one object, a model where its schema says so."""
    project.document({"/f": {"get": operation("look", parameters=[whole_query(media)])}}, openapi="3.2.0")
    assert project.start().get(f"/f?{query}").json == {"filter": found}


@pytest.mark.parametrize(
    ("media", "query"),
    [(FORM, "most=many"), (JSON, "%7B%22most%22%3A%22many%22%7D"), (JSON, "%7B"), (FORM, "name=%FF"), (JSON, "5")],
)
def test_a_query_that_is_wrong(project: Project, media: str, query: str) -> None:
    """400, told as the parameter that it is."""
    parameters = [whole_query(media, required=True)]
    project.document({"/f": {"get": operation("look", parameters=parameters)}}, openapi="3.2.0")
    client = project.start()
    for wrong in (query, ""):
        answer: Any = client.get(f"/f?{wrong}")
        assert answer.status_code == 400
        assert all(problem["in"] == "querystring" for problem in answer.json["errors"])
        assert answer.json["errors"][0]["name"].startswith("filter")


@pytest.mark.parametrize("media", [FORM, JSON])
def test_the_whole_query_comes_back(media: str) -> None:
    """read(write(x)) == x."""
    paths = {"/f": {"get": {"parameters": [whole_query(media)], "responses": {"200": {"description": ""}}}}}
    made: Operation = api_of({}, "3.2", paths).document.operations[0]
    texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)

    @given(st.fixed_dictionaries({"name": texts}, optional={"most": st.integers(-(2**53), 2**53)}))
    def law(value: dict[str, Any]) -> None:
        read = read_request(made, write_request(made, Arguments(ABSENT, {"filter": value})))
        assert read.parameters["filter"].to_json() == value  # type: ignore[attr-defined]

    law()
