"""`x-rate-limit`: how often a caller may call an operation.

Answers carry how much is left, as draft-ietf-httpapi-ratelimit-headers says: `RateLimit` and `RateLimit-Policy`.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

from pymacaron._types import HeaderList
from pymacaron.calls import Identity
from pymacaron.exceptions import TooManyRequestsError
from pymacaron.messages import Request
from pymacaron.operations import Operation
from pymacaron.rates import ALL, USER, Rate, read_rate

from .counting import Count, Counter

KEY = "x-rate-limit"


class RateLimit:
    """How often the callers of an operation may call it.

    Args:
        name: under which its calls are counted; operations of one name share an allowance.
    """

    def __init__(self, rate: Rate, name: str, counter: Counter) -> None:
        self._rate, self._name, self._counter = rate, name, counter
        self._policy = ("RateLimit-Policy", f'"calls";q={rate.calls};w={rate.seconds}')

    def admit(self, request: Request, identity: Identity) -> HeaderList:
        """The headers that tell what is left.

        Raises:
            TooManyRequestsError: nothing is; its headers say when there will be.
        """
        count = self._counter.count(self._key(request, identity), self._rate)
        told = self._told(count)
        if count.allowed:
            return told
        wait = _seconds(count.wait)
        error = TooManyRequestsError(f"The rate limit of {self._rate} is exceeded; try again in {wait} s")
        error.headers = (*told, ("Retry-After", str(wait)))
        raise error

    def _told(self, count: Count) -> HeaderList:
        return [self._policy, ("RateLimit", f'"calls";r={count.left};t={_seconds(count.reset)}')]

    def _key(self, request: Request, identity: Identity) -> str:
        """Whose calls these are. Hashed: what callers are called may be long, and is nobody else's to read."""
        by = self._rate.by
        if by == ALL:
            return self._name
        if by == USER and identity.user is not None:
            who = f"user {identity.data.get('iss', '')} {identity.user}"
        else:
            who = f"address {network_of(getattr(request.headers, 'peer', ''))}"
        return f"{self._name}:{blake2b(who.encode(), digest_size=16).hexdigest()}"


def network_of(address: str) -> str:
    """What one caller has at his disposal: an IPv4 address, but 64 bits of IPv6 (RFC 6177 gives sites no less)."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    mapped = found.ipv4_mapped
    return found.exploded[:19] if mapped is None else str(mapped)


def rate_of(operation: Operation, usual: Rate | None) -> Rate | None:
    """How often an operation may be called: as its document says, else as the configuration does; None: at will."""
    said = operation.extensions.get(KEY)
    if said is None:
        return usual
    return None if said is False else read_rate(said)


def _seconds(seconds: float) -> int:
    return max(1, math.ceil(seconds)) if seconds > 0 else 0
