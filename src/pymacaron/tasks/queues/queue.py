"""What every kind of queue does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol

LEASE = 15.0  # seconds


class Taken(NamedTuple):
    """A message that one has: its tag, by which one speaks of it; how often it was taken, this time included."""

    tag: str
    times: int
    body: str


class Queues(Protocol):
    """Queues of messages by name. Any number of processes and threads may use them at once.

    Attributes:
        lease: seconds that a message is taken for.
        idle: seconds after which it is worth while to look again where there was nothing.
    """

    lease: float
    idle: float

    def put(self, queue: str, body: str, seconds: float = 0) -> None:
        """Add a message, to be taken in so many seconds at the earliest."""
        ...

    def take(self, queue: str) -> Taken | None:
        """The message that has been due for longest, leased; None if none is."""
        ...

    def extend(self, tags: Iterable[str]) -> None:
        """Keep messages that one has for another lease."""
        ...

    def done(self, tag: str) -> bool:
        """Acknowledge a message: it is gone. False if one does not have it any more."""
        ...

    def give_back(self, tag: str, seconds: float = 0) -> None:
        """Let others take a message, in some seconds."""
        ...

    def count(self, queue: str) -> int:
        """How many messages there are, taken ones included."""
        ...

    def clear(self, queue: str) -> int:
        """Drop all messages; how many there were."""
        ...

    def close(self) -> None:
        """Close what this thread has open."""
        ...
