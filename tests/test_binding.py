"""Functions are found, checked against the document and decorated, before anything is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from services import Project, body, operation, project_in, query

from pymacaron.exceptions import BindingError


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made


def findings(project: Project, **options: Any) -> list[str]:
    with pytest.raises(BindingError) as caught:
        project.start(**options)
    return [str(finding) for finding in caught.value.findings]


# Where a function is named


@pytest.mark.parametrize(
    ("more", "document"),
    [
        ({"x-bind-server": "handlers.get_thing"}, {}),
        ({"x-bind-server": "handlers.Things.get"}, {}),
        ({"operationId": "handlers.get_thing"}, {}),
        ({"operationId": "get_thing"}, {"x-handlers": "handlers"}),
        ({"operationId": "getThing"}, {"x-handlers": "handlers"}),
        ({"operationId": "things/get-thing"}, {"x-handlers": "handlers"}),
        ({"operationId": "nowhere", "x-bind-server": "handlers.get_thing"}, {"x-handlers": "nowhere"}),
    ],
)
def test_the_ways_to_name_a_function(project: Project, more: dict[str, str], document: dict[str, str]) -> None:
    """x-bind-server goes first; then x-handlers with the operationId, as it is or in snake_case; then one with dots."""
    project.functions(
        """
        def get_thing():
            return {"found": True}

        things_get_thing = get_thing

        class Things:
            get = staticmethod(get_thing)
        """
    )
    project.document({"/thing": {"get": {**operation(), **more}}}, None, **document)
    assert project.start().get("/thing").json == {"found": True}


def test_what_x_handlers_needs(project: Project) -> None:
    """An operation without an operationId that x-handlers could look for is told so."""
    project.functions("def f(): pass\n")
    unnamed = {key: value for key, value in operation("f").items() if key != "x-bind-server"}
    project.document({"/thing": {"get": unnamed}}, None, **{"x-handlers": "handlers"})
    (finding,) = findings(project)
    assert "add an `operationId`, the name of its function in handlers, or" in finding


def test_x_handlers_of_a_path(project: Project) -> None:
    """x-handlers on a path goes before that of the document, and a function called as the operationId is preferred."""
    project.functions("def getThing(): return 1\ndef get_thing(): return 2", "other")
    project.document(
        {"/thing": {"x-handlers": "other", "get": operation(operationId="getThing")}},
        None,
        **{"x-handlers": "handlers"},
    )
    assert project.start().get("/thing").json == 1


def test_what_we_do_not_serve(project: Project) -> None:
    """With x-no-bind-server a route of the application answers."""
    project.document({"/thing": {"get": operation(x_no_bind_server=True)}})
    project.app.add_url_rule("/thing", view_func=lambda: "by Flask")
    assert project.start().get("/thing").text == "by Flask"


# What is wrong is told all at once

FUNCTIONS = """
from pymacaron.exceptions import PyMacaronException

