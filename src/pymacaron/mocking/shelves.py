"""What callers have created: resources that stand in collections, as paths such as /orders and /orders/{id} say."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pymacaron._types import JsonObject
from pymacaron.operations import PATH, Operation


class Place(NamedTuple):
    """Where an operation stands: at a collection, or at one of its items.

    Attributes:
        collection: the path template of the collection.
        key: what paths call an item of it: "id" in /orders/{id}.
        is_item: it stands at an item.
    """

    collection: str
    key: str
    is_item: bool


def places_of(operations: Iterable[Operation]) -> dict[Operation, Place]:
    """Where operations stand. A collection is a path below which items stand: /orders of /orders/{id}."""
    by_path: dict[str, list[Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path.rstrip("/"), []).append(operation)
    found: dict[Operation, Place] = {}
    for path, below in by_path.items():
        collection, slash, rest = path.rpartition("/")
        if slash and _ITEM.fullmatch(rest) and collection in by_path:
            found |= dict.fromkeys(below, Place(collection, rest[1:-1], True))
            found |= dict.fromkeys(by_path[collection], Place(collection, rest[1:-1], False))
    return found


_ITEM = re.compile(r"\{[^{}]+\}")


class Shelf:
    """One collection: its items by their key, as the path has it, and the keys of those that were deleted."""

    def __init__(self) -> None:
        self.items: dict[str, JsonObject] = {}
        self.gone: set[str] = set()


class Shelves:
    """All collections of a mock; threads may share it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._shelves: dict[tuple[str, tuple[str, ...]], Shelf] = {}
        self._last = 0

    def at(self, place: Place, operation: Operation, arguments: Mapping[str, Any]) -> Shelf:
        """The collection that a call is about; the items of two customers stand apart."""
        given = {one.name: str(arguments.get(one.argument)) for one in operation.parameters if one.location == PATH}
        above = tuple(given.get(name[1:-1], "") for name in _ITEM.findall(place.collection))
        return self._shelves.setdefault((place.collection, above), Shelf())

    def number(self) -> int:
        """A number that no item has had."""
        self._last += 1
        return self._last


def key_property(place_key: str, *objects: Mapping[str, object]) -> str | None:
    """The property of an item that its path is made from: called as the path calls it, or `id`."""
    short = place_key.removesuffix("_id").removesuffix("Id")
    for name in (place_key, "id", f"{short}_id", f"{short}Id", short, "name", "key", "code"):
        if any(name in one for one in objects):
            return name
    return None
