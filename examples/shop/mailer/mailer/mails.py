"""How mails leave: they do not, this is an example. In earnest a mail server would get them here."""

from __future__ import annotations

import logging

from pymacaron.models import Mail

log = logging.getLogger(__name__)


def deliver(mail: Mail) -> None:
    log.info("a mail leaves", extra={"mail": mail.id, "sender": mail.sender})
