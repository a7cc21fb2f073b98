"""What a service is to those who publish it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pymacaron.operations import Operation
from pymacaron.pool import LoadedApi

OWN, PROBLEM = "pymacaron", "problem"  # the forms of the bodies of errors


class Service:
    """What is known of a service by those who publish it.

    Attributes:
        apis: all that are loaded.
        served: the names of those that this service answers; known once it has started.
        resources: the status resources that it answers, too.
        errors: the form of the bodies of errors, OWN or PROBLEM; None if the service makes its own.
        console: where its console is, below the documents; None if there is none.
    """

    def __init__(self, apis: Mapping[str, LoadedApi], errors: str | None = OWN) -> None:
        self.apis = apis
        self.served: set[str] = set()
        self.resources: Sequence[Operation] = ()
        self.errors = errors
        self.console: str | None = None
