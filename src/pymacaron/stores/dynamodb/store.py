"""The store in DynamoDB."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from random import getrandbits
from typing import Any

from pymacaron.exceptions import StoreDownError, StoreThrottledError
from pymacaron.stores.changes import checked_writes, condition_failed, is_met, next_item, place_of
from pymacaron.stores.ranges import EVERYTHING, Range
from pymacaron.stores.searching import Search, search
from pymacaron.stores.store import Page, Store
from pymacaron.stores.tables import EXPIRES, VERSION, Table
from pymacaron.stores.values import is_expired, item_key, key_of
from pymacaron.stores.writes import Delete, Item, Key, Put, Update, When, Write

from . import schema
from .attributes import read_item, write_item, write_key
from .connection import ClientError, Connection, code_of, is_throttling, pause, refused
from .requests import METHODS, query_request, scan_request, whole_item, write_request

_ATTEMPTS = 10
_READ_AT_ONCE, _WRITTEN_AT_ONCE = 100, 25  # items of a batch


class DynamoStore(Store):
    """Items in the tables of an account in one region.

    Reads of a table see every write that was answered; those of an index may be a moment behind.

    Args:
        endpoint: the URL of a server that speaks like DynamoDB.
        clock: seconds since 1970.
    """

    makes_tables = False

    def __init__(self, region: str, endpoint: str | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._connection = Connection(region, endpoint)

    def __repr__(self) -> str:
        return f"<DynamoStore {self._connection.place}>"

    def get(self, table: Table, *key: Any) -> Item | None:
        found = self._connection.call(
            "get_item", TableName=table.name, Key=write_key(table, key_of(table, key)), ConsistentRead=True
        )
        return self._alive(found.get("Item"))

    def _alive(self, typed: dict[str, Any] | None) -> Item | None:
        item = None if typed is None else read_item(typed)
        return None if item is None or is_expired(item, self._clock()) else item

    def get_many(self, table: Table, keys: Iterable[Key]) -> list[Item | None]:
        wanted = [key_of(table, key) for key in keys]
        found: dict[Key, Item | None] = {}

        def read(rest: dict[str, Any]) -> Any:
            answer = self._connection.call("batch_get_item", RequestItems=rest)
            for typed in answer["Responses"].get(table.name, ()):
                found[item_key(table, read_item(typed))] = self._alive(typed)
            return answer.get("UnprocessedKeys")

        for some in _in_parts(list(dict.fromkeys(wanted)), _READ_AT_ONCE):
            keys_ = [write_key(table, key) for key in some]
            self._connection.each_attempt(read, {table.name: {"Keys": keys_, "ConsistentRead": True}})
        return [found.get(key) for key in wanted]

    def write(self, write: Write) -> Item | None:
        method, _ = METHODS[type(write)]
        for _ in range(_ATTEMPTS):
            token = getrandbits(53) + 1
            request = write_request(write, self._clock(), token)
            if isinstance(write, Update):
                request["ReturnValues"] = "ALL_NEW"
            try:
                answer = self._connection.call(method, **request)
            except ClientError as error:
                old = error.response.get("Item")
                if old is None and isinstance(write, Delete) and self._connection.is_in_doubt:
                    return None  # what is sent again finds that it is done, by itself or by somebody else
                if not self._is_ours(old, token) and not self._made_way(write, old):
                    raise condition_failed(write) from None
                if not self._is_ours(old, token):
                    continue
                answer = {"Attributes": old}
            return self._written(write, answer, token)
        raise condition_failed(write)

    def _is_ours(self, old: dict[str, Any] | None, token: int) -> bool:
        """Is the item that is in the way what this write left when it was sent first, and its answer got lost?"""
        return old is not None and old.get(VERSION) == {"N": str(token)}

    def _written(self, write: Write, answer: dict[str, Any], token: int) -> Item | None:
        if isinstance(write, Put):
            return {**whole_item(write), VERSION: token}
        return read_item(answer["Attributes"]) if isinstance(write, Update) else None

    def _made_way(self, write: Write, typed: dict[str, Any] | None) -> bool:
        """Was an item that has expired in the way of an update, and is gone now?

        Raises:
            ConditionFailedError: the update wants one.
            ItemRefusedError: the update adds to what is no number.
        """
        old = None if typed is None else read_item(typed)
        if old is None or not isinstance(write, Update):
            return False
        if not is_expired(old, self._clock()):
            next_item(write, place_of(write)[1], old)
            return False
        is_met(write, None)
        request = write_request(Delete(*place_of(write), When(equal={EXPIRES: old[EXPIRES]})), 0, 0)
        with suppress(ClientError):  # somebody else has done it, or has written it again
            self._connection.call("delete_item", **request)
        return True

    def transact(self, writes: Sequence[Write]) -> None:
        checked_writes(writes)
        for attempt in range(_ATTEMPTS if writes else 0):
            now = self._clock()
            requests = [{METHODS[type(one)][1]: write_request(one, now, getrandbits(53) + 1)} for one in writes]
            try:
                self._connection.call("transact_write_items", TransactItems=requests)
            except ClientError as error:
                self._cancelled(writes, error)
            else:
                return
            pause(attempt)
        if writes:
            raise StoreThrottledError("a transaction conflicted with other writes on every attempt")

    def _cancelled(self, writes: Sequence[Write], error: Any) -> None:
        """Nothing, if it is worth another attempt.

        Raises:
            PyMacaronException: why it is not.
        """
        for write, reason in zip(writes, error.response.get("CancellationReasons", ()), strict=False):
            code = reason.get("Code", "None")
            if code == "ConditionalCheckFailed" and not self._made_way(write, reason.get("Item")):
                raise condition_failed(write) from None
            if code == "ValidationError":
                raise refused(str(reason.get("Message")), write.table.name) from error
            if code not in {"None", "ConditionalCheckFailed"} and not is_throttling(code):
                raise self._connection.told(error, write.table.name) from error

    def put_many(self, table: Table, items: Iterable[Mapping[str, Any]]) -> None:
        ready: dict[Key, Any] = {}
        for item in items:
            whole = whole_item(Put(table, item))
            ready[item_key(table, whole)] = write_item({**whole, VERSION: getrandbits(53) + 1})
        self._write_all(table, [{"PutRequest": {"Item": item}} for item in ready.values()])

    def delete_many(self, table: Table, keys: Iterable[Key]) -> None:
        unique = dict.fromkeys(key_of(table, key) for key in keys)
        self._write_all(table, [{"DeleteRequest": {"Key": write_key(table, key)}} for key in unique])

    def _write_all(self, table: Table, requests: list[dict[str, Any]]) -> None:
        def write(rest: Any) -> Any:
            return self._connection.call("batch_write_item", RequestItems=rest).get("UnprocessedItems")

        for some in _in_parts(requests, _WRITTEN_AT_ONCE):
            self._connection.each_attempt(write, {table.name: some})

    def query(
        self, table: Table, partition: Any, sort: Range = EVERYTHING, *, index: str | None = None,
        descending: bool = False, limit: int | None = None, cursor: str | None = None,
    ) -> Page[Item]:  # fmt: skip
        wanted = search(table, partition, sort, index=index, descending=descending, limit=limit, cursor=cursor)
        if wanted.range is None:
            return Page()
        return self._page(wanted, "query", query_request(wanted, self._clock()))

    def scan(self, table: Table, *, limit: int | None = None, cursor: str | None = None) -> Page[Item]:
        wanted = search(table, None, None, limit=limit, cursor=cursor)
        return self._page(wanted, "scan", scan_request(wanted, self._clock()))

    def _page(self, wanted: Search, action: str, request: dict[str, Any]) -> Page[Item]:
        """One item more than wanted is read, to know whether there is more."""
        items: list[Item] = []
        limit = wanted.limit
        for item in self._found(wanted, action, request):
            if limit is not None and len(items) == limit:
                return Page(items, wanted.cursor(items[-1]))
            items.append(item)
        return Page(items)

    def _found(self, wanted: Search, action: str, request: dict[str, Any]) -> Iterator[Item]:
        if wanted.limit is not None:
            request["Limit"] = wanted.limit + 1
        while True:
            answer = self._connection.call(action, **request)
            for typed in answer["Items"]:
                item = read_item(typed)
                if wanted.has(item):
                    yield item
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def create_table(self, table: Table) -> None:
        schema.create(self._connection, table)

    def drop_table(self, table: Table) -> None:
        schema.drop(self._connection, table)

    def check(self, table: Table | None = None) -> None:
        if table is not None:
            schema.check(self._connection, table)
            return
        try:
            self._connection.call("list_tables", Limit=1)
        except StoreDownError as error:
            # who may only use the service's own tables is told so, by a store that is there and knows who asks
            if not isinstance(error.__cause__, ClientError) or code_of(error.__cause__) != "AccessDeniedException":
                raise

    def close(self) -> None:
        self._connection.close()


def _in_parts(items: list[Any], most: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), most):
        yield items[start : start + most]
