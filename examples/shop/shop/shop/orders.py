"""Orders, from being placed to being canceled."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from operator import attrgetter

from pymacaron.auth import get_userid
from pymacaron.exceptions import ItemNotFound
from pymacaron.models import Line, Order, OrderPage, Product
from shop.baskets import priced, total_of
from shop.customers import get_customer
from shop.db import claim, next_order_id, release
from shop.errors import OrderNotFound, OutOfStock, TooLateToCancel
from shop.mails import confirm_order
from shop.paging import page_of
from shop.payments import charge


def place_order(request, x_request_id: str | None):
    customer = get_customer(request.customer_id)
    order, is_new = _placed(request, x_request_id)
    if is_new:
        confirm_order(order, customer)
    return order, 202 if order.status == "awaiting_payment" else 201


def _placed(request, x_request_id: str | None) -> tuple[Order, bool]:
    """The order, and whether it was made for this request: one that is repeated finds the order of the first, or a 404
    while that is being placed."""
    order_id = next_order_id()
    if x_request_id is None:
        return _made(request, order_id), True
    customer_id = request.customer_id.lower()
    first = claim(customer_id, x_request_id, order_id)
    if first != order_id:
        return get_order(first), False
    try:
        return _made(request, order_id), True
    except Exception:
        release(customer_id, x_request_id)
        raise


def _made(request, order_id: int) -> Order:
    lines = [priced(line, request.currency) for line in request.lines]
    total = total_of(lines)
    _take(lines)
    try:
        is_paid = charge(request.payment, total)
    except Exception:
        _give_back(lines)
        raise
    order = Order(
        id=order_id, status="paid" if is_paid else "awaiting_payment", total=total, placed_at=datetime.now(UTC),
        customer_id=request.customer_id.lower(), currency=request.currency, lines=lines, delivery=request.delivery,
        payment=request.payment, notes=request.notes,
    )  # fmt: skip
    order.save_to_db()
    return order


def _take(lines: list[Line]) -> None:
    """Take what was ordered from the shelves: all of it or nothing. However many take at once, each finds what the one
    before has left."""
    for taken, line in enumerate(lines):
        try:
            Product.update_in_db(line.sku, change=partial(_take_from, line))
        except Exception:
            _give_back(lines[:taken])
            raise


def _take_from(line: Line, product: Product) -> None:
    stock = product.stock or 0
    if stock < line.quantity:
        raise OutOfStock(product.sku, product.title, stock)
    product.stock = stock - line.quantity


def _give_back(lines: list[Line]) -> None:
    for line in lines:
        with suppress(ItemNotFound):
            Product.update_in_db(line.sku, add={"stock": line.quantity})


def list_orders(status, customer_id, placed_after, page_size, page_token) -> OrderPage:
    if customer_id is None:
        orders = sorted(Order.scan_db(), key=attrgetter("id"), reverse=True)
    else:
        orders = Order.query_db(customer_id.lower(), index="of_customer", descending=True)
    found = [
        order
        for order in orders
        if (status is None or order.status in status) and (placed_after is None or order.placed_at > placed_after)
    ]
    page, next_token = page_of(found, page_size, page_token)
    return OrderPage(orders=page, next_page_token=next_token)


def list_my_orders(page_size, page_token) -> OrderPage:
    return list_orders(None, get_userid(), None, page_size, page_token)


def get_order(order_id: int) -> Order:
    try:
        return Order.load_from_db(order_id)
    except ItemNotFound:
        raise OrderNotFound(f"There is no order {order_id}") from None


def cancel_order(order_id: int) -> None:
    get_order(order_id)
    order = Order.update_in_db(order_id, change=_cancel)
    _give_back(order.lines)


def _cancel(order: Order) -> None:
    if order.status in {"shipped", "canceled"}:
        raise TooLateToCancel(f"The order is {order.status}").tell_user("It is too late to cancel this order.")
    order.status = "canceled"
