"""What a Python file says, without running it: imports, uses of what was imported, functions, routes."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

_OF_DICTS = {"get", "items", "keys", "values", "pop", "setdefault", "update", "copy"}
_CALLS_ON_DICTS = {"dict", "list", "sorted", "iter", "json.dumps", "flask.jsonify"}
# What Python 2 reads, and Python 3 does not.
_PYTHON_2 = re.compile(
    r"^[ \t]*(?:print[ \t]+[^\s(=.,:)]|print[ \t]*>>|exec[ \t]+[\"'\w]|raise[ \t]+[\w.]+[ \t]*,)"
    r"|\bexcept[ \t]+[^:\n]+,[ \t]*\w+[ \t]*:|<>|\bur[\"']", re.MULTILINE
)  # fmt: skip
_SAID_OF_PYTHON_2 = ("Missing parentheses", "multiple exception types", "leading zeros", "inconsistent use of tabs")
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+[\w., \t]+(?=#|$)", re.MULTILINE)


class Use(NamedTuple):
    """A dotted name that is used, "connexion.NoContent", at an offset; of an import, its statement and alias."""

    dotted: str
    at: int
    statement: ast.ImportFrom | ast.Import | None = None
    alias: ast.alias | None = None


class Function(NamedTuple):
    """A function, where it stands, and its arguments by name, in order."""

    name: str
    at: int
    arguments: list[str]
    node: ast.FunctionDef | ast.AsyncFunctionDef


class Source:
    """A Python file, parsed. `fault` is the offset and the text of what Python 3 cannot read; then there are imports
    only, as far as they stand on lines of their own."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(end.end() for end in re.finditer("\r\n|\n|\r", text))]
        self.fault: tuple[int, str] | None = None
        self.tree = self._parsed()
        self.nodes = list(ast.walk(self.tree))  # those above before those below
        self.aliases: dict[str, str] = {}  # local names of what was imported
        self.imports = list(self._imports())
        self.own = set(_own_names(self.nodes))  # what is defined in the file, anywhere

    def _parsed(self) -> ast.Module:
        try:
            return _parse(self.text)
        except SyntaxError as error:
            line = min(error.lineno or 1, len(self._starts))
            self.fault = self._starts[line - 1] + max((error.offset or 1) - 1, 0), error.msg
        except (ValueError, RecursionError, MemoryError) as error:  # a zero byte; nested too deeply
            self.fault = 0, str(error) or "it is nested too deeply"
        tree = ast.Module([], [])
        for found in _IMPORT.finditer(self.text):
            try:
                (statement,) = _parse(found[0].strip()).body
            except (SyntaxError, ValueError):
                continue
            ast.increment_lineno(statement, self.text.count("\n", 0, found.end()))
            tree.body.append(statement)
        return tree

    @property
    def is_python_2(self) -> bool:
        """Is what Python 3 cannot read in the file what Python 2 could?"""
        if self.fault is None:
            return False
        return self.fault[1].startswith(_SAID_OF_PYTHON_2) or _PYTHON_2.search(self.text) is not None

    def at(self, node: ast.expr | ast.stmt | ast.alias) -> int:
        """The offset of a node; its column counts bytes."""
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt) -> int:
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def last(self, node: ast.Attribute) -> int:
        """The offset of what stands behind the last dot."""
        return self.end(node) - len(node.attr)

    def _offset(self, line: int, column: int) -> int:
        start = self._starts[line - 1]
        piece = self.text[start : start + column]
        return start + (column if piece.isascii() else len(piece.encode()[:column].decode(errors="ignore")))

    def _imports(self) -> Iterator[Use]:
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.aliases[alias.asname or alias.name.partition(".")[0]] = (
                        alias.name if alias.asname else alias.name.partition(".")[0]
                    )
                    yield Use(alias.name, self.at(node), node, alias)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    self.aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
                    yield Use(f"{node.module}.{alias.name}", self.at(node), node, alias)

    def uses(self) -> Iterator[Use]:
        """Attributes of what was imported, with their whole dotted names."""
        inner: set[ast.AST] = set()
        for node in self.nodes:
            if isinstance(node, ast.Attribute):
                inner.add(node.value)
                dotted = self.dotted(node) if node not in inner else None
                if dotted is not None:
                    yield Use(dotted, self.at(node))

    def dotted(self, node: ast.expr) -> str | None:
        """The imported name that an expression is, such as "connexion.App" for `App` or `connexion.App`."""
        steps: list[str] = []
        while isinstance(node, ast.Attribute):
            steps.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.aliases:
            return None
        return ".".join([self.aliases[node.id], *reversed(steps)])

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in self.nodes if isinstance(node, ast.Call))

    def assigned(self, name: str) -> ast.expr | None:
        """What is assigned to a name somewhere in the file, if that happens once."""
        given = [node for node in self.nodes if isinstance(node, ast.Assign)]
        found = [one.value for one in given if any(isinstance(to, ast.Name) and to.id == name for to in one.targets)]
        return found[0] if len(found) == 1 else None

    def functions(self) -> Iterator[Function]:
        """The functions of the module, and the methods of its classes by "Class.method"."""
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield self._function(node, "")
            elif isinstance(node, ast.ClassDef):
                inner = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
                yield from (self._function(one, f"{node.name}.") for one in inner)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, inside: str) -> Function:
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        return Function(inside + node.name, self.at(node), [one.arg for one in given], node)

    def uses_as_dict(self, function: Function, name: str) -> Iterator[int]:
        """Where a function uses an argument of that name as only a dict can be used."""
        for node in ast.walk(function.node):
            used: list[ast.expr] = []
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _OF_DICTS:
                used.append(node.func.value)
                used += node.args if node.func.attr == "update" else []
            if isinstance(node, ast.Call):
                name_of = self.dotted(node.func) or (node.func.id if isinstance(node.func, ast.Name) else None)
                used += node.args if name_of in _CALLS_ON_DICTS else []
                used += [one.value for one in node.keywords if one.arg is None]
            elif isinstance(node, ast.For | ast.comprehension):
                used.append(node.iter)
            elif isinstance(node, ast.Dict):
                used += [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
            yield from (self.at(one) for one in used if isinstance(one, ast.Name) and one.id == name)


def _own_names(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


def _parse(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # escapes that will be errors one day
        return ast.parse(text)
