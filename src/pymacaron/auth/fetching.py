"""Where key sets come from: files, and http."""

from __future__ import annotations

import re
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import Any

from .faults import KeyFault
from .key_sets import Fetched

_LONGEST = 512 * 1024  # bytes of a key set
_SECONDS = 5.0  # for all of it but its connections, each of which may take as long
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age=\"?([0-9]{1,9})", re.IGNORECASE)


def from_file(path: str) -> Fetched:
    """The key set in a file.

    Raises:
        KeyFault: it cannot be read.
    """
    try:
        with open(path, "rb") as file:
            return Fetched(file.read(_LONGEST))
    except OSError as error:
        raise KeyFault(f"cannot be read: {error.strerror}", "name a file that the service may read") from None


def from_url(url: str, seconds: float = _SECONDS) -> Fetched:
    """The key set at an http(s) address, and for how long it is fresh (RFC 9111 section 5.2.2.1).

    Raises:
        KeyFault: it cannot be had within some seconds, or is too long.
    """
    try:
        with _opener(monotonic() + seconds).open(url, timeout=seconds) as answer:
            body = answer.read(_LONGEST + 1)
            age = _MAX_AGE.search(answer.headers.get("Cache-Control", ""))
    except KeyFault:
        raise
    except TimeoutError:
        raise KeyFault(f"takes longer than {seconds:.0f} s", "see whether its server is up") from None
    except Exception as error:  # noqa: BLE001 - sockets, TLS, HTTP and proxies each have their own
        raise KeyFault(f"cannot be fetched ({type(error).__name__})", "see whether its server is up") from None
    if len(body) > _LONGEST:
        raise KeyFault(f"has more than {_LONGEST} bytes", "is it the address of a key set?")
    return Fetched(body, float(age[1]) if age else None)


def _opener(until: float) -> Any:
    """What opens http and https only, and never goes from https to http.

    Args:
        until: no byte of an answer is read later, be it the answer's first; in the seconds of time.monotonic().
    """
    # 25 ms to import, for services with a key set at an address
    from http.client import HTTPResponse
    from urllib import request

    class Answer(HTTPResponse):
        def __init__(self, sock: Any, *args: Any, **more: Any) -> None:
            super().__init__(sock, *args, **more)
            self.fp: Any = BufferedReader(_Ending(self.fp.detach(), sock, until))

    class Ending(request.AbstractHTTPHandler):
        def do_open(self, http_class: Any, *args: Any, **more: Any) -> Any:
            def connection(*host: Any, **how: Any) -> Any:
                made = http_class(*host, **how)
                made.response_class = Answer
                return made

            return super().do_open(connection, *args, **more)

    class Plain(Ending, request.HTTPHandler):
        pass

    class Secure(Ending, request.HTTPSHandler):
        pass

    class Redirects(request.HTTPRedirectHandler):
        def redirect_request(self, req: Any, *more: Any) -> Any:
            if req.full_url.startswith("https://") and not more[-1].startswith("https://"):
                raise KeyFault("redirects from https to an address without it", "set the address that it redirects to")
            return super().redirect_request(req, *more)

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(), Plain(), Secure(), request.HTTPDefaultErrorHandler(), request.HTTPErrorProcessor(),
        Redirects(),
    ):  # fmt: skip
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "pymacaron"), ("Accept", "application/jwk-set+json, application/json")]
    return opener


class _Ending(RawIOBase):
    """What a socket receives, until a time. Its own timeout is for each piece: a server that sends byte by byte would
    keep us for ever, in its headers already."""

    def __init__(self, raw: Any, sock: Any, until: float) -> None:
        self._raw, self._sock, self._until = raw, sock, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        received: int | None = self._raw.readinto(buffer)
        return received

    def close(self) -> None:
        self._raw.close()
        super().close()
