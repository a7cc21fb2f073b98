"""Whose pages may call from browsers: the "CORS protocol" of the Fetch standard."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask

from pymacaron._types import HeaderList
from pymacaron.flask_context import Environ

from .place import Layer, wrap

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_VARY = ("Vary", "Origin")
_PREFLIGHT_VARY = ("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
_TOKENS = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2000}")  # names of methods and headers (RFC 9110 section 5.6.2)


def allow_origins(app: Flask, said: Mapping[str, Any]) -> None:
    """Let pages of other origins call what `app` answers, as the setting `cors` says; called after install()."""
    wrap(app, Origins(app, **said))


class Origins(Layer):
    """Answers what browsers ask before they call, and tells them who may read the answers.

    Args:
        origins: such as https://app.example.com, https://*.example.com, or * for all.
        credentials: whether browsers send cookies and let answers to such requests be read.
        headers: that requests may have; empty: whichever they want.
        expose: headers of answers that pages may read.
        max_age: seconds for which a browser need not ask again.
    """

    def __init__(
        self, app: Flask, origins: Iterable[str], *, credentials: bool = False, headers: Iterable[str] = (),
        expose: Iterable[str] = (), max_age: int = 600,
    ) -> None:  # fmt: skip
        self.app = app
        named = list(origins)
        self._everybody = "*" in named
        self._patterns = [re.compile(re.escape(one).replace(r"\*", "[A-Za-z0-9.-]+")) for one in named if one != "*"]
        self._shared: HeaderList = [("Access-Control-Allow-Credentials", "true")] if credentials else []
        self._headers, self._max_age = ", ".join(headers), str(max_age)
        exposed = ", ".join(expose)
        self._exposed: HeaderList = [("Access-Control-Expose-Headers", exposed)] if exposed else []

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        allowed = self._allowed(environ.get("HTTP_ORIGIN"))
        if allowed and environ["REQUEST_METHOD"] == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ:
            start_response("204 No Content", self._preflight(environ, allowed))
            return []
        if self._everybody and not allowed:
            return self.inner(environ, start_response)
        added = [*allowed, *self._exposed] if allowed else []

        def begin(line: str, headers: HeaderList, exc_info: Any = None, /) -> Any:
            told = headers if _has(headers, "access-control-allow-origin") else [*headers, *added]
            told = told if self._everybody else _varying(told)
            return start_response(line, told) if exc_info is None else start_response(line, told, exc_info)

        return self.inner(environ, begin)

    def _allowed(self, origin: str | None) -> HeaderList:
        """What tells a browser that a page of this origin may call; nothing if it may not."""
        if origin is None:
            return []
        if self._everybody:
            return [("Access-Control-Allow-Origin", "*")]
        if any(pattern.fullmatch(origin) for pattern in self._patterns):
            return [("Access-Control-Allow-Origin", origin), *self._shared]
        return []

    def _preflight(self, environ: Environ, allowed: HeaderList) -> HeaderList:
        told = [*allowed, ("Access-Control-Max-Age", self._max_age), _PREFLIGHT_VARY]
        method = environ["HTTP_ACCESS_CONTROL_REQUEST_METHOD"]
        if _TOKENS.fullmatch(method):
            told.append(("Access-Control-Allow-Methods", method))
        wanted = self._headers or environ.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
        if _TOKENS.fullmatch(wanted):
            told.append(("Access-Control-Allow-Headers", wanted))
        return told


def _varying(headers: HeaderList) -> HeaderList:
    """The headers, which say that the answer depends on the origin, in one line with what they say already (RFC 9110
    section 12.5.5)."""
    said = [value for name, value in headers if len(name) == 4 and name.lower() == "vary"]
    if not said:
        return [*headers, _VARY]
    on = {text.lower(): text for text in map(str.strip, ",".join(said).split(",")) if text}
    told = "*" if "*" in on else ", ".join((on | {"origin": "Origin"}).values())
    return [*(header for header in headers if header[0].lower() != "vary"), ("Vary", told)]


def _has(headers: HeaderList, name: str) -> bool:
    return any(key.lower() == name for key, _ in headers)
