"""Records in the store of the service, for brokers that have nothing but queues."""

from __future__ import annotations

from collections.abc import Callable
from time import time
from typing import Any, TypeVar

from pymacaron.exceptions import ConditionFailedError, TableMissingError
from pymacaron.stores import ABSENT, Attribute, Store, Table, get_store
from pymacaron.stores.deadlines import unhurried

_T = TypeVar("_T")


class StoreRecords:
    """Records that all who use one store share. Their table is made when it is first needed.

    Args:
        table: its name.
        store: asked for at each use.
    """

    def __init__(self, table: str, store: Callable[[], Store] = get_store) -> None:
        self._table = Table(table, Attribute("key"))
        self._store = store

    def get(self, *keys: str) -> list[bytes | None]:
        found = self._try(lambda store: store.get_many(self._table, [(key,) for key in keys]))
        return [None if item is None else item["value"] for item in found]

    def put(self, key: str, value: bytes, seconds: float) -> None:
        self._try(lambda store: store.put(self._table, _item(key, value), expires=time() + seconds))

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        try:
            self._try(lambda store: store.put(self._table, _item(key, value), when=ABSENT, expires=time() + seconds))
        except ConditionFailedError:
            return False
        return True

    def remove(self, key: str) -> None:
        self._try(lambda store: store.delete(self._table, key))

    def _try(self, act: Callable[[Store], _T]) -> _T:
        return unhurried().run(self._tried, act)  # how a task has ended is told, too, when its call's time is over

    def _tried(self, act: Callable[[Store], _T]) -> _T:
        store = self._store()
        try:
            return act(store)
        except TableMissingError:
            store.create_table(self._table)
            return act(store)


def _item(key: str, value: bytes) -> dict[str, Any]:
    return {"key": key, "value": value}
