"""Where a page ends, as a text that callers may be given."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import msgspec

from pymacaron.exceptions import ItemRefusedError

from .tables import BYTES, NUMBER, Attribute
from .values import exact, key_value, number_of


def write_cursor(query: list[Any], attributes: list[Attribute], item: dict[str, Any]) -> str:
    """A cursor after `item`: the values of all key attributes, and what was asked, so that it serves nothing else."""
    last = [_written(attribute, item[attribute.name]) for attribute in attributes]
    return urlsafe_b64encode(msgspec.json.encode([query, last])).decode().rstrip("=")


def read_cursor(query: list[Any], attributes: list[Attribute], cursor: str) -> dict[str, Any]:
    """The inverse: key attributes by name.

    Raises:
        ItemRefusedError: it is no cursor of this query.
    """
    try:
        asked, last = msgspec.json.decode(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if asked == msgspec.json.decode(msgspec.json.encode(query)) and len(last) == len(attributes):
            return {one.name: key_value(one, _read(one, text)) for one, text in zip(attributes, last, strict=True)}
    except (ValueError, TypeError, ArithmeticError, RecursionError, msgspec.MsgspecError, ItemRefusedError):
        pass
    raise ItemRefusedError("the cursor does not belong to this query; pass the cursor of the previous page unchanged")


def _written(attribute: Attribute, value: Any) -> str:
    if attribute.kind == BYTES:
        return urlsafe_b64encode(value).decode()
    return str(exact(value)) if attribute.kind == NUMBER else value


def _read(attribute: Attribute, text: str) -> Any:
    if attribute.kind == BYTES:
        return urlsafe_b64decode(text)
    return number_of(text) if attribute.kind == NUMBER else text
