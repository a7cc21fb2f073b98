"""`errors.pyi`: what tells errors apart, and every code that an error of this service may have."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pymacaron import exceptions
from pymacaron.exceptions import PyMacaronException

from .functions import Modules

_TEXT = '''"""The errors of this service.

Written by `pymacaron stubs`; changes are lost.
"""
from typing import Literal, TypeAlias
from typing_extensions import TypeIs

from pymacaron.exceptions import PyMacaronException

class ErrorModel:
    """What errors of other services arrive as."""

ErrorCode: TypeAlias = Literal[
{codes}
]

def is_error(value: object) -> TypeIs[PyMacaronException | ErrorModel]: ...
'''


def error_stub(modules: Modules) -> str:
    codes = {*_known(PyMacaronException), *(code for path in modules.files() for code in _codes_in(modules.tree(path)))}
    return _TEXT.format(codes="\n".join(f"    {code!r}," for code in sorted(codes)))


def _known(cls: type[PyMacaronException]) -> Iterator[str]:
    """Those of ours, whatever else this process has."""
    if getattr(exceptions, cls.__name__, None) is cls:
        yield cls.code
    for child in cls.__subclasses__():
        yield from _known(child)


def _codes_in(tree: ast.Module | None) -> Iterator[str]:
    """Codes in classes (`code = "..."` beside `status`, or below an error) and in calls of `add_error`."""
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.ClassDef):
            yield from _codes_of(node)
        elif isinstance(node, ast.Call) and _called(node.func) == "add_error":
            yield from _texts(node.args[1:2] + [one.value for one in node.keywords if one.arg == "code"])


def _codes_of(node: ast.ClassDef) -> Iterator[str]:
    names = [_called(base) for base in node.bases]
    if not any(name.endswith(("Error", "Exception")) or "NotFound" in name for name in names):
        return
    for statement in node.body:
        for target, value in _assigned(statement):
            if target == "code":
                yield from _texts([value])


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Names and values of `a = x`, `a: T = x` and `a, b = x, y`."""
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        yield _called(statement.target), statement.value
    for target in statement.targets if isinstance(statement, ast.Assign) else ():
        value = statement.value  # type: ignore[attr-defined]  # an assignment
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            yield from zip(map(_called, target.elts), value.elts, strict=False)
        else:
            yield _called(target), value


def _called(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    yield from (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
