"""Queues in Redis. Each step is one script, which Redis runs as a whole or not at all; the time is Redis' own.

Of each queue there is a sorted set: the ids of messages by when they may be taken, which is also when a lease ends.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import redis
from redis.backoff import ExponentialBackoff
from redis.retry import Retry

from .queue import LEASE, Taken

_NOW = "local time = redis.call('TIME') local now = time[1] + time[2] / 1000000 "
# KEYS: the queue, bodies, claims, how often each was taken
_PUT = (
    _NOW
    + """
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 1 then redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1]) end
"""
)
_TAKE = (
    _NOW
    + """
local id = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1)[1]
if not id then return nil end
redis.call('ZADD', KEYS[1], now + ARGV[2], id)
redis.call('HSET', KEYS[3], id, ARGV[1])
return {id, redis.call('HINCRBY', KEYS[4], id, 1), redis.call('HGET', KEYS[2], id)}
"""
)
_HAS = "if redis.call('HGET', KEYS[3], ARGV[1]) ~= ARGV[2] then return 0 end "
_EXTEND = _NOW + _HAS + "return redis.call('ZADD', KEYS[1], 'XX', now + ARGV[3], ARGV[1])"
_GIVE_BACK = (
    _NOW
    + _HAS
    + """
redis.call('HDEL', KEYS[3], ARGV[1])
return redis.call('ZADD', KEYS[1], 'XX', now + ARGV[3], ARGV[1])
"""
)
_DONE = (
    _HAS
    + """
for key = 2, 4 do redis.call('HDEL', KEYS[key], ARGV[1]) end
return redis.call('ZREM', KEYS[1], ARGV[1])
"""
)
_CLEAR = """
local ids = redis.call('ZRANGE', KEYS[1], 0, -1)
for _, id in ipairs(ids) do for key = 2, 4 do redis.call('HDEL', KEYS[key], id) end end
redis.call('DEL', KEYS[1])
return #ids
"""


def connect(url: str) -> Any:
    """A client of Redis that tries again when a connection breaks: all that is asked of it here may be asked twice."""
    again = Retry(ExponentialBackoff(cap=0.5, base=0.05), 2, supported_errors=(redis.ConnectionError,))
    return redis.Redis.from_url(
        url, socket_connect_timeout=3, socket_timeout=10, retry=again, retry_on_error=[redis.ConnectionError]
    )


class RedisQueues:
    """Queues that all who use one Redis share.

    Args:
        url: redis:// or rediss://
        prefix: of all keys.
    """

    idle = 0.05

    def __init__(self, url: str, prefix: str, *, lease: float = LEASE) -> None:
        self.lease = lease
        self._redis = connect(url)
        self._prefix = f"{{{prefix}}}"  # the braces keep all keys on one node of a cluster
        made = self._redis.register_script
        self._put, self._take, self._extend = made(_PUT), made(_TAKE), made(_EXTEND)
        self._give_back, self._done, self._clear = made(_GIVE_BACK), made(_DONE), made(_CLEAR)

    def put(self, queue: str, body: str, seconds: float = 0) -> None:
        self._put(self._keys(queue), [os.urandom(12).hex(), body, seconds])

    def take(self, queue: str) -> Taken | None:
        claim = os.urandom(12).hex()
        found = self._take(self._keys(queue), [claim, self.lease])
        if found is None:
            return None
        number, times, body = found
        # what others have written here may be no text, or lack a body
        return Taken(
            f"{number.decode('utf-8', 'replace')}-{claim}-{queue}", times, (body or b"").decode("utf-8", "replace")
        )

    def extend(self, tags: Iterable[str]) -> None:
        for tag in tags:
            self._of(self._extend, tag, self.lease)

    def done(self, tag: str) -> bool:
        return bool(self._of(self._done, tag))

    def give_back(self, tag: str, seconds: float = 0) -> None:
        self._of(self._give_back, tag, seconds)

    def count(self, queue: str) -> int:
        return int(self._redis.zcard(self._keys(queue)[0]))

    def clear(self, queue: str) -> int:
        return int(self._clear(self._keys(queue), []))

    def close(self) -> None:
        self._redis.close()

    def _of(self, script: Any, tag: str, *more: float) -> Any:
        number, claim, queue = tag.split("-", 2)
        return script(self._keys(queue), [number, claim, *more])

    def _keys(self, queue: str) -> list[str]:
        return [f"{self._prefix}:{part}" for part in (f"queue:{queue}", "bodies", "claims", "taken")]
