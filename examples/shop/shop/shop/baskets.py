"""Baskets of browsers, known by a cookie."""

from __future__ import annotations

import uuid
from functools import reduce
from operator import add

from pymacaron.models import Basket, Line, Money
from shop.catalogue import get_product
from shop.db import baskets
from shop.errors import NotPriced
from shop.money import Currency


def get_basket(basket: str | None) -> Basket:
    return (basket and baskets.get(basket.lower())) or Basket(lines=[])


def add_to_basket(line: Line, basket: str | None):
    with baskets.locked():
        filled = get_basket(basket)
        same = next((other for other in filled.lines if other.sku == line.sku), None)
        if same is not None:
            same.quantity = min(same.quantity + line.quantity, 99)
        else:
            filled.lines.append(priced(line, "EUR"))
        filled.total = total_of(filled.lines)
        key = basket.lower() if basket else str(uuid.uuid4())
        baskets.put(key, filled)
    return filled, 200, {"Set-Cookie": f"basket={key}; Path=/; HttpOnly; SameSite=Lax"}


def empty_basket(basket: str | None) -> None:
    if basket is not None:
        baskets.remove(basket.lower())


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
