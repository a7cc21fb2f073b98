"""The `x-` keys of pymacaron: where each counts, and what it holds."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pymacaron.config.kinds import RATE, SIZE
from pymacaron.config.kinds import Kind as Setting

from .hints import near
from .notation import PLAIN, Either, Kind, Plain, Words


def _is_dotted(value: Any) -> bool:
    return type(value) is str and all(part.isidentifier() for part in value.split("."))


def _is_member(value: Any) -> bool:
    return _is_dotted(value) and "." in value


def _as_setting(kind: Setting) -> Plain:
    """What is read as a setting of that kind is."""

    def fits(value: Any) -> bool:
        try:
            kind.read(value)
        except ValueError:
            return False
        return True

    return Plain(kind.words, fits)


def _is_rate(value: Any) -> bool:
    return value is False or _as_setting(RATE).fits(value)


_MODULE = Plain("the dotted name of a module", _is_dotted)
_MEMBER = Plain("the dotted name of something in a module (package.module.name)", _is_member)
_NAME = Plain("a Python identifier", lambda value: type(value) is str and value.isidentifier())
_BOOLEAN = PLAIN["boolean"]
_MILLISECONDS = Plain("a number of milliseconds above 0", PLAIN["positive"].fits)

# What counts for an operation may stand on its path or the document, too: the nearest wins.
_OPERATION: dict[str, Kind] = {
    "x-handlers": _MODULE,
    "x-bind-server": _MEMBER,
    "x-no-bind-server": _BOOLEAN,
    "x-bind-client": _NAME,
    "x-decorate-server": _MEMBER,
    "x-decorate-request": _MEMBER,
    "x-slow-ms": _MILLISECONDS,
    "x-timeout-ms": _MILLISECONDS,
    "x-max-body": _as_setting(SIZE),
    "x-rate-limit": Plain(f"{RATE.words}, a map of rate and by, or false", _is_rate),
    "x-etag": Either([_BOOLEAN, Words(["weak"])]),
    "x-idempotent": _BOOLEAN,
    "x-async": Either([_BOOLEAN, PLAIN["map"]]),
}
BY_OBJECT: dict[str, dict[str, Kind]] = {
    "Document": _OPERATION,
    "PathItem": _OPERATION,
    "Operation": _OPERATION,
    "Schema": {"x-parent": _MEMBER, "x-persist": _MEMBER, "x-nullable": _BOOLEAN, "x-sensitive": _BOOLEAN},
}

# How alike a key has to be to one of ours to be taken for it: other tools have `x-` keys of their own.
_ALIKE = 0.87


@lru_cache(maxsize=4096)
def misspelt(key: str, thing: str) -> str | None:
    """The key of ours that `key`, on an object of the kind `thing`, was probably meant to be."""
    return near(key, BY_OBJECT[thing], alike=_ALIKE)
