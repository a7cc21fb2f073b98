"""What customers are written, through the mailer."""

from __future__ import annotations

from pymacaron import ApiPool, report_error
from pymacaron.auth import backend_token
from pymacaron.exceptions import PyMacaronException
from pymacaron.models import Customer

GREETINGS = {"de": "Willkommen, {}!", "en": "Welcome, {}!", "sv": "Välkommen, {}!"}


def welcome(customer: Customer) -> None:
    """Greet a new customer. They are one, whatever becomes of the mail."""
    greeting = GREETINGS[customer.language or "en"].format(customer.name)
    try:
        with backend_token("customers", data={"scope": "mails"}):
            ApiPool.mailer.client.send_mail({"to": customer.email, "subject": greeting, "text": greeting})
    except PyMacaronException as error:
        report_error("a customer was not welcomed by mail", data={"customer": customer.id}, caught=error)
