"""Request and Response: what wire.py reads and writes. No Flask, no sockets, no environ.

Header names are lower case in `Request.headers`, since RFC 9110 section 5.1 makes them case-insensitive;
`Response.headers` is an ordered list as it goes over the wire.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ._types import HeaderList, ReadableStream


class Request:
    """One HTTP request.

    `path` is percent-decoded text, `query` the raw query string without "?", `headers` maps lower-case names to
    values (several of one name joined by ", ", RFC 9110 section 5.2). `body` is bytes or a stream that ends where
    the body ends. `path_values` holds what the router found for the template's variables, still as text.
    """

    __slots__ = ("body", "headers", "method", "path", "path_values", "query")

    def __init__(  # noqa: PLR0917 - made once per request, and keywords cost time
        self,
        method: str,
        path: str,
        query: str,
        headers: Mapping[str, str],
        body: bytes | ReadableStream,
        path_values: Mapping[str, str] | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.path_values = path_values

    def __repr__(self) -> str:
        return f"<Request {self.method} {self.path}{'?…' if self.query else ''}>"  # a query may hold a key


class Response:
    """One HTTP response. `body` is bytes, or an iterable of bytes that is sent as it comes."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: HeaderList, body: bytes | Iterable[bytes]) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self) -> str:
        return f"<Response {self.status}>"


def header_of(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """The text of the first header of a response that has a name, which is given in lower case; None if none has."""
    for key, text in headers:
        if key.lower() == name:
            return text
    return None


class Arguments(NamedTuple):
    """What an operation's function is called with: the body (or ABSENT), then the parameters by Python name."""

    body: object
    parameters: dict[str, object]


class _Absent:
    """The type of ABSENT: no body was sent, which is not the same as the JSON value null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()
