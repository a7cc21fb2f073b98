"""What a call is told, and tells, beside its arguments and its result: past the decorators that stand around it."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any


class Errand:
    """One call of a method.

    Args:
        method: that is called; for others that are called meanwhile, by a decorator of it, this is no errand.
        target: path and query to ask for, in place of what the arguments make.
        raises: are errors raised, whatever is configured?

    Attributes:
        began: when, in the seconds of time.monotonic(); None: when it is sent.
        is_given_up: does nobody wait for the result any more? Then nothing is tried again.
        asked: who was asked, as an Origin.
        found_at: the URL that answered in the end, after redirects.
        links: of the answer, as its header Link has them.
    """

    __slots__ = ("asked", "began", "found_at", "is_given_up", "links", "method", "raises", "target")

    def __init__(self, method: Any, target: tuple[str, str] | None = None, *, raises: bool = False) -> None:
        self.method, self.target, self.raises = method, target, raises
        self.began: float | None = None
        self.is_given_up = False
        self.asked: Any = None
        self.found_at = ""
        self.links = ""

    def tell(self, asked: Any, found_at: str, links: str) -> None:
        self.asked, self.found_at, self.links = asked, found_at, links

    def run(self, call: Callable[..., Any], /, *body: Any, **given: Any) -> Any:
        """The result of a call on this errand."""
        token = underway.set(self)
        try:
            return call(*body, **given)
        finally:
            underway.reset(token)


underway: ContextVar[Errand | None] = ContextVar("pymacaron errand", default=None)
