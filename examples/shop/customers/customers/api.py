"""Customers: taken in, shown to those who may see them, forgotten."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from customers.db import customers
from customers.errors import CustomerNotFound, EmailTaken
from customers.mails import welcome
from pymacaron.auth import get_scopes, get_userid
from pymacaron.models import Address, Customer


def create_customer(customer: Customer):
    customer.id = str(uuid.uuid4())
    customer.joined_at = datetime.now(UTC)
    with customers.locked():
        if any(other.email.lower() == customer.email.lower() for other in customers.all()):
            raise EmailTaken("There is a customer with this email").tell_user("You have an account here already.")
        customers.put(customer.id, customer)
    welcome(customer)
    return customer, 201, {"Location": f"/v1/customers/{customer.id}"}


def get_customer(customer_id: str) -> Customer:
    customer = customers.get(customer_id.lower()) if _may_see(customer_id) else None
    if customer is None:  # who may not see a customer is not told that there is one
        raise CustomerNotFound(f"There is no customer {customer_id}")
    return customer


def _may_see(customer_id: str) -> bool:
    return get_userid() == customer_id.lower() or "staff" in get_scopes()


def delete_customer(customer_id: str) -> None:
    if not _may_see(customer_id) or not customers.remove(customer_id.lower()):
        raise CustomerNotFound(f"There is no customer {customer_id}")


def put_address(address: Address, customer_id: str, label: str):
    with customers.locked():
        customer = get_customer(customer_id)
        addresses = customer.addresses or {}
        is_new = label not in addresses
        customer.addresses = {**addresses, label: address}
        customers.put(customer.id, customer)
    return None, 201 if is_new else 200
