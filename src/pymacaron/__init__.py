"""pymacaron: write the API as an OpenAPI document, bind a function to each operation, have a service.

The names below are imported at their first use, so that `import pymacaron` itself costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .api import API, letsgo
    from .crash import report_error
    from .exceptions import PyMacaronException, add_error, is_error
    from .formats import Format
    from .pool import ApiPool, get_model, load_clients
    from .tasks import asynctask

__all__ = [
    "API",
    "ApiPool",
    "Format",
    "PyMacaronException",
    "__version__",
    "add_error",
    "asynctask",
    "get_model",
    "is_error",
    "letsgo",
    "load_clients",
    "report_error",
]

_ROOMS = {
    "API": "api", "letsgo": "api", "ApiPool": "pool", "get_model": "pool", "load_clients": "pool", "Format": "formats",
    "PyMacaronException": "exceptions", "add_error": "exceptions", "is_error": "exceptions",
    "asynctask": "tasks", "report_error": "crash",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module 'pymacaron' has no attribute {name!r}")
    from importlib import import_module  # here, since most programs that import pymacaron alone need no room

    value = globals()[name] = getattr(import_module(f".{room}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
