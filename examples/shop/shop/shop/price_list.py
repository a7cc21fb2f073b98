"""The price list as a table, to be read and written by spreadsheets."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from functools import partial

from pymacaron.exceptions import ItemNotFound
from pymacaron.models import PriceUpdate, Product
from shop.catalogue import all_products
from shop.errors import UnreadablePriceList


def get_prices(x_currency: str) -> Iterator[str]:
    yield _line("sku", "title", x_currency)
    for product in all_products():
        price = product.prices.get(x_currency)
        if price is not None:
            yield _line(product.sku, product.title, f"{price / 100:.2f}")


def _line(*cells: str) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def set_prices(table: str, x_currency: str) -> PriceUpdate:
    prices = dict(_read(table, x_currency))
    unknown = []
    for sku, price in prices.items():
        try:
            Product.update_in_db(sku, change=partial(_set_price, x_currency, price))
        except ItemNotFound:
            unknown.append(sku)
    return PriceUpdate(updated=len(prices) - len(unknown), unknown=unknown)


def _set_price(currency: str, price: int, product: Product) -> None:
    product.prices[currency] = price


def _read(table: str, currency: str) -> Iterator[tuple[str, int]]:
    rows = csv.DictReader(io.StringIO(table), restval="")
    try:
        if not {"sku", currency} <= set(rows.fieldnames or ()):
            raise UnreadablePriceList(f"The first line has to name the columns sku and {currency}")
        for row in rows:
            price = re.fullmatch(r"([0-9]{1,9})(?:\.([0-9]{1,2}))?", row[currency].strip())
            if price is None or not re.fullmatch("[A-Z]{3}-[0-9]{3}", row["sku"]):
                raise UnreadablePriceList(f"Line {rows.line_num} has no sku, or no price")
            yield row["sku"], int(price[1]) * 100 + int((price[2] or "0").ljust(2, "0"))
    except csv.Error:
        raise UnreadablePriceList(f"Line {rows.line_num} is no line of a table") from None
