"""Canonical values as DynamoDB writes them, {"S": "text"}, and back.

What it cannot write stands as a mapping: numbers of more than 38 digits or out of its range, sets that are empty or of
several kinds, mappings with an empty name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pymacaron.stores.escapes import listed, meaning, number_text, renamed
from pymacaron.stores.tables import Table
from pymacaron.stores.values import exact, fits, is_number, number_of
from pymacaron.stores.writes import Item, Key

Typed: TypeAlias = dict[str, Any]


def write_value(value: Any) -> Typed:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if is_number(value):
        return {"N": str(exact(value))} if fits(value) else {"M": {"#number": {"S": number_text(value)}}}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, list):
        return {"L": [write_value(item) for item in value]}
    if isinstance(value, set):
        return _set(value)
    if "" in value:
        return {"M": {"#prefixed": {"M": {f"-{name}": write_value(item) for name, item in value.items()}}}}
    return {"M": {name: write_value(item) for name, item in renamed(value).items()}}


def _set(items: set[Any]) -> Typed:
    in_order = listed(items)
    if items and all(isinstance(item, str) and item for item in items):
        return {"SS": in_order}
    if items and all(isinstance(item, bytes) and item for item in items):
        return {"BS": in_order}
    if items and all(is_number(item) and fits(item) for item in items):
        return {"NS": [str(exact(item)) for item in in_order]}
    return {"M": {"#set": {"L": [write_value(item) for item in in_order]}}}


def read_value(typed: Typed) -> Any:
    ((kind, value),) = typed.items()
    return _READERS[kind](value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "S": str, "N": number_of, "B": bytes, "BOOL": bool, "NULL": lambda _: None, "SS": set,
    "NS": lambda items: set(map(number_of, items)), "BS": lambda items: set(map(bytes, items)),
    "L": lambda items: [read_value(item) for item in items],
    "M": lambda items: meaning({name: read_value(item) for name, item in items.items()}),
}  # fmt: skip


def write_item(item: Mapping[str, Any]) -> Typed:
    return {name: write_value(value) for name, value in item.items()}


def read_item(typed: Typed) -> Item:
    return {name: read_value(value) for name, value in typed.items()}


def write_key(table: Table, key: Key) -> Typed:
    return {attribute.name: write_value(value) for attribute, value in zip(table.key, key, strict=True)}
