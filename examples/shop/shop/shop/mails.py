"""What customers are written, through the mailer. It wants to know which service writes: the token that goes along is
the shop's own, in place of the customer's."""

from __future__ import annotations

from typing import Any

from pymacaron import ApiPool, asynctask, report_error
from pymacaron.auth import backend_token
from pymacaron.exceptions import PyMacaronException
from pymacaron.models import Order, Subscription
from shop.baskets import cost_of

SUBJECTS = {"de": "Ihre Bestellung {}", "en": "Your order {}", "sv": "Din beställning {}"}


def confirm_order(order: Order, customer: Any) -> None:
    """Tell a customer of an order, soon. It is placed and stays so, whatever becomes of the mail."""
    lines = [f"{line.quantity} × {line.title}: {cost_of(line)}" for line in order.lines]
    subject = SUBJECTS[customer.language or "en"].format(order.id)
    try:
        send_later.fire(customer.email, subject, "\n".join([*lines, "", str(order.total)]))
    except PyMacaronException as error:
        report_error("an order was not confirmed by mail", data={"order": order.id}, caught=error)


def confirm_subscription(subscription: Subscription) -> None:
    """Ask for a confirmation.

    Raises:
        PyMacaronException: no mail is on its way.
    """
    topics = ", ".join(subscription.topics or [])
    _send(subscription.email, "Our newsletter", f"Is it you who wants to hear of {topics}? Then answer this mail.")


@asynctask(max_retries=1)
def send_later(to: str, subject: str, text: str) -> None:
    _send(to, subject, text)


def _send(to: str, subject: str, text: str) -> None:
    with backend_token("shop", data={"scope": "mails"}):
        ApiPool.mailer.client.send_mail({"to": to, "subject": subject, "text": text})


def list_mails() -> list[Any]:
    """The latest mails that our services have sent."""
    with backend_token("shop", data={"scope": "mails"}):
        return ApiPool.mailer.client.list_mails(limit=100)
