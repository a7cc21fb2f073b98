"""Writes as values, and the conditions that they may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from .tables import VERSION, Table

Item: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[Any, ...]


class When(NamedTuple):
    """A condition of a write on the item in the store. An expired item counts as absent.

    Attributes:
        present: whether the item has to exist; None for no condition.
        version: the version that it has to have; 0 for an item without one, which something else has written.
        equal: attributes, and the values that they have to have.
    """

    present: bool | None = None
    version: int | None = None
    equal: Mapping[str, Any] = {}


ALWAYS = When()
ABSENT = When(present=False)
PRESENT = When(present=True)


def unchanged(item: Mapping[str, Any]) -> When:
    """The condition that nobody has written the item since it was read."""
    return When(version=item.get(VERSION, 0))


class Put(NamedTuple):
    """Write a whole item. It replaces the item with its key, if there is one."""

    table: Table
    item: Mapping[str, Any]
    when: When = ALWAYS


class Update(NamedTuple):
    """Change attributes of an item. Without a condition, an item that does not exist is created.

    Attributes:
        set: attributes and their new values.
        remove: attributes to remove.
        add: numbers to add to attributes; an absent attribute counts as 0.
    """

    table: Table
    key: Key
    set: Mapping[str, Any] = {}
    remove: Iterable[str] = ()
    add: Mapping[str, Any] = {}
    when: When = ALWAYS


class Delete(NamedTuple):
    """Delete an item. It is no error if it does not exist."""

    table: Table
    key: Key
    when: When = ALWAYS


class Check(NamedTuple):
    """Write nothing. If the condition does not hold, the transaction fails."""

    table: Table
    key: Key
    when: When = PRESENT


Write: TypeAlias = Put | Update | Delete | Check
