"""Orders, from being placed to being canceled."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from operator import attrgetter

from pymacaron.auth import get_userid
from pymacaron.exceptions import ItemNotFound
from pymacaron.models import Line, Order, OrderPage, Product
from pymacaron.stores import save_together
from shop.baskets import priced, total_of
from shop.customers import get_customer
from shop.db import next_order_id, order_of_request, request_noted, undisturbed
from shop.errors import OrderNotFound, OutOfStock, TooLateToCancel
from shop.mails import confirm_order
from shop.paging import page_of
from shop.payments import charge


def place_order(request, x_request_id: str | None):
    customer = get_customer(request.customer_id)
    order, is_new = undisturbed(partial(_placed, request, x_request_id))
    if is_new:
        confirm_order(order, customer)
    return order, 202 if order.status == "awaiting_payment" else 201


def _placed(request, x_request_id: str | None) -> tuple[Order, bool]:
    """The order, and whether it was made for this request: one that is repeated finds the order of the first.

    Raises:
        ConditionFailedError: somebody was quicker, with a product, the gift card or the same request.
    """
    customer_id = request.customer_id.lower()
    first = order_of_request(customer_id, x_request_id)
    if first is not None:
        return get_order(first), False
    lines = [priced(line, request.currency) for line in request.lines]
    products = _taken(lines)
    total, payment = total_of(lines), request.payment.clone()
    is_paid, writes = charge(payment, total)
    order = Order(
        id=next_order_id(), status="paid" if is_paid else "awaiting_payment", total=total, placed_at=datetime.now(UTC),
        customer_id=customer_id, currency=request.currency, lines=lines, delivery=request.delivery,
        payment=payment, notes=request.notes,
    )  # fmt: skip
    if x_request_id is not None:
        writes.append(request_noted(customer_id, x_request_id, order.id))
    save_together(order, *products, also=writes)
    return order, True


def _taken(lines: list[Line]) -> list[Product]:
    """The products that were ordered, with what is left of them. Nothing is saved yet."""
    products = _products(lines)
    for line in lines:
        product = products[line.sku]
        stock = product.stock or 0
        if stock < line.quantity:
            raise OutOfStock(product.sku, product.title, stock)
        product.stock = stock - line.quantity
    return list(products.values())


def _given_back(lines: list[Line]) -> list[Product]:
    """The products that are still sold, with what comes back to the shelves."""
    products = _products(lines)
    for line in lines:
        if line.sku in products:
            products[line.sku].stock = (products[line.sku].stock or 0) + line.quantity
    return list(products.values())


def _products(lines: list[Line]) -> dict[str, Product]:
    found = Product.load_many_from_db(dict.fromkeys(line.sku for line in lines))
    return {product.sku: product for product in found if product is not None}


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
    undisturbed(partial(_cancel, order_id))


def _cancel(order_id: int) -> None:
    order = get_order(order_id)
    if order.status in {"shipped", "canceled"}:
        raise TooLateToCancel(f"The order is {order.status}").tell_user("It is too late to cancel this order.")
    order.status = "canceled"
    save_together(order, *_given_back(order.lines))
