"""Asking a service: over the network, or in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from io import BytesIO
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode

from pymacaron._version import __version__
from pymacaron.bodies import uncoded
from pymacaron.messages import Request, Response, header_of
from pymacaron.transports import Origin, Sending, Transport, TransportFault

from .exchanges import Answer, Asked
from .places import Place

PATIENCE = 30.0  # seconds for an answer
_PATH = "/%:@!$&'()*+,;=~-._"  # stays as it is (RFC 3986 section 3.3)


class Asker:
    """Asks one service.

    Args:
        transport: carries the requests; redirects are not followed.
        token: gives the token that is meant by `auth=True`; None if there is none.
    """

    def __init__(self, place: Place, transport: Transport, token: Callable[[], str | None]) -> None:
        self.place, self._transport, self._token = place, transport, token

    @property
    def token(self) -> str | None:
        return self._token()

    def ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"",
        parameters: Mapping[str, Any] | None = None,
    ) -> Answer:  # fmt: skip
        """The answer to a request; `parameters` are added to the query.

        Raises:
            AssertionError: there is none.
        """
        target, query = _target(path, parameters or {})
        url = f"{self.place}{target}" + (f"?{query}" if query else "")
        sent = {"accept": "*/*", "user-agent": f"pymacaron-test/{__version__}"} | {
            name.lower(): _sendable(name, text) for name, text in headers.items()
        }
        asked = Asked(method.upper(), target, query, sent, body, url)
        if body or method.upper() in {"POST", "PUT", "PATCH"}:
            sent["content-length"] = str(len(body))
        request = Request(asked.method, self.place.prefix + target, query, sent, body)
        try:
            response = self._transport.send(
                Sending(self.place.origin, request, PATIENCE, PATIENCE, monotonic() + PATIENCE)
            )
            return Answer(asked, response.status, list(response.headers), _whole(response))
        except TransportFault as fault:
            cure = f"; is the service running at {self.place}?" if fault.unsent else ""
            raise AssertionError(f"{asked.method} {url}\n  there is no answer: {fault}{cure}") from None


def _target(path: str, parameters: Mapping[str, Any]) -> tuple[str, str]:
    """Path and query, both percent-encoded. A path may be written without the slash that it begins with."""
    route, _, query = path.partition("#")[0].partition("?")
    route = "/" + route.removeprefix("/")
    more = urlencode({name: value for name, value in parameters.items() if value is not None}, doseq=True)
    return quote(route, safe=_PATH), "&".join(filter(None, [quote(query, safe=f"{_PATH}?[]|"), more]))


def _whole(response: Response) -> bytes:
    """The body of a response, without its codings."""
    body: Any = response.body
    coding = header_of(response.headers, "content-encoding")
    if coding is not None:
        body = uncoded(coding, BytesIO(body) if isinstance(body, bytes) else body, None, None)
    return body if isinstance(body, bytes) else b"".join(iter(lambda: body.read(1 << 16), b""))


def _sendable(name: str, text: str) -> str:
    """A header's text as HTTP carries it.

    Raises:
        ValueError: it is not one line.
    """
    if "\r" in text or "\n" in text:
        raise ValueError(f"the header {name} has to be one line")
    return text if text.isascii() else text.encode().decode("latin-1")


@cache
def asker_for(place: Place, token: str | None) -> Asker:
    """What asks over the network; its connections are kept."""
    from pymacaron.transports.http import HttpTransport  # 60 ms to import, for those who ask over the network

    return Asker(place, HttpTransport(verify=place.verify, address=place.address), lambda: token)


LOCAL = Place(Origin("http", "localhost", 80))
