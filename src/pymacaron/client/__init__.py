"""A document as a client: `ApiPool.mailer.client.send_mail(body, ...)`.

methods.py    an operation as a function: arguments in, result out
naming.py     operations by the names of their methods
options.py    what can be said of a call beside its arguments, for one call and for all
addresses.py  where an API is: document, configuration, code
line.py       the line to an API: its options, credentials and transport
exchange.py   one request there and its answer back: headers, redirects, deadline
retries.py    what is tried again, when, and from when on it is not tried at all
security.py   what the document demands of a call; credentials.py what there is for it; tokens.py those of OAuth2
streams.py    answers whose bytes are read while they come
pages.py      results in pages; links.py how one leads to the next
waiting.py    calls that are awaited; errands.py what they are told past their decorators
outcomes.py   what an answer means: a result, or an error that says what was called and what came back
doubles.py    what stands in for another service in tests
"""

from __future__ import annotations

from collections.abc import Sequence

from pymacaron.operations import Operation

from .line import Line
from .methods import Method, check_decorators
from .naming import by_name, no_operation
from .options import CallOptions
from .outcomes import Answered
from .pages import Items, Pages
from .streams import Stream
from .waiting import AsyncItems, AsyncStream

__all__ = [
    "Answered", "AsyncItems", "AsyncStream", "CallOptions", "Client", "Items", "Line", "Method", "Pages", "Stream",
    "by_name", "check_decorators",
]  # fmt: skip


class Client:
    """The operations of an API as methods. They may be called by any number of threads at once."""

    def __init__(self, operations: Sequence[Operation], line: Line) -> None:
        self._line = line
        self._operations = by_name(operations)

    def __getattr__(self, name: str) -> Method:
        operation = None if name.startswith("__") else self._operations.get(name)
        if operation is None:
            raise no_operation(self._line.api, name, self._operations)
        method = self.__dict__[name] = Method(operation, self._line)
        return method

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._operations]

    def __repr__(self) -> str:
        return f"<Client of {self._line.api}: {len(self._operations)} operations>"
