"""Several issuers, each with keys, algorithm and audience of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from pymacaron.calls import Identity
from pymacaron.config import Config
from pymacaron.exceptions import AuthInvalidTokenError, ConfigurationError

from . import base64url
from .configured_keys import fault
from .tokens import LONGEST
from .trusting import Trust


class Issuers:
    """Verifies each token by what the configuration says of its issuer (`jwt_issuers`).

    The `iss` of a token decides only what it is held to, and has to be right there once more: a key of one issuer makes
    no tokens of another. All others are held to the keys of the service itself, if it has any.

    Raises:
        ConfigurationError: a key cannot be used, or an issuer is the service itself.
    """

    def __init__(self, config: Config, own: Trust | None) -> None:
        self._config, self._own = config, own
        listed: Mapping[str, Mapping[str, Any]] = config.jwt_issuers
        for issuer in listed.keys() & (own.issuers if own is not None else ()):
            cure = "leave one of them out: the service could not verify what it signs"
            raise fault(config, "jwt_issuers", f"has {issuer}, which is the issuer of the service itself", cure)
        self._trusts = {issuer: _trust_of(config, issuer, said) for issuer, said in listed.items()}

    def verify(self, token: str) -> Identity:
        """As Trust.verify."""
        trust = self._trusts.get(_issuer_of(token), self._own)
        if trust is None:
            raise AuthInvalidTokenError("The token's issuer (iss) is not one that is accepted here")
        return trust.verify(token)

    def check(self) -> None:
        """As Trust.check, for all of them."""
        for trust in (self._own, *self._trusts.values()):
            if trust is not None:
                trust.check()

    def issue(self, user_id: str, **more: Any) -> Identity:
        """As Trust.issue, with the key of the service itself."""
        if self._own is None:
            raise fault(self._config, "", "has no key to sign tokens with", "set jwt_secret or jwt_private_key")
        return self._own.issue(user_id, **more)


def _trust_of(config: Config, issuer: str, said: Mapping[str, Any]) -> Trust:
    """What is held to be true of one issuer's tokens. It signs none: they are not ours."""
    settings = {f"jwt_{name}": value for name, value in said.items()}
    settings.setdefault("jwt_audience", config.jwt_audience)
    made = Config(name=config.name, jwt_issuer=issuer, jwt_leeway=config.jwt_leeway, **settings)
    made.config_file = config.config_file
    try:
        return Trust(made)
    except ConfigurationError as error:
        found = [one._replace(path=f"jwt_issuers.{issuer}.{one.path.removeprefix('jwt_')}") for one in error.findings]
        raise ConfigurationError(found) from None


def _issuer_of(token: str) -> str:
    """What a token says of its issuer, which is not to be believed yet; "" for what is no token."""
    parts = token.split(".", 3) if len(token) <= LONGEST else ()
    try:
        claims = msgspec.json.decode(base64url.decode(parts[1])) if len(parts) == 3 else None
    except (ValueError, RecursionError):
        claims = None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    return issuer if isinstance(issuer, str) else ""
