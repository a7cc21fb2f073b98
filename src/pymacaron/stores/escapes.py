"""Values that a store has no way to write, as mappings that nothing else can be.

A mapping with one name that begins with # stands for something: {"#bytes": "AA=="}. One of the user's that looks so
gets
another # before it.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from .values import number_of

Escape: TypeAlias = Callable[[Any], Any]
_PLAIN = frozenset((str, int, bool, float, type(None)))


def escaped(value: Any) -> Any:
    """A canonical value as JSON values; itself if it is one."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [item if type(item) in _PLAIN else escaped(item) for item in value]
    if kind is dict:
        return escaped_mapping(value, escaped)
    return escape(value, escaped)


def escaped_mapping(value: dict[str, Any], each: Escape) -> dict[str, Any]:
    if len(value) == 1 and next(iter(value)).startswith("#"):
        ((name, item),) = value.items()
        return {f"#{name}": each(item)}
    return {name: item if type(item) is str else each(item) for name, item in value.items()}


def escape(value: Any, each: Escape) -> dict[str, Any]:
    """Bytes, a set or a number, as a mapping."""
    if isinstance(value, bytes):
        return {"#bytes": b64encode(value).decode()}
    if isinstance(value, set):
        return {"#set": [each(item) for item in sorted(value, key=_order)]}
    return {"#number": str(value) if isinstance(value, Decimal) else repr(value)}


def unescaped(value: Any) -> Any:
    """The inverse of both."""
    if isinstance(value, list):
        return [unescaped(item) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, item),) = value.items()
        if name.startswith("##"):
            return {name[1:]: unescaped(item)}
        if name in _MEANINGS:
            return _MEANINGS[name](item)
    return {name: unescaped(item) for name, item in value.items()}


def _number(text: str) -> Any:
    return float(text) if "e" in text and "E" not in text else number_of(text)


_MEANINGS: dict[str, Callable[[Any], Any]] = {
    "#bytes": b64decode, "#number": _number, "#set": lambda items: {unescaped(item) for item in items},
}  # fmt: skip


def _order(item: object) -> tuple[str, str]:
    return type(item).__name__, repr(item)
