"""Where an API is, as its document says: a URL with variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from .documents import Node


class Server(NamedTuple):
    """A Server Object, or what Swagger 2.0 says in `host`, `schemes` and `basePath`.

    Attributes:
        url: a template: "https://{region}.example.com/v1". One without a host is relative to the service itself.
        defaults: the values of its variables where nobody gives others.
    """

    url: str
    defaults: Mapping[str, str] = {}

    def at(self, variables: Mapping[str, str] | None = None) -> str:
        """The URL with its variables filled in."""
        url = self.url
        for name, text in {**self.defaults, **(variables or {})}.items():
            url = url.replace("{" + name + "}", text)
        return url

    @property
    def path(self) -> str:
        """The path of the URL: "/v1", or "" if it has none."""
        return path_of(self.at())


def path_of(url: str) -> str:
    """The path of a URL, without a slash at its end: "/v1", or ""."""
    _, scheme, rest = url.partition("://")
    if scheme:
        url = "/" + rest.partition("/")[2]
    elif url.startswith("//"):
        url = "/" + url[2:].partition("/")[2]
    path = url.partition("?")[0].partition("#")[0].strip("/")
    return "/" + path if path and path != "." else ""


def server_2(root: Node) -> Server | None:
    """Swagger 2.0: `host`, the safest of the `schemes`, and `basePath`."""
    host, base = root.value.get("host"), root.value.get("basePath")
    path = "/" + base.strip("/") if isinstance(base, str) and base.strip("/") else ""
    if not isinstance(host, str) or not host:
        return Server(path) if path else None
    schemes = root.value.get("schemes")
    is_safe = isinstance(schemes, list) and "https" in schemes
    return Server(f"{'https' if is_safe else 'http'}://{host}{path}")


def server_3(place: Node) -> Server | None:
    """OpenAPI 3.x: the first of the `servers` of a document, path or operation."""
    servers = place.get("servers")
    if servers is None or not isinstance(servers.value, list) or not servers.value:
        return None
    server = servers.value[0]
    if not isinstance(server, dict) or not isinstance(server.get("url"), str):
        return None
    variables = server.get("variables")
    listed = variables.items() if isinstance(variables, dict) else ()
    return Server(server["url"], {name: str(one.get("default", "")) for name, one in listed if isinstance(one, dict)})


class Reach(NamedTuple):
    """What the code says of how an API is reached: `API(...)`, `ApiPool.add(...)`.

    Attributes:
        timeout: seconds for a call.
        host, port, proto: in place of what the document says; None: that counts.
        own_host, own_port: of the service itself, for documents that do not say where their API is.
        verify: are certificates verified?
    """

    timeout: float = 20
    host: str | None = None
    port: int | None = None
    proto: str | None = None
    own_host: str = "localhost"
    own_port: int = 80
    verify: bool = True
