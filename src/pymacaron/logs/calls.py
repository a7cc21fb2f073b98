"""The line of a call: who called what, and how it ended."""

from __future__ import annotations

import logging
from time import time

from pymacaron.calls import LINES, Exchange

from .lines import FIELDS, fields_of
from .setup import own_handler

log = logging.getLogger(LINES)


def log_call(exchange: Exchange) -> None:
    """Log a call that has been answered: at ERROR if the service failed (5xx), else at INFO."""
    level = logging.ERROR if exchange.status >= 500 else logging.INFO
    if not log.isEnabledFor(level):
        return
    own = own_handler()
    if own is not None:  # nobody else listens: no record is needed, which costs more than all the rest
        own.write_call(time(), level, exchange)
        return
    fields = fields_of(exchange)
    text = "%s %s %s", (fields["method"], fields["path"], exchange.status)
    # made here, since Logger.log() would walk the stack to find out who calls it
    record = logging.getLogRecordFactory()(LINES, level, __file__, 0, *text, None)
    record.__dict__[FIELDS] = fields
    log.handle(record)
