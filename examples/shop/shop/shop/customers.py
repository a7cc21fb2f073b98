"""Who buys, as the service of the customers knows them."""

from __future__ import annotations

from typing import Any

from pymacaron import ApiPool


def get_customer(customer_id: str) -> Any:
    """A customer, if the one who calls may see them: their token goes along.

    Raises:
        PyMacaronException: what that service answers, or that it does not. Our caller gets it as it is.
    """
    return ApiPool.customers.client.get_customer(customer_id=customer_id)
