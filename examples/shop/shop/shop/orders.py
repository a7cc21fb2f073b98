"""Orders, from being placed to being canceled."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count

from pymacaron.auth import get_userid
from pymacaron.models import Line, Order, OrderPage
from shop.baskets import priced, total_of
from shop.catalogue import get_product
from shop.customers import get_customer
from shop.db import orders, placed, products
from shop.errors import OrderNotFound, OutOfStock, TooLateToCancel
from shop.mails import confirm_order
from shop.paging import page_of
from shop.payments import charge

_ids = count(1001)


def place_order(request, x_request_id: str | None):
    customer = get_customer(request.customer_id)
    order, is_new = _placed(request, x_request_id)
    if is_new:
        confirm_order(order, customer)
    return order, 202 if order.status == "awaiting_payment" else 201


def _placed(request, x_request_id: str | None) -> tuple[Order, bool]:
    """The order, and whether it was made for this request: one that is repeated finds the order of the first. Nobody is
    called while others wait for the lock."""
    key = (request.customer_id.lower(), x_request_id)
    with orders.locked():
        before = placed.get(key)
        if before is not None:
            return get_order(before.id), False
        order = _made(request)
        orders.put(order.id, order)
        if x_request_id is not None:
            placed.put(key, order)
        return order, True


def _made(request) -> Order:
    lines = [priced(line, request.currency) for line in request.lines]
    total = total_of(lines)
    _take(lines)
    try:
        is_paid = charge(request.payment, total)
    except Exception:
        _give_back(lines)
        raise
    return Order(
        id=next(_ids), status="paid" if is_paid else "awaiting_payment", total=total, placed_at=datetime.now(UTC),
        customer_id=request.customer_id, currency=request.currency, lines=lines, delivery=request.delivery,
        payment=request.payment, notes=request.notes,
    )  # fmt: skip


def _take(lines: list[Line]) -> None:
    """Take what was ordered from the shelves: all of it or nothing."""
    with products.locked():
        for taken, line in enumerate(lines):
            product = get_product(line.sku)
            if product.stock < line.quantity:
                _give_back(lines[:taken])
                raise OutOfStock(product.sku, product.title, product.stock)
            product.stock -= line.quantity
            products.put(product.sku, product)


def _give_back(lines: list[Line]) -> None:
    with products.locked():
        for line in lines:
            product = products.get(line.sku)
            if product is not None:
                product.stock += line.quantity
                products.put(product.sku, product)


def list_orders(status, customer_id, placed_after, page_size, page_token) -> OrderPage:
    found = [
        order
        for order in reversed(orders.all())
        if (status is None or order.status in status)
        and (customer_id is None or order.customer_id.lower() == customer_id.lower())
        and (placed_after is None or order.placed_at > placed_after)
    ]
    page, next_token = page_of(found, page_size, page_token)
    return OrderPage(orders=page, next_page_token=next_token)


def list_my_orders(page_size, page_token) -> OrderPage:
    return list_orders(None, get_userid(), None, page_size, page_token)


def get_order(order_id: int) -> Order:
    order = orders.get(order_id)
    if order is None:
        raise OrderNotFound(f"There is no order {order_id}")
    return order


def cancel_order(order_id: int) -> None:
    with orders.locked():
        order = get_order(order_id)
        if order.status in {"shipped", "canceled"}:
            raise TooLateToCancel(f"The order is {order.status}").tell_user("It is too late to cancel this order.")
        order.status = "canceled"
        orders.put(order_id, order)
        _give_back(order.lines)
