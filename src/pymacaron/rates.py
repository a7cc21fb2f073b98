"""How often something may be done: "100/minute", read and written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_UNITS = {"s": 1, "second": 1, "m": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86400, "day": 86400}
_NAMES = {1: "second", 60: "minute", 3600: "hour", 86400: "day"}
_RATE = re.compile(r"\s*([0-9]{1,9})\s*(?:/|per)\s*([a-z]+)\s*", re.IGNORECASE)
USER, ADDRESS, ALL = "user", "address", "all"
WORDS = "a number of calls per second, minute, hour or day, such as 100/minute"


class Rate(NamedTuple):
    """So many calls in so many seconds, for each of those who are counted apart.

    Attributes:
        by: who is counted apart: `user` (an address, where nobody is known by name), `address`, or `all` together.
    """

    calls: int
    seconds: int
    by: str = USER

    def __str__(self) -> str:
        return f"{self.calls}/{_NAMES[self.seconds]}"


def read_rate(value: object) -> Rate:
    """A rate as documents and settings give it: "100/minute", or `{rate: 100/minute, by: address}`.

    Raises:
        ValueError: it is none; the text is the cure.
    """
    if isinstance(value, Mapping):
        unknown = sorted(map(str, value.keys() - {"rate", "by"}))
        if unknown:
            raise ValueError(f"there is no {unknown[0]} here, but rate and by")
        by = value.get("by", USER)
        if by not in {USER, ADDRESS, ALL}:
            raise ValueError(f"by is one of {USER}, {ADDRESS}, {ALL}")
        return read_rate(value.get("rate"))._replace(by=str(by))
    found = _RATE.fullmatch(value) if isinstance(value, str) else None
    seconds = _UNITS.get(found[2].lower().removesuffix("s") or "s") if found else None
    if found is None or seconds is None or not int(found[1]):
        raise ValueError("write for example 100/minute")
    return Rate(int(found[1]), seconds)
