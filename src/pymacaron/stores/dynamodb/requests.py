"""Writes and queries as the arguments of the client's methods."""

from __future__ import annotations

from typing import Any

from pymacaron.stores.changes import check_update
from pymacaron.stores.searching import Search
from pymacaron.stores.tables import VERSION
from pymacaron.stores.values import canonical_item, check_size, index_values, item_key, key_of
from pymacaron.stores.writes import Check, Delete, Item, Put, Update, Write

from .attributes import write_item, write_key
from .expressions import Expressions


def write_request(write: Write, now: float, token: int) -> dict[str, Any]:
    """The arguments of one write, as its method and a transaction take them. `token` becomes the item's version.

    Raises:
        ItemRefusedError, ItemTooLargeError: no store takes it.
    """
    expressions = Expressions()
    request: dict[str, Any] = {"TableName": write.table.name}
    if isinstance(write, Put):
        request["Item"] = write_item({**whole_item(write), VERSION: token})
    else:
        request["Key"] = write_key(write.table, key_of(write.table, write.key))
    if isinstance(write, Update):
        request["UpdateExpression"] = expressions.change(write, _set(write), token)
    condition = expressions.condition(write, now, token)
    if condition:
        request["ConditionExpression"] = condition
    if condition:
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return {**request, **expressions.given()}


def whole_item(put: Put) -> Item:
    """The canonical item of a put, checked."""
    item = canonical_item(put.item)
    item_key(put.table, item)
    index_values(put.table, item)
    check_size(put.table, item)
    return item


def _set(update: Update) -> Item:
    check_update(update)
    values = canonical_item(update.set)
    index_values(update.table, values)
    return values


METHODS: dict[type, tuple[str, str]] = {
    Put: ("put_item", "Put"), Update: ("update_item", "Update"), Delete: ("delete_item", "Delete"),
    Check: ("", "ConditionCheck"),
}  # fmt: skip


def query_request(search: Search, now: float) -> dict[str, Any]:
    """The arguments of a query for its first page, but for how many."""
    expressions, found = Expressions(), search.table.index_of(search.index_name)
    request: dict[str, Any] = {"TableName": search.table.name, "ScanIndexForward": not search.descending}
    keys = [f"{expressions.name(found.partition.name)} = {expressions.value(search.partition)}"]
    range_ = search.range
    if found.sort is not None and range_ is not None and range_[:2] + range_[4:] != (None, None, None):
        keys.append(expressions.bounds(found.sort, range_))
    request["KeyConditionExpression"] = " AND ".join(keys)
    request["FilterExpression"] = expressions.alive(now)
    if search.index_name is None:
        request["ConsistentRead"] = True
    else:
        request["IndexName"] = search.index_name
    if search.after is not None:
        request["ExclusiveStartKey"] = write_item(search.after)
    return {**request, **expressions.given()}


def scan_request(search: Search, now: float) -> dict[str, Any]:
    expressions = Expressions()
    request: dict[str, Any] = {
        "TableName": search.table.name,
        "FilterExpression": expressions.alive(now),
        "ConsistentRead": True,
    }
    if search.after is not None:
        request["ExclusiveStartKey"] = write_item(search.after)
    return {**request, **expressions.given()}
