"""The contract between document and code: each way to break it is told once, with its place on both sides."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import pytest
from services import Project, answers, body, operation, project_in, query

from pymacaron.exceptions import BindingError

ORDER = {"$ref": "#/components/schemas/Order"}
CUSTOMER = {"$ref": "#/components/schemas/Customer"}
SCHEMAS: dict[str, Any] = {
    "Order": {"type": "object", "properties": {"id": {"type": "string"}}},
    "Customer": {"type": "object", "properties": {"name": {"type": "string"}}},
    "Loose": {"properties": {"id": {"type": "string"}}},
}
PATH_ID = {"name": "thing_id", "in": "path", "required": True, "schema": {"type": "string"}}
HEADER = """
from __future__ import annotations
import collections.abc, datetime, enum, functools, typing, uuid
from typing import Annotated, Any, Literal, Optional, TYPE_CHECKING, TypedDict, NewType, Union
from pymacaron.exceptions import (AuthMissingHeaderError, ForbiddenError, NotFoundError, PyMacaronException,
    ValidationError, add_error)
from pymacaron import exceptions
from pymacaron.models import Customer, Loose, Order
if TYPE_CHECKING:
    from nowhere import Unknown

TeapotError = add_error("TeapotError", "TEAPOT", 418)
class Colour(enum.Enum):
    RED = "red"
class Size(str, enum.Enum):
    BIG = "big"
