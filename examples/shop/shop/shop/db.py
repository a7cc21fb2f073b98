"""What the shop remembers, and where: in the store. No other module keeps anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from random import uniform
from time import monotonic, sleep, time
from typing import Any, TypeVar
from uuid import uuid4

from pymacaron import ApiPool
from pymacaron.exceptions import ConditionFailedError, ServiceUnavailableError
from pymacaron.stores import ABSENT, Attribute, PersistentModel, Put, Table, Update, Write, get_store, unchanged
from pymacaron.stores.tables import EXPIRES
from shop import samples

_NOTES = Table("shop-notes", Attribute("name"))
_BASKETS = Table("shop-baskets", Attribute("key"))
_PICTURES = Table("shop-pictures", Attribute("name"))
_DAY = 86400
_PIECE = 300_000  # bytes; an item has 400 kB at most
_PATIENCE = 10.0  # seconds that one tries again while others are quicker
T = TypeVar("T")


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


def order_of_request(customer_id: str, request_id: str | None) -> int | None:
    """The order that a customer's request has led to in the last day; None if it has not."""
    noted = None if request_id is None else get_store().get(_NOTES, f"{customer_id} {request_id}")
    return None if noted is None else int(noted["order"])


def request_noted(customer_id: str, request_id: str, order_id: int) -> Write:
    """What notes that a request has led to an order; it is refused if there is such a note."""
    note = {"name": f"{customer_id} {request_id}", "order": order_id, EXPIRES: int(time()) + _DAY}
    return Put(_NOTES, note, ABSENT)


def taken_from_gift_card(code: str, amount: int, currency: str) -> tuple[int, Write] | None:
    """What is left on a gift card when an amount is taken from it, and what takes it; None if there is not enough."""
    card = get_store().get(_NOTES, f"gift card {code}")
    if card is None or card["currency"] != currency or card["amount"] < amount:
        return None
    taken = Update(_NOTES, (card["name"],), add={"amount": -amount}, when=unchanged(card))
    return int(card["amount"]) - amount, taken


def undisturbed(act: Callable[[], T]) -> T:
    """What `act` gives. It is done again where somebody else has written what it had read.

    Raises:
        ConditionFailedError: again and again somebody was quicker.
    """
    until = monotonic() + _PATIENCE
    while True:
        try:
            return act()
        except ConditionFailedError:
            if monotonic() > until:
                raise
        sleep(uniform(0, 0.05))


def load_basket(key: str) -> Any:
    """The item of a basket, whose `basket` is its JSON value; None if there is none."""
    return get_store().get(_BASKETS, key)


def save_basket(key: str, basket: Any, before: Any) -> None:
    """
    Raises:
        ConditionFailedError: it is not as it was before.
    """
    when = ABSENT if before is None else unchanged(before)
    get_store().put(_BASKETS, {"key": key, "basket": basket.to_json()}, when=when, expires=time() + 30 * _DAY)


def remove_basket(key: str) -> None:
    get_store().delete(_BASKETS, key)


def save_picture(sku: str, data: bytes) -> None:
    """In pieces, of which the first to be written are those that nobody knows of yet."""
    before, name = get_store().get(_PICTURES, sku), str(uuid4())
    for start in range(0, len(data), _PIECE):
        get_store().put(_PICTURES, {"name": f"{name} {start}", "data": data[start : start + _PIECE]})
    get_store().put(_PICTURES, {"name": sku, "pieces": name, "bytes": len(data)})
    for key in _pieces(before):
        get_store().delete(_PICTURES, key)


def load_picture(sku: str) -> bytes | None:
    """None if there is none."""
    found = get_store().get(_PICTURES, sku)
    pieces = [get_store().get(_PICTURES, key) for key in _pieces(found)]
    return None if found is None or None in pieces else b"".join(bytes(piece["data"]) for piece in pieces if piece)


def _pieces(picture: Any) -> list[str]:
    return [f"{picture['pieces']} {start}" for start in range(0, int(picture["bytes"]), _PIECE)] if picture else []


def is_subscribed(email: str) -> bool:
    return get_store().get(_NOTES, f"subscription {email.lower()}") is not None


def note_subscription(email: str, topics: Sequence[str]) -> None:
    get_store().put(_NOTES, {"name": f"subscription {email.lower()}", "topics": list(topics)})


def prepare() -> None:
    """Make what the store lacks, and fill the shelves of a shop that has nothing. A store that does not answer is no
    reason not to start: it may come back."""
    with suppress(ServiceUnavailableError):
        get_store().create_table(_NOTES)
        get_store().create_table(_BASKETS)
        get_store().create_table(_PICTURES)
        for code, left in samples.GIFT_CARDS.items():
            with suppress(ConditionFailedError):
                get_store().put(_NOTES, {"name": f"gift card {code}", **left}, when=ABSENT)
        product = ApiPool.catalogue.model.Product
        for row in samples.PRODUCTS if not product.scan_db(limit=1) else ():
            with suppress(ConditionFailedError):  # another process was quicker
                product.from_json(row).save_to_db(if_absent=True)
