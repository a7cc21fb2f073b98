"""Is this process about to end? From SIGTERM on it finishes what it has begun, and tells everybody to go elsewhere."""

from __future__ import annotations


class Ending:
    """Set by the server that runs the service; read for every call, hence an attribute.

    Attributes:
        begun: no new work is wanted: /ready says so, and connections are closed after the answer that is under way.
    """

    __slots__ = ("begun",)

    def __init__(self) -> None:
        self.begun = False


ending = Ending()
