"""What is known of customers, and where: in the store. No other module keeps anything."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from customers import samples
from customers.errors import EmailTaken
from pymacaron import ApiPool
from pymacaron.exceptions import ConditionFailedError, ServiceUnavailableError
from pymacaron.stores import ABSENT, Attribute, PersistentModel, Put, Table, get_store, save_together

_EMAILS = Table("customers-emails", Attribute("email"))  # an item for each, so that there is one customer with it


class PersistentCustomer(PersistentModel):
    """The parent of the model Customer, as the document says (`x-persist`)."""

    api_name, model_name, table_name, primary_key = "customers", "Customer", "customers", "id"


def take_in(customer: Any) -> None:
    """Keep a new customer.

    Raises:
        EmailTaken: there is one with that email.
    """
    email = {"email": customer.email.lower(), "customer": customer.id}
    try:
        save_together(customer, also=[Put(_EMAILS, email, ABSENT)])
    except ConditionFailedError:
        raise EmailTaken("There is a customer with this email").tell_user("You have an account here already.") from None


def forget(customer: Any) -> None:
    customer.delete_from_db()
    get_store().delete(_EMAILS, customer.email.lower())


def prepare() -> None:
    """Make what the store lacks, with the customers whom the shop knows when it opens. A store that does not answer
    is no reason not to start: it may come back."""
    with suppress(ServiceUnavailableError):
        get_store().create_table(_EMAILS)
        for row in samples.CUSTOMERS:
            with suppress(EmailTaken):
                take_in(ApiPool.customers.model.Customer.from_json(row))
