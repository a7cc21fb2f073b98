"""The store in a file of SQLite."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from random import getrandbits
from typing import Any

from pymacaron.exceptions import ItemRefusedError, StoreDownError
from pymacaron.stores.changes import checked_writes, is_met, next_item, place_of
from pymacaron.stores.deadlines import in_time
from pymacaron.stores.ranges import EVERYTHING, Range
from pymacaron.stores.searching import Search, search
from pymacaron.stores.store import Page, Store
from pymacaron.stores.tables import EXPIRES, VERSION, Table
from pymacaron.stores.values import canonical_item, index_values, key_of
from pymacaron.stores.writes import ALWAYS, Check, Delete, Item, Key, Put, Write

from .connections import Connections
from .layout import READ, Layout, bounds_of
from .rows import column_of, columns_of, item_of, values_of

_ROOM = 256 * 1024  # bytes without which a store is about to fail


class SqliteStore(Store):
    """Items in the file at `path`, which is made when it is not there. Threads and processes may share it.

    Args:
        clock: seconds since 1970.
        patience: seconds that a writer waits for another one.
    """

    makes_tables = True

    def __init__(self, path: str, clock: Callable[[], float] = time.time, patience: float = 10.0) -> None:
        self.path = path
        self._clock = clock
        self._connections = Connections(path, patience)
        self._layouts: dict[str, Layout] = {}

    def __repr__(self) -> str:
        return f"<SqliteStore {self.path}>"

    def _layout(self, table: Table) -> Layout:
        layout = self._layouts.get(table[0])
        if layout is None or (layout.table is not table and layout.table != table):
            layout = self._layouts[table.name] = Layout(table)
        return layout

    def get(self, table: Table, *key: Any) -> Item | None:
        layout, connections = self._layout(table), self._connections
        columns = layout.columns_of_key(key)
        connection = None
        try:
            connection = connections.take()
            row = connection.execute(layout.get, columns).fetchone()
        except sqlite3.Error as error:
            raise connections.told(error) from error
        finally:
            if connection is not None:
                connections.give(connection)
        if row is None or (row[3] is not None and row[3] <= self._clock()):
            return None
        return item_of(row)

    def get_many(self, table: Table, keys: Iterable[Key]) -> list[Item | None]:
        return [self.get(table, *key) for key in keys]

    def write(self, write: Write) -> Item | None:
        if isinstance(write, Put) and write.when is ALWAYS:
            return self._put(write)
        layout = self._layout(write.table)
        with self._connections.writer() as connection:
            connection.execute("BEGIN IMMEDIATE")
            written = self._do(connection, layout, write, self._clock())
            connection.execute("COMMIT")
        return written

    def _put(self, put: Put) -> Item:
        layout, item = self._layout(put.table), canonical_item(put.item)
        version = new_version()
        values = values_of(put.table, item, version)
        with self._connections.writer() as connection:
            connection.execute(layout.put, values)
            if EXPIRES in item and version % 256 == 0:
                connection.execute(layout.purge, [self._clock()])
        item[VERSION] = version
        return item

    def transact(self, writes: Sequence[Write]) -> None:
        ready = [(self._layout(write.table), write) for write in checked_writes(writes)]
        with self._connections.writer() as connection:
            connection.execute("BEGIN IMMEDIATE")
            now = self._clock()
            for layout, write in ready:
                self._do(connection, layout, write, now)
            connection.execute("COMMIT")

    def _do(self, connection: sqlite3.Connection, layout: Layout, write: Write, now: float) -> Item | None:
        """One write inside of a transaction; the item as it is afterwards."""
        table, key = place_of(write)
        columns = columns_of(table.key, key)
        row = connection.execute(layout.get, columns).fetchone()
        old = None if row is None or (row[3] is not None and row[3] <= now) else item_of(row)
        is_met(write, old)
        if isinstance(write, Check):
            return old
        if isinstance(write, Delete):
            connection.execute(layout.delete, columns)
            return None
        item = next_item(write, key, old)
        version = new_version()
        connection.execute(layout.put, values_of(table, item, version))
        item[VERSION] = version
        return item

    def put_many(self, table: Table, items: Iterable[Mapping[str, Any]]) -> None:
        layout = self._layout(table)
        rows = [values_of(table, canonical_item(item), new_version()) for item in in_time(items)]
        self._many(layout.put, rows)

    def delete_many(self, table: Table, keys: Iterable[Key]) -> None:
        self._many(self._layout(table).delete, [columns_of(table.key, key_of(table, key)) for key in keys])

    def _many(self, statement: str, rows: list[list[Any]]) -> None:
        with self._connections.writer() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, rows)
            connection.execute("COMMIT")

    def query(
        self, table: Table, partition: Any, sort: Range = EVERYTHING, *, index: str | None = None,
        descending: bool = False, limit: int | None = None, cursor: str | None = None,
    ) -> Page[Item]:  # fmt: skip
        wanted = search(table, partition, sort, index=index, descending=descending, limit=limit, cursor=cursor)
        if wanted.range is None:
            return Page()
        layout, found = self._layout(table), table.index_of(index)
        columns = layout.columns(index)
        bounds: list[str] = []
        values: list[Any] = [column_of(found.partition, wanted.partition)]
        if found.sort is not None:
            low, high, *rest = wanted.range
            ends = (
                None if low is None else column_of(found.sort, low),
                None if high is None else column_of(found.sort, high),
            )
            bounds, more = bounds_of(columns[1], Range(*ends, *rest))
            values += more
        statement = layout.query(index, bounds, has_cursor=wanted.after is not None, descending=descending)
        order = [*([found.sort] if found.sort else []), *(table.key if index else ())]
        return self._page(statement, values, order, wanted)

    def scan(self, table: Table, *, limit: int | None = None, cursor: str | None = None) -> Page[Item]:
        wanted = search(table, None, None, limit=limit, cursor=cursor)
        statement = self._layout(table).scan(has_cursor=wanted.after is not None)
        return self._page(statement, [], list(table.key), wanted)

    def _page(self, statement: str, values: list[Any], order: list[Any], wanted: Search) -> Page[Item]:
        limit, after = wanted.limit, wanted.after
        beyond = [] if after is None else [column_of(one, after[one.name]) for one in order]
        with self._connections.one() as connection:
            rows = connection.execute(
                statement, [*values, self._clock(), *beyond, -1 if limit is None else limit + 1]
            ).fetchall()
        items = [item_of(row) for row in in_time(rows[:limit])]
        return Page(items, wanted.cursor(items[-1]) if len(rows) > len(items) else None)

    def create_table(self, table: Table) -> None:
        layout = Layout(table)
        with self._connections.writer() as connection:
            connection.execute("BEGIN IMMEDIATE")
            self._check_name(connection, table)
            connection.execute(layout.create())
            connection.execute(layout.create_expiry())
            known = [row[1] for row in connection.execute(f"PRAGMA table_info({layout.name})")]
            if ("sort" in known) is not (table.sort is not None):
                raise ValueError(f"{self.path} has a table {table.name} with another key; drop_table() deletes it")
            for index in table.indexes:
                if f"i_{index.name}" not in known:
                    self._add_index(connection, layout, index.name)
            connection.execute(layout.purge, [self._clock()])
            connection.execute("COMMIT")

    def _check_name(self, connection: sqlite3.Connection, table: Table) -> None:
        """To SQLite, names that differ in small and capital letters only are one."""
        others = "SELECT name FROM sqlite_master WHERE type = 'table' AND lower(name) = lower(?) AND name <> ?"
        for (other,) in connection.execute(others, [f"items.{table.name}"] * 2):
            fact = f"{self.path} has a table {other.removeprefix('items.')}"
            raise ValueError(f"{fact}, which is {table.name} to SQLite; rename one of them")

    def _add_index(self, connection: sqlite3.Connection, layout: Layout, name: str) -> None:
        for statement in layout.create_index(name):
            connection.execute(statement)
        index, columns = layout.table.index_of(name), layout.indexes()[name]
        alone = layout.table._replace(indexes=(index,))
        attributes = [one for one in (index.partition, index.sort) if one is not None]
        change = f"UPDATE {layout.name} SET {', '.join(f'{one} = ?' for one in columns)} WHERE rowid = ?"
        for rowid, *row in connection.execute(f"SELECT rowid, {READ} FROM {layout.name}").fetchall():
            with suppress(ItemRefusedError):  # what cannot be in the index is not, as in DynamoDB
                values = index_values(alone, item_of(tuple(row)))
                connection.execute(change, [*columns_of(attributes, values), rowid])

    def drop_table(self, table: Table) -> None:
        with self._connections.writer() as connection:
            connection.execute(f"DROP TABLE IF EXISTS {self._layout(table).name}")

    def check(self, table: Table | None = None) -> None:
        with self._connections.one() as connection:
            connection.execute("PRAGMA schema_version")
            if table is not None:
                connection.execute(f"SELECT {READ} FROM {self._layout(table).name} LIMIT 0")
            if connection.execute("PRAGMA query_only").fetchone()[0] or not os.access(self.path, os.W_OK):
                raise StoreDownError(f"{self.path} cannot be written")
        with suppress(OSError):  # a file system that does not tell
            room = os.statvfs(os.path.dirname(self.path))
            free = room.f_bavail if os.geteuid() else room.f_bfree  # some is left to root alone
            if room.f_blocks and free * room.f_frsize < _ROOM:
                raise StoreDownError(f"the store {self.path} has no room: the disk is full")

    def close(self) -> None:
        self._connections.close()


def new_version() -> int:
    """A number that tells one write of an item from every other: drawn, so that a write needs not know the last one."""
    return getrandbits(53) + 1
