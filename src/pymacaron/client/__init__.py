"""A document as a client: `ApiPool.mailer.client.send_mail(body, ...)`.

methods.py    an operation as a function: arguments in, result out
options.py    what can be said of a call beside its arguments, for one call and for all
addresses.py  where an API is: document, configuration, code
exchange.py   one request there and its answer back: headers, redirects, deadline
retries.py    what is tried again, when, and from when on it is not tried at all
outcomes.py   what an answer means: a result, or an error that says what was called and what came back
"""

from __future__ import annotations

from collections.abc import Sequence

from pymacaron.exceptions import BindingError
from pymacaron.names import free_name, suggest
from pymacaron.operations import Operation

from .exchange import Line
from .methods import Method, decorator_of
from .outcomes import Answered

__all__ = ["Answered", "Client", "Line", "Method"]


class Client:
    """The operations of an API as methods. They may be called by any number of threads at once."""

    def __init__(self, operations: Sequence[Operation], line: Line) -> None:
        self._line = line
        self._operations: dict[str, Operation] = {}
        for operation in operations:
            self._operations[free_name(operation.name, self._operations)] = operation

    def __getattr__(self, name: str) -> Method:
        operation = None if name.startswith("__") else self._operations.get(name)
        if operation is None:
            cure = suggest(name, self._operations) or f"it has {', '.join(self._operations) or 'none'}"
            raise AttributeError(f"{self._line.api} has no operation {name!r}; {cure}")
        method = self.__dict__[name] = Method(operation, self._line)
        return method

    def check(self) -> None:
        """
        Raises:
            BindingError: with what `x-decorate-request` names and is not there.
        """
        findings = [one for operation in self._operations.values() for one in decorator_of(operation).findings]
        if findings:
            raise BindingError(findings)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._operations]

    def __repr__(self) -> str:
        return f"<Client of {self._line.api}: {len(self._operations)} operations>"
