"""Keys: what signs and verifies, each bound to the one algorithm that it is used with (RFC 8725 section 3.1).

HMAC is the standard library's. Public keys take the library `cryptography`, which comes with the extra `crypto`.
"""

from __future__ import annotations

import hmac
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .faults import KeyFault

if TYPE_CHECKING:
    from types import ModuleType

log = logging.getLogger(__name__)

# RFC 7518 section 3.2; a secret should be no shorter than its hash, in bytes.
HMAC = {"HS256": ("sha256", 32), "HS384": ("sha384", 48), "HS512": ("sha512", 64)}
_MOST_KEYS = 100  # of a set; each may be tried for a token that names none


class Key(NamedTuple):
    """A key and its algorithm.

    Attributes:
        algorithm: the only one that it verifies ("RS256").
        kid: what a token may call it; None: tokens need not name it.
        verify: (what was signed, the signature) → is it right?
        sign: what is to be signed → the signature; None for a key that only verifies.
    """

    algorithm: str
    kid: str | None
    verify: Callable[[bytes, bytes], bool]
    sign: Callable[[bytes], bytes] | None = None

    def __repr__(self) -> str:
        return f"<Key {self.algorithm}>"


def secret_key(secret: str, algorithm: str) -> Key:
    """The key that a shared secret is.

    Raises:
        KeyFault: it is a public key by mistake, which everybody knows.
    """
    raw = secret.encode()
    if b"-----BEGIN" in raw:
        raise KeyFault("is a key in PEM, not a secret", "use jwt_public_key or jwt_private_key for it")
    digest, size = HMAC[algorithm]
    if len(raw) < size:
        log.warning(
            "jwt_secret has %d bytes; %s requires at least %d (RFC 7518 section 3.2)", len(raw), algorithm, size
        )

    def sign(signed: bytes) -> bytes:
        return hmac.digest(raw, signed, digest)

    def verify(signed: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(hmac.digest(raw, signed, digest), signature)

    return Key(algorithm, None, verify, sign)


def pem_key(text: str, algorithm: str | None) -> Key:
    """The key that PEM text holds: private, public, or a certificate's.

    Raises:
        KeyFault: it is none, or not one for the algorithm; with `algorithm` None, it does not say which it is for.
    """
    asymmetric = _asymmetric()
    return _with_algorithm(asymmetric, asymmetric.of_pem(text.encode()), algorithm, None)


def read_key_set(text: bytes, algorithm: str | None) -> list[Key]:
    """The keys of a JSON Web Key Set (RFC 7517 section 5) that verify signatures; others are passed over, as the
    standard wants. With `algorithm`, only those for it.

    Raises:
        KeyFault: it is no key set, or has no such key.
    """
    try:
        value = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        value = None
    listed = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        raise KeyFault("holds no JSON Web Key Set", 'a set looks like {"keys": [...]}')
    asymmetric = _asymmetric()
    found: list[Key] = []
    why = "it is empty"
    for jwk in listed[:_MOST_KEYS]:
        try:
            found.append(_of_jwk(asymmetric, jwk, algorithm))
        except KeyFault as fault:
            why = fault.fact
    if not found:
        cure = f"keys for {algorithm} are wanted" if algorithm else "give its keys an `alg`, or set jwt_algorithm"
        raise KeyFault(f"has no key that can be used: the last one {why}" if listed else "has no key", cure)
    return found


def _of_jwk(asymmetric: Any, jwk: object, algorithm: str | None) -> Key:
    """One member of a set.

    Raises:
        KeyFault: it cannot be used for verifying.
    """
    if not isinstance(jwk, dict):
        raise KeyFault("is not a JSON object", "")
    kid, own, operations = jwk.get("kid"), jwk.get("alg"), jwk.get("key_ops")
    if jwk.get("use", "sig") != "sig" or not (operations is None or _has(operations, "verify")):
        raise KeyFault("is not for verifying signatures", "")
    if own is not None and algorithm is not None and own != algorithm:
        raise KeyFault(f"is not for {algorithm}", "")
    if kid is not None and not isinstance(kid, str):
        raise KeyFault("has a kid that is not text", "")
    return _with_algorithm(asymmetric, asymmetric.of_jwk(jwk), algorithm or own, kid)


def _has(operations: object, wanted: str) -> bool:
    """RFC 7517 section 4.3: a list; what is none allows nothing."""
    return isinstance(operations, list) and wanted in operations


def _with_algorithm(asymmetric: Any, key: Any, algorithm: str | None, kid: str | None) -> Key:
    possible = asymmetric.algorithms_of(key)
    if algorithm is None and len(possible) > 1:
        raise KeyFault(f"can be for any of {', '.join(possible)}", f"set jwt_algorithm, for example to {possible[0]}")
    algorithm = algorithm or possible[0]
    if algorithm not in possible:
        raise KeyFault(f"is for {' or '.join(possible)}, and not for the algorithm wanted", "let jwt_algorithm fit it")
    verify, sign = asymmetric.functions(key, algorithm)
    return Key(algorithm, kid, verify, sign)


def _asymmetric() -> ModuleType:
    """The module that needs `cryptography`.

    Raises:
        KeyFault: that is not installed.
    """
    try:
        from . import asymmetric  # an extra, and 25 ms to import
    except ImportError:
        cure = "run `pip install 'pymacaron[crypto]'`"
        raise KeyFault("needs the library cryptography, which is not installed", cure) from None
    return asymmetric
