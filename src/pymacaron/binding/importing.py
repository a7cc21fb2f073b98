"""Dotted paths → what they name in the user's modules."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import Any, TypeAlias

from pymacaron.documents import Node
from pymacaron.names import closest

from .sources import Sources, shown

# Takes the place in the document, the fact and the cure.
Tell: TypeAlias = Callable[[Node, str, "str | None"], None]
_MISSING: Any = object()
_NO_MODULE = "write package.module.function, with the folder of the package on Python's path"


class Importer:
    """Imports for one start. What is wrong is told; a module whose import fails is told once, and not tried again."""

    def __init__(self, tell: Tell, sources: Sources) -> None:
        self._tell = tell
        self._sources = sources
        self._broken: set[str] = set()
        self._holders: dict[str, Any] = {}

    def function(self, path: str, node: Node, purpose: str) -> Callable[..., Any] | None:
        """The function, or anything else that can be called, that a dotted path at `node` names; None, and it is told,
        if there is none.

        Args:
            purpose: completes "there is no shop.api.pay ...".
        """
        value = self._named(path, node, purpose)
        if value is _MISSING:
            return None
        if callable(value):
            return value  # type: ignore[no-any-return]  # mypy knows no more of it
        module, _, name = path.rpartition(".")
        place = self._sources.place_in(import_module(module), name) if module in sys.modules else module
        self._tell(node, f"{path} is not callable, but of type {type(value).__name__} ({place})", "name a function")
        return None

    def holder(self, path: str, node: Node, purpose: str) -> Any:
        """The module, or the class in one, that a dotted path at `node` names; None, and it is told once, if there is
        none."""
        if path not in self._holders:
            found = self._named(path, node, purpose, whole=True)
            self._holders[path] = None if found is _MISSING else found
        return self._holders[path]

    def _named(self, path: str, node: Node, purpose: str, *, whole: bool = False) -> Any:
        """What a dotted path names: the longest part that is a module, then attributes. `whole`: all of it may be a
        module."""
        steps = path.split(".")
        for length in range(len(steps) - (not whole), 0, -1):
            name = ".".join(steps[:length])
            module = self._module(name, node, purpose)
            if module is not None:
                return self._attribute(module, steps[length:], path, node, purpose)
            if name in self._broken:
                return _MISSING
        near = closest(steps[0], _modules_in(None)) if whole or len(steps) > 1 else None
        cure = f"did you mean '{near}'?" if near else _NO_MODULE
        missing = ".".join(steps if whole else steps[:-1]) or path
        self._tell(node, f"there is no module '{missing}' {purpose}", cure)
        return _MISSING

    def _module(self, name: str, node: Node, purpose: str) -> ModuleType | None:
        """A module; None if there is none, or it is broken, which is told."""
        if name in self._broken:
            return None
        try:
            return import_module(name)
        except Exception as error:  # noqa: BLE001 - the user's module runs here, and may raise anything
            if not _is_absent(error, name):
                self._broken.add(name)
                self._tell(node, f"importing {name} {purpose} failed: {said(error)}", "fix that module")
            return None

    def _attribute(self, module: ModuleType, steps: list[str], path: str, node: Node, purpose: str) -> Any:
        value: Any = module
        for step in steps:
            try:
                value = getattr(value, step)
            except AttributeError:
                near = closest(step, [*_public(value), *_modules_in(getattr(value, "__path__", ()))])
                place = self._sources.place_in(module, near if value is module else steps[0])
                self._tell(node, f"there is no {path} {purpose} ({place})", near and f"did you mean '{near}'?")
                return _MISSING
            except Exception as error:  # noqa: BLE001 - a property, or a module's __getattr__, of the user's
                self._tell(node, f"{path} {purpose} cannot be read: {said(error)}", None)
                return _MISSING
        return value


def _public(value: Any) -> list[str]:
    return [name for name in dir(value) if not name.startswith("_")]


def _modules_in(folders: Iterable[str] | None) -> list[str]:
    """The modules in a package's folders; those of Python's path for None."""
    from pkgutil import iter_modules  # for faults only

    return [module.name for module in iter_modules(folders) if not module.name.startswith("_")]


def _is_absent(error: Exception, module: str) -> bool:
    """Is that module not there, or a package around it? Another one may be missing inside it."""
    name = error.name if isinstance(error, ModuleNotFoundError) else None
    return name is not None and f"{module}.".startswith(f"{name}.")


_OURS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def said(error: BaseException) -> str:
    """What an error of the user's code says, and where it was raised."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{type(error).__name__}: {error.msg} ({shown(error.filename)}:{error.lineno})"
    place, trace = "", error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if not path.startswith((_OURS, "<")):
            place = f" ({shown(path)}:{trace.tb_lineno})"
        trace = trace.tb_next
    return f"{type(error).__name__}: {error}{place}"
