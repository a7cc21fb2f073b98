"""Invoices as pages to print."""

from __future__ import annotations

from html import escape

from shop.baskets import cost_of
from shop.orders import get_order

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Invoice {id}</title>
<h1>Invoice {id}</h1>
<p>{street}, {city}, {country}</p>
<table>{rows}<tr><th colspan="2">Total<td>{total}</table></html>
"""


def get_invoice(order_id: int) -> str:
    order = get_order(order_id)
    rows = "".join(
        f"<tr><td>{line.quantity}<td>{escape(line.title or line.sku)}<td>{cost_of(line)}" for line in order.lines
    )
    to = {name: escape(order.delivery[name]) for name in ("street", "city", "country")}
    return PAGE.format(id=order.id, rows=rows, total=order.total, **to)
