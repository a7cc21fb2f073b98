"""The kinds of stores that one suite of laws is held against: a file of SQLite, and DynamoDB as others imitate it."""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

from pymacaron.stores import NUMBER, Attribute, Index, Store, Table
from pymacaron.stores.tables import BYTES

BY_TEAM = Index("by_team", Attribute("team"), Attribute("joined"))
BY_RANK = Index("by_rank", Attribute("team"), Attribute("rank", NUMBER))
BY_CITY = Index("by_city", Attribute("city"))
USERS = Table("users", Attribute("id"), None, (BY_TEAM, BY_RANK, BY_CITY))
ORDERS = Table("orders", Attribute("user"), Attribute("number", NUMBER))
PAGES = Table("pages", Attribute("site"), Attribute("path"))
BLOBS = Table("blobs", Attribute("digest", BYTES), Attribute("part", BYTES))
# DynamoDB Local is Amazon's own; `make stores-local` fetches it and says where it answers.
LOCAL = os.environ.get("PYMACARON_DYNAMODB_LOCAL")
KINDS = ["sqlite", "moto", *(["local"] if LOCAL else [])]
TABLES = (USERS, ORDERS, PAGES, BLOBS)
MISSING = Table("nowhere", Attribute("id"))


class Clock:
    """The time, which tests can put forward."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


clock = Clock()
_numbers = itertools.count()


def new(name: str = "x") -> str:
    """A text that nothing else has: tests share tables."""
    return f"{name}-{os.getpid()}-{next(_numbers)}"


def sqlite(folder: Path) -> Iterator[Store]:
    from pymacaron.stores.sqlite import SqliteStore  # as a service does: only where it is used

    store = SqliteStore(str(folder / "store.sqlite"), clock)
    for table in TABLES:
        store.create_table(table)
    yield store
    store.close()


def moto(folder: Path) -> Iterator[Store]:
    """An imitation of DynamoDB behind a real server."""
    from moto.server import ThreadedMotoServer  # 1 s to import, for the one module that uses it

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    try:
        yield from dynamo("http://{}:{}".format(*server.get_host_and_port()))
    finally:
        server.stop()


def local(folder: Path) -> Iterator[Store]:
    assert LOCAL is not None
    yield from dynamo(LOCAL)


def dynamo(endpoint: str) -> Iterator[Store]:
    from pymacaron.stores.dynamodb import DynamoStore  # as a service does: only where it is used

    store = DynamoStore("eu-west-1", endpoint, clock)
    for table in TABLES:
        store.drop_table(table)
        store.create_table(table)
    yield store
    store.close()
