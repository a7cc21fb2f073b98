"""A table of the store as a table of SQLite, and the statements for it.

key, sort                the key; the sort key is '' in tables without one
item, rich               its attributes, see rows
version, expires
i_…, s_…                 the key of each index, NULL where the item is not in it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pymacaron.stores.ranges import Range
from pymacaron.stores.tables import BYTES, TEXT, Attribute, Table
from pymacaron.stores.values import LONGEST_KEY, key_of
from pymacaron.stores.writes import Key

from .rows import columns_of

READ = "item, rich, version, expires"


class Layout:
    """The statements for one table. Names are of letters, digits, `_`, `.` and `-`, and stand in brackets: in double
    quotes, one that is not there would be a text to SQLite."""

    def __init__(self, table: Table) -> None:
        table.check()
        self.table = table
        self.name = name = f"[items.{table.name}]"
        self.attributes = table.key
        self.has_text_key = [one.kind for one in table.key] == [TEXT]
        self.key = ["key"] if table.sort is None else ["key", "sort"]
        added = [column for columns in self.indexes().values() for column in columns]
        columns = [*self.key, "item", "rich", "version", "expires", *added]
        marks, rest = ", ".join("?" * len(columns)), columns[len(self.key) :]
        this = " AND ".join(f"{column} = ?" for column in self.key)
        self.get = f"SELECT {READ} FROM {name} WHERE {this}"
        self.delete = f"DELETE FROM {name} WHERE {this}"
        self.put = (
            f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks}) "
            f"ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {', '.join(f'{one} = excluded.{one}' for one in rest)}"
        )
        self.purge = f"DELETE FROM {name} WHERE expires <= ?"

    def columns_of_key(self, key: Key) -> Sequence[Any]:
        """The columns of a key.

        Raises:
            ItemRefusedError: it cannot be one.
        """
        if self.has_text_key and len(key) == 1:
            text = key[0]
            if type(text) is str and text.isascii() and 0 < len(text) <= LONGEST_KEY[0]:
                return key  # most are, and a read takes a few microseconds
        return columns_of(self.attributes, key_of(self.table, key))

    def indexes(self) -> dict[str, list[str]]:
        """The columns of each index, by its name."""
        return {
            index.name: [f"[i_{index.name}]", *([] if index.sort is None else [f"[s_{index.name}]"])]
            for index in self.table.indexes
        }

    def columns(self, index: str | None) -> list[str]:
        """Those that a query reads along: partition, sort, and what tells items with the same apart."""
        return self.key if index is None else [*self.indexes()[index], *self.key]

    def create(self) -> str:
        columns = [f"{name} {_type(one)} NOT NULL" for name, one in zip(self.key, self.table.key, strict=True)]
        columns += ["item BLOB NOT NULL", "rich INTEGER NOT NULL", "version INTEGER NOT NULL", "expires INTEGER"]
        return f"CREATE TABLE IF NOT EXISTS {self.name} ({', '.join(columns)}, PRIMARY KEY ({', '.join(self.key)}))"

    def create_expiry(self) -> str:
        return f"CREATE INDEX IF NOT EXISTS [ends.{self.table.name}] ON {self.name} (expires) WHERE expires IS NOT NULL"

    def create_index(self, name: str) -> list[str]:
        """The statements that add the columns of an index, and the index."""
        index, columns = self.table.index_of(name), self.indexes()[name]
        attributes = [index.partition] if index.sort is None else [index.partition, index.sort]
        added = [
            f"ALTER TABLE {self.name} ADD COLUMN {column} {_type(attribute)}"
            for column, attribute in zip(columns, attributes, strict=True)
        ]
        where = " AND ".join(f"{column} IS NOT NULL" for column in columns)
        all_columns = ", ".join([*columns, *self.key])
        return [*added, f"CREATE INDEX [index.{self.table.name}.{name}] ON {self.name} ({all_columns}) WHERE {where}"]

    def query(self, index: str | None, bounds: list[str], *, has_cursor: bool, descending: bool) -> str:
        """The statement for a page. Its values: the partition, those of the bounds, now, the cursor's, the limit."""
        partition, *order = self.columns(index)
        way, beyond = (" DESC", "<") if descending else ("", ">")
        where = [f"{partition} = ?", *bounds, "(expires IS NULL OR expires > ?)"]
        if index is not None:
            where += [f"{column} IS NOT NULL" for column in self.indexes()[index]]
        if has_cursor and order:
            where.append(f"({', '.join(order)}) {beyond} ({', '.join('?' * len(order))})")
        ordered = ", ".join(f"{column}{way}" for column in order or [partition])
        return f"SELECT {READ} FROM {self.name} WHERE {' AND '.join(where)} ORDER BY {ordered} LIMIT ?"

    def scan(self, *, has_cursor: bool) -> str:
        """The statement for a page of everything. Its values: now, the cursor's, the limit."""
        key = ", ".join(self.key)
        beyond = f" AND ({key}) > ({', '.join('?' * len(self.key))})" if has_cursor else ""
        return f"SELECT {READ} FROM {self.name} WHERE (expires IS NULL OR expires > ?){beyond} ORDER BY {key} LIMIT ?"


def _type(attribute: Attribute) -> str:
    return "BLOB" if attribute.kind == BYTES else "TEXT"


def bounds_of(column: str, range_: Range) -> tuple[list[str], list[object]]:
    """A range of columns as conditions, and their values."""
    if range_.prefix is not None:
        low, high = range_.prefix, _after(range_.prefix)
        return ([f"{column} >= ?"], [low]) if high is None else ([f"{column} >= ?", f"{column} < ?"], [low, high])
    conditions, values = [], []
    for end, sign, included in ((range_.low, ">", range_.low_included), (range_.high, "<", range_.high_included)):
        if end is not None:
            conditions.append(f"{column} {sign}{'=' if included else ''} ?")
            values.append(end)
    return conditions, values


def _after(prefix: str | bytes) -> str | bytes | None:
    """The least that comes after everything that begins so; None if nothing does."""
    if isinstance(prefix, bytes):
        rest = prefix.rstrip(b"\xff")
        return rest[:-1] + bytes([rest[-1] + 1]) if rest else None
    rest_ = prefix.rstrip("\U0010ffff")
    if not rest_:
        return None
    following = ord(rest_[-1]) + 1
    return rest_[:-1] + chr(0xE000 if following == 0xD800 else following)
