"""Our responses as Flask's, made and sent in a fraction of the time where nothing about them is special."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import flask
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Response as WerkzeugResponse

from pymacaron._types import HeaderList
from pymacaron.messages import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

RESPONSE_CLASS = flask.Response


class _StatusLines(dict[int, str]):
    """Status lines as Werkzeug writes them: 404 is "404 NOT FOUND"."""

    def __missing__(self, status: int) -> str:
        line = self[status] = WerkzeugResponse(status=status).status
        return line


STATUS_LINES = _StatusLines()


# What is between the server and the one it talks to, and for no application to say (PEP 3333, RFC 9110 section 7.6.1);
# it comes along where a function passes on the headers of another service.
_HOP_BY_HOP = frozenset(("connection", "keep-alive", "proxy-connection", "te", "transfer-encoding"))


class _Names(dict[str, str]):
    """What is special about a header, for names that can be sent: "length", "hop" or ""."""

    def __missing__(self, name: str) -> str:
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!a} is not a valid name of a header (RFC 9110 section 5.6.2)")
        lower = name.lower()
        kind = "length" if lower == "content-length" else "hop" if lower in _HOP_BY_HOP else ""
        if len(self) < 1000:  # names come from documents and code, but nothing says so
            self[name] = kind
        return kind


_CONTROLS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 9110 section 5.5
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_NAMES = _Names()
_ONLY_JSON = [("Content-Type", "application/json")]


ADDED = "pymacaron.headers"  # in an application's extensions: headers that our responses have beside their own


def header_list(app: flask.Flask, response: Response) -> HeaderList:
    """The headers of our response as a new list, with Content-Length where the length is known, with what all of
    `app` have, and without what is the server's to say.

    Raises:
        ValueError: a header that could not be sent, or that would smuggle in another one (CR, LF).
    """
    headers = [*response.headers]
    if headers == _ONLY_JSON and isinstance(response.body, bytes):  # nearly all of them
        headers.append(("Content-Length", str(len(response.body))))
        if ADDED in app.extensions:
            headers += app.extensions[ADDED]
        return headers
    if ADDED in app.extensions:
        own = {name.lower() for name, _ in headers}
        headers += [header for header in app.extensions[ADDED] if header[0].lower() not in own]
    kinds = ""
    for name, value in headers:
        kinds += _NAMES[name]
        if not (value.isascii() and value.isprintable()):
            _check_value(name, value)
    if "hop" in kinds:
        headers = [header for header in headers if _NAMES[header[0]] != "hop"]
    if "length" not in kinds:
        body = response.body
        if isinstance(body, bytes):
            headers.append(("Content-Length", str(len(body))))
        elif isinstance(body, list | tuple):
            headers.append(("Content-Length", str(sum(map(len, body)))))
    return headers


def _check_value(name: str, value: str) -> None:
    try:
        value.encode("latin-1")  # what PEP 3333 lets pass
    except UnicodeEncodeError:
        raise ValueError(f"the header {name} has characters beyond Latin-1, which HTTP cannot carry") from None
    if _CONTROLS.search(value):
        raise ValueError(f"the header {name} has a line break or another control character, which HTTP forbids")


def flask_response(app: flask.Flask, response: Response) -> flask.Response:
    """Our response as one of `app.response_class`."""
    headers = header_list(app, response)
    body = response.body
    if app.response_class is RESPONSE_CLASS and _IS_KNOWN:
        return _made(headers, response.status, body)
    made = app.response_class(body, status=response.status, headers=headers)
    if not any(name.lower() == "content-type" for name, _ in headers):
        made.headers.pop("Content-Type", None)  # the class put in its default, ours has none
    return made


def response_of(app: flask.Flask, answer: Any) -> flask.Response:
    """What a function has answered, ours or whatever Flask takes, as one of `app.response_class`."""
    if isinstance(answer, Response):
        return flask_response(app, answer)
    response = app.make_response(answer)
    for name, text in app.extensions.get(ADDED, ()):
        response.headers.setdefault(name, text)
    return response


def _made(headers: HeaderList, status: int, body: bytes | Iterable[bytes]) -> flask.Response:
    """What flask.Response(body, status, headers) makes, in a fifth of the time: the headers are checked already."""
    made, held = object.__new__(flask.Response), object.__new__(Headers)
    held._list = headers
    made.headers = held
    made._status, made._status_code = STATUS_LINES[status], status
    made.direct_passthrough = False
    made._on_close = []
    made.response = [body] if isinstance(body, bytes) else body
    return made


def send(response: flask.Response, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer with Flask's response: by itself, or in a quarter of the time where nothing about it is special."""
    body = response.response
    if (
        type(response) is flask.Response
        and type(body) is list
        and len(body) == 1
        and type(body[0]) is bytes
        and not response._on_close
        and response._status_code >= 200
        and response._status_code not in {204, 304}
        and _is_plain(response.headers._list)
    ):
        start_response(response._status, [*response.headers._list])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else body
    return response(environ, start_response)


def _is_plain(headers: HeaderList) -> bool:
    """Whether Werkzeug would send these headers as they are: it edits locations and adds a missing length."""
    sized = False
    for name, _ in headers:
        lower = name.lower()
        if lower == "content-length":
            sized = True
        elif lower in {"location", "content-location"}:
            return False
    return sized


def is_werkzeug_known() -> bool:
    """Whether Werkzeug's responses and headers hold what _made() puts into them."""
    ordinary = flask.Response(b"")
    return vars(_made([], 200, b"")).keys() == vars(ordinary).keys() and vars(ordinary.headers).keys() == {"_list"}


_IS_KNOWN = is_werkzeug_known()
