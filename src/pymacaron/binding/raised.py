"""Errors that a function raises itself, and that the document does not declare."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from pymacaron.exceptions import PyMacaronException
from pymacaron.operations import Operation

from .sources import Definition, Python, Sources, closure_of

_PASSED_THROUGH = ("tell_user", "caught")  # they return the error that they are called on


class Raised(NamedTuple):
    """An error class, and the line where the function raises or returns one."""

    error: type[PyMacaronException]
    line: int


def undeclared(operation: Operation, python: Python, sources: Sources) -> list[Raised]:
    """The errors that a function's own code raises or returns, whose status is none of its operation's answers; each
    class once."""
    names = _Names(python.function)
    if all(_is_declared(operation, error) for error in names.errors()):
        return []  # nearly always: then nothing has to be parsed
    definition = sources.definition(python.function.__code__)
    found: dict[type, Raised] = {}
    for one in _raised(definition, names) if definition is not None else ():
        if not _is_declared(operation, one.error):
            found.setdefault(one.error, one)
    return list(found.values())


def _is_declared(operation: Operation, error: type[PyMacaronException]) -> bool:
    status: object = error.status
    if not isinstance(status, int):
        return True  # a property: each error has its own
    return not operation.answers.keys().isdisjoint((str(status), f"{status // 100}XX", "default"))


class _Names:
    """What the names in a function's code stand for."""

    def __init__(self, function: FunctionType) -> None:
        code = function.__code__
        local = {*code.co_varnames, *code.co_cellvars}
        self._mentioned = [*code.co_names, *code.co_freevars]
        self._known = {**function.__globals__, **dict(closure_of(function))}
        for name in local:
            self._known.pop(name, None)

    def errors(self) -> list[type[PyMacaronException]]:
        """All error classes that the code can name."""
        values: list[Any] = [self._known.get(name) for name in self._mentioned]
        modules = [value for value in values if isinstance(value, ModuleType)]
        values += [vars(module).get(name) for module in modules for name in self._mentioned]
        return [value for value in values if _is_error(value)]

    def value(self, expression: ast.expr | None) -> Any:
        """What a name, or a name in a module, stands for; None if that cannot be told."""
        if isinstance(expression, ast.Name):
            return self._known.get(expression.id)
        if isinstance(expression, ast.Attribute):
            holder = self.value(expression.value)
            return vars(holder).get(expression.attr) if isinstance(holder, ModuleType | type) else None
        return None


def _is_error(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, PyMacaronException)


def _raised(definition: Definition, names: _Names) -> Iterator[Raised]:
    for statement in definition.body:
        yield from _raised_in(statement, names, [])


def _raised_in(node: ast.AST, names: _Names, caught: list[ast.ExceptHandler]) -> Iterator[Raised]:
    """What is raised in a statement and not caught again by one of the handlers around it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
        return  # whether, and where, that runs is another question
    if isinstance(node, ast.Raise | ast.Return):
        error = _error_in(node, names)
        handlers = caught if isinstance(node, ast.Raise) else []
        if error is not None and not any(_catches(handler, error, names) for handler in handlers):
            yield Raised(error, node.lineno)
    inside = [*caught, *node.handlers] if isinstance(node, ast.Try | ast.TryStar) else caught
    body: list[ast.stmt] = node.body if isinstance(node, ast.Try | ast.TryStar) else []
    for child in ast.iter_child_nodes(node):
        yield from _raised_in(child, names, inside if child in body else caught)


def _error_in(node: ast.Raise | ast.Return, names: _Names) -> type[PyMacaronException] | None:
    """The class of what is raised, `X` or `X(...)`, or returned, `X(...)`."""
    expression = node.exc if isinstance(node, ast.Raise) else node.value
    if isinstance(node, ast.Return) and not isinstance(expression, ast.Call):
        return None
    while isinstance(expression, ast.Call):
        called = expression.func
        passed_through = isinstance(called, ast.Attribute) and called.attr in _PASSED_THROUGH
        expression = called.value if isinstance(called, ast.Attribute) and passed_through else called
        if not passed_through:
            break
    value = names.value(expression)
    return value if _is_error(value) else None


def _catches(handler: ast.ExceptHandler, error: type[PyMacaronException], names: _Names) -> bool:
    """May a handler catch an error? What cannot be told, may."""
    if handler.type is None:
        return True
    listed = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    for one in listed:
        value = getattr(builtins, one.id, None) if isinstance(one, ast.Name) else None
        value = names.value(one) or value
        if not isinstance(value, type) or issubclass(error, value):
            return True
    return False
