"""Where the service is that acceptance tests ask: by what the environment says."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from pymacaron._types import Environment
from pymacaron.exceptions import StartError
from pymacaron.transports import Origin

HOST, PORT, TOKEN, UNVERIFIED = "PYM_SERVER_HOST", "PYM_SERVER_PORT", "PYM_JWT_TOKEN", "PYM_NO_SSL_CHECK"
ADDRESS = "PYM_SERVER_ADDRESS"  # where to connect to for that host, as "name" or "name:port"
_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile("[a-z][a-z0-9+.-]*://", re.IGNORECASE)


class Place(NamedTuple):
    """Where a service is.

    Attributes:
        prefix: what stands before all of its paths there, "" or "/shop".
        verify: is its certificate looked at?
        address: where to connect to instead of where the host's name leads, such as a load balancer's; None: there.
    """

    origin: Origin
    prefix: str = ""
    verify: bool = True
    address: tuple[str, int] | None = None

    def __str__(self) -> str:
        return f"{self.origin}{self.prefix}"


def place_of(host: str, port: int | str | None = None, *, verify: bool = True) -> Place:
    """The place that a host names: a name or an address, with or without scheme, port and path before it.

    Without a scheme it is https on port 443 and http on all others.

    Raises:
        StartError: that is no address.
    """
    text = host.strip().rstrip("/")
    if text.count(":") > 1 and "[" not in text and "/" not in text:
        text = f"[{text}]"  # an address of IPv6 alone
    scheme = "" if _SCHEME.match(text) else "http://"
    try:
        parts = urlsplit(scheme + text)
        number = int(port) if port not in {None, ""} and port is not None else parts.port
        if not parts.hostname or parts.scheme not in _PORTS or not 0 < (number or 80) < 65536:
            raise ValueError
    except ValueError:
        cure = "write a name or an address, such as localhost or https://shop.example.com, and a number as the port"
        place = f"{host!r:.200}" if port is None else f"{host!r:.200}, port {port!r:.20}"
        raise StartError(f"{place} is not an address; {cure}") from None
    name = "https" if scheme and number == 443 else parts.scheme
    return Place(Origin(name, parts.hostname, number or _PORTS[name]), parts.path, verify)


def place_from(environment: Environment) -> Place:
    """Where $PYM_SERVER_HOST and $PYM_SERVER_PORT say that it is.

    Raises:
        StartError: they say nothing, or what is no address.
    """
    host, port = environment.get(HOST), environment.get(PORT)
    if not host and not port:
        cure = f"run the tests by `pymacaron test --start` or `--local`, or set {HOST} and {PORT}"
        raise StartError(f"nothing says where the service to be tested is; {cure}")
    place = place_of(host or "localhost", port, verify=environment.get(UNVERIFIED, "") in {"", "0"})
    return led_to(place, environment.get(ADDRESS, ""))


def led_to(place: Place, address: str) -> Place:
    """The place, with connections going to an address, "name" or "name:port"; "": to where its name leads.

    Raises:
        StartError: that is no address.
    """
    if not address:
        return place
    origin = place_of(f"{place.origin.scheme}://{address.removeprefix('http://')}").origin
    return place._replace(address=(origin.host, origin.port))
