"""What is wrong with a key, for those who configure it."""

from __future__ import annotations


class KeyFault(Exception):
    """A key that cannot be used: the fact, and the cure. Never the key."""

    def __init__(self, fact: str, cure: str) -> None:
        super().__init__(fact, cure)
        self.fact, self.cure = fact, cure
