"""What all processes of a service know of its tasks: how each stands, its result, and who has done what already.

by_file.py    in an SQLite file, for one machine
by_redis.py   in Redis
by_store.py   in the service's store
"""

from __future__ import annotations

from typing import Protocol


class Records(Protocol):
    """Values by key, each for some seconds."""

    def get(self, *keys: str) -> list[bytes | None]:
        """The values of keys, None for each that has none."""
        ...

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Keep a value for so many seconds, in place of what was there."""
        ...

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        """Keep a value, unless there is one: of all who try, one gets True."""
        ...

    def remove(self, key: str) -> None:
        """Let a key have no value."""
        ...


__all__ = ["Records"]
