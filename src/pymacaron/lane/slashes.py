"""Slashes inside the values of path variables, which callers write as "%2F" (RFC 3986 section 2.2).

WSGI servers decode the path, and then "/items/a%2Fb" looks like "/items/a/b". Most of them also tell the request target
as it was sent, as RAW_URI or REQUEST_URI. Where that holds a "%2F", and the path is an operation's if it is kept,
PATH_INFO is put back to "/items/a%2Fb", with "%" kept as "%25", and so it goes to Flask as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pymacaron.flask_context import Environ
from pymacaron.router import Router

from .environ import EnvironHeaders
from .place import Layer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

KEPT = "pymacaron.kept_slashes"  # in an environ whose PATH_INFO has its slashes and percent signs encoded
_MOST_OF_TEMPLATES = 4  # so many "%2F" the path of a document may have, and variables with some after them
_PIECE = re.compile("%[0-9A-Fa-f]{2}|.", re.DOTALL)


def may_have_slashes(environ: Environ) -> bool:
    """Whether keep_slashes() has to be called: it tells in a tenth of a microsecond."""
    return "%2" in (environ.get("RAW_URI") or environ.get("REQUEST_URI") or "")


def keep_slashes(environ: Environ, router: Router[Any]) -> None:
    """Put the slashes back that the server has decoded, if that makes the path one of an operation."""
    target: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    path: str = environ.get("PATH_INFO", "")
    raw = target.partition("?")[0]
    if "%2f" not in raw.lower() or KEPT in environ or not path:
        return
    pieces = _PIECE.findall(raw)[-len(path) :]  # without the prefix that the application is mounted at
    if "".join(map(_decoded, pieces)) != path:  # a middleware has written another one
        return
    method, query = environ.get("REQUEST_METHOD", ""), environ.get("QUERY_STRING", "")
    for kept in _ways(pieces):
        try:
            text = kept.encode("latin-1").decode()
        except UnicodeError:
            return
        if router.find(method, text, query, EnvironHeaders(environ)):
            environ["PATH_INFO"], environ[KEPT] = kept, True
            return


def _ways(pieces: list[str]) -> Iterator[str]:
    """The path with all of its slashes kept; then without the first, which may stand in the document's own path, or
    the first few."""
    slashes = [index for index, piece in enumerate(pieces) if piece in {"%2F", "%2f"}]
    kept = [_kept(piece) for piece in pieces]
    for index in slashes[:_MOST_OF_TEMPLATES]:
        yield "".join(kept)
        kept[index] = "/"


def _decoded(piece: str) -> str:
    return chr(int(piece[1:], 16)) if len(piece) > 1 else piece


def _kept(piece: str) -> str:
    return piece.upper() if piece in {"%2F", "%2f", "%25"} else "%25" if piece == "%" else _decoded(piece)


def with_slashes(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of variables of a path whose slashes were kept."""
    return {name: unquote(value) if isinstance(value, str) else value for name, value in values.items()}


class Slashes(Layer):
    """Keeps slashes where Flask's own dispatch answers the operations."""

    def __init__(self, app: Any, router: Router[Any]) -> None:
        self.app = app
        self._router = router

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if may_have_slashes(environ):
            keep_slashes(environ, self._router)
        return self.inner(environ, start_response)
