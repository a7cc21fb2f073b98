"""Where functions stand in the user's files, and what is written there."""

from __future__ import annotations

import ast
import inspect
import os
from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple, TypeAlias

Definition: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"


class Python(NamedTuple):
    """The plain function behind a callable: what runs last, when it is called.

    `wrappers` are the functions around it that say so (`functools.wraps`), the outermost first.
    """

    function: Any  # a FunctionType, which type checkers would bind as a method here
    wrappers: tuple[FunctionType, ...]


def python_of(callable_: Any) -> Python | None:
    """The plain function behind a callable; None for what is written in C, and for classes."""
    wrappers: list[FunctionType] = []
    function: Any = callable_
    for _ in range(100):  # wrappers may lead in a circle
        if isinstance(function, partial):
            function = function.func
        elif isinstance(function, MethodType):
            function = function.__func__
        elif not isinstance(function, FunctionType):
            call = _call_of(type(function))
            if call is None or isinstance(function, type):
                return None
            function = call
        elif hasattr(function, "__wrapped__"):
            wrappers.append(function)
            function = function.__wrapped__
        else:
            return Python(function, tuple(wrappers))
    return None


def closure_of(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """What a function has from the functions around it, by name."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not bound yet
            continue


class File(NamedTuple):
    """What is defined in a file: functions by name and first line (which is that of the first decorator), and the
    line of every name that the module binds at its top."""

    functions: dict[tuple[str, int], Definition]
    names: dict[str, int]


def _call_of(cls: type) -> Any:
    found = next((vars(one)["__call__"] for one in cls.__mro__ if "__call__" in vars(one)), None)
    return found if isinstance(found, FunctionType) else None


class Sources:
    """The files of the user's modules, each read at most once, and only where there is something to tell."""

    def __init__(self) -> None:
        self._files: dict[str, File] = {}

    def place(self, function: Any, parameter: str | None = None) -> str:
        """Where a callable is defined, "shop/api.py:12"; the line is that of a parameter, if one is named. For what
        has no file, its name."""
        found = python_of(function)
        if found is None:
            return _name_of(function)
        code = found.function.__code__
        definition = self.definition(code)
        line = code.co_firstlineno
        if definition is not None:
            line = definition.lineno
            for argument in (*definition.args.posonlyargs, *definition.args.args, *definition.args.kwonlyargs):
                line = argument.lineno if argument.arg == parameter else line
        return f"{shown(code.co_filename)}:{line}"

    def place_in(self, module: ModuleType, name: str | None = None) -> str:
        """Where a module binds a name; its file alone if it does not, or none is given."""
        path = getattr(module, "__file__", None)
        if path is None:
            return module.__name__
        line = self._file(path).names.get(name) if name is not None else None
        return f"{shown(path)}:{line}" if line is not None else shown(path)

    def definition(self, code: CodeType) -> Definition | None:
        """What is written for a function; None where that cannot be found: a lambda, a file that is not there."""
        return self._file(code.co_filename).functions.get((code.co_name, code.co_firstlineno))

    def _file(self, path: str) -> File:
        found = self._files.get(path)
        if found is None:
            found = self._files[path] = _read(path)
        return found


def _read(path: str) -> File:
    try:
        with open(path, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return File({}, {})
    functions = {
        (node.name, min(line.lineno for line in (node, *node.decorator_list))): node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return File(functions, {name: node.lineno for node in tree.body for name in _bound_by(node)})


def _bound_by(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [(alias.asname or alias.name).partition(".")[0] for alias in node.names]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def shown(path: str) -> str:
    """A path as one would type it here."""
    try:
        return path.removeprefix(os.path.join(os.getcwd(), ""))
    except OSError:  # the working folder is gone
        return path


def _name_of(function: Any) -> str:
    try:
        path = inspect.getsourcefile(function)
    except TypeError:
        path = None
    name = getattr(function, "__qualname__", None) or repr(function)
    return f"{shown(path)}: {name}" if path else f"{getattr(function, '__module__', None) or 'built in'}: {name}"
