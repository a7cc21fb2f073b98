"""Who may look, and who may act: the console shows what others have asked.

Without a token, in development only, callers have to be on this machine, and to ask for it by a name of this machine:
a page of somebody else's, whose name leads here (DNS rebinding), is refused, and so is what a proxy passes on for
somebody elsewhere. With a token it has to have the scope `console`. What a page of another origin asks is refused
either way, whatever CORS allows; what acts has to show a cookie's value in a header, too.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from pymacaron.auth import authenticate_http_request, get_scopes
from pymacaron.exceptions import ForbiddenError

SCOPE = "console"
COOKIE, HEADER = "pymacaron_console", "X-Pymacaron-Console"
_HERE = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE)
_ADDRESS = re.compile(r"127(?:\.\d{1,3}){3}|::1|::ffff:127(?:\.\d{1,3}){3}", re.IGNORECASE)


def is_here(address: str | None, headers: Mapping[str, str]) -> bool:
    """Is the caller on this machine, and nobody else behind him?"""
    passed_on = f"{headers.get('x-forwarded-for', '')},{headers.get('x-real-ip', '')}"
    addresses = [address or "", *filter(None, map(str.strip, passed_on.split(",")))]
    hosts = [headers.get("host", ""), headers.get("x-forwarded-host") or "localhost"]
    return "forwarded" not in headers and all(map(_ADDRESS.fullmatch, addresses)) and all(map(_HERE.fullmatch, hosts))


def check_origin(headers: Mapping[str, str]) -> None:
    """
    Raises:
        ForbiddenError: a page of another origin asks.
    """
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if site is not None:
        is_own = site in {"same-origin", "none"}
    else:  # browsers send the former to trustworthy addresses only: https, and this machine
        is_own = origin is None or urlsplit(origin).netloc in {headers.get("host"), headers.get("x-forwarded-host")}
    if not is_own:
        raise ForbiddenError("The console answers its own page only")


def check_page(cookie: str | None, headers: Mapping[str, str]) -> None:
    """
    Raises:
        ForbiddenError: what acts does not come from the page of the console.
    """
    sent = headers.get(HEADER.lower(), "")
    if not cookie or not hmac.compare_digest(cookie.encode(), sent.encode()):
        raise ForbiddenError(f"This needs the value of the cookie {COOKIE} in the header {HEADER}: use the page")


def check_token() -> None:
    """
    Raises:
        AuthError: there is no token, or it is not accepted.
        ForbiddenError: it lacks the scope.
    """
    authenticate_http_request()
    if SCOPE not in get_scopes():
        raise ForbiddenError(f"The console needs a token with the scope {SCOPE!r}")