"""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with project_in(tmp_path) as made:
        yield made


class Broken(NamedTuple):
    """One operation whose function does not fit: the line of the document (and the one of the code, marked with #!)
    that is told, the fact and the cure."""

    operation: dict[str, Any]
    code: str
    line: str
    fact: str
    cure: str
    path: str = ""  # after that of the row
    method: str = "get"


def given(parameter: dict[str, Any], code: str, annotated: str, cure: str, what: str) -> Broken:
    """A parameter whose annotation can never be true."""
    name = parameter["name"]
    fact = f"parameter '{name}', which arrives as {what}, but handlers.FUNCTION annotates '{name}' as {annotated}"
    return Broken({"parameters": [parameter]}, code, "{", fact, f"annotate it as {cure}, or correct")


def taken(schema: dict[str, Any], code: str, what: str, annotated: str) -> Broken:
    """A body whose annotation can never be true."""
    fact = f"has {what} for a body, but handlers.FUNCTION annotates 'body' as {annotated}"
    return Broken({"requestBody": body(schema)}, code, "requestBody", fact, f"annotate it as {what}", method="post")


def returned(schema: Any, code: str, annotated: str, what: str) -> Broken:
    fact = f"handlers.FUNCTION is annotated to return {annotated}, which is not among the answers of"
    return Broken({"responses": answers(**{"200": schema})}, code, "responses", fact, f"declared are {what}: correct")


BROKEN: dict[str, Broken] = {
    # Functions
    "no function": Broken(
        {"x-bind-server": "handlers.find_al"}, "def find_all(): ... #!", "handlers.find_al",
        "there is no handlers.find_al for", "did you mean 'find_all'?",
    ),
    "no class": Broken(
        {"x-bind-server": "handlers.Thing.find"}, "class Things: #!\n  def find(self): ...", "handlers.Thing.find",
        "there is no handlers.Thing.find", "did you mean 'Things'?",
    ),
    "no module": Broken(
        {"x-bind-server": "handlerz.find"}, "", "handlerz.find", "there is no module 'handlerz' for",
        "did you mean 'handlers'?",
    ),
    "not callable": Broken(
        {"x-bind-server": "handlers.LIMIT"}, "LIMIT = 7 #!", "handlers.LIMIT",
        "handlers.LIMIT is not callable, but of type int", "name a function",
    ),
    "none": Broken(
        {"x-bind-server": "handlers.NOTHING"}, "NOTHING = None #!", "handlers.NOTHING",
        "handlers.NOTHING is not callable, but of type NoneType", "name a function",
    ),
    "unbound": Broken({"operationId": "f"}, "", ": {", "has no function", "add `x-bind-server: package.module"),
    # Decorators
    "no decorator": Broken(
        {"x-decorate-server": "handlers.loged"}, "def logged(f): return f #!\ndef FUNCTION(): ...", "handlers.loged",
        "there is no handlers.loged for", "did you mean 'logged'?",
    ),
    "no decorator of clients": Broken(
        {"x-decorate-request": "handlers.with_kee"}, "def with_key(f): return f #!\ndef FUNCTION(): ...",
        "handlers.with_kee", "there is no handlers.with_kee for calls of", "did you mean 'with_key'?",
    ),
    "a decorator that fails": Broken(
        {"x-decorate-server": "handlers.fails"},
        "def fails(f):\n  raise RuntimeError('no such luck') #!\ndef FUNCTION(): ...", "handlers.fails",
        "the decorator handlers.fails failed for GET PATH: RuntimeError: no such luck", "fix the decorator",
    ),
    "a decorator that returns nothing": Broken(
        {"x-decorate-server": "handlers.forgets"}, "def forgets(f): pass #!\ndef FUNCTION(): ...", "handlers.forgets",
        "the decorator handlers.forgets returned no function", "return the wrapped function",
    ),
    # Parameters
    "not taken": Broken(
        {"parameters": [query("limit")]}, "def FUNCTION(): ... #!", "{",
        "sends the query parameter 'limit', but handlers.FUNCTION does not take it", "add that parameter",
    ),
    "not sent": Broken(
        {}, "def FUNCTION(\n  colour #!\n): ...", ": {", "handlers.FUNCTION requires 'colour', which GET",
        "declare it in the document, give it a default, or remove it",
    ),
    "misspelt": Broken(
        {"parameters": [query("page_size")]}, "def FUNCTION(\n page_sise #!\n): ...", "{",
        "the query parameter 'page_size', but handlers.FUNCTION does not take it",
        "did you mean its parameter 'page_sise'? Use one name for both",
    ),
    "misspelt, with a default": Broken(
        {"parameters": [query("page_size")]}, "def FUNCTION(\n page_sise=3 #!\n): ...", "{",
        "the query parameter 'page_size', but handlers.FUNCTION does not take it",
        "did you mean its parameter 'page_sise'?",
    ),
    "another name in Python": Broken(
        {"parameters": [query("X-Size")]}, "def FUNCTION(): ... #!", "{",
        "the query parameter 'X-Size' as 'x_size', but handlers.FUNCTION does not take it", "add that parameter",
    ),
    "by position only": Broken(
        {"parameters": [PATH_ID]}, "def FUNCTION(thing_id, /): ... #!", "{",
        "sends the path parameter 'thing_id' by name, but handlers.FUNCTION takes it by position", "remove the '/'",
        path="/{thing_id}",
    ),
    "no body": Broken(
        {"requestBody": body(ORDER)}, "def FUNCTION(): ... #!", "requestBody",
        "has a body, but handlers.FUNCTION does not take it", "add a first positional argument", method="post",
    ),
    "a body by name": Broken(
        {"requestBody": body(ORDER)}, "def FUNCTION(*, order=None): ... #!", "requestBody",
        "has a body, but handlers.FUNCTION does not take it", "add a first positional argument", method="post",
    ),
    "a body second": Broken(
        {"parameters": [PATH_ID], "requestBody": body(ORDER)}, "def FUNCTION(\n  thing_id, #!\n  order): ...",
        "requestBody", "sends its body first, where handlers.FUNCTION takes the path parameter 'thing_id'",
        "make 'order' its first parameter", path="/{thing_id}", method="post",
    ),
    "inside functools.wraps": Broken(
        {"parameters": [query("limit")]},
        "def wrapped(f):\n  @functools.wraps(f)\n  def wrapper(*a, **k): return f(*a, **k)\n  return wrapper\n"
        "@wrapped\ndef FUNCTION(): ... #!", "{", "but handlers.FUNCTION does not take it", "add that parameter",
    ),
    "a method": Broken(
        {"x-bind-server": "handlers.shelf.put", "parameters": [query("limit")]},
        "class Shelf:\n  def put(self): ... #!\nshelf = Shelf()", "{", "but handlers.shelf.put does not take it",
        "add that parameter",
    ),
    "functools.partial": Broken(
        {"parameters": [query("limit")]}, "def some(limit): ... #!\nFUNCTION = functools.partial(some)\n"
        "FUNCTION = functools.partial(lambda: {}) #!", "{", "but handlers.FUNCTION does not take it", "add that",
    ),
    # Annotations of parameters
    "int for text": given(query("limit", type="string"), "def FUNCTION(\n limit: int #!\n): ...", "int", "str", "str"),
    "text for int": given(
        query("limit", type="integer"), "def FUNCTION(limit: 'str'): ... #!", "'str'", "int", "int"),
    "boolean for int": given(
        query("limit", type="integer"), "def FUNCTION(limit: Optional[bool] = None): ... #!", "Optional[bool]", "int",
        "int"),
    "text for a moment": given(
        query("at", type="string", format="date-time"), "def FUNCTION(at: str): ... #!", "str", "datetime", "datetime"),
    "a moment for a day": given(
        query("at", type="string", format="date"), "def FUNCTION(at: datetime.datetime): ... #!", "datetime.datetime",
        "date", "date"),
    "UUID for text": given(
        query("key", type="string", format="uuid"), "def FUNCTION(key: uuid.UUID | None): ... #!", "uuid.UUID | None",
        "str", "str"),
    "an enumeration for text": given(
        query("colour", enum=["red"]), "def FUNCTION(colour: Colour): ... #!", "Colour", "str", "str"),
    "a list of numbers for one of texts": given(
        query("ids", type="array", items={"type": "string"}), "def FUNCTION(ids: list[int]): ... #!", "list[int]",
        "list[str]", "list[str]"),
    "text for a list": given(
        query("ids", type="array", items={"type": "string"}), "def FUNCTION(ids: str): ... #!", "str", "list[str]",
        "list[str]"),
    "a number for text or a boolean": given(
        query("limit", type=["string", "boolean", "null"]), "def FUNCTION(limit: Annotated[float, 'x'] = 1): ... #!",
        "Annotated[float, 'x']", "bool | str", "bool | str"),
    "other literals": given(
        query("limit", type="integer"), "def FUNCTION(limit: Literal['a', 'b']): ... #!", "Literal['a', 'b']", "int",
        "int"),
    # Annotations of bodies
    "another model": taken(ORDER, "def FUNCTION(body: Customer): ... #!", "Order", "Customer"),
    "text for a model": taken(ORDER, "def FUNCTION(body: str): ... #!", "Order", "str"),
    "a model for a list of it": taken(
        {"type": "array", "items": ORDER}, "def FUNCTION(body: Order): ... #!", "list[Order]", "Order"),
    "a list of another model": taken(
        {"type": "array", "items": ORDER}, "def FUNCTION(body: collections.abc.Sequence[Customer]): ... #!",
        "list[Order]", "collections.abc.Sequence[Customer]"),
    "a map of another model": taken(
        {"type": "object", "additionalProperties": ORDER}, "def FUNCTION(body: dict[str, Customer]): ... #!",
        "dict[str, Order]", "dict[str, Customer]"),
    "none of the alternatives": taken(
        {"oneOf": [ORDER, CUSTOMER]}, "def FUNCTION(body: Loose): ... #!", "Order | Customer", "Loose"),
    # Annotations of results
    "a model that is no answer": returned(ORDER, "def FUNCTION() -> Customer: ... #!", "Customer", "Order"),
    "a model among answers": returned(ORDER, "def FUNCTION() -> Order | Customer: ... #!", "Customer", "Order"),
    "a model with a status": returned(
        ORDER, "def FUNCTION() -> tuple[Customer, int]: ... #!", "Customer", "Order"),
    "a list of a model that is no answer": returned(
        {"type": "array", "items": ORDER}, "async def FUNCTION() -> list[Customer]: ... #!", "list[Customer]",
        "list[Order]"),
    "a list for one": returned(ORDER, "def FUNCTION() -> list[Order]: ... #!", "list[Order]", "Order"),
    "a number": returned(ORDER, "def FUNCTION() -> int: ... #!", "int", "Order"),
    "nothing": returned(ORDER, "def FUNCTION() -> None: ... #!", "None", "Order"),
}  # fmt: skip


class Seeded(NamedTuple):
    """A row as it is seeded: everything that is expected, with names filled in, and the line of the code."""

    row: Broken
    fact: str
    line: int | None


def seed(project: Project, rows: dict[str, Broken]) -> dict[str, Seeded]:
    """A service with every row in it."""
    paths: dict[str, Any] = {}
    code, seeded = dedent(HEADER), {}
    for number, (name, row) in enumerate(rows.items()):
        function, path = f"f{number}", f"/p{number}{row.path}"
        paths[path] = {row.method: {**operation(function if row.operation != UNBOUND else None), **row.operation}}
        marked = re.search(r"#!(?!.*#!)", row.code, re.DOTALL)
        line = code.count("\n") + row.code.count("\n", 0, marked.start()) + 1 if marked else None
        code += row.code.replace("FUNCTION", function) + "\n"
        fact = row.fact.replace("FUNCTION", function).replace("PATH", path)
        seeded[name] = Seeded(row, fact, line)
    project.functions(code)
    project.document(paths, SCHEMAS)
    return seeded


UNBOUND = {"operationId": "f"}


def findings(project: Project) -> list[str]:
    with pytest.raises(BindingError) as caught:
        project.start()
    return [str(finding) for finding in caught.value.findings]


def test_every_fault_is_found_in_one_start(project: Project) -> None:
    """As many findings as faults, each with the place in the document, the fact, the place in the code, the cure."""
    seeded = seed(project, BROKEN)
    document = (project.folder / "apis" / "shop.yaml").read_text().split("\n")
    told = findings(project)
    for name, (row, fact, line) in seeded.items():
        own = [finding for finding in told if fact in finding]
        assert len(own) == 1, f"{name}: {fact!r} is told {len(own)} times in\n" + "\n".join(told)
        place = re.match(rf"{re.escape(str(project.folder))}/apis/shop.yaml:(\d+):\d+: paths\.", own[0])
        assert place, f"{name}: {own[0]}"
        assert row.line in document[int(place[1]) - 1], f"{name}: {own[0]}"
        assert row.cure in own[0], f"{name}: {own[0]}"
        assert line is None or f"({project.folder}/handlers.py:{line})" in own[0], f"{name}, line {line}: {own[0]}"
    assert len(told) == len(BROKEN) >= 40, "\n".join(told)


# What is only doubtful starts, and is logged

ERROR_CODE = """
def FUNCTION():
    if 1:
        raise NotFoundError("no such order").tell_user("sorry") #!
"""
DOUBTS: dict[str, Broken] = {
    "an error": Broken(
        {}, ERROR_CODE, "responses", "answers GET PATH with NotFoundError (404 NOT_FOUND; FOLDER/handlers.py:LINE), "
        "which the document does not declare", "add '404' to its responses",
    ),
    "an error of the user's": Broken(
        {}, "def FUNCTION():\n return TeapotError('short') #!", "responses",
        "answers GET PATH with TeapotError (418 TEAPOT", "add '418' to its responses",
    ),
    "an error of a module": Broken(
        {}, "async def FUNCTION():\n raise exceptions.ForbiddenError from None #!", "responses",
        "with ForbiddenError (403 FORBIDDEN", "add '403' to its responses",
    ),
    "an error around others": Broken(
        {}, "def FUNCTION():\n try:\n  pass\n except ValidationError:\n  raise NotFoundError('no') #!", "responses",
        "answers GET PATH with NotFoundError (404 NOT_FOUND", "add '404' to its responses",
    ),
    "a class of errors": Broken(
        {"responses": answers(**{"200": {}, "4XX": {}})}, "def FUNCTION():\n raise PyMacaronException('no') #!",
        "responses", "with PyMacaronException (500 SERVER_ERROR", "add '500' to its responses",
    ),
    "a dict for a model": Broken(
        {"requestBody": body(ORDER)}, "def FUNCTION(body: dict[str, Any]): ... #!", "requestBody",
        "GET PATH has Order for a body, but handlers.FUNCTION annotates 'body' as dict[str, Any]",
        "annotate it as Order",
    ),
}  # fmt: skip


def warnings_of(project: Project, caplog: pytest.LogCaptureFixture) -> list[str]:
    with caplog.at_level(logging.WARNING, "pymacaron"):
        project.start()
    return [record.getMessage() for record in caplog.records if record.name.startswith("pymacaron.")]


def test_what_is_doubtful_is_logged(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """Errors that a function raises, and the document does not declare, are told with both places; the service starts.
    So is a body annotated as a dict, which models nearly are."""
    seeded = seed(project, DOUBTS)
    told = warnings_of(project, caplog)
    for name, (row, fact, line) in seeded.items():
        wanted = fact.replace("FOLDER", str(project.folder)).replace("LINE", str(line))
        (own,) = [text for text in told if wanted in text]
        assert own.startswith(f"{project.folder}/apis/shop.yaml:"), name
        assert f"{project.folder}/handlers.py:{line})" in own, name
        assert row.cure in own, name
        assert row.line in own, name
    assert len(told) == len(DOUBTS), "\n".join(told)


def test_warnings_are_remembered(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """A second start says the same, without looking for lines again."""
    seed(project, DOUBTS)
    first = warnings_of(project, caplog)
    caplog.clear()
    project.app = type(project.app)("again")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pymacaron.binding.findings", None)
        assert warnings_of(project, caplog) == first


def test_handlers_that_nobody_uses(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    """x-handlers where every operation names a function of its own says nothing."""
    project.functions("def f(): return {}")
    path = {"x-handlers": "handlers", "get": operation("f"), "put": operation(operationId="f")}
    project.document(
        {"/used": path, "/unused": {**path, "x-handlers": "more", "put": operation("f")}}, {}, **{"x-handlers": "x"}
    )
    told = warnings_of(project, caplog)
    assert ["x-handlers: no operation takes its function from here" in text for text in told] == [True, True]
    assert '"x-handlers": "more"' in told[0]
    assert '"x-handlers": "x"' in told[1]


def test_handlers_that_are_not_there(project: Project) -> None:
    """A module of x-handlers that is missing is told once, where it is named, however many operations want it."""
    project.functions("")
    paths = {f"/{name}": {"get": operation(operationId=name)} for name in "abc"}
    project.document(paths, {}, **{"x-handlers": "handlerz"})
    (told,) = findings(project)
    assert "x-handlers: there is no module 'handlerz' for x-handlers; did you mean 'handlers'?" in told


def test_operations_that_nobody_can_reach(project: Project) -> None:
    """Of two operations whose paths differ in names only, the later is told, with the place of the earlier."""
    project.functions("def f(**names): return 1")
    path = project.document(
        {
            "/things/{a}/parts": {"get": operation("f", parameters=[{**PATH_ID, "name": "a"}])},
            "/things/{b}/parts": {
                "get": operation("f", parameters=[{**PATH_ID, "name": "b"}]),
                "put": operation("f", parameters=[{**PATH_ID, "name": "b"}]),
            },
        }
    )
    (told,) = findings(project)
    earlier = next(n for n, line in enumerate(path.read_text().split("\n"), 1) if '"get"' in line)
    fact = f"GET /things/{{b}}/parts can never be reached: GET /things/{{a}}/parts ({path}:{earlier}:"
    assert fact in told
    assert "takes its requests; remove one of them" in told


# Correct code is left alone


def wrapped(takes: str, returns: str, function: str) -> str:
    """The code of a function inside one that `functools.wraps` says it wraps."""
    inner = f" @functools.wraps(f)\n def wrapper({takes}): return {returns}\n return wrapper\n"
    return f"def decorator(f):\n{inner}@decorator\n{function}"


RIGHT: dict[str, tuple[dict[str, Any], str]] = {
    "a lambda": ({"parameters": [query("limit")]}, "FUNCTION = lambda limit=3: {}"),
    "a partial": (
        {"parameters": [query("limit")]}, "def full(session, limit): ...\nFUNCTION = functools.partial(full, 1)"),
    "a partial by name": (
        {"parameters": [query("limit")]},
        "def full(limit, *, session): ...\nFUNCTION = functools.partial(full, session=1)"),
    "a method": ({"parameters": [query("limit")]}, "class A:\n def get(self, limit: str): ...\nFUNCTION = A().get"),
    "a class method": (
        {"parameters": [query("limit")]}, "class B:\n @classmethod\n def get(cls, limit): ...\nFUNCTION = B.get"),
    "a static method": (
        {"parameters": [query("limit")]}, "class C:\n @staticmethod\n def get(limit): ...\nFUNCTION = C.get"),
    "an object": (
        {"parameters": [query("limit")]}, "class D:\n def __call__(self, limit: str): ...\nFUNCTION = D()"),
    "everything": ({"parameters": [query("limit")], "requestBody": body(ORDER)}, "def FUNCTION(*args, **kwargs): ..."),
    "more with defaults": ({"parameters": [query("limit")]}, "def FUNCTION(limit, colour='red', *, size=None): ..."),
    "a coroutine": ({"parameters": [query("limit")], "requestBody": body(ORDER)},
                    "async def FUNCTION(order: Order, limit: str | None = None) -> Order | None: ..."),
    "a generator": ({}, "def FUNCTION() -> typing.Iterator[bytes]:\n yield b''"),
    "in C": ({}, "FUNCTION = print"),
    "in C without a signature": ({"parameters": [query("limit")]}, "FUNCTION = dict"),
    "wraps": (
        {"parameters": [query("limit")], "requestBody": body(ORDER)},
        wrapped("*a, **k", "f(*a, **k)", "def FUNCTION(order, limit): ...")),
    "wraps that adds by name": (
        {"parameters": [query("limit")]},
        wrapped("*a, **k", "f(*a, session=1, **k)", "def FUNCTION(limit, session): ...")),
    "wraps that adds by position": (
        {"parameters": [query("limit")]},
        wrapped("*a, **k", "f(object(), *a, **k)", "def FUNCTION(session, limit): ...")),
    "wraps that takes away": (
        {"parameters": [query("limit")]},
        wrapped("*a, limit=1, **k", "f(*a, **k)[:limit]", "def FUNCTION(): ...")),
    "wraps that converts": (
        {"requestBody": body(ORDER), "responses": answers(**{"200": ORDER})},
        wrapped("o", "Order(**f(dict(o)))", "def FUNCTION(order: dict) -> Customer: ...")),
    "a decorator of the document that converts": (
        {"requestBody": body(ORDER), "x-decorate-server": "handlers.unpack"},
        "def unpack(f):\n return lambda o: f(1)\ndef FUNCTION(order: int): ..."),
    "a signature of its own": ({"parameters": [query("limit")]},
        "import inspect\ndef FUNCTION(*args): ...\nFUNCTION.__signature__ = inspect.signature(lambda limit: 0)"),
    # Annotations
    "names for type checkers": (
        {"parameters": [query("limit", type="integer")], "requestBody": body(ORDER)},
        "def FUNCTION(body: Unknown, limit: 'list[Unknown]') -> Unknown: ..."),
    "None by default": ({"parameters": [query("limit", type="integer")]}, "def FUNCTION(limit: int = None): ..."),
    "a wider type": ({"parameters": [query("limit", type="integer")]}, "def FUNCTION(limit: float | str): ..."),
    "any": ({"parameters": [query("limit", type="integer")]}, "def FUNCTION(limit: Any) -> object: ..."),
    "a narrower type": ({"parameters": [query("limit", type=["integer", "string"])]}, "def FUNCTION(limit: int): ..."),
    "number": ({"parameters": [query("limit", type="number")]}, "def FUNCTION(limit: int): ..."),
    "text of an enumeration": (
        {"parameters": [query("size", type="string")]}, "def FUNCTION(size: Size, more: Literal['a'] = 'a'): ..."),
    "a literal": ({"parameters": [query("size", enum=["a", "b"])]}, "def FUNCTION(size: Literal['a', 'b']): ..."),
    "a new type": ({"parameters": [query("limit", type="integer")]},
                   "Limit = NewType('Limit', int)\ndef FUNCTION(limit: Limit): ..."),
    "a type variable": ({"parameters": [query("limit", type="integer")]},
                        "T = typing.TypeVar('T')\ndef FUNCTION(limit: T) -> T: ..."),
    "annotated": ({"parameters": [query("limit", type="integer")]}, "def FUNCTION(limit: Annotated[int, 'more']): ..."),
    "a moment": ({"parameters": [query("at", type="string", format="date-time")]},
                 "def FUNCTION(at: datetime.date | None): ..."),
    "lists": ({"parameters": [query("ids", type="array", items={"type": "integer"})]},
              "def FUNCTION(ids: typing.Sequence[int]): ..."),
    "iterables": ({"parameters": [query("ids", type="array", items={"type": "integer"})]},
              "def FUNCTION(ids: collections.abc.Iterable[float]): ..."),
    "a protocol": ({"requestBody": body(ORDER)},
                   "class HasId(typing.Protocol):\n id: str\ndef FUNCTION(order: HasId): ..."),
    "a namesake": ({"requestBody": body(ORDER)}, "def FUNCTION(order: Optional['Order']): ..."),
    "a body that is anything": ({"requestBody": body({})}, "def FUNCTION(order: int): ..."),
    "an alternative": ({"requestBody": body({"oneOf": [ORDER, CUSTOMER]})}, "def FUNCTION(body: Customer): ..."),
    "a loose object": ({"requestBody": body({"$ref": "#/components/schemas/Loose"})}, "def FUNCTION(body: Loose): ..."),
    "text of a loose object": (
        {"requestBody": body({"$ref": "#/components/schemas/Loose"})}, "def FUNCTION(body: str): ..."),
    "a typed dict": ({"requestBody": body({"type": "object", "additionalProperties": {"type": "string"}})},
                     "class TD(TypedDict):\n id: str\ndef FUNCTION(body: TD): ..."),
    "bytes": (
        {"requestBody": {"content": {"application/octet-stream": {}}}}, "def FUNCTION(body: typing.BinaryIO): ..."),
    # Results
    "the model": ({"responses": answers(**{"200": ORDER})}, "def FUNCTION() -> Order: ..."),
    "a dict": ({"responses": answers(**{"200": ORDER})}, "def FUNCTION() -> dict[str, Any]: ..."),
    "models in a list": (
        {"responses": answers(**{"200": {"type": "array", "items": ORDER}})},
        "def FUNCTION() -> list[Order | Customer]: ..."),
    "dicts in a list": (
        {"responses": answers(**{"200": {"type": "array", "items": ORDER}})}, "def FUNCTION() -> list[dict]: ..."),
    "a status": ({"responses": answers(**{"201": ORDER})}, "def FUNCTION() -> tuple[Order, int]: ..."),
    "one of the errors": (
        {"responses": answers(**{"200": ORDER, "default": CUSTOMER})}, "def FUNCTION() -> Order | Customer: ..."),
    "nothing": ({"responses": answers(**{"204": None})}, "def FUNCTION() -> None: ..."),
    "text": ({"responses": answers(**{"200": ORDER})}, "def FUNCTION() -> str: ..."),
    "a class of the user's": ({"responses": answers(**{"200": ORDER})}, "class Mine: ...\ndef FUNCTION() -> Mine: ..."),
    "an awaitable": ({"responses": answers(**{"200": ORDER})}, "def FUNCTION() -> typing.Awaitable[Order]: ..."),
    # Errors
    "a declared error": ({"responses": answers(**{"200": {}, "404": {}})}, "def FUNCTION(): raise NotFoundError('x')"),
    "a declared class of errors": (
        {"responses": answers(**{"200": {}, "4XX": {}})}, "def FUNCTION(): raise exceptions.NotFoundError('x')"),
    "any declared error": (
        {"responses": answers(**{"200": {}, "default": {}})}, "def FUNCTION(): return TeapotError()"),
    "an error that is caught": (
        {}, "def FUNCTION():\n try:\n  raise NotFoundError('x')\n except PyMacaronException:\n  return {}"),
    "an error that may be caught": (
        {}, "def FUNCTION():\n try:\n  raise NotFoundError('x')\n except expected():\n  return {}"),
    "an error in a function inside": ({}, "def FUNCTION():\n def inner(): raise NotFoundError('x')\n return {}"),
    "a name that is another": ({}, "def FUNCTION(NotFoundError=ValueError): raise NotFoundError('x')"),
    "what only looks": ({}, "def FUNCTION(): return NotFoundError"),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_correct_code_is_left_alone(project: Project, caplog: pytest.LogCaptureFixture, name: str) -> None:
    """Functions in all shapes start without a word."""
    more, code = RIGHT[name]
    project.functions(dedent(HEADER) + code.replace("FUNCTION", "function"))
    project.document({"/thing": {"post": operation("function", **more)}}, SCHEMAS)
    assert warnings_of(project, caplog) == []
