"""Tokens that a client gets for itself: OAuth 2.0, client credentials (RFC 6749 section 4.4).

A token is fetched when one is needed, by one call while the others wait for it; kept, and renewed before it expires.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from binascii import b2a_base64
from collections.abc import Callable
from time import monotonic
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote_plus, urlencode

from pymacaron.bodies import read_json
from pymacaron.config import reveal
from pymacaron.exceptions import BadRequestError
from pymacaron.messages import Request, Response
from pymacaron.transports import TransportFault, WrongAnswer

log = logging.getLogger(__name__)

_EARLY = 60.0  # seconds before its end, or a tenth of its time if that is less, a token is renewed
_PAUSE = 5.0  # seconds until what has just failed is tried again
_LONGEST = 10.0**9  # seconds that a token is valid
_MOST = 1000  # kinds of tokens that are kept
_PASSING = frozenset((408, 429, 500, 502, 503, 504))
_CODE = re.compile(r"[a-z_]{1,40}")  # of an error, RFC 6749 section 5.2; more may hold secrets

# Sends a request to an absolute URL, in the time that the call has; gives the answer with its whole body.
Fetch: TypeAlias = Callable[[str, Request], Response]


class NoToken(TransportFault):
    """The call was not made, since there is no token for it."""

    def __init__(self, fact: str, *, late: bool = False) -> None:
        super().__init__(f"there is no token for it: {fact}", unsent=True, late=late)


class TokenRefused(NoToken, WrongAnswer):
    """The token endpoint does not give one, and will not if it is asked again."""


class Held:
    """A credential as it goes out.

    Args:
        secret: what is secret of it; None: all.
    """

    __slots__ = ("secret", "text")

    def __init__(self, text: str, secret: str | None = None) -> None:
        self.text, self.secret = text, secret or text

    def tell(self, status: int) -> None:
        """The status that a request with it was answered with."""

    def refuse(self) -> bool:
        """It was not accepted: may there be another one?"""
        return False

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Token(Held):
    """A token from a token endpoint.

    Args:
        since: when it was asked for, in the seconds of time.monotonic().
        seconds: that it is valid; None if nobody says.
    """

    __slots__ = ("_ends", "_is_refused", "_since", "_was_accepted", "renewed_at")

    def __init__(self, text: str, since: float, seconds: float | None) -> None:
        super().__init__(text)
        self._since = since
        self._ends = float("inf") if seconds is None else since + seconds
        self.renewed_at = float("inf") if seconds is None else self._ends - min(_EARLY, seconds / 10)
        self._was_accepted = self._is_refused = False

    def is_usable(self, now: float) -> bool:
        return not self._is_refused and now < self._ends

    def tell(self, status: int) -> None:
        if status != 401:
            self._was_accepted = True

    def refuse(self) -> bool:
        """One that is new and was never accepted is not replaced: the next one would fare no better, and every call
        would fetch one."""
        if self._was_accepted or monotonic() - self._since > _PAUSE:
            self._is_refused = True
        return self._is_refused


class Grant(NamedTuple):
    """What a token is asked for with.

    Attributes:
        url: of the token endpoint, absolute or relative to the API.
        scopes: what it is for; none: what the endpoint gives then.
        fields: more of the form, such as `audience` or `resource` (RFC 8707).
        secret_in: "header" (RFC 6749 section 2.3.1) or "body".
    """

    url: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    secret_in: str = "header"

    def request(self) -> Request:
        form = {"grant_type": "client_credentials"}
        if self.scopes:
            form["scope"] = " ".join(self.scopes)
        form.update((name, reveal(text)) for name, text in self.fields)
        user, password = reveal(self.client_id), reveal(self.client_secret)
        headers = {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
        if self.secret_in == "body":
            form.update(client_id=user, client_secret=password)
        else:
            headers["authorization"] = f"Basic {basic(quote_plus(user), quote_plus(password))}"
        return Request("POST", "", "", headers, urlencode(form).encode())


class Tokens:
    """The tokens of one grant. Any number of threads may ask at once."""

    def __init__(self, grant: Grant) -> None:
        self._grant = grant
        self._token: Token | None = None
        self._fetches = 0
        self._failure: NoToken | None = None  # of the last fetch
        self._lock = threading.Lock()  # held by who fetches

    def get(self, fetch: Fetch, until: float) -> Token:
        """A token that is valid now.

        Args:
            until: how long to wait for it, in the seconds of time.monotonic().

        Raises:
            NoToken: there is none.
        """
        seen, token, now = self._fetches, self._token, monotonic()
        usable = token if token is not None and token.is_usable(now) else None
        if usable is not None and now < usable.renewed_at:
            return usable
        if not self._lock.acquire(timeout=0 if usable is not None else max(0, until - now)):
            if usable is not None:  # somebody is renewing it
                return usable
            raise NoToken("it takes too long", late=True)
        try:
            return self._shared(seen) or self._fetched(fetch)
        except NoToken as fault:
            if usable is None:
                raise
            usable.renewed_at = monotonic() + _PAUSE
            log.warning("a token could not be renewed, and the one there is serves until it expires: %s", fault)
            return usable
        finally:
            self._lock.release()

    def _shared(self, seen: int) -> Token | None:
        """What somebody has fetched while this call waited, since there had been so many fetches; None if nobody has,
        or had no time for it."""
        if self._fetches == seen:
            return None
        if self._failure is not None and not self._failure.late:
            raise self._failure
        return self._token if self._failure is None else None

    def _fetched(self, fetch: Fetch) -> Token:
        since = monotonic()
        self._failure = None
        try:
            self._token = _read(fetch(self._grant.url, self._grant.request()), since)
        except NoToken as fault:
            self._failure = fault.with_traceback(None)
            raise
        except TransportFault as fault:
            self._failure = NoToken(f"its endpoint gave none: {fault}", late=fault.late)
            raise self._failure from fault
        finally:
            self._fetches += 1
        return self._token


def _read(response: Response, since: float) -> Token:
    """The token in an answer (RFC 6749 section 5).

    Raises:
        NoToken: there is none.
    """
    try:
        said: Any = read_json(response.body) if isinstance(response.body, bytes) else None
    except BadRequestError:
        said = None
    said = said if isinstance(said, dict) else {}
    if response.status != 200:
        code = said.get("error")
        told = f" {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""
        cls = NoToken if response.status in _PASSING else TokenRefused
        raise cls(f"its endpoint answered {response.status}{told}")
    text = said.get("access_token")
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or not text:
        raise TokenRefused("what its endpoint answered holds none")
    if str(said.get("token_type", "bearer")).lower() != "bearer":
        raise TokenRefused("its endpoint gives those of another type than Bearer")
    return Token(text, since, _seconds(said.get("expires_in")))


def _seconds(said: Any) -> float | None:
    """`expires_in`, which some write as a text."""
    if isinstance(said, str) and said.isascii() and said.isdigit():
        said = int(said[:9])
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    return float(min(said, _LONGEST)) if is_number and said > 0 else None


def login(user: str, password: str) -> Held:
    """User and password as what goes out."""
    return Held(basic(user, password), password)


def basic(user: str, password: str) -> str:
    """User and password as text (RFC 7617 section 2)."""
    return b2a_base64(f"{user}:{password}".encode(), newline=False).decode()


_kept: dict[Grant, Tokens] = {}
os.register_at_fork(after_in_child=_kept.clear)  # a lock may be held by a thread that the child does not have


def tokens_of(grant: Grant) -> Tokens:
    """The tokens of a grant, shared by all who have the same."""
    if len(_kept) > _MOST:  # calls may name credentials of their own
        _kept.clear()
    return _kept.get(grant) or _kept.setdefault(grant, Tokens(grant))
