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
    """Items or models, and where the next ones begin.

    Attributes:
        cursor: what to give to the same query for more; None if there is no more. A text to be passed on as it is.
    """

    def __init__(self, items: Iterable[T] = (), cursor: str | None = None) -> None:
        super().__init__(items)
        self.cursor = cursor


class Store(Protocol):
    """Items in tables, alike in every kind of store.

    An item is a dict with texts for names. Its values are None, booleans, numbers (whole ones come back as int,
    others as
    float, or as Decimal if float is too coarse), texts, bytes, lists, dicts and sets. Each item carries `_version`,
    which
    every write changes, and `_expires` if it has an end, in seconds since 1970: from then on it is not there any more.

    All methods may be called from every thread, and in the children of a process. What was written is on disk.

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
        """The item with a key, as the last write left it; None if there is none."""

    @abstractmethod
    def get_many(self, table: Table, keys: Iterable[Key]) -> list[Item | None]:
        """Items by their keys, in the order of the keys; not one state of the table."""

    @abstractmethod
    def write(self, write: Write) -> Item | None:
        """Do one write: all of it or nothing. The item as it is now, None if it is gone.

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
        """Write items, each for itself: after an error some may be written. Of those with one key, the last counts."""

    @abstractmethod
    def delete_many(self, table: Table, keys: Iterable[Key]) -> None:
        """Let items be gone, each for itself."""

    @abstractmethod
    def query(
        self, table: Table, partition: Any, sort: Range = EVERYTHING, *, index: str | None = None,
        descending: bool = False, limit: int | None = None, cursor: str | None = None,
    ) -> Page[Item]:  # fmt: skip
        """The items of a partition, of the table or of an index, in the order of their sort keys: texts by code
        point, numbers
        by value. Those that have the same one are in any order.

        Args:
            sort: which sort keys.
            limit: the most items; None: all there are.
            cursor: of the page before.
        """

    @abstractmethod
    def scan(self, table: Table, *, limit: int | None = None, cursor: str | None = None) -> Page[Item]:
        """The items of a table, in any order."""

    @abstractmethod
    def create_table(self, table: Table) -> None:
        """Make a table, and those of its indexes that are not there yet. One that is there stays as it is.

        Raises:
            ValueError: it cannot have that name, or is there already with another key.
        """

    @abstractmethod
    def drop_table(self, table: Table) -> None:
        """Let a table be gone, with all that is in it."""

    @abstractmethod
    def check(self, table: Table | None = None) -> None:
        """Raise what a use of the store, or of a table in it, would raise now."""

    @abstractmethod
    def close(self) -> None:
        """Let go of connections. The store can still be used: it makes others."""

    def put(self, table: Table, item: Mapping[str, Any], *, when: When = ALWAYS, expires: float | None = None) -> Item:
        """Write a whole item; the item as it is now in the store, with its new version.

        Args:
            when: what has to be true of the one that it replaces.
            expires: when it ends, in seconds since 1970, rounded up to whole ones; without it, what the item says.
        """
        if expires is not None:
            item = {**item, EXPIRES: math.ceil(expires) if math.isfinite(expires) else expires}
        return self._done(Put(table, item, when))

    def update(
        self, table: Table, *key: Any, set: Mapping[str, Any] | None = None, remove: Iterable[str] = (),  # noqa: A002 - named as in Update
        add: Mapping[str, Any] | None = None, when: When = ALWAYS,
    ) -> Item:  # fmt: skip
        """Change attributes of an item, see Update; the item as it is now."""
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