def list_things(limit): return []
def no_parameter(): return {}
def no_body(): return {}
def misspelt(page_sise): return {}
def wants_more(thing_id, colour): return {}
def wants_less(*, thing_id, colour="red"): return {}
def positional_only(thing_id, /): return {}
def takes_everything(*args, **kwargs): return {}
def right(thing_id): return {}
number = 7
def breaks(function): raise RuntimeError("no such luck")
def returns_nothing(function): return None
"""


def test_everything_that_does_not_fit(project: Project) -> None:
    """One start tells every mismatch: where it is, what it is, and what would mend it."""
    project.functions(FUNCTIONS)
    project.functions("import no_such_library", "broken")
    project.functions("def f(:\n    pass", "unreadable")
    project.functions("1 / 0", "dividing")
    thing = {"parameters": [{"name": "thing_id", "in": "path", "required": True, "schema": {}}]}
    project.document(
        {
            "/near": {"get": operation("list_thing")},
            "/far": {"get": operation("zzz")},
            "/nowhere": {"get": operation(x_bind_server="nowhere.at.all")},
            "/unbound": {"get": operation()},
            "/number": {"get": operation("number")},
            "/broken": {"get": operation(x_bind_server="broken.f"), "put": operation(x_bind_server="broken.g")},
            "/unreadable": {"get": operation(x_bind_server="unreadable.f")},
            "/dividing": {"get": operation(x_bind_server="dividing.f"), "put": operation(x_bind_server="dividing.g")},
            "/limit": {"get": operation("no_parameter", parameters=[query("limit")])},
            "/body": {"post": operation("no_body", requestBody=body({}))},
            "/misspelt": {"get": operation("misspelt", parameters=[query("page_size")])},
            "/things/{thing_id}": {
                **thing,
                "get": operation("wants_more"),
                "put": operation("wants_less"),
                "patch": operation("positional_only"),
                "post": operation("takes_everything", requestBody=body({})),
                "delete": operation("right", x_decorate_server="handlers.no_decorator"),
            },
            "/decorated": {
                "get": operation("list_things", parameters=[query("limit")], x_decorate_server="handlers.breaks"),
                "put": operation("takes_everything", x_decorate_server="handlers.returns_nothing"),
                "post": operation("takes_everything", x_decorate_server="handlers.number"),
            },
            "/later": {"get": operation("takes_everything", x_decorate_server="pymacaron.auth.requires_auth")},
            "/locked": {"get": operation("takes_everything", security=[{"key": []}])},
        },
        {
            "Child": {"type": "object", "properties": {"a": {}}, "x-parent": "handlers.NoParent"},
            "Orphan": {"type": "object", "properties": {"a": {}}, "x-parent": "nowhere.Parent"},
            "Numbered": {"type": "object", "properties": {"a": {}}, "x-parent": "handlers.number"},
            "Kept": {"type": "object", "properties": {"a": {}}, "x-persist": "handlers.PyMacaronExceptio"},
        },
    )
    document = project.folder / "apis" / "shop.yaml"
    text = document.read_text()
    added = text.replace(
        '"schemas"', '"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}},\n"schemas"'
    )
    document.write_text(added)
    told = findings(project)
    assert all(finding.startswith(f"{project.folder}/") for finding in told), told
    for number, line in enumerate(EXPECTED):
        wanted = line.replace("FOLDER", str(project.folder))
        assert sum(wanted in finding for finding in told) == 1, (number, wanted, "\n".join(told))
    assert len(told) == len(EXPECTED), "\n".join(told)


EXPECTED = [
    "there is no handlers.list_thing for GET /near (FOLDER/handlers.py:4); did you mean 'list_things'?",
    "there is no handlers.zzz for GET /far (FOLDER/handlers.py)",
    "there is no module 'nowhere.at' for GET /nowhere; write package.module.function, with the folder of the package",
    "GET /unbound has no function; add `x-bind-server: package.module.function`",
    "paths./number.get.x-bind-server: handlers.number is not callable, but of type int (FOLDER/handlers.py:13); name a",
    "paths./decorated.post.x-decorate-server: handlers.number is not callable, but of type int (FOLDER/handlers.py:13)",
    "importing broken for GET /broken failed: ModuleNotFoundError: No module named 'no_such_library' (FOLDER/broken",
    "importing unreadable for GET /unreadable failed: SyntaxError: invalid syntax (FOLDER/unreadable.py:1)",
    "importing dividing for GET /dividing failed: ZeroDivisionError: division by zero (FOLDER/dividing.py:1)",
    "GET /limit sends the query parameter 'limit', but handlers.no_parameter does not take it (FOLDER/handlers.py:5);",
    "POST /body has a body, but handlers.no_body does not take it (FOLDER/handlers.py:6); add a first positional",
    "handlers.misspelt does not take it (FOLDER/handlers.py:7); did you mean its parameter 'page_sise'? Use one name",
    "handlers.wants_more requires 'colour', which GET /things/{thing_id} does not send (FOLDER/handlers.py:8); declare",
    "but handlers.positional_only takes it by position only (FOLDER/handlers.py:10); remove the '/' from its param",
    "there is no handlers.no_decorator for DELETE /things/{thing_id}",
    "the decorator handlers.breaks failed for GET /decorated: RuntimeError: no such luck (FOLDER/handlers.py:14)",
    "the decorator handlers.returns_nothing returned no function (FOLDER/handlers.py:15); return the wrapped function",
    "GET /later requires a token, but no key to verify tokens is configured; set jwt_secret, jwt_public_key or",
    "GET /locked requires key, but nothing verifies it; write a function of (key), and pass it: API(verifiers={'key': ",
    "x-parent: there is no handlers.NoParent",
    "x-parent: nowhere.Parent cannot be imported",
    "x-parent: handlers.number is not a class",
    "x-persist: there is no handlers.PyMacaronExceptio; did you mean 'PyMacaronException'?",
]


def test_places(project: Project) -> None:
    """What does not fit has its line and column in the document, and its line in the code."""
    module = project.functions("\n\ndef f(\n    y,\n):\n    return 1\n")
    paths = {"/a": {"get": operation("f", parameters=[query("y"), query("x")])}, "/b": {"get": operation("g")}}
    path = project.document(paths)
    misfit, missing = findings(project)
    assert misfit.startswith(f"{path}:{_line(path, QUOTED_X) - 1}:")
    assert f"({module}:3)" in misfit
    assert missing.startswith(f"{path}:{_line(path, 'handlers.g')}:")
    assert '"x-bind-server": "handlers.g"' in missing


QUOTED_X = '"name": "x"'


def _line(path: Path, text: str) -> int:
    """The first line, counted from 1, that holds a text."""
    return next(number for number, line in enumerate(path.read_text().split("\n"), 1) if text in line)


def test_a_module_that_fails_is_told_once_and_imported_once(project: Project) -> None:
    """However many operations want something of it."""
    project.functions("print('imported')\nraise ValueError('no database')")
    project.document({f"/{name}": {"get": operation(name)} for name in "abc"})
    (told,) = findings(project)
    assert "importing handlers for GET /a failed: ValueError: no database" in told


def test_the_import_of_a_model_too_early(project: Project) -> None:
    """A model that no document defines is missed where the user's module asks for it."""
    module = project.functions("from pymacaron.models import Thing, Thong")
    project.document({"/a": {"get": operation("f")}}, {"Thing": {"type": "object", "properties": {"a": {}}}})
    (told,) = findings(project)
    assert "there is no model 'Thong'; did you mean 'Thing'?" in told
    assert f"({module}:1)" in told


