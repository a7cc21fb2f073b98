"""Whole reports, posted as JSON to an address of the user's own."""

from __future__ import annotations

from functools import partial

from pymacaron.config import Config, reveal

from . import Reporter
from .posting import address, post


def reporter(config: Config) -> Reporter:
    """
    Raises:
        ConfigurationError: the address is none.
    """
    secret = config.report_webhook_authorization
    return partial(send, address(config, "report_webhook"), {} if secret is None else {"Authorization": reveal(secret)})


def send(url: str, headers: dict[str, str], _title: str, message: str) -> None:
    """Post it. The message holds the title, too.

    Raises:
        OSError: as posting does.
    """
    post(url, message.encode(), headers)
