"""How often somebody has called lately, counted for all processes of a service in Redis."""

from __future__ import annotations

import logging
import threading
from time import monotonic
from typing import Any

from pymacaron.config import redact
from pymacaron.exceptions import StartError
from pymacaron.rates import Rate

from .counting import Count, OwnCounter, after

log = logging.getLogger(__name__)
_PATIENCE = 0.25  # seconds that a call waits for Redis
_PAUSE = 5.0  # seconds for which a Redis that has failed is not asked again

# The number that a key has is when the calls would be used up, by the clock of Redis, in seconds. What is told is how
# far that is ahead, before this call is counted.
_SCRIPT = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local until_ = tonumber(redis.call('GET', KEYS[1]) or 0)
local ahead = math.max(0, until_ - now)
local span, step = tonumber(ARGV[1]), tonumber(ARGV[2])
if span - ahead >= step * (1 - 1e-9) then
    redis.call('SET', KEYS[1], string.format('%.6f', now + ahead + step), 'PX', math.ceil((ahead + step) * 1000))
end
return string.format('%.6f', ahead)
"""


class RedisCounter:
    """Counts in Redis. While that cannot be reached, each process counts for itself, which is logged.

    Args:
        url: `redis://` or `rediss://`, with the number of a database.

    Raises:
        StartError: the library that speaks with Redis is not installed.
    """

    def __init__(self, url: str) -> None:
        try:
            import redis  # an extra
        except ImportError:
            raise StartError(
                "rate_limit_store names Redis, which needs the extra: pip install 'pymacaron[async]'"
            ) from None
        options: dict[str, Any] = {"socket_timeout": _PATIENCE, "socket_connect_timeout": _PATIENCE}
        self._script = redis.Redis.from_url(url, **options).register_script(_SCRIPT)
        self._error = redis.RedisError
        self._own = OwnCounter()
        self._away_until = 0.0
        self._lock = threading.Lock()

    def count(self, key: str, rate: Rate) -> Count:
        now = monotonic()
        if now >= self._away_until:
            if self._away_until:
                self._away_until = now + _PAUSE  # this call asks; others do not wait for what it finds
            try:
                ahead = self._script(keys=[f"pymacaron:rate:{key}"], args=[rate.seconds, rate.seconds / rate.calls])
            except (self._error, OSError) as error:
                self._went_away(error, now)
            else:
                if self._away_until:
                    self._away_until = 0.0
                    log.warning("rate limits are counted in Redis again")
                return after(rate, float(ahead))
        return self._own.count(key, rate)

    def _went_away(self, error: Exception, now: float) -> None:
        with self._lock:
            was_there, self._away_until = not self._away_until, now + _PAUSE
        if was_there:
            fact = "rate limits are counted in each process by itself, since Redis cannot be reached: %s"
            log.warning(fact, redact(str(error)))
