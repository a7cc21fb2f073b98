"""What every store does: the Protocol, and what follows from its few methods."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from .ranges import EVERYTHING, Range
from .tables import EXPIRES, Table
from .writes import ALWAYS, Delete, Item, Key, Put, Update, When, Write

T = TypeVar("T")


class Page(list[T]):
    """Items or models, and where the next page begins.

    Attributes:
        cursor: pass it to the same query to get the next page; None on the last page. Do not interpret the text.
    """

    def __init__(self, items: Iterable[T] = (), cursor: str | None = None) -> None:
        super().__init__(items)
        self.cursor = cursor


class Store(Protocol):
    """Items in tables. Every kind of store behaves alike.

    An item is a dict whose names are strings. Its values are None, booleans, numbers (integers come back as int, others
    as float, or as Decimal if a float is not precise enough), strings, bytes, lists, dicts and sets. Each item has
    `_version`, which every write changes, and `_expires` if it expires: a time in seconds since 1970, from which on the
    item does not exist any more.

    All methods may be called from every thread, and in child processes. When a write returns, the data is on disk.

    Raises (all methods):
        TableMissingError: there is no such table or index.
        StoreDownError: the store cannot be reached or cannot write.
        StoreThrottledError: it had too much to do for too long.
        ItemRefusedError: a value, key or cursor that no store takes.
    """

    # Whether tables are to be made when they are first needed.
    makes_tables: bool

    @abstractmethod
    def get(self, table: Table, *key: Any) -> Item | None:
        """The item with this key, as it was last written; None if there is none."""

    @abstractmethod
    def get_many(self, table: Table, keys: Iterable[Key]) -> list[Item | None]:
        """Items by their keys, in the order of the keys. It is not a snapshot of the table."""

    @abstractmethod
    def write(self, write: Write) -> Item | None:
        """Do one write, completely or not at all. Returns the item as it is now, or None if it was deleted.

        Raises:
            ConditionFailedError: the condition is not met.
            ItemTooLargeError: the item would have more than 400 KiB.
        """

    @abstractmethod
    def transact(self, writes: Sequence[Write]) -> None:
        """Do up to 100 writes to different items: all or none.

        Raises:
            ConditionFailedError: the condition of one of them is not met.
            ItemTooLargeError: an item would have more than 400 KiB.
        """

    @abstractmethod
    def put_many(self, table: Table, items: Iterable[Mapping[str, Any]]) -> None:
        """Write items. Each succeeds or fails on its own. Of several items with the same key, the last one is kept."""

    @abstractmethod
    def delete_many(self, table: Table, keys: Iterable[Key]) -> None:
        """Delete items. Each of them succeeds or fails on its own."""

    @abstractmethod
    def query(
        self, table: Table, partition: Any, sort: Range = EVERYTHING, *, index: str | None = None,
        descending: bool = False, limit: int | None = None, cursor: str | None = None,
    ) -> Page[Item]:  # fmt: skip
        """The items of a partition of the table, or of an index, in the order of their sort keys.

        Strings are ordered by code point, numbers by value. Items with the same sort key are in any order.

        Args:
            sort: which sort keys.
            limit: the maximum number of items; None for all.
            cursor: of the page before.
        """

    @abstractmethod
    def scan(self, table: Table, *, limit: int | None = None, cursor: str | None = None) -> Page[Item]:
        """The items of a table, in any order."""

    @abstractmethod
    def create_table(self, table: Table) -> None:
        """Create a table, and those of its indexes that do not exist. What exists is not changed.

        Raises:
            ValueError: the name is not allowed, or the table exists with another key.
        """

    @abstractmethod
    def drop_table(self, table: Table) -> None:
        """Delete a table, with all its items."""

    @abstractmethod
    def check(self, table: Table | None = None) -> None:
        """Check that the store works, and a table in it: raises what using it would raise now."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections. The store can still be used; it opens new ones."""

    def put(self, table: Table, item: Mapping[str, Any], *, when: When = ALWAYS, expires: float | None = None) -> Item:
        """Write a whole item. Returns the item as it is in the store, with its new version.

        Args:
            when: the condition on the item that it replaces.
            expires: when it expires, in seconds since 1970, rounded up to whole seconds. Default: as the item says.
        """
        if expires is not None:
            item = {**item, EXPIRES: math.ceil(expires) if math.isfinite(expires) else expires}
        return self._done(Put(table, item, when))

    def update(
        self, table: Table, *key: Any, set: Mapping[str, Any] | None = None, remove: Iterable[str] = (),  # noqa: A002 - named as in Update
        add: Mapping[str, Any] | None = None, when: When = ALWAYS,
    ) -> Item:  # fmt: skip
        """Change attributes of an item, as described at Update. Returns the changed item."""
        return self._done(Update(table, key, set or {}, remove, add or {}, when))

    def delete(self, table: Table, *key: Any, when: When = ALWAYS) -> None:
        self.write(Delete(table, key, when))

    def each(self, table: Table, page: int = 100) -> Iterator[Item]:
        """All items of a table, read page by page."""
        cursor: str | None = None
        while True:
            found = self.scan(table, limit=page, cursor=cursor)
            yield from found
            cursor = found.cursor
            if cursor is None:
                return

    def _done(self, write: Write) -> Item:
        item = self.write(write)
        assert item is not None, "the item was written"
        return item
