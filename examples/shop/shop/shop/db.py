"""What the shop remembers: tables in memory, for as long as the process lives. No other module keeps anything."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from threading import RLock
from typing import Any

from pymacaron.models import Money, Product
from shop import samples


class Table:
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

    def all(self) -> list[Any]:
        """Every row, the oldest first."""
        with self._lock:
            return [row.clone() for row in self._rows.values()]

    def put(self, key: Any, row: Any) -> bool:
        """Write a row; is it a new one?"""
        with self._lock:
            is_new = key not in self._rows
            self._rows[key] = row.clone()
            return is_new

    def remove(self, key: Any) -> bool:
        """Was it there?"""
        with self._lock:
            return self._rows.pop(key, None) is not None

    def __len__(self) -> int:
        return len(self._rows)


products = Table((row["sku"], Product.from_json(row)) for row in samples.PRODUCTS)
baskets = Table()
orders = Table()
placed = Table()  # orders as they were placed, by customer and id of the request
gift_cards = Table((code, Money.from_json(left)) for code, left in samples.GIFT_CARDS.items())
subscriptions = Table()
