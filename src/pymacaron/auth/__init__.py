"""Who calls: tokens made and verified, and the `security` of documents enforced.

    base64url.py    bytes ⇄ the text that tokens are made of
    tokens.py       claims ⇄ tokens; keys, rules and the time are arguments; scopes.py what claims allow
    keys.py         secrets, PEM text and key sets as keys, each with its one algorithm; faults.py what is wrong
    asymmetric.py   RSA, elliptic curves, Edwards curves, by the library `cryptography`
    key_sets.py     a set of keys that changes while the service runs; fetching.py gets it
    configured.py   the trust of this process; trusting.py what a configuration says of tokens; configured_keys.py keys
    issuers.py      several issuers, each with keys of its own
    acting.py       who calls, or acts for a while
    requiring.py    functions and routes of the author's own that want a token
    credentials.py  where a request holds them
    checks.py       one security scheme as a check, by our keys or by the author's function
    guards.py       the `security` of an operation, compiled to one function
    protection.py   the guards of a document, and what is missing for them

The functions below are for the functions of a service: they read and set the identity of the call being answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any, TypeVar

from pymacaron._types import JsonObject
from pymacaron.calls import Identity
from pymacaron.config import get_config
from pymacaron.exceptions import AuthInvalidTokenError

from . import acting
from .checks import verify_token
from .configured import needed, trust
from .guards import Guard
from .protection import Protection, unused
from .requiring import authenticate_http_request, bypassed, requires_auth

F = TypeVar("F", bound=Callable[..., Any])


def generate_token(
    user_id: str | None = None, expire_in: float | None = None, data: Mapping[str, Any] | None = None,
    issuer: str | None = None, iat: float | None = None,
) -> str:  # fmt: skip
    """Make a token, signed with the jwt_secret or jwt_private_key of the configuration.

    Args:
        user_id: the user (`sub`). Default: `default_user_id` of the configuration.
        expire_in: how many seconds the token is valid. Default: `jwt_token_timeout`.
        data: more claims, such as {"scope": "orders:read"}.
        issuer: the issuer (`iss`). Default: the first of `jwt_issuer`, else the name of the service.
        iat: when it was made, in seconds since 1970. Default: now.

    Raises:
        ConfigurationError: there is no key to sign with.
        ValueError: there is no user, or `data` has a claim for which there is an argument.
    """
    return _issued(user_id, expire_in, data, issuer, iat).token or ""


def load_auth_token(token: str, load: bool = True) -> JsonObject:
    """Verify a token, and return its claims. With `load`, its user is the caller from now on.

    Raises:
        AuthError: the token is not accepted, or is not a string.
        RuntimeError: with `load`, outside of a request.
    """
    if not isinstance(token, str):
        raise AuthInvalidTokenError("The token is not text")
    identity = verify_token(token)
    if load:
        acting.become(identity)
    return dict(identity.data)


@contextmanager
def backend_token(
    user_id: str | None = None, expire_in: float | None = None, data: Mapping[str, Any] | None = None,
    issuer: str | None = None,
) -> Iterator[str]:  # fmt: skip
    """Act as another user inside of a `with` block, with a token made for it. It also works outside of a request.

    Tasks and threads that work on the same request at the same time are not affected.

    Raises:
        ConfigurationError, ValueError: see generate_token.
    """
    identity = _issued(user_id, expire_in, data, issuer)
    with acting.as_user(identity):
        yield identity.token or ""


def get_userid() -> str | None:
    """The user who made the request; None for nobody."""
    return acting.identity().user


def get_user_token() -> str | None:
    """The token of the caller, as it was sent; None if there is none."""
    return acting.identity().token


def get_user_token_data() -> JsonObject:
    """The claims of the caller's token; an empty dict if there is no token."""
    return dict(acting.identity().data)


def get_scopes() -> frozenset[str]:
    """The scopes of the caller's credentials; empty if the caller is not known."""
    return acting.identity().scopes


def get_token_issuer() -> str | None:
    """The issuer (`iss`) of the caller's token; None if there is none."""
    issuer = acting.identity().data.get("iss")
    return issuer if isinstance(issuer, str) else None


def add_auth(function: F) -> F:
    """A decorator for `x-decorate-request`: sends the token of your caller along with a call to another service."""

    @wraps(function)
    def forwarding(*args: Any, headers: Mapping[str, str] | None = None, **kwargs: Any) -> Any:
        sent = dict(headers or {})
        token = get_user_token()
        if token is not None and not any(name.lower() == "authorization" for name in sent):
            sent["Authorization"] = f"Bearer {token}"
        return function(*args, headers=sent, **kwargs)

    return forwarding  # type: ignore[return-value]  # of its signature


def _issued(
    user_id: str | None, expire_in: float | None, data: Mapping[str, Any] | None, issuer: str | None,
    iat: float | None = None,
) -> Identity:  # fmt: skip
    user = get_config().default_user_id if user_id is None else user_id
    if user is None or user == "":
        raise ValueError("a token for whom? Pass a user_id, or set default_user_id in the configuration")
    return needed().issue(user, expire_in=expire_in, data=data, issuer=issuer, iat=iat)


__all__ = [
    "Guard", "Protection", "add_auth", "authenticate_http_request", "backend_token", "bypassed", "generate_token",
    "get_scopes", "get_token_issuer", "get_user_token", "get_user_token_data", "get_userid", "load_auth_token",
    "requires_auth", "trust", "unused",
]  # fmt: skip