# Decorators


def test_a_decorator_wraps_the_function(project: Project) -> None:
    """It sees what the function gets, and may answer itself; the arguments are those of the function inside, though
    the wrapper hides them."""
    project.functions(
        """
        def with_count(function):
            def wrapper(*args, **kwargs):
                return {"inner": function(*args, **kwargs), "given": sorted(kwargs)}
            return wrapper

        def find(limit, page=1):
            return [limit, page]

        async def find_async(limit, page=1):
            return [limit, page]
        """
    )
    parameters = [query("limit", type="integer"), query("page", type="integer")]
    found = operation("find", parameters=parameters, x_decorate_server="handlers.with_count")
    project.document({"/things": {"get": found}})
    client = project.start()
    assert client.get("/things").json == {"inner": [None, 1], "given": ["limit"]}
    assert client.get("/things?limit=2&page=3").json == {"inner": [2, 3], "given": ["limit", "page"]}


def test_a_decorated_coroutine_function(project: Project) -> None:
    """A wrapper that hands on what an `async def` returns is awaited all the same."""
    project.functions(
        """
        def hands_on(function):
            return lambda **kwargs: function(**kwargs)

        async def find():
            return {"found": True}
        """
    )
    project.document({"/things": {"get": operation("find", x_decorate_server="handlers.hands_on")}})
    assert project.start().get("/things").json == {"found": True}
