"""Functions for operations that have none, at the end of the modules that the documents name; what they import comes
below the imports that are there."""

from __future__ import annotations

import ast
import io
import keyword
import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pymacaron.binding.signatures import takes_body
from pymacaron.operations import Operation
from pymacaron.pool import LoadedApi

from .annotations import Catalogue
from .functions import Modules, Place, place_of
from .text import NONE, merged, union
from .values import Values, successes, summary

_MARKED = re.compile(r"‹(?:@\w+:)?(\w+)›")
_MODEL = re.compile(r"‹@\w+:(\w+)›")
_FROM = {"datetime": "datetime", "date": "datetime", "Any": "typing", "Literal": "typing", "Upload": "pymacaron.bodies",
         "BodyStream": "pymacaron.bodies", "UnsetType": "msgspec"}  # fmt: skip
_ERROR = "from pymacaron.exceptions import NotWrittenError"


class Skeleton(NamedTuple):
    """What is added to a file: lines that import, and functions."""

    path: str
    imports: list[str]
    functions: list[str]
    names: list[str]


def skeletons(apis: Iterable[LoadedApi], modules: Modules) -> list[Skeleton]:
    """What every file lacks. An operation that names no function, or one that is there in any way, needs nothing."""
    apis = list(apis)
    catalogue = Catalogue(apis)
    lacking: dict[str, dict[str, Operation]] = {}
    for operation in (one for api in apis for one in api.document.operations):
        place = place_of(operation, modules)
        if place is not None and _is_missing(place, modules):
            lacking.setdefault(place.module, {}).setdefault(place.name, operation)
    return [_skeleton(module, found, catalogue, modules) for module, found in lacking.items()]


def _is_missing(place: Place, modules: Modules) -> bool:
    parent = Place(*place.module.rpartition(".")[::2]) if "." in place.module else None
    if parent is not None and modules.statement(parent) is not None:
        return False  # a class, say, whose methods are not looked at
    path = modules.file(place.module)
    unreadable = path is not None and modules.tree(path) is None
    return not unreadable and place.name.isidentifier() and modules.statement(place) is None


def _skeleton(module: str, found: dict[str, Operation], catalogue: Catalogue, modules: Modules) -> Skeleton:
    path = modules.file(module) or os.path.join(modules.roots[0], *module.split(".")) + ".py"
    marked = [_function(name, operation, catalogue) for name, operation in found.items()]
    used = {name for text in marked for name in _MARKED.findall(text)}
    models = {name for text in marked for name in _MODEL.findall(text)}
    lines: list[str] = [f"from {_FROM[name]} import {name}" for name in sorted(used) if name in _FROM]
    lines += [_ERROR, *(f"from pymacaron.models import {name}" for name in sorted(models))]
    wanted = [line for line in lines if modules.statement(Place(module, line.rpartition(" ")[2])) is None]
    return Skeleton(path, wanted, [_MARKED.sub(r"\1", text) for text in marked], list(found))


def _function(name: str, operation: Operation, catalogue: Catalogue) -> str:
    values = Values(catalogue, operation, given=False)
    arguments = list(_arguments(operation, values))
    answers = successes(operation)
    result = values.answers(answers) if answers else "‹Any›"
    told = f"{operation.title} is not written yet"
    return (
        f'def {name}({", ".join(arguments)}) -> {result}:\n    """{summary(operation)}"""\n'
        f"    raise NotWrittenError({told!r})\n"
    )


def _arguments(operation: Operation, values: Values) -> Iterator[str]:
    sent = {one.argument for one in operation.parameters}
    if takes_body(operation):
        body = next(name for name in ("body", "request", "payload", "body_") if name not in sent)
        marked = values.body()
        yield f"{body}: {marked if operation.body_required else union([marked, NONE])}"
    for one in operation.parameters:
        marked = values.parameter(one)
        is_sent = one.required or "default" in one.schema.value
        assert not keyword.iskeyword(one.argument), "it is an identifier"
        yield f"{one.argument}: {marked if is_sent else union([marked, NONE])}"


def completed(skeleton: Skeleton) -> str:
    """The text of the file with what it lacks: imports below those that it has, functions at its end.

    Raises:
        OSError, UnicodeDecodeError: the file cannot be read.
    """
    text = ""
    if os.path.exists(skeleton.path):
        with open(skeleton.path, encoding="utf-8", newline="") as file:
            text = file.read()
    functions = "\n\n\n".join(one.rstrip() for one in skeleton.functions) + "\n"
    imports = "".join(f"{line}\n" for line in merged(skeleton.imports))
    if not text.strip():
        return f'"""Functions of the service."""\n\nfrom __future__ import annotations\n\n{imports}\n\n{functions}'
    above, below = _parted(text)
    if imports:
        above += "" if above.endswith(("\n", "\r")) or not above else "\n"
        above += "\n" if above.rstrip().endswith(("'''", '"""')) else ""
        imports += "\n" if below.strip() and not below.startswith(("\n", "\r")) else ""
    return f"{above}{imports}{below}".rstrip("\r\n") + f"\n\n\n{functions}"


def _parted(text: str) -> tuple[str, str]:
    """A module down to the end of the imports, or the docstring, that it begins with, and the rest of it."""
    end = 0
    for statement in ast.parse(text.encode()).body:
        if not isinstance(statement, ast.Import | ast.ImportFrom) and not _is_docstring(statement):
            break
        end = statement.end_lineno or end
    lines = list(io.StringIO(text, newline=""))
    return "".join(lines[:end]), "".join(lines[end:])


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def missing_packages(skeleton: Skeleton, root: str) -> list[str]:
    """The `__init__.py` files that packages around a new module lack, so that everybody knows them for packages."""
    found: list[str] = []
    folder = os.path.dirname(os.path.abspath(skeleton.path))
    while folder != os.path.abspath(root) and folder.startswith(os.path.abspath(root)) and not os.path.exists(folder):
        found.append(os.path.join(folder, "__init__.py"))
        folder = os.path.dirname(folder)
    return found
