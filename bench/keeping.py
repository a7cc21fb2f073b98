"""What the SQLite store costs, as ratios to bare sqlite3 that does the same with the same bytes.

    python bench/keeping.py

Writes {"put": ratio, "get": ratio, ...}, the median of interleaved rounds. Both have a file of their own, in WAL,
and rows of
one kilobyte. With the disk out of the way (synchronous = OFF) the figures are what Python costs; `put, on disk` waits
for the disk after every commit, as the store does by itself.
"""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from pymacaron.stores import Attribute, Table
from pymacaron.stores.sqlite import SqliteStore, connections

MOST = {"put": 4.0, "get": 3.0, "put, on disk": 4.0}
ROUNDS, ITEMS, CALLS = 31, 500, 200
TABLE = Table("items", Attribute("id"))
_writes = count()


def item(key: str) -> dict[str, Any]:
    """About a kilobyte, never twice the same: SQLite does not write what is there already."""
    return {
        "id": key, "name": "Ada Lovelace", "age": 36, "tags": ["a", "b", "c"], "weight": 61.5, "seen": True,
        "nick": None,
        "address": {"street": "x" * 100, "city": "London", "zip": 12345}, "text": "y" * 600, "write": next(_writes),
    }  # fmt: skip


class Bare:
    """sqlite3 as one would use it by hand: one connection, one upsert of bytes that are there already."""

    def __init__(self, path: str, synchronous: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")
        self._connection.execute("CREATE TABLE items (id TEXT PRIMARY KEY, item BLOB)")

    def put(self, key: str, _: dict[str, Any], written: bytes) -> None:
        self._connection.execute(
            "INSERT INTO items VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET item = excluded.item", (key, written)
        )

    def get(self, key: str) -> None:
        self._connection.execute("SELECT item FROM items WHERE id = ?", (key,)).fetchone()


class Ours:
    def __init__(self, path: str, synchronous: str) -> None:
        self._store = SqliteStore(path)
        beginning = ("PRAGMA journal_mode = WAL", f"PRAGMA synchronous = {synchronous}")
        self._store._connections = connections.Connections(path, 10.0, beginning)
        self._store.create_table(TABLE)

    def put(self, _: str, one: dict[str, Any], __: bytes) -> None:
        self._store.put(TABLE, one)

    def get(self, key: str) -> None:
        self._store.get(TABLE, key)


def seconds(calls: list[Callable[[], None]]) -> float:
    began = time.perf_counter()
    for call in calls:
        call()
    return time.perf_counter() - began


def puts(to: Bare | Ours, times: int) -> float:
    ready = [(key, one, msgspec.json.encode(one)) for key in keys(times) for one in [item(key)]]
    return seconds([lambda args=args: to.put(*args) for args in ready])  # type: ignore[misc]  # a default binds it


def gets(of: Bare | Ours, times: int) -> float:
    return seconds([lambda key=key: of.get(key) for key in keys(times)])  # type: ignore[misc]  # a default binds it


def keys(times: int) -> list[str]:
    return [f"item-{random.randrange(ITEMS)}" for _ in range(times)]


def ratio(measure: Callable[[Any, int], float], bare: Bare, ours: Ours, times: int) -> float:
    rounds = []
    for _ in range(ROUNDS):
        both = random.sample([bare, ours], 2)
        took = {one: measure(one, times) for one in both}
        rounds.append(took[ours] / took[bare])
    return median(rounds)


def main() -> None:
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for synchronous in ("OFF", "FULL"):
            bare = Bare(str(Path(folder, f"bare-{synchronous}")), synchronous)
            ours = Ours(str(Path(folder, f"ours-{synchronous}")), synchronous)
            for one in (bare, ours):
                for n in range(ITEMS if synchronous == "OFF" else 0):
                    key = f"item-{n}"
                    one.put(key, item(key), msgspec.json.encode(item(key)))
            if synchronous == "OFF":
                found["put"], found["get"] = ratio(puts, bare, ours, CALLS), ratio(gets, bare, ours, CALLS)
            else:
                found["put, on disk"] = ratio(puts, bare, ours, 10)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
