"""Who wants to hear from the shop."""

from __future__ import annotations

from pymacaron.models import Subscription
from shop.db import subscriptions
from shop.mails import confirm_subscription


def subscribe(subscription: Subscription):
    key = subscription.email.lower()
    if subscriptions.get(key) is None:
        confirm_subscription(subscription)
    is_new = subscriptions.put(key, subscription)
    return subscription, 202 if is_new else 200
