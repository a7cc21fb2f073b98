"""Who called, and by which address, where a proxy stands in between: `trusted_proxies` of pym-config.yaml."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .exceptions import ConfigurationError, Finding

UNIX = "unix"  # how a proxy is named that comes through a unix socket
_USUAL_PORTS = {"http": "80", "https": "443"}


class TrustedProxies:
    """Middleware that believes what trusted proxies say in `X-Forwarded-For`, `-Proto`, `-Host` and `-Port`.

    Each proxy adds the address of whoever it was called by at the right of `X-Forwarded-For`; hence the caller is the
    rightmost one that is not trusted itself. What anybody else says in these headers changes nothing.

    Args:
        app: the WSGI application behind it.
        trusted: addresses, networks such as 10.0.0.0/8, and "unix" for whoever comes through a unix socket.

    Raises:
        ConfigurationError: one is no address.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], trusted: Iterable[str]) -> None:
        from ipaddress import ip_network  # 6 ms that services without proxies do without

        self._app, self._known = app, {}  # type: Callable[..., Iterable[bytes]], dict[str, bool]
        names = list(trusted)
        self._unix = UNIX in names
        try:
            self._networks = [ip_network(name, strict=False) for name in names if name != UNIX]
        except ValueError as error:
            cure = "write an address, a network such as 10.0.0.0/8, or unix"
            raise ConfigurationError([Finding("get_config().trusted_proxies", "", str(error), cure)]) from None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self._trusts(environ.get("REMOTE_ADDR") or ""):
            self._believe(environ)
        return self._app(environ, start_response)

    def _believe(self, environ: dict[str, Any]) -> None:
        chain = [_bare(one) for one in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if one.strip()]
        while chain and len(chain) > 1 and self._trusts(chain[-1]):
            chain.pop()
        if chain and _is_address(chain[-1]):
            environ["REMOTE_ADDR"] = chain[-1]
        scheme = _last(environ, "HTTP_X_FORWARDED_PROTO").lower()
        if scheme in _USUAL_PORTS:
            environ["wsgi.url_scheme"] = scheme
        host, port = _last(environ, "HTTP_X_FORWARDED_HOST"), _last(environ, "HTTP_X_FORWARDED_PORT")
        if host:
            environ["HTTP_HOST"] = host
        if port.isascii() and port.isdigit() and int(port[:6]) < 65536:
            environ["SERVER_PORT"] = port
            if "HTTP_HOST" in environ:
                environ["HTTP_HOST"] = _with_port(environ["HTTP_HOST"], port, environ["wsgi.url_scheme"])

    def _trusts(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            if len(self._known) > 10_000:
                self._known.clear()
            known = self._known[address] = self._unix if not address else self._is_within(address)
        return known

    def _is_within(self, address: str) -> bool:
        from ipaddress import ip_address  # see above

        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        mapped = getattr(parsed, "ipv4_mapped", None)  # ::ffff:10.0.0.1, of a socket for both families
        return any((mapped or parsed) in network for network in self._networks)


def _last(environ: dict[str, Any], name: str) -> str:
    """What the nearest proxy has said."""
    text: str = environ.get(name, "")
    return text.rpartition(",")[2].strip()


def _with_port(host: str, port: str, scheme: str) -> str:
    """A host with the port that was asked for, where a proxy has left that out."""
    has_one = ":" in host.rpartition("]")[2]
    return host if has_one or port == _USUAL_PORTS.get(scheme) else f"{host}:{port}"


def _bare(address: str) -> str:
    """An address without the port that some proxies add."""
    text = address.strip()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text


def _is_address(text: str) -> bool:
    from ipaddress import ip_address  # see above

    try:
        ip_address(text)
    except ValueError:
        return False
    return True
