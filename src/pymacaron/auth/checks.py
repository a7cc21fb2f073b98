"""One security scheme as a check: where its credential is, and what verifies it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pymacaron.calls import Identity
from pymacaron.exceptions import AuthError, AuthInvalidTokenError, AuthMissingHeaderError, spare_the_worker
from pymacaron.loops import awaited
from pymacaron.messages import Request
from pymacaron.operations import Scheme

from . import credentials
from .configured import trust
from .scopes import scopes_of

BEARER = "Bearer"


class Check(NamedTuple):
    """How the callers of one security scheme are known.

    Attributes:
        name: of the scheme.
        read: the credential of a request, as the arguments of `verify`; None if it has none.
        verify: gives the identity, or raises AuthError.
        challenge: what a 401 says of it in WWW-Authenticate (RFC 9110 section 11.6.1).
        wanted: completes "send ...".
    """

    name: str
    read: Callable[[Request], tuple[str, ...] | None]
    verify: Callable[..., Identity]
    challenge: str
    wanted: str


def token_check(name: str) -> Check:
    """The check of tokens by the keys of the configuration."""
    return Check(name, _bearer, verify_token, BEARER, "a token, as `Authorization: Bearer <token>`")


def verify_token(token: str) -> Identity:
    """Who a token says is calling.

    Raises:
        AuthError: it is not accepted; without a key none is.
        ServiceUnavailableError: the keys cannot be had.
    """
    found = trust()
    if found is None:
        raise AuthMissingHeaderError("This service has no key to verify tokens with, so it accepts none")
    return found.verify(token)


def is_token_scheme(scheme: Scheme) -> bool:
    """Is its credential a token in one of our own places? Swagger 2.0 has no bearer scheme, and declares an API key in
    the header Authorization instead."""
    own_places = ("header", "authorization"), ("cookie", credentials.COOKIE)
    in_place = scheme.kind == "apiKey" and (scheme.where, scheme.field.lower()) in own_places
    return in_place or scheme.kind in {"bearer", "oauth2", "openIdConnect"}


def check_of(scheme: Scheme, verifier: Callable[..., Any] | None, realm: str) -> Check | None:
    """The check of a scheme; None if nothing can verify it.

    Args:
        verifier: the user's function for it, if there is one.
        realm: what user and password are for (RFC 9110 section 11.5).
    """
    if verifier is None:
        return token_check(scheme.name) if is_token_scheme(scheme) else None
    read, challenge, wanted = _places(scheme, realm)
    refusal = AuthInvalidTokenError if read is _bearer else AuthError
    return Check(scheme.name, read, _verified(scheme, verifier, refusal), challenge, wanted)


def arguments_of(scheme: Scheme) -> tuple[str, ...]:
    """What a verifier of the scheme is called with, in words."""
    if scheme.kind == "basic":
        return "user", "password"
    if scheme.kind == "mutualTLS":
        return ()
    return ({"apiKey": "key", "http": "credentials"}.get(scheme.kind, "token"),)


def takes(function: Callable[..., Any], arguments: tuple[str, ...]) -> bool:
    """Can a function be called with so many?"""
    try:
        inspect.signature(function).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # some of those written in C do not tell
        return True
    return True


def _places(scheme: Scheme, realm: str) -> tuple[Callable[[Request], tuple[str, ...] | None], str, str]:
    """(what reads the credential, the challenge, what is wanted)"""
    match scheme.kind:
        case "basic":
            challenge = f'Basic realm="{realm}", charset="UTF-8"'
            return _basic, challenge, "user and password, as `Authorization: Basic ...`"
        case "http":
            name = scheme.where
            return _scheme_reader(name), f'{name.capitalize()} realm="{realm}"', f"`Authorization: {name} ...`"
        case "apiKey":
            place = "query parameter" if scheme.where == "query" else scheme.where
            return _key_reader(scheme), f'ApiKey realm="{realm}"', f"a key, as the {place} {scheme.field}"
        case "mutualTLS":
            return lambda request: (), f'MutualTLS realm="{realm}"', "a client certificate"
        case _:
            return _bearer, BEARER, "a token, as `Authorization: Bearer <token>`"


def _bearer(request: Request) -> tuple[str, ...] | None:
    token = credentials.bearer_token(request.headers)
    return None if token is None else (token,)


def _basic(request: Request) -> tuple[str, ...] | None:
    return credentials.user_and_password(request.headers)


def _scheme_reader(name: str) -> Callable[[Request], tuple[str, ...] | None]:
    def read(request: Request) -> tuple[str, ...] | None:
        text = request.headers.get("authorization")
        rest = None if text is None else credentials.after_scheme(text, name)
        return None if rest is None else (rest,)

    return read


def _key_reader(scheme: Scheme) -> Callable[[Request], tuple[str, ...] | None]:
    where, name, lower = scheme.where, scheme.field, scheme.field.lower()

    def read(request: Request) -> tuple[str, ...] | None:
        if where == "header":
            found = request.headers.get(lower)
        elif where == "cookie":
            cookies = request.headers.get("cookie")
            found = None if cookies is None else credentials.cookie(cookies, name)
        else:
            found = credentials.query(request, name)
        return None if not found else (found,)

    return read


def _verified(scheme: Scheme, verifier: Callable[..., Any], refusal: type[AuthError]) -> Callable[..., Identity]:
    """The user's function as one that gives an identity, or raises."""
    call = awaited(verifier)  # whatever returns coroutines: objects with an async __call__ do not say so
    is_bearer, is_basic = arguments_of(scheme) == ("token",), scheme.kind == "basic"

    def verify(*sent: str) -> Identity:
        if sent == ("",):  # a function that compares it with a key that is not set would accept it
            raise refusal("The credentials are empty")
        try:
            said = call(*sent)
        except BaseException as error:
            spare_the_worker(error, f"the verifier of {scheme.name!r}")
            raise
        if not said:  # None, False, and all that is empty: no user "", no claims {}
            raise refusal("The credentials are not accepted")
        return _identity(said, scheme.name, sent[0] if is_bearer else None, sent[0] if is_basic else None)

    return verify


def _identity(said: object, name: str, token: str | None, user: str | None) -> Identity:
    """Who calls, according to the verifier of a scheme; `user` is who is meant by True.

    Raises:
        TypeError: it says something else.
    """
    if isinstance(said, Identity):
        return said
    if said is True:
        return Identity(user, token)
    if isinstance(said, str):
        return Identity(said, token)
    if not isinstance(said, Mapping):
        cure = "return a user id, claims as a dict, an Identity, True; or None to refuse"
        raise TypeError(f"the verifier of {name!r} returned an object of type {type(said).__name__}; {cure}")
    subject = said.get("sub")
    if subject is None or isinstance(subject, str):
        return Identity(subject, token, said, scopes_of(said))
    cure = "return it as text; leave it out for nobody in particular"
    raise TypeError(f"the verifier of {name!r} returned a `sub` of type {type(subject).__name__}; {cure}")
