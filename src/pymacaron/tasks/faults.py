"""What the clients of brokers raise when the broker is not there, whichever of them are installed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib import import_module

_NAMES = (
    "kombu.exceptions.KombuError", "amqp.exceptions.AMQPError", "redis.exceptions.RedisError",
    "botocore.exceptions.BotoCoreError", "botocore.exceptions.ClientError",
)  # fmt: skip


def _found() -> Iterator[type[Exception]]:
    for path in _NAMES:
        module, _, name = path.rpartition(".")
        try:
            yield getattr(import_module(module), name)
        except ImportError:
            continue


ERRORS: tuple[type[Exception], ...] = (sqlite3.Error, OSError, *_found())
