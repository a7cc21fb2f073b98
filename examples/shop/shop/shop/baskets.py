"""Baskets of browsers, known by a cookie."""

from __future__ import annotations

import uuid
from functools import partial, reduce
from operator import add
from typing import Any

from pymacaron.models import Basket, Line, Money
from shop.catalogue import get_product
from shop.db import load_basket, remove_basket, save_basket, undisturbed
from shop.errors import NotPriced
from shop.money import Currency


def get_basket(basket: str | None) -> Basket:
    return _filled(load_basket(basket.lower()) if basket else None)


def add_to_basket(line: Line, basket: str | None):
    key = basket.lower() if basket else str(uuid.uuid4())
    filled = undisturbed(partial(_added, line, key))
    return filled, 200, {"Set-Cookie": f"basket={key}; Path=/; HttpOnly; SameSite=Lax"}


def empty_basket(basket: str | None) -> None:
    if basket is not None:
        remove_basket(basket.lower())


def _filled(kept: Any) -> Basket:
    return Basket(lines=[]) if kept is None else Basket.from_json(kept["basket"])


def _added(line: Line, key: str) -> Basket:
    """The basket with a line more, saved."""
    before = load_basket(key)
    basket = _filled(before)
    same = next((other for other in basket.lines if other.sku == line.sku), None)
    if same is not None:
        same.quantity = min(same.quantity + line.quantity, 99)
    else:
        basket.lines.append(priced(line, "EUR"))
    basket.total = total_of(basket.lines)
    save_basket(key, basket, before)
    return basket


def priced(line: Line, currency: Currency) -> Line:
    """The line with the product's title and price."""
    product = get_product(line.sku)
    if currency not in product.prices:
        error = NotPriced(f"{line.sku} has no price in {currency}")
        raise error.tell_user(f"“{product.title}” is not sold in {currency}.")
    line.title = product.title
    line.price = Money(amount=product.prices[currency], currency=currency)
    return line


def total_of(lines: list[Line]) -> Money:
    total: Money = reduce(add, map(cost_of, lines))
    return total


def cost_of(line: Line) -> Money:
    """What a line comes to that has its price."""
    assert line.price is not None
    return line.price * line.quantity
