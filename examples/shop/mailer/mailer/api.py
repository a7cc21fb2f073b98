"""Mails: sent, and listed."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from mailer.db import keep, latest
from mailer.mails import deliver
from pymacaron.auth import get_userid
from pymacaron.models import Mail


def send_mail(mail: Mail) -> Mail:
    mail.id, mail.sender, mail.sent_at = str(uuid.uuid4()), get_userid(), datetime.now(UTC)
    deliver(mail)
    keep(mail)
    return mail


def list_mails(to: str | None, limit: int) -> list[Mail]:
    return [Mail.from_json(mail) for mail in latest(to, limit)]
