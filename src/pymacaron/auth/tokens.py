"""Claims ⇄ tokens: JSON Web Tokens (RFC 7519) in the compact form of a signature (RFC 7515 section 7.1).

Keys, rules and the time are arguments. What a token says of itself decides nothing: a key has one algorithm, and is
chosen among those that the service has been given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple, TypeGuard

import msgspec

from pymacaron._types import JsonObject
from pymacaron.exceptions import AuthInvalidTokenError, AuthTokenExpiredError

from . import base64url
from .keys import Key

LONGEST = 16 * 1024  # characters of a token; servers take less in a header
# Explicit types (RFC 8725 section 3.11) that are for calling services: RFC 7519 section 5.1, RFC 9068 section 2.1.
_TYPES = frozenset(("jwt", "at+jwt", "application/jwt", "application/at+jwt"))

# The keys that a token may be verified with: (kid or None, algorithm) → keys.
FindKeys = Callable[["str | None", str], Iterable[Key]]


class Rules(NamedTuple):
    """What the claims of a token have to be.

    `issuers`: one of them, anything if there is none. `audiences`: at least one of them; if there is none, a token must
    not be for anybody in particular (RFC 7519 section 4.1.3). `leeway`: how far clocks may differ, in seconds.
    """

    issuers: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    leeway: float = 0


class Header(NamedTuple):
    """What counts of a token's header: never `jwk`, `jku`, `x5u` and `x5c`, with which it would bring its own key."""

    algorithm: str
    kid: str | None


def write_token(claims: Mapping[str, Any], key: Key) -> str:
    """A signed token.

    Raises:
        TypeError, ValueError: a claim is no JSON.
    """
    assert key.sign is not None, "only keys that sign are given here"
    kid = {} if key.kid is None else {"kid": key.kid}
    header = base64url.encode(msgspec.json.encode({"alg": key.algorithm, "typ": "JWT", **kid}))
    signed = f"{header}.{base64url.encode(msgspec.json.encode(claims))}"
    return f"{signed}.{base64url.encode(key.sign(signed.encode()))}"


def read_token(token: str, find_keys: FindKeys, rules: Rules, now: float) -> JsonObject:
    """The claims of a token, if it is signed by one of our keys, meant for us, and valid now (seconds since 1970).

    Raises:
        AuthTokenExpiredError: it was valid, and no longer is.
        AuthInvalidTokenError: it is not, whatever the reason.
    """
    parts = token.split(".", 3) if len(token) <= LONGEST else ()
    if len(parts) != 3:
        raise AuthInvalidTokenError("The token is not a JSON Web Token")
    try:
        header = _read_header(parts[0])
        signature = base64url.decode(parts[2])
        signed = token[: -len(parts[2]) - 1].encode("ascii") if parts[2] else b""
    except (ValueError, RecursionError):
        raise AuthInvalidTokenError("The token is not a JSON Web Token") from None
    if not signed or not any(key.verify(signed, signature) for key in find_keys(header.kid, header.algorithm)):
        raise AuthInvalidTokenError("The token is not signed with a key and algorithm that are accepted here")
    try:
        claims = msgspec.json.decode(base64url.decode(parts[1]))
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise AuthInvalidTokenError("The token holds no claims")
    _check(claims, rules, now)
    return claims


@lru_cache(maxsize=100)  # all the tokens of an issuer begin with the same header
def _read_header(text: str) -> Header:
    """The header, without a word of trust in it.

    Raises:
        ValueError, RecursionError: it is none, or not one of a token for us.
    """
    header = msgspec.json.decode(base64url.decode(text))
    if not isinstance(header, dict):
        raise ValueError("no object")
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or not (kid is None or isinstance(kid, str)):
        raise ValueError("wrong types")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise ValueError("a token for something else")
    if "crit" in header:  # RFC 7515 section 4.1.11: it must be understood, and none is
        raise ValueError("wants more than we know")
    return Header(algorithm, kid)


def _check(claims: JsonObject, rules: Rules, now: float) -> None:
    """RFC 7519 section 4.1. Expiry comes last: whoever is told of it may fetch a new token and succeed."""
    issuer, subject = claims.get("iss"), claims.get("sub")
    if rules.issuers and not (isinstance(issuer, str) and issuer in rules.issuers):
        raise AuthInvalidTokenError("The token's issuer (iss) is not one that is accepted here")
    if not _is_for(claims.get("aud"), rules.audiences):
        raise AuthInvalidTokenError("The token's audience (aud) is not accepted here")
    if not isinstance(subject, str) or not subject:
        raise AuthInvalidTokenError("The token has no subject (sub)")
    issued, begins, expires = claims.get("iat"), claims.get("nbf", 0), claims.get("exp")
    if not (_is_time(issued) and _is_time(begins) and _is_time(expires)):
        raise AuthInvalidTokenError("The token's times (iat, exp) are missing, or are not numbers")
    if issued > now + rules.leeway or begins > now + rules.leeway:
        raise AuthInvalidTokenError("The token is not valid yet (iat, nbf)")
    if now >= expires + rules.leeway:
        raise AuthTokenExpiredError("The token has expired")


def _is_for(audience: object, ours: tuple[str, ...]) -> bool:
    if isinstance(audience, str):
        return audience in ours
    if isinstance(audience, list) and all(isinstance(one, str) for one in audience):
        return any(one in ours for one in audience)
    return audience is None and not ours


def _is_time(value: object) -> TypeGuard[float]:
    return type(value) is int or (type(value) is float and isfinite(value))
