"""What a caller of a mock asks for in the header Prefer (RFC 7240)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from pymacaron.exceptions import BadRequestError
from pymacaron.names import closest

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WISHED = "pymacaron.prefer"  # in the environ: the header as it came
_HEADER = "HTTP_PREFER"
_LONGEST_DELAY_MS = 60_000
_NAMES = ("code", "example", "dynamic", "delay", "invalid")


class Wishes(NamedTuple):
    """What an answer is to be.

    Attributes:
        code: its status; None: the success that the document declares.
        example: which of the named examples; None: the first.
        dynamic: made from the schemas, another one each time, whatever examples there are.
        delay_ms: how late it is.
        invalid: it is to break the document.
    """

    code: int | None = None
    example: str | None = None
    dynamic: bool = False
    delay_ms: int = 0
    invalid: bool = False


def read_wishes(header: str | None, usual: Wishes) -> Wishes:
    """What a Prefer header asks for; what it does not speak of is as `usual`.

    Raises:
        BadRequestError: a preference of ours has a value that it cannot have. Others are left alone, as RFC 7240
            section 2 demands, unless one is nearly called like ours.
    """
    found = usual
    for part in (header or "").replace(";", ",").split(","):
        name, _, value = (text.strip() for text in part.partition("="))
        name, value = name.lower(), value.strip('"')
        if name == "code":
            found = found._replace(code=_number(name, value, 200, 599))
        elif name == "delay":
            found = found._replace(delay_ms=_number(name, value, 0, _LONGEST_DELAY_MS))
        elif name == "example":
            found = found._replace(example=value)
        elif name == "dynamic":
            found = found._replace(dynamic=_flag(name, value))
        elif name == "invalid":
            found = found._replace(invalid=_flag(name, value))
        elif near := closest(name, _NAMES, alike=0.8):
            raise BadRequestError(f"Prefer: this mock knows no such preference; did you mean '{near}'?")
    return found


class WishesApart:
    """A WSGI application whose documents see only those preferences of a caller that are none of the mock's: they may
    declare a header Prefer of their own. The whole header is in the environ as WISHED."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        header = environ.get(_HEADER)
        if header is not None:
            environ[WISHED] = header
            rest = [part for part in header.split(",") if part.partition("=")[0].strip().lower() not in _NAMES]
            environ.pop(_HEADER)
            if rest:
                environ[_HEADER] = ",".join(rest).strip()
        return self._app(environ, start_response)


def _number(name: str, value: str, least: int, most: int) -> int:
    if value.isascii() and value.isdigit() and least <= int(value[:9]) <= most:
        return int(value)
    raise BadRequestError(f"Prefer: {name} wants a number from {least} to {most}")


def _flag(name: str, value: str) -> bool:
    if value.lower() not in {"", "true", "false"}:
        raise BadRequestError(f"Prefer: {name} wants true or false")
    return value.lower() != "false"
