"""Names that users know, and whose part comes with a later version: asking for one says so in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .exceptions import NotBuiltError


def coming(module: str, names: str, part: str) -> Callable[[str], Any]:
    """The `__getattr__` of a module whose `names` (separated by blanks) are still to come.

    They fail where they are imported: a service without its tasks or its token checks does not get as far as serving.
    """
    known = frozenset(names.split())

    def missing(name: str) -> Any:
        if name in known:
            raise NotBuiltError(f"{module}.{name}: this version of pymacaron has no {part} yet")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return missing
