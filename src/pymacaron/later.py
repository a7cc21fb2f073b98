"""What users know, and whose part comes with a later version: asking for it says so in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .config import SETTINGS, Config
from .exceptions import NotBuiltError

# Keys on operations that nothing acts on yet. They are checked like the others, so that documents stay right.
UNBUILT_KEYS = (
    "x-rate-limit", "x-etag", "x-idempotent", "x-async", "x-slow-ms", "x-timeout-ms",
)  # fmt: skip
UNBUILT_SETTINGS = ("store", "async_broker", "with_async", "client_errors", "report_call_exceeding_ms")


def unbuilt_keys(extensions: Mapping[str, Any]) -> list[str]:
    """The keys of an operation that this version does not act on."""
    return [key for key in UNBUILT_KEYS if key in extensions]


def unbuilt_settings(config: Config) -> Iterator[str]:
    """The settings made in the configuration that this version does not act on."""
    for name in (*UNBUILT_SETTINGS, *(name for name in SETTINGS if name.startswith("jwt_"))):
        if getattr(config, name) != SETTINGS[name].default:
            yield name


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
