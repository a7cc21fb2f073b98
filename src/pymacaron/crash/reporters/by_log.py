"""Reports in the log of the service, at level error."""

from __future__ import annotations

import logging

from pymacaron.config import Config

from . import Reporter

log = logging.getLogger("pymacaron.crash")


def reporter(_config: Config) -> Reporter:
    return send


def send(title: str, message: str) -> None:
    log.error("%s\n%s", title, message)
