"""The keys that the configuration names: in words, in files, at an address."""

from __future__ import annotations

import logging
import os
import re
from functools import partial

from pymacaron.config import Config, Secret, reveal
from pymacaron.exceptions import ConfigurationError, Finding

from .faults import KeyFault
from .fetching import from_file, from_url
from .key_sets import KeySet
from .keys import HMAC, Key, pem_key, secret_key
from .tokens import FindKeys

log = logging.getLogger(__name__)

_PUBLIC = ("jwt_public_key", "jwt_private_key", "jwt_jwks")
_SAFE = re.compile(r"https:|http://(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/?]|$)", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s/?#@]+(?:[/?][^\s#]*)?", re.IGNORECASE)


def configured_keys(config: Config) -> tuple[FindKeys, Key | None]:
    """(what finds the keys to verify with, the key to sign with); at least one setting is made.

    Raises:
        ConfigurationError: a key cannot be used, or it is not clear which one is meant.
    """
    algorithm = config.jwt_algorithm
    public = [name for name in _PUBLIC if name in config]
    if config.jwt_secret and public and algorithm is None:
        fact = f"is not set, and jwt_secret is one way to verify tokens, {' and '.join(public)} another"
        raise fault(config, "jwt_algorithm", fact, "set jwt_algorithm, for example to RS256, or remove one of them")
    if algorithm in HMAC or (config.jwt_secret and not public):
        return _symmetric(config, algorithm or "HS256")
    if config.jwt_public_key and config.jwt_jwks:
        raise fault(config, "jwt_jwks", "is set, and so is jwt_public_key", "remove one of them")
    return _asymmetric(config)


def _symmetric(config: Config, algorithm: str) -> tuple[FindKeys, Key]:
    if not config.jwt_secret:
        raise fault(config, "jwt_algorithm", f"is {algorithm}, which takes a jwt_secret", "set jwt_secret")
    if algorithm not in HMAC:
        names = "jwt_public_key, jwt_private_key or jwt_jwks"
        raise fault(config, "jwt_algorithm", f"is {algorithm}, which does not use a jwt_secret", f"set {names}")
    try:
        key = secret_key(reveal(config.jwt_secret), algorithm)
    except KeyFault as found:
        raise fault(config, "jwt_secret", found.fact, found.cure) from None
    return _always(key), key


def _asymmetric(config: Config) -> tuple[FindKeys, Key | None]:
    private = _pem(config, "jwt_private_key")
    if config.jwt_jwks:
        return _key_set(config, config.jwt_jwks).find, private
    public = _pem(config, "jwt_public_key") or private
    if public is None:
        names = "jwt_public_key, jwt_private_key or jwt_jwks"
        raise fault(config, "jwt_algorithm", f"is {config.jwt_algorithm}, and there is no key for it", f"set {names}")
    return _always(public), private


def _always(key: Key) -> FindKeys:
    """Finds the only key that there is, whatever a token calls it."""
    keys = (key,)
    return lambda kid, algorithm: keys if algorithm == key.algorithm else ()


def _pem(config: Config, name: str) -> Key | None:
    """The key that a setting holds, as PEM text or the name of a file; None if it is not set."""
    value = config.get(name)
    if value is None:
        return None
    text = reveal(value)
    try:
        if "-----BEGIN" not in text:
            text = from_file(_beside(config, text)).text.decode("ascii", "replace")
        if "PRIVATE KEY" in text:
            Secret(text)  # from now on redacted
        key = pem_key(text, config.jwt_algorithm)
        if name == "jwt_private_key" and key.sign is None:
            raise KeyFault("is a public key", "use jwt_public_key for it")
    except KeyFault as found:
        raise fault(config, name, found.fact, found.cure) from None
    return key if name == "jwt_private_key" else key._replace(sign=None)


def _key_set(config: Config, place: str) -> KeySet:
    """The key set at an address, which is not asked before there is a token; or in a file, which is read now."""
    if "://" in place:
        if not _URL.fullmatch(place):
            raise fault(config, "jwt_jwks", "is not an http(s) address", "write https://host/path, without a user")
        if not _SAFE.match(place):
            log.warning("jwt_jwks is not an https address: anyone on the way can replace the keys")
        return KeySet("jwt_jwks", partial(from_url, place), config.jwt_algorithm)
    keys = KeySet("jwt_jwks", partial(from_file, _beside(config, place)), config.jwt_algorithm)
    try:
        keys.load()
    except KeyFault as found:
        raise fault(config, "jwt_jwks", found.fact, found.cure) from None
    return keys


def _beside(config: Config, path: str) -> str:
    """A path relative to the configuration's file, else to the working folder."""
    return os.path.join(os.path.dirname(config.config_file or ""), path)


def fault(config: Config, name: str, fact: str, cure: str) -> ConfigurationError:
    """What is wrong with a setting."""
    place = os.path.relpath(config.config_file) if config.config_file else "the configuration"
    return ConfigurationError([Finding(place, name, fact, cure)])
