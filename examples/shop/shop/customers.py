"""Who buys, and who wants to hear from the shop."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from pymacaron.models import Address, Customer, Subscription
from shop import samples
from shop.errors import CustomerNotFound, EmailTaken
from shop.store import Table

customers = Table((row["id"], Customer.from_json(row)) for row in samples.CUSTOMERS)
subscriptions = Table()


def create_customer(customer: Customer):
    customer.id = str(uuid.uuid4())
    customer.joined_at = datetime.now(UTC)
    with customers.locked():
        if any(other.email.lower() == customer.email.lower() for other in customers.all()):
            raise EmailTaken("There is a customer with this email").tell_user("You have an account here already.")
        customers.put(customer.id, customer)
    return customer, 201, {"Location": f"/v1/customers/{customer.id}"}


def get_customer(customer_id: str) -> Customer:
    customer = customers.get(customer_id.lower())
    if customer is None:
        raise CustomerNotFound(f"There is no customer {customer_id}")
    return customer


def delete_customer(customer_id: str) -> None:
    if not customers.remove(customer_id.lower()):
        raise CustomerNotFound(f"There is no customer {customer_id}")


def put_address(address: Address, customer_id: str, label: str):
    with customers.locked():
        customer = get_customer(customer_id)
        addresses = customer.addresses or {}
        is_new = label not in addresses
        customer.addresses = {**addresses, label: address}
        customers.put(customer.id, customer)
    return None, 201 if is_new else 200


def subscribe(subscription: Subscription):
    is_new = subscriptions.put(subscription.email.lower(), subscription)
    return subscription, 202 if is_new else 200
