"""The price list as a table, to be read and written by spreadsheets."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from pymacaron.models import PriceUpdate
from shop.catalogue import products
from shop.errors import UnreadablePriceList


def get_prices(x_currency: str) -> Iterator[str]:
    yield _line("sku", "title", x_currency)
    for product in products.all():
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
    with products.locked():
        for sku, price in prices.items():
            product = products.get(sku)
            if product is None:
                unknown.append(sku)
                continue
            product.prices[x_currency] = price
            products.put(sku, product)
    return PriceUpdate(updated=len(prices) - len(unknown), unknown=unknown)


def _read(table: str, currency: str) -> Iterator[tuple[str, int]]:
    rows = csv.DictReader(io.StringIO(table))
    if not {"sku", currency} <= set(rows.fieldnames or ()):
        raise UnreadablePriceList(f"The first line has to name the columns sku and {currency}")
    for row in rows:
        try:
            yield row["sku"], _cents(row[currency])
        except (TypeError, ValueError):
            raise UnreadablePriceList(f"Line {rows.line_num} has no price") from None


def _cents(text: str) -> int:
    whole, _, cents = text.strip().partition(".")
    if not (whole.isdigit() and len(whole) < 10) or len(cents) > 2 or (cents and not cents.isdigit()):
        raise ValueError
    return int(whole) * 100 + int(cents.ljust(2, "0"))
