"""Customers: taken in, shown to those who may see them, forgotten."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import UTC, datetime

from customers.db import forget, take_in
from customers.errors import CustomerNotFound
from customers.mails import welcome
from pymacaron.auth import get_scopes, get_userid
from pymacaron.exceptions import ItemNotFound
from pymacaron.models import Address, Customer


def create_customer(customer: Customer):
    customer.id = str(uuid.uuid4())
    customer.joined_at = datetime.now(UTC)
    take_in(customer)
    welcome(customer)
    return customer, 201, {"Location": f"/v1/customers/{customer.id}"}


def get_customer(customer_id: str) -> Customer:
    if _may_see(customer_id):  # who may not see a customer is not told that there is one
        with suppress(ItemNotFound):
            return Customer.load_from_db(customer_id.lower())
    raise CustomerNotFound(f"There is no customer {customer_id}")


def _may_see(customer_id: str) -> bool:
    return get_userid() == customer_id.lower() or "staff" in get_scopes()


def delete_customer(customer_id: str) -> None:
    forget(get_customer(customer_id))


def put_address(address: Address, customer_id: str, label: str):
    before = get_customer(customer_id)

    def note(customer: Customer) -> None:
        customer.addresses = {**(customer.addresses or {}), label: address}

    Customer.update_in_db(before.id, change=note)
    return None, 200 if label in (before.addresses or {}) else 201
