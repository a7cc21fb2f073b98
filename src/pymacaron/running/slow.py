"""Callers who send a body slowly, where granian serves: each holds a thread, and granian gives nobody up."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any

SLOWEST = 1000  # bytes a second: who sends more is given time


class Waiting:
    """Who reads bodies just now, and since when.

    A thread that waits for a caller cannot be freed. But when too many wait too long, the worker can be replaced: its
    successor serves the others, and its end is the end of those.

    Args:
        patience: seconds that a body may take to come, beside those for what has come.
        most: so many threads may wait for longer.
    """

    def __init__(self, patience: float, most: int) -> None:
        self._patience, self._most = patience, most
        self.since: dict[Paced, float] = {}  # the beginning of what each reads just now

    def are_too_many(self) -> bool:
        now = monotonic()
        readings = list(self.since.items())  # at once: others come and go meanwhile
        late = sum(one.waited + now - since > self._patience + one.bytes / SLOWEST for one, since in readings)
        return late > self._most


class Paced:
    """The `wsgi.input` of one request. Of what granian offers only `read` is used: its `readline` loses what follows.

    Attributes:
        bytes: that have come.
        waited: seconds that it has waited for its caller.
    """

    __slots__ = ("_inner_read", "_kept", "_since", "bytes", "waited")
    _STEP = 8192

    def __init__(self, inner: Any, waiting: Waiting) -> None:
        self._inner_read: Callable[..., bytes] = inner.read
        self._since = waiting.since
        self._kept = b""
        self.bytes, self.waited = 0, 0.0

    def _fetch(self, *size: int) -> bytes:
        """So many bytes, less only where the body ends; all that is left without a size."""
        since = self._since[self] = monotonic()
        try:
            data = self._inner_read(*size)
        finally:
            del self._since[self]
        self.waited += monotonic() - since
        self.bytes += len(data)
        return data

    def read(self, size: int | None = -1, /) -> bytes:
        if size and size > 0 and not self._kept:
            return self._fetch(size)
        kept, self._kept = self._kept, b""
        if size is None or size < 0:
            return kept + self._fetch()
        if size > len(kept):
            return kept + self._fetch(size - len(kept))
        self._kept = kept[size:]
        return kept[:size]

    def readline(self, size: int | None = -1, /) -> bytes:
        most = -1 if size is None or size < 0 else size
        while (end := self._kept.find(b"\n") + 1) == 0 and not 0 <= most <= len(self._kept):
            data = self._fetch(self._STEP)
            self._kept += data
            if not data:
                break
        return self.read(min(one for one in (end or len(self._kept), most) if one >= 0))
