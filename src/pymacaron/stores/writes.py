"""Writes as values, and the conditions that they may have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from .tables import VERSION, Table

Item: TypeAlias = dict[str, Any]
Key: TypeAlias = tuple[Any, ...]


class When(NamedTuple):
    """What has to be true of the item in the store for a write to happen. An expired item is absent.

    Attributes:
        present: whether there has to be one; None: no matter.
        version: the version that it has to have; 0: none, written by something else than this store.
        equal: attributes, and the values that they have to have.
    """

    present: bool | None = None
    version: int | None = None
    equal: Mapping[str, Any] = {}


ALWAYS = When()
ABSENT = When(present=False)
PRESENT = When(present=True)


def unchanged(item: Mapping[str, Any]) -> When:
    """The item is as it was read: nobody has written it since."""
    return When(version=item.get(VERSION, 0))


class Put(NamedTuple):
    """Write a whole item, in place of the one that has its key."""

    table: Table
    item: Mapping[str, Any]
    when: When = ALWAYS


class Update(NamedTuple):
    """Change attributes of an item; without a condition, one that is not there is made.

    Attributes:
        set: attributes and their new values.
        remove: attributes that are to be gone.
        add: numbers to add to attributes; what is absent counts as 0.
    """

    table: Table
    key: Key
    set: Mapping[str, Any] = {}
    remove: Iterable[str] = ()
    add: Mapping[str, Any] = {}
    when: When = ALWAYS


class Delete(NamedTuple):
    """Let an item be gone; one that is not there is."""

    table: Table
    key: Key
    when: When = ALWAYS


class Check(NamedTuple):
    """Write nothing, but let a transaction fail where the condition does."""

    table: Table
    key: Key
    when: When = PRESENT


Write: TypeAlias = Put | Update | Delete | Check
