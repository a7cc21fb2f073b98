"""Keywords that the validator leaves to us."""

from __future__ import annotations

from typing import Any

import msgspec

from pymacaron._types import Json, Pointer

_encode = msgspec.json.Encoder(order="sorted").encode
# How many properties are left at least, of an object that some are dropped from: {"least": 1, "dropped": ["id"]}.
LEFT = "minPropertiesLeft"


class LeftProperties:
    """`minProperties` where the document has properties that are dropped, as callers do not set them (readOnly)."""

    def __init__(self, _schema: Json, value: Json, _path: Pointer) -> None:
        self._least: int = value["least"]
        self._dropped = frozenset(value["dropped"])

    def validate(self, value: Json) -> None:
        """
        Raises:
            ValueError: too few are left.
        """
        if type(value) is dict and len(value.keys() - self._dropped) < self._least:
            raise ValueError(f"at least {self._least} properties, beside those that only the service sets")


class DistinctItems:
    """`uniqueItems`, in linear time whatever the items are.

    The validator's own takes numbers above 2^53 that are near to each other for alike at first: an array of them takes
    time with the square of its length, whatever the schema says of the items.
    """

    def __init__(self, _schema: Json, value: Json, _path: Pointer) -> None:
        self._is_on = value is True

    def validate(self, items: Json) -> None:
        """
        Raises:
            ValueError: two of the items are equal, as JSON Schema has it (2020-12 core, section 4.2.2).
        """
        if not self._is_on or type(items) is not list or len(items) < 2:
            return
        # texts and bytes are hashed with a secret, so that nobody can choose some that look alike
        keys = {one if type(one) is str else _encode(_plain(one)) for one in items}
        if len(keys) < len(items):
            raise ValueError("uniqueItems")


def _plain(value: Json) -> Any:
    """A value in which what is equal is written alike: 1.0 as 1."""
    if type(value) is float and value.is_integer():
        return int(value)
    if type(value) is list:
        return [_plain(one) for one in value]
    if type(value) is dict:
        return {name: _plain(one) for name, one in value.items()}
    return value


KEYWORDS = {"uniqueItems": DistinctItems, LEFT: LeftProperties}
