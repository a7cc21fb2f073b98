"""What a table is: its keys and its indexes."""

from __future__ import annotations

import re
from typing import NamedTuple

from pymacaron.exceptions import ItemRefusedError

TEXT, NUMBER, BYTES = "S", "N", "B"  # the kinds of key attributes, in DynamoDB's letters

# The store's own attributes, in every item that has them. Names of attributes that begin so are the store's.
VERSION, EXPIRES = "_version", "_expires"

_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


class Attribute(NamedTuple):
    """An attribute that is part of a key: its name, and the type of its values (TEXT, NUMBER, ...)."""

    name: str
    kind: str = TEXT


class Index(NamedTuple):
    """Finds items by other attributes than their key. Items that lack one of the attributes are not in the index.

    Attributes:
        name: 3 to 255 letters, digits, `_`, `.` and `-`.
        partition: the attribute whose value a query gives.
        sort: the attribute that orders the items with the same partition.
    """

    name: str
    partition: Attribute
    sort: Attribute | None = None


class Table(NamedTuple):
    """A table of items. Their key is one attribute, or two: the second orders the items with the same first one.

    Attributes:
        name: 3 to 255 letters, digits, `_`, `.` and `-`, as in DynamoDB.
    """

    name: str
    partition: Attribute
    sort: Attribute | None = None
    indexes: tuple[Index, ...] = ()

    @property
    def key(self) -> tuple[Attribute, ...]:
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    def index_of(self, name: str | None) -> Index:
        """An index by its name; the table itself, seen as one, for None.

        Raises:
            ItemRefusedError: the table has none of that name.
        """
        if name is None:
            return Index("", self.partition, self.sort)
        for index in self.indexes:
            if index.name == name:
                return index
        known = ", ".join(index.name for index in self.indexes) or "none"
        raise ItemRefusedError(f"the table {self.name} has no index {name!r}; it has {known}")

    def check(self) -> None:
        """
        Raises:
            ValueError: a store cannot have such a table.
        """
        names = [self.name, *(index.name for index in self.indexes)]
        for name in names:
            if not _NAME.fullmatch(name):
                raise ValueError(
                    f"{name!r} is no name of a table or index; use 3 to 255 of A-Z, a-z, 0-9, '_', '.', '-'"
                )
        if len({name.lower() for name in names[1:]}) < len(names) - 1:
            raise ValueError(f"the table {self.name} has two indexes of one name; give each its own")
        kinds: dict[str, str] = {}
        for attribute in self.attributes():
            if attribute.name.startswith("_"):
                raise ValueError(f"{attribute.name!r} cannot be part of a key: names with '_' are the store's own")
            if kinds.setdefault(attribute.name, attribute.kind) != attribute.kind:
                raise ValueError(f"the attribute {attribute.name!r} of {self.name} is of two kinds; let it be of one")

    def attributes(self) -> list[Attribute]:
        """All that are part of a key, here or in an index."""
        pairs = [(self.partition, self.sort), *((index.partition, index.sort) for index in self.indexes)]
        return [attribute for pair in pairs for attribute in pair if attribute is not None]
