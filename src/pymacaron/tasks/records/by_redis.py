"""Records in Redis, beside the queues."""

from __future__ import annotations

from typing import Any

from pymacaron.tasks.queues.by_redis import connect


class RedisRecords:
    """Records that all who use one Redis share.

    Args:
        url: redis:// or rediss://
        prefix: of all keys.
    """

    def __init__(self, url: str, prefix: str) -> None:
        self._redis = connect(url)
        self._prefix = prefix

    def get(self, *keys: str) -> list[bytes | None]:
        found: Any = self._redis.mget([self._prefix + key for key in keys])
        return list(found)

    def put(self, key: str, value: bytes, seconds: float) -> None:
        self._redis.set(self._prefix + key, value, px=_milliseconds(seconds))

    def add(self, key: str, value: bytes, seconds: float) -> bool:
        return bool(self._redis.set(self._prefix + key, value, px=_milliseconds(seconds), nx=True))

    def remove(self, key: str) -> None:
        self._redis.delete(self._prefix + key)


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
