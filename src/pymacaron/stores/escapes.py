"""Values that a store has no way to write, as mappings that nothing else can be.

A mapping with one name that begins with # stands for something: {"#bytes": "AA=="}. One of the user's that looks so
gets
another # before it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .values import number_of

_PLAIN = frozenset((str, int, bool, float, type(None)))


def escaped(value: Any) -> Any:
    """A canonical value as JSON values; itself if it is one."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [item if type(item) in _PLAIN else escaped(item) for item in value]
    if kind is dict:
        return {name: escaped(item) for name, item in renamed(value).items()}
    if kind is bytes:
        return {"#bytes": b64encode(value).decode()}
    if kind is set:
        return {"#set": [escaped(item) for item in listed(value)]}
    return {"#number": number_text(value)}


def unescaped(value: Any) -> Any:
    """The inverse."""
    if isinstance(value, list):
        return [unescaped(item) for item in value]
    if isinstance(value, dict):
        return meaning({name: unescaped(item) for name, item in value.items()})
    return value


def renamed(value: dict[str, Any]) -> dict[str, Any]:
    """A mapping as it is, or with another #."""
    if len(value) == 1:
        ((name, item),) = value.items()
        if name.startswith("#"):
            return {f"#{name}": item}
    return value


def meaning(value: dict[str, Any]) -> Any:
    """What a mapping stands for."""
    if len(value) == 1:
        ((name, item),) = value.items()
        if name.startswith("##"):
            return {name[1:]: item}
        if name in _MEANINGS:
            return _MEANINGS[name](item)
    return value


def number_text(value: float | Decimal) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)


def _number(text: str) -> Any:
    if text.lstrip("-").isdecimal():
        return int(text)
    return float(text) if "e" in text else number_of(text)  # a Decimal writes E


_MEANINGS: dict[str, Callable[[Any], Any]] = {
    "#bytes": b64decode, "#number": _number, "#set": set,
    "#prefixed": lambda named: {name[1:]: item for name, item in named.items()},
}  # fmt: skip


def listed(value: set[Any]) -> list[Any]:
    """The items of a set in an order that is always the same."""
    return sorted(value, key=_order)


def _order(item: object) -> tuple[str, str]:
    return type(item).__name__, repr(item)
