"""Where key sets come from: files, and http."""

from __future__ import annotations

import re
from collections.abc import Callable
from time import monotonic
from typing import Any

from .faults import KeyFault
from .key_sets import Fetched

_LONGEST = 512 * 1024  # bytes of a key set
_SECONDS = 5.0  # for all of it
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


def from_url(url: str) -> Fetched:
    """The key set at an http(s) address, and for how long it is fresh (RFC 9111 section 5.2.2.1).

    Raises:
        KeyFault: it cannot be had within some seconds, or is too long.
    """
    until = monotonic() + _SECONDS
    try:
        with _opener().open(url, timeout=_SECONDS) as answer:
            body = _read(answer.read1, until)
            age = _MAX_AGE.search(answer.headers.get("Cache-Control", ""))
    except KeyFault:
        raise
    except Exception as error:  # noqa: BLE001 - sockets, TLS, HTTP and proxies each have their own
        raise KeyFault(f"cannot be fetched ({type(error).__name__})", "see whether its server is up") from None
    return Fetched(body, float(age[1]) if age else None)


def _read(read: Callable[[int], bytes], until: float) -> bytes:
    """All of a body; a server that sends it byte by byte does not keep us longer."""
    pieces: list[bytes] = []
    size = 0
    while piece := read(64 * 1024):
        pieces.append(piece)
        size += len(piece)
        if size > _LONGEST:
            raise KeyFault(f"has more than {_LONGEST} bytes", "is it the address of a key set?")
        if monotonic() > until:
            raise KeyFault(f"takes longer than {_SECONDS:.0f} s", "see whether its server is up")
    return b"".join(pieces)


def _opener() -> Any:
    """What opens http and https only, and never goes from https to http."""
    # 25 ms to import, for services with a key set at an address
    from urllib import request

    class Redirects(request.HTTPRedirectHandler):
        def redirect_request(self, req: Any, *more: Any) -> Any:
            if req.full_url.startswith("https://") and not more[-1].startswith("https://"):
                raise KeyFault("leads from https to an address without it", "name the address that it leads to")
            return super().redirect_request(req, *more)

    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(), request.HTTPHandler(), request.HTTPSHandler(), request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(), Redirects(),
    ):  # fmt: skip
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", "pymacaron"), ("Accept", "application/jwk-set+json, application/json")]
    return opener
