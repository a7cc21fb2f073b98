"""How connexion finds the function of an operation that the document does not name: its resolvers."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from pymacaron.documents.sources import SUFFIXES

from .source import Source

_KINDS = {"RelativeResolver", "RestyResolver", "MethodViewResolver"}
_RESOURCE = re.compile(r"/?(?P<name>(?:[\w-](?<!/))*)/*(?P<rest>.*)")


class Resolver(NamedTuple):
    """`RelativeResolver("shop.views")`, `RestyResolver("shop.views")` or `MethodViewResolver("shop.views")`."""

    kind: str
    module: str

    @property
    def is_of_classes(self) -> bool:
        return self.kind == "MethodViewResolver"

    @property
    def is_relative(self) -> bool:
        return self.kind == "RelativeResolver"

    def function(self, method: str, path: str, operation_id: str | None) -> str | None:
        """The dotted name of the function for an operation that has no controller."""
        if self.is_relative:
            return f"{self.module}.{operation_id}" if operation_id is not None else None
        if operation_id is not None:
            return operation_id
        found = _RESOURCE.fullmatch(path)
        if found is None or not found["name"]:
            return None
        name = "search" if method == "get" and not found["rest"] else method
        resource = found["name"].replace("-", "_")
        if self.is_of_classes:
            resource = f"{resource.title().replace('_', '')}View"
        return f"{self.module}.{resource}.{name}"


def resolvers_of(sources: Iterable[Source]) -> dict[str, Resolver]:
    """The resolvers of a project, by the names of the files that they are for; under "", one for all."""
    calls = ((source, call) for source in sources for call in source.calls())
    given = ((source, call, one.value) for source, call in calls for one in call.keywords if one.arg == "resolver")
    found = ((_document(call), _resolver(source, value)) for source, call, value in given)
    return {name: one for name, one in found if one is not None}


def _document(call: ast.Call) -> str:
    """The name of the file that `add_api` is given, as `"a.yaml"`, `Path("specs", "a.yaml")` or the like; else ""."""
    said = [*call.args[:1], *(one.value for one in call.keywords if one.arg == "specification")]
    texts = (node.value for one in said for node in ast.walk(one) if isinstance(node, ast.Constant))
    return next((os.path.basename(text) for text in texts if isinstance(text, str) and text.endswith(SUFFIXES)), "")


def _resolver(source: Source, given: ast.expr) -> Resolver | None:
    made = source.assigned(given.id) if isinstance(given, ast.Name) else given
    match made:
        case ast.Call(function, [ast.Constant(str(module)), *_]) | ast.Call(
            function, [], [ast.keyword(_, ast.Constant(str(module)))]
        ):
            kind = (source.dotted(function) or "").rpartition(".")[2]
            return Resolver(kind, module) if kind in _KINDS else None
    return None
