"""What transports carry, and what can go wrong on the way."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from pymacaron.exceptions import PyMacaronError
from pymacaron.messages import Request, Response
from pymacaron.operations import Operation


class Origin(NamedTuple):
    """Who is asked: "http" or "https", a host name or address, a port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.scheme == "https" else 80)
        return f"{self.scheme}://{host}" if usual else f"{self.scheme}://{host}:{self.port}"


class Sending(NamedTuple):
    """A request on its way.

    Attributes:
        request: its path is the whole of it, percent-encoded.
        connect: seconds that making a connection may take.
        read: seconds that the other side may be silent.
        until: when all of it has to be over, in the seconds of time.monotonic().
        operation: what is called, where that is known.
    """

    origin: Origin
    request: Request
    connect: float
    read: float
    until: float
    operation: Operation | None = None


def target_of(request: Request) -> str:
    """The path of a request with its query."""
    return f"{request.path}?{request.query}" if request.query else request.path


class TransportFault(PyMacaronError):
    """No complete answer has come.

    Attributes:
        unsent: is it certain that the other side has not begun to work on the request?
        late: did it take too long?
    """

    def __init__(self, fact: str, *, unsent: bool = False, late: bool = False) -> None:
        super().__init__(fact)
        self.unsent, self.late = unsent, late


class WrongAnswer(TransportFault):
    """What has come is no answer that can be read."""


class Transport(Protocol):
    """Takes a request to where it belongs."""

    @property
    def is_local(self) -> bool:
        """Does it stay in this process? Then nothing gets better by trying again."""
        ...

    def send(self, sending: Sending) -> Response:
        """The answer to a request. Its body is bytes, or has `read` and `close`; reading may raise TransportFault, too.

        Raises:
            TransportFault: there is none.
        """
        ...
