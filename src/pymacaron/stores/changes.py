"""What a write makes of an item, for stores that work it out themselves, and what is checked for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Inexact
from typing import Any

from pymacaron.exceptions import ConditionFailedError, ItemRefusedError

from .tables import VERSION, Table
from .values import canonical, canonical_item, exact, fits, is_number, is_same, item_key, key_of, number_of
from .writes import Item, Key, Put, Update, Write

MOST_WRITES = 100  # of a transaction, as in DynamoDB
_SUM = Context(prec=38, traps=[Inexact])


def place_of(write: Write) -> tuple[Table, Key]:
    """Where it writes: the table, and the canonical key.

    Raises:
        ItemRefusedError: it is no key of the table.
    """
    if isinstance(write, Put):
        return write.table, item_key(write.table, write.item)
    return write.table, key_of(write.table, write.key)


def checked_writes(writes: Sequence[Write]) -> Sequence[Write]:
    """
    Raises:
        ItemRefusedError: too many for a transaction, or two to one item.
    """
    if len(writes) > MOST_WRITES:
        raise ItemRefusedError(f"a transaction has at most {MOST_WRITES} writes, not {len(writes)}")
    places = [(table.name, key) for table, key in map(place_of, writes)]
    if len(set(places)) < len(places):
        raise ItemRefusedError("a transaction has at most one write for each item")
    return writes


def is_met(write: Write, old: Item | None) -> None:
    """
    Raises:
        ConditionFailedError: the item is not as the write wants it.
    """
    present, version, equal = write.when
    wants_one = present or version is not None or bool(equal)
    if old is None:
        failed = wants_one
    else:
        failed = present is False or (version is not None and old.get(VERSION, 0) != version)
        failed = failed or any(
            name not in old or not is_same(old[name], canonical(value, name)) for name, value in equal.items()
        )
    if failed:
        raise condition_failed(write)


def condition_failed(write: Write) -> ConditionFailedError:
    present, version, _ = write.when
    if present is False:
        fact = "it exists already"
    elif version is not None:
        fact = "it has changed meanwhile"
    else:
        fact = "it does not exist, or does not meet the condition"
    return ConditionFailedError(f"an item of {write.table.name} was not written: {fact}")


def next_item(write: Put | Update, key: Key, old: Item | None) -> Item:
    """The canonical item that a write leaves.

    Raises:
        ItemRefusedError: it cannot be.
    """
    if isinstance(write, Put):
        return canonical_item(write.item)
    check_update(write)
    item = dict(zip([one.name for one in write.table.key], key, strict=True)) if old is None else dict(old)
    item.update(canonical_item(write.set))
    for name in write.remove:
        item.pop(name, None)
    for name, amount in write.add.items():
        item[name] = _sum(name, item.get(name, 0), canonical(amount, name))
    item.pop(VERSION, None)
    return item


def check_update(update: Update) -> None:
    """
    Raises:
        ItemRefusedError: it changes the key, or an attribute in two ways.
    """
    names = [*update.set, *update.remove, *update.add]
    if len(set(names)) < len(names):
        raise ItemRefusedError("an update changes an attribute in two ways; use one")
    for attribute in update.table.key:
        if attribute.name in names:
            raise ItemRefusedError(
                f"{attribute.name}: the key of an item cannot be changed; write a new item and delete this one"
            )
    _check_amounts(update.add)


def _check_amounts(add: Mapping[str, Any]) -> None:
    for name, amount in add.items():
        if not is_number(amount) or not fits(amount):
            raise ItemRefusedError(f"{name}: only a number of at most 38 digits can be added")


def _sum(name: str, one: Any, other: Any) -> Any:
    if not is_number(one) or not fits(one):
        raise ItemRefusedError(f"{name}: only to numbers of at most 38 digits can something be added")
    try:
        total = number_of(str(_SUM.add(exact(one), exact(other))))
    except Inexact:
        total = 10**126
    if not fits(total):
        raise ItemRefusedError(f"{name}: the sum has more than 38 digits")
    return total
