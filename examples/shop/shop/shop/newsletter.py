"""Who wants to hear from the shop."""

from __future__ import annotations

from pymacaron.models import Subscription
from shop.db import is_subscribed, note_subscription
from shop.mails import confirm_subscription


def subscribe(subscription: Subscription):
    is_known = is_subscribed(subscription.email)
    if not is_known:
        confirm_subscription(subscription)
    note_subscription(subscription.email, subscription.topics or [])
    return subscription, 200 if is_known else 202
