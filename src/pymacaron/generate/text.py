"""Python source with names that know where they are from.

What writes annotations marks each name in them: `‹Sequence›[‹@shop:Line›]`. The module that they end in imports what is
marked, and steps aside where one of its own classes or attributes has the name.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

_MARKED = re.compile(r"‹(?:@(?P<api>\w+):)?(?P<name>\w+)›")

_MODULES = {
    "builtins": "bool bytes dict float int list object property str tuple type",
    "collections.abc": "AsyncIterator Awaitable Iterator Mapping Sequence",
    "datetime": "date datetime",
    "decimal": "Decimal",
    "msgspec": "UnsetType",
    "pymacaron.bodies": "BodyStream Upload",
    "pymacaron.client": "Answered CallOptions Items Pages",
    "pymacaron.exceptions": "PyMacaronException",
    "pymacaron.operations": "Operation",
    "pymacaron.pool": "LoadedApi Pool",
    "pymacaron.structs": "ModelMethods",
    "typing": "Any Literal Protocol TypeAlias Unpack overload",
    "werkzeug.wrappers": "Response",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}
NONE = "None"
ANY = "‹Any›"


def union(members: Iterable[str]) -> str:
    """`A | B`; Any where one of them is, None last."""
    found = dict.fromkeys(part for member in members for part in alternatives(member))
    if ANY in found:
        return ANY
    if found.pop(NONE, "") is None:
        found[NONE] = None
    return " | ".join(found) or ANY


def alternatives(marked: str) -> list[str]:
    """The members of a union."""
    found, depth = [""], 0
    for part in marked.split(" | "):
        found[-1] += f" | {part}" if depth else part
        depth += part.count("[") - part.count("]")
        if not depth:
            found.append("")
    return found[:-1] or [marked]


class Module:
    """A stub that is being written.

    Args:
        api: the folder that it stands in.
        own: the names that it defines.
        holds_models: it is `models.pyi` of its API, where models are called by their names alone.
    """

    def __init__(self, api: str, own: Iterable[str], *, holds_models: bool = False) -> None:
        self._api, self._own, self._holds_models = api, set(own), holds_models
        self._imports: set[str] = set()
        self._aliases: set[str] = set()

    def text(self, marked: str, shadowed: Container[str] = ()) -> str:
        """Marked source as it is written here, where `shadowed` names mean something else."""
        return _MARKED.sub(lambda found: self._name(found["api"], found["name"], shadowed), marked)

    def _name(self, api: str | None, name: str, shadowed: Container[str]) -> str:
        if api is not None:
            return self._model(api, name, shadowed)
        home = _HOMES.get(name)
        if home is None:  # a class of the user's, imported as a module
            return name
        if name in self._own or name in shadowed:
            self._imports.add(f"from {home} import {name} as _{name}_")
            return f"_{name}_"
        if home != "builtins":
            self._imports.add(f"from {home} import {name}")
        return name

    def _model(self, api: str, name: str, shadowed: Container[str]) -> str:
        if api != self._api:
            self._imports.add(f"from ..{api} import models as _{api}_")
            return f"_{api}_.{name}"
        if not self._holds_models:
            self._imports.add("from . import models")
            return f"models.{name}"
        if name in shadowed:
            self._aliases.add(f"_{name}_ = {name}")
            return f"_{name}_"
        return name

    def add_import(self, line: str) -> None:
        self._imports.add(line)

    def written(self, title: str, body: Iterable[str]) -> str:
        """The whole file."""
        blocks = [f'"""{title}\n\nWritten by `pymacaron stubs`; changes are lost.\n"""', *merged(self._imports)]
        return "\n".join([*blocks, "", *body, *sorted(self._aliases)]).rstrip() + "\n"


def merged(imports: Iterable[str]) -> list[str]:
    """Import statements in order, one for each module."""
    names: dict[str, set[str]] = {}
    for line in imports:
        module, _, name = line.partition(" import ")
        names.setdefault(module, set()).add(name)
    lines = [
        f"{module} import {', '.join(sorted(found))}" if "" not in found else module for module, found in names.items()
    ]
    return sorted(lines, key=lambda line: (line.startswith("from ."), line))
