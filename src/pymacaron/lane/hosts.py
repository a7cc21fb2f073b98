"""Which hosts a service answers for: the setting `trusted_hosts`, by Flask's TRUSTED_HOSTS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from pymacaron.flask_context import Environ

from .place import Layer, wrap

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse


def trust_hosts(app: Flask, hosts: Iterable[str]) -> None:
    """Refuse requests for other hosts than these: names, .example.com or *.example.com for all below, addresses of
    IPv4; ports do not count. Called after install()."""
    app.config["TRUSTED_HOSTS"] = [host.removeprefix("*").lower() for host in hosts]
    wrap(app, _Canonical())


class _Canonical(Layer):
    """Hosts are the same in capitals and with a dot at the end (RFC 9110 section 4.2.3, RFC 3986 section 3.2.2); Flask
    compares them letter by letter."""

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        host: str | None = environ.get("HTTP_HOST")
        if host is not None:
            name, colon, port = host.lower().partition(":")
            environ["HTTP_HOST"] = f"{name.removesuffix('.')}{colon}{port}"
        return self.inner(environ, start_response)
