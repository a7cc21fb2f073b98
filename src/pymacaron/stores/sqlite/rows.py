"""Items as rows: JSON for what JSON can say, escapes for the rest, and keys in an order of SQLite's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from pymacaron.stores.escapes import escaped, unescaped
from pymacaron.stores.tables import EXPIRES, NUMBER, VERSION, Attribute, Table
from pymacaron.stores.values import MOST, check_size, exact, index_values, item_key
from pymacaron.stores.writes import Item

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Row(NamedTuple):
    """What is read of an item. `rich`: are there escapes in it?"""

    item: bytes
    rich: int
    version: int
    expires: int | None


def item_of(row: tuple[Any, ...]) -> Item:
    text, rich, version, expires = row
    item: Item = _decode(text)
    if rich:
        item = {name: unescaped(value) for name, value in item.items()}
    item[VERSION] = version
    if expires is not None:
        item[EXPIRES] = expires
    return item


def values_of(table: Table, item: Item, version: int) -> list[Any]:
    """All columns of a canonical item.

    Raises:
        ItemRefusedError: something about its keys.
        ItemTooLargeError: it is.
    """
    key = item_key(table, item)
    expires = item.get(EXPIRES)
    plain = {name: escaped(value) for name, value in item.items()}
    if expires is not None:
        del plain[EXPIRES]
    text = _encode(plain)
    if len(text) > MOST // 2:
        check_size(table, item)
    rich = int(b'{"#' in text)
    columns = [*columns_of(table.key, key), text, rich, version, expires]
    if table.indexes:
        attributes = [one for index in table.indexes for one in (index.partition, index.sort) if one is not None]
        columns += columns_of(attributes, index_values(table, item))
    return columns


def columns_of(attributes: Any, values: Any) -> list[Any]:
    """Canonical values of key attributes as columns."""
    return [column_of(attribute, value) for attribute, value in zip(attributes, values, strict=True)]


def column_of(attribute: Attribute, value: Any) -> Any:
    return sortable(value) if attribute.kind == NUMBER and value is not None else value


_NINES = str.maketrans("0123456789", "9876543210")


def sortable(value: float | Decimal) -> str:
    """A number as a text; the texts are in the order of the numbers. SQLite's own numbers are too small."""
    number = exact(value)
    if not number:
        return "1"
    digits = "".join(map(str, number.as_tuple().digits)).rstrip("0")
    if number > 0:
        return f"2{number.adjusted() + 500:03}{digits}"
    return f"0{499 - number.adjusted():03}{digits.translate(_NINES)}~"
