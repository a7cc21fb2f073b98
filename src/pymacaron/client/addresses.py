"""Where an API is: what its document says, unless the configuration or the code says something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from pymacaron.exceptions import ConfigurationError
from pymacaron.operations import Operation
from pymacaron.servers import Reach, path_of
from pymacaron.transports import Origin

_PORTS = {"http": 80, "https": 443}
# RFC 3986 section 3.2.2, with letters beyond ASCII, and what stands in brackets: an address with its zone (RFC 6874)
_HOST = re.compile(r"[\w.~!$&'()*+,;=-]+|[0-9A-Fa-f:.]+(%25?[\w.~-]+)?")


class Address(NamedTuple):
    """Who is asked, and what the path of an operation begins with there, in place of the document's base path."""

    origin: Origin
    base_path: str


def address_of(
    operation: Operation, reach: Reach, url: str | None = None, variables: Mapping[str, str] | None = None
) -> Address:
    """Where an operation is.

    Args:
        url: in place of the document's. Its path, if it has one, takes the place of the base path.
        variables: of the document's server.

    Raises:
        ConfigurationError: that is no address.
    """
    if url is not None:
        origin, path = _parted(url)[0:2]
        return Address(origin, path.rstrip("/") if path else operation.base_path)
    server, base_path = operation.server, operation.base_path
    own = f"http://{reach.own_host}:{reach.own_port}"
    said = urljoin(own, server.at(variables)) if server is not None else own
    if variables and base_path:
        base_path = path_of(said)
    origin = _parted(said)[0]
    if reach.host is None and reach.port is None and reach.proto is None:
        return Address(origin, base_path)
    scheme = reach.proto or (origin.scheme if reach.host is None else "http")
    port = reach.port or (origin.port if reach.host is None and reach.proto is None else _PORTS.get(scheme, 80))
    return Address(Origin(scheme, reach.host or origin.host, port), base_path)


def check_url(url: str, place: str) -> None:
    """
    Raises:
        ConfigurationError: that is no address; `place` says where it was written.
    """
    try:
        _parted(url)
    except ConfigurationError as error:
        raise ConfigurationError(f"{place}: {error}") from None


def _parted(url: str) -> tuple[Origin, str, str]:
    """Who is asked for an absolute URL, its path, "" if it has none, and its query.

    Raises:
        ConfigurationError: that is no address.
    """
    said = f"'{url}' is none"
    try:
        parts = urlsplit(url)
        if parts.username is not None:
            said = "without user and password"
        elif _HOST.fullmatch(parts.hostname or ""):
            scheme = parts.scheme.lower()
            return Origin(scheme, parts.hostname or "", parts.port or _PORTS[scheme]), parts.path, parts.query
    except (KeyError, ValueError):  # the latter is of brackets without end, and of ports that are none
        pass
    raise ConfigurationError(f"the address of an API: {said}; write for example https://api.example.com/v1")


def place_of(url: str) -> tuple[Origin, str, str]:
    """Who is asked for an absolute URL, its path and its query.

    Raises:
        ConfigurationError: that is no address.
    """
    origin, path, query = _parted(url)
    return origin, path or "/", query


def moved(origin: Origin, target: str, location: str) -> tuple[Origin, str, str] | None:
    """Where a redirect leads: who is asked, the path and the query; None if it leads nowhere that we go."""
    try:
        found, path, query = place_of(urljoin(f"{origin}{target}", location))
    except (ConfigurationError, ValueError):
        return None
    if origin.scheme == "https" and found.scheme != "https":
        return None
    return found, path, query
