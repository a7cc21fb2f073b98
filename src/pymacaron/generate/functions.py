"""The user's functions, found in their files without running them."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from pymacaron.names import snake_case
from pymacaron.operations import Operation

Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


class Place(NamedTuple):
    """The function of an operation as its document names it: a module, and a name in it."""

    module: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"


class Modules:
    """The modules below some folders, each parsed at most once."""

    def __init__(self, roots: Sequence[str]) -> None:
        self.roots = roots
        self._trees: dict[str, ast.Module | None] = {}

    def file(self, module: str) -> str | None:
        """The file of a module; None if there is none."""
        relative = os.path.join(*module.split("."))
        for root in self.roots:
            for path in (os.path.join(root, f"{relative}.py"), os.path.join(root, relative, "__init__.py")):
                if os.path.isfile(path):
                    return path
        return None

    def tree(self, path: str) -> ast.Module | None:
        """What a file says; None if it cannot be read."""
        if path not in self._trees:
            try:
                with open(path, "rb") as file:
                    self._trees[path] = ast.parse(file.read(), path)
            except (OSError, SyntaxError, ValueError, RecursionError):
                self._trees[path] = None
        return self._trees[path]

    def statement(self, place: Place) -> ast.stmt | None:
        """What binds a name at the top of a module."""
        path = self.file(place.module)
        tree = self.tree(path) if path is not None else None
        return next((one for one in tree.body if place.name in _bound(one)), None) if tree is not None else None

    def definition(self, place: Place) -> Definition | None:
        found = self.statement(place)
        return found if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) else None

    def files(self) -> Iterator[str]:
        """All files of Python below the folders; hidden ones and environments are left out."""
        for root in self.roots:
            for folder, folders, names in os.walk(root):
                folders[:] = sorted(one for one in folders if not one.startswith((".", "__")) and one not in _FOREIGN)
                yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".py"))


_FOREIGN = {"node_modules", "site-packages", "venv", "env", "test", "tests", "testaccept", "pymacaron_apis"}


def _bound(node: ast.stmt) -> list[str]:
    """The names that a statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    if isinstance(node, ast.Try | ast.If):
        return [name for child in [*node.body, *node.orelse] for name in _bound(child)]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def place_of(operation: Operation, modules: Modules) -> Place | None:
    """The function that implements an operation, as its document names it; None if it names none."""
    said, operation_id = operation.extensions, operation.operation_id
    if said.get("x-no-bind-server") is True:
        return None
    given = said.get("x-bind-server")
    handlers = said.get("x-handlers")
    if not isinstance(given, str) and isinstance(handlers, str) and isinstance(operation_id, str):
        exact = Place(handlers, operation_id)
        is_there = operation_id.isidentifier() and modules.statement(exact) is not None
        return exact if is_there else Place(handlers, snake_case(operation_id))
    path = given if isinstance(given, str) else operation_id if isinstance(operation_id, str) else ""
    module, _, name = path.rpartition(".")
    return Place(module, name) if module and path.replace(".", "").isidentifier() else None


def defaults_of(definition: Definition) -> set[str]:
    """The parameters that have a default."""
    arguments = definition.args
    by_place = [*arguments.posonlyargs, *arguments.args]
    named = [one.arg for one in by_place[len(by_place) - len(arguments.defaults) :]] if arguments.defaults else []
    keyed = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return {*named, *(one.arg for one, default in keyed if default is not None)}
