"""What the shop remembers, and where. Products and orders are in the store; what goes with the process is in memory. No
other module keeps anything."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from threading import RLock
from time import time
from typing import Any

from pymacaron import ApiPool
from pymacaron.exceptions import ConditionFailedError, ServiceUnavailableError
from pymacaron.stores import ABSENT, Attribute, PersistentModel, Table, get_store, unchanged
from shop import samples

_NOTES = Table("shop-notes", Attribute("name"))
_DAY = 86400


class PersistentProduct(PersistentModel):
    """The parent of the model Product, as the document says (`x-persist`)."""

    api_name, model_name, table_name, primary_key = "catalogue", "Product", "shop-products", "sku"


class PersistentOrder(PersistentModel):
    """The parent of the model Order. Those of a customer are found by the time when they were placed."""

    api_name, model_name, table_name, primary_key = "orders", "Order", "shop-orders", "id"
    indexes = {"of_customer": ("customer_id", "placed_at")}  # noqa: RUF012 - a setting


def next_order_id() -> int:
    """A number that no other order has, whichever process asks."""
    counted = get_store().update(_NOTES, "orders", add={"count": 1})
    return 1000 + int(counted["count"])


def claim(customer_id: str, request_id: str, order_id: int) -> int:
    """The order of a customer's request: the one given, or that of whoever came first with it in the last day."""
    name = f"{customer_id} {request_id}"
    try:
        get_store().put(_NOTES, {"name": name, "order": order_id}, when=ABSENT, expires=time() + _DAY)
    except ConditionFailedError:
        first = get_store().get(_NOTES, name)
        return order_id if first is None else int(first["order"])
    return order_id


def release(customer_id: str, request_id: str) -> None:
    """Let a request that came to nothing be one that may come again."""
    get_store().delete(_NOTES, f"{customer_id} {request_id}")


def take_from_gift_card(code: str, amount: int, currency: str) -> int | None:
    """What is left on a gift card when an amount is taken from it; None if there is not enough."""
    card = get_store().get(_NOTES, f"gift card {code}")
    if card is None or card["currency"] != currency or card["amount"] < amount:
        return None
    # of two who take at once, one is refused
    return int(get_store().update(_NOTES, card["name"], add={"amount": -amount}, when=unchanged(card))["amount"])


def prepare() -> None:
    """Make what the store lacks, and fill the shelves of a shop that has nothing. A store that does not answer is no
    reason not to start: it may come back."""
    with suppress(ServiceUnavailableError):
        get_store().create_table(_NOTES)
        for code, left in samples.GIFT_CARDS.items():
            with suppress(ConditionFailedError):
                get_store().put(_NOTES, {"name": f"gift card {code}", **left}, when=ABSENT)
        product = ApiPool.catalogue.model.Product
        for row in samples.PRODUCTS if not product.scan_db(limit=1) else ():
            with suppress(ConditionFailedError):  # another process was quicker
                product.from_json(row).save_to_db(if_absent=True)


class InMemory:
    """Rows by key, safe for many threads. Rows are models; what goes in and what comes out are copies.

    Several steps that belong together: `with table.locked(): ...`.
    """

    def __init__(self, rows: Iterable[tuple[Any, Any]] = ()) -> None:
        self._rows = dict(rows)
        self._lock = RLock()

    def locked(self) -> AbstractContextManager[Any]:
        return self._lock

    def get(self, key: Any) -> Any:
        """The row, or None."""
        with self._lock:
            row = self._rows.get(key)
            return None if row is None else row.clone()

    def put(self, key: Any, row: Any) -> bool:
        """Write a row; is it a new one?"""
        with self._lock:
            is_new = key not in self._rows
            self._rows[key] = row.clone()
            return is_new

    def remove(self, key: Any) -> None:
        with self._lock:
            self._rows.pop(key, None)


baskets = InMemory()
subscriptions = InMemory()
