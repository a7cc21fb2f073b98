"""Getting paid: by card, by gift card or later."""

from __future__ import annotations

from datetime import UTC, datetime

from pymacaron.models import Card, GiftCard, Money
from pymacaron.stores import Write
from shop.db import taken_from_gift_card
from shop.errors import PaymentDeclined


def charge(payment, total: Money) -> tuple[bool, list[Write]]:
    """Is it paid, or will it be later, by invoice? The secrets are taken out of `payment`. Of a gift card, the amount
    is taken by a write that belongs to the order.

    Raises:
        PaymentDeclined: no money is coming this way.
    """
    if isinstance(payment, Card):
        _charge_card(payment)
        return True, []
    if isinstance(payment, GiftCard):
        return True, [_charge_gift_card(payment, total)]
    return False, []


def _charge_card(card: Card) -> None:
    month, year = map(int, card.expires.split("/"))
    now = datetime.now(UTC)
    if (2000 + year, month) < (now.year, now.month):
        raise PaymentDeclined("The card has expired").tell_user("Your card has expired.")
    if not _is_luhn(card.number):
        raise PaymentDeclined("The card number is mistyped").tell_user("Please check the number of your card.")
    card.last_digits = card.number[-4:]
    del card.number


def _is_luhn(number: str) -> bool:
    """The check digit of card numbers (ISO/IEC 7812-1, annex B)."""
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2]]
    return (sum(doubled) + sum(map(int, number[-1::-2]))) % 10 == 0


def _charge_gift_card(card: GiftCard, total: Money) -> Write:
    taken = taken_from_gift_card(card.code, total.amount, total.currency)
    if taken is None:
        raise PaymentDeclined("The gift card does not cover the order").tell_user("There is not enough on that card.")
    left, write = taken
    card.left = Money(amount=left, currency=total.currency)
    del card.code
    return write
