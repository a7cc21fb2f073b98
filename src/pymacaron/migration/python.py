"""What must change in Python files."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Container, Iterator, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

from pymacaron.names import suggest

from .files import File
from .names import (
    ATTRIBUTES,
    BUILTINS_OF_PYTHON_2,
    CONNEXION_ARGUMENTS,
    METHODS,
    METHODS_OF_BRAVADO,
    METHODS_OF_CONNEXION,
    METHODS_OF_PYDANTIC,
    NAMES,
    OF_FASTAPI,
    OF_STARLETTE,
    known,
)  # fmt: skip
from .rules import Change, Edit, Known
from .source import Source, Use

Names: TypeAlias = Mapping[str, Known]
_NOT_THERE = object()
_DYNAMIC = "pymacaron.models."  # what is there is what the documents say
_TOKENS = {"pymacaron.auth.generate_token", "jwt.encode"}  # text since PyJWT 2
_NAIVE = {"datetime.datetime.now", "datetime.datetime.utcnow"}
_HTTP = {"get", "put", "post", "delete", "patch", "head", "options"}


def in_python(file: File, source: Source, kinds: Container[str]) -> Iterator[Change]:
    """What must change in a Python file of a project of these kinds."""
    names = NAMES | (OF_FASTAPI if "fastapi" in kinds else OF_STARLETTE if "connexion" in kinds else {})
    yield from _fault(file, source)
    for use in source.imports:
        yield from _import(file, source, use, names)
    imported = {use.dotted for use in source.imports}
    for use in source.uses():
        yield from _use(file, use, imported, names)
    yield from _builtins(file, source)
    yield from _methods(file, source, kinds)
    yield from _asgi(file, source, kinds)
    yield from _calls(file, source, kinds)
    yield from _routes(file, source)


def _fault(file: File, source: Source) -> Iterator[Change]:
    """What Python 3 cannot read."""
    if source.fault is None:
        return
    at, fact = source.fault
    if source.is_python_2:
        cure = "write it as Python 3: `2to3`, which Python has until 3.12, does most of that"
        yield file.change("python-2", at, f"Python 3 cannot read it: {fact}", cure)
    else:
        cure = "mend it, or leave it out; only its imports were looked at"
        yield file.change("unread", at, f"Python cannot read it: {fact}", cure)


def _import(file: File, source: Source, use: Use, names: Names) -> Iterator[Change]:
    found = known(use.dotted, names)
    if found is not None:
        change = _told(file, use, found[1])
        yield change._replace(edit=_renamed(file, source, use, found[1]))
    elif use.dotted.startswith("pymacaron."):
        yield from _of_ours(file, use)


def _use(file: File, use: Use, imported: set[str], names: Names) -> Iterator[Change]:
    """An attribute, if more is known of it than of what was imported."""
    found = known(use.dotted, names)
    if found is not None:
        if found[0] not in imported and known(found[0].rpartition(".")[0], names) != found:
            yield _told(file, use, found[1])
    elif use.dotted.startswith("pymacaron.") and use.dotted not in imported:
        yield from _of_ours(file, use)


def _told(file: File, use: Use, what: Known) -> Change:
    return file.change(what.rule, use.at, f"{use.dotted} {what.fact}", what.cure)


def _renamed(file: File, source: Source, use: Use, what: Known) -> Edit | None:
    """The statement with the new name, where it imports one name, on one line."""
    node = use.statement
    if what.new is None or not isinstance(node, ast.ImportFrom) or use.alias is None or len(node.names) != 1:
        return None
    start, end = source.at(node), source.end(node)
    if node.lineno != node.end_lineno:
        return None
    module, _, name = what.new.rpartition(".")
    local = use.alias.asname or use.alias.name
    text = f"from {module} import {name}" + ("" if local == name else f" as {local}")
    return Edit(file.path, start, end, text)


def _of_ours(file: File, use: Use) -> Iterator[Change]:
    """A name of pymacaron, held against the one that is installed."""
    if use.dotted.startswith(_DYNAMIC) or use.dotted.rpartition(".")[2] == "*":
        return
    _, missing, near = _ours(use.dotted)
    if missing:
        yield file.change("import", use.at, f"pymacaron has no {missing}", near or "docs/api.md has all names")


def _ours(dotted: str) -> tuple[Any, str | None, str | None]:
    """What a dotted name of pymacaron is; or the part that is not there, and what it may be meant for."""
    found: Any = import_module("pymacaron")
    done = "pymacaron"
    for step in dotted.split(".")[1:]:
        if not inspect.ismodule(found):
            return None, None, None  # of a class, or an object: what it has, its users know
        inner = getattr(found, step, _NOT_THERE)
        if inner is _NOT_THERE and hasattr(found, "__path__"):
            inner = _submodule(f"{done}.{step}")
        if inner is _NOT_THERE:
            return None, f"{done}.{step}", suggest(step, [name for name in dir(found) if name[0] != "_"])
        found, done = inner, f"{done}.{step}"
    return found, None, None


def _submodule(name: str) -> Any:
    """A module of ours; None if it is there, and a library that it needs is not."""
    if find_spec(name) is None:
        return _NOT_THERE
    try:
        return import_module(name)
    except ImportError:
        return None


def _builtins(file: File, source: Source) -> Iterator[Change]:
    own = source.own | source.aliases.keys()
    for node in source.nodes:
        if isinstance(node, ast.Name) and node.id in BUILTINS_OF_PYTHON_2 and node.id not in own:
            cure = f"in Python 3 it is {BUILTINS_OF_PYTHON_2[node.id]}"
            yield file.change("python-2", source.at(node), f"{node.id} is Python 2", cure)


def _calls(file: File, source: Source, kinds: Container[str]) -> Iterator[Change]:
    for call in source.calls():
        yield from _of_connexion(file, source, call) if "connexion" in kinds else ()
        if isinstance(call.func, ast.Attribute):
            yield from _decoded(file, source, call.func)
            if "fastapi" in kinds and call.func.attr in METHODS_OF_PYDANTIC:
                at, name = source.last(call.func), call.func.attr
                yield file.change("call", at, f"{name}() is pydantic's", f"models have {METHODS_OF_PYDANTIC[name]}")
        dotted = source.dotted(call.func)
        if dotted == "yaml.load" and len(call.args) + len(call.keywords) == 1:
            fact, cure = "yaml.load() without a loader is gone", "write yaml.safe_load()"
            yield file.change("removed", source.at(call), fact, cure)
        elif dotted == "jwt.decode" and len(call.args) < 3 and "algorithms" not in {one.arg for one in call.keywords}:
            cure = "write algorithms=[…]; or let pymacaron.auth.load_auth_token() verify it"
            yield file.change("removed", source.at(call), "jwt.decode() without algorithms is gone", cure)
        elif dotted in _NAIVE and not call.args and not call.keywords:
            cure = "write datetime.now(UTC): a date-time in an answer has an offset"
            yield file.change("naive-time", source.at(call), f"{dotted}() is a time without a zone", cure)
        elif dotted and dotted.startswith("pymacaron."):
            yield from _arguments_of_ours(file, source, call, dotted)


def _methods(file: File, source: Source, kinds: Container[str]) -> Iterator[Change]:
    bravado = METHODS_OF_BRAVADO.keys() - source.own
    for node in source.nodes:
        if not isinstance(node, ast.Attribute):
            continue
        name = node.attr
        if name in METHODS:
            what = METHODS[name]
            yield file.change(what.rule, source.last(node), f"{name}() {what.fact}", what.cure)
        elif name in ATTRIBUTES and isinstance(node.ctx, ast.Store):
            what = ATTRIBUTES[name]
            yield file.change(what.rule, source.last(node), f"{name} {what.fact}", what.cure)
        elif name in bravado and "pymacaron" in kinds:
            cure = f"models have {METHODS_OF_BRAVADO[name]}"
            yield file.change("call", source.last(node), f"{name}() is bravado's", cure)


def _asgi(file: File, source: Source, kinds: Container[str]) -> Iterator[Change]:
    """Middleware for ASGI, by what it is called with."""
    for node in source.nodes if "connexion" in kinds or "fastapi" in kinds else ():
        if isinstance(node, ast.AsyncFunctionDef) and {"receive", "send"} <= {one.arg for one in node.args.args}:
            cure = "write def __call__(self, environ, start_response), and app.wsgi_app = ….(app.wsgi_app)"
            yield file.change("call", source.at(node), f"{node.name} is called as ASGI is; pymacaron is WSGI", cure)


def _of_connexion(file: File, source: Source, call: ast.Call) -> Iterator[Change]:
    dotted = call.func.attr if isinstance(call.func, ast.Attribute) else source.dotted(call.func) or ""
    name = dotted.rpartition(".")[2]
    if name in METHODS_OF_CONNEXION:
        yield file.change("call", source.at(call), f"{name}() is connexion's", METHODS_OF_CONNEXION[name])
    for one in call.keywords if name in {"add_api", "App", "FlaskApp", "AsyncApp", "test_client"} else ():
        if one.arg in CONNEXION_ARGUMENTS:
            at = source.at(one.value)
            yield file.change("call", at, f"{name}({one.arg}=…) is connexion's", CONNEXION_ARGUMENTS[one.arg])


def _decoded(file: File, source: Source, used: ast.Attribute) -> Iterator[Change]:
    """Tokens that are decoded, as if they were bytes."""
    made = used.value
    if isinstance(made, ast.Name):
        made = source.assigned(made.id) or made
    if used.attr == "decode" and isinstance(made, ast.Call) and source.dotted(made.func) in _TOKENS:
        fact = "tokens are text since PyJWT 2, and have no decode()"
        yield file.change("removed", source.last(used), fact, "leave .decode(…) out")


def _arguments_of_ours(file: File, source: Source, call: ast.Call, dotted: str) -> Iterator[Change]:
    """Arguments by name that a function or a class of ours does not take."""
    if dotted.startswith(_DYNAMIC):
        return
    found, _, _ = _ours(dotted)
    try:
        taken = inspect.signature(found).parameters
    except (TypeError, ValueError):  # nothing that can be called, or of a class that says nothing of it
        return
    if any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values()):
        return
    for one in call.keywords:
        if one.arg is not None and one.arg not in taken:
            cure = suggest(one.arg, taken) or f"it takes {', '.join(taken)}"
            yield file.change("call", source.at(one.value), f"{dotted}() takes no {one.arg}", cure)


def _routes(file: File, source: Source) -> Iterator[Change]:
    for at, title, function in routes_of(file, source):
        cure = f"name it in the document, `x-bind-server: {function}`, and take the decorator away"
        yield file.change("route", at, f"{title} is a route of FastAPI", cure)


def routes_of(file: File, source: Source) -> Iterator[tuple[int, str, str]]:
    """The routes of FastAPI in a file: where, "GET /orders", the function's dotted name."""
    if not any(dotted.startswith("fastapi") for dotted in source.aliases.values()):
        return
    prefixes = dict(_prefixes(source))
    functions = (one for one in source.nodes if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    for node in functions:
        for one in node.decorator_list:
            route = _route(one)
            if route is not None:
                owner, method, path = route
                yield source.at(one), f"{method} {prefixes.get(owner, '')}{path}", f"{file.module}.{node.name}"


def _route(decorator: ast.expr) -> tuple[str, str, str] | None:
    """Of `@app.get("/orders")`, ("app", "GET", "/orders")."""
    match decorator:
        case ast.Call(ast.Attribute(owner, method), [ast.Constant(str(path)), *_]) if method in _HTTP:
            return owner.id if isinstance(owner, ast.Name) else "", method.upper(), path
    return None


def _prefixes(source: Source) -> Iterator[tuple[str, str]]:
    """The prefixes of routers: of `router = APIRouter(prefix="/v1")`, ("router", "/v1")."""
    for node in source.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            for one in node.value.keywords:
                if one.arg == "prefix" and isinstance(one.value, ast.Constant):
                    yield from ((name.id, str(one.value.value)) for name in node.targets if isinstance(name, ast.Name))
