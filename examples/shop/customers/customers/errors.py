"""What can go wrong with customers, as callers see it."""

from __future__ import annotations

from pymacaron.exceptions import add_error

CustomerNotFound = add_error("CustomerNotFound", code="CUSTOMER_NOT_FOUND", status=404)
EmailTaken = add_error("EmailTaken", code="EMAIL_TAKEN", status=409)
