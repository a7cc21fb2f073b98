"""Where a request holds its credentials. Each function gives them, None if there are none.

What is there but broken, or there twice, is refused: whoever reads it next might read it differently.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Mapping

from pymacaron.exceptions import AuthError, AuthInvalidTokenError
from pymacaron.messages import Request
from pymacaron.parameters import TextFault, parse_cookies, parse_query
from pymacaron.parameters.texts import unquote_cookie, unquote_query

COOKIE = "token"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # RFC 5234 appendix B.1, CTL


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """The token in the Authorization header (RFC 6750 section 2.1), else that in the cookie `token`, "Bearer ...".

    Raises:
        AuthInvalidTokenError: there are two such cookies.
    """
    text = headers.get("authorization")
    if text is not None:
        token = after_scheme(text, "bearer")
        if token is not None:
            return token
    cookies = headers.get("cookie")
    if cookies is None or COOKIE not in cookies:
        return None
    try:
        text = cookie(cookies, COOKIE)
    except AuthError as error:
        raise AuthInvalidTokenError(error.error_description) from None
    return None if text is None else after_scheme(text, "bearer")


def after_scheme(text: str, scheme: str) -> str | None:
    """What follows the authentication scheme in an Authorization header: "" for nothing, None if the scheme is another
    one. Its name is not case-sensitive, and ends with a space (RFC 9110 sections 11.1 and 11.4)."""
    name, _, rest = text.partition(" ")
    return rest.strip(" ") if name.lower() == scheme else None


def user_and_password(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """RFC 7617 section 2.

    Raises:
        AuthError: they are not written as they should be.
    """
    text = headers.get("authorization")
    encoded = None if text is None else after_scheme(text, "basic")
    if encoded is None:
        return None
    try:
        user, colon, password = a2b_base64(encoded.encode("ascii"), strict_mode=True).decode().partition(":")
    except ValueError:
        raise AuthError("The user and password are not valid base64 of UTF-8 text") from None
    if not colon or _CONTROL.search(user + password):
        raise AuthError("The user and password are not separated by a colon, or contain control characters")
    return user, password


def cookie(header: str, name: str) -> str | None:
    """The cookie of a name in a Cookie header.

    Raises:
        AuthError: there are several, or it is no text.
    """
    found = parse_cookies(header).get(name)
    return None if found is None else _only_one(found, unquote_cookie)


def query(request: Request, name: str) -> str | None:
    """The query parameter of a name.

    Raises:
        AuthError: there are several, or it is no text.
    """
    found = parse_query(request.query).get(name)
    return None if found is None else _only_one(found, unquote_query)


def _only_one(raws: list[str], unquote: Callable[[str], str]) -> str:
    if len(raws) > 1:
        raise AuthError("The credential was sent twice")
    try:
        return unquote(raws[0])
    except TextFault:
        raise AuthError("The credential is not valid UTF-8") from None
