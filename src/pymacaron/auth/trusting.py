"""What the configuration says of tokens, as keys and rules: whom to trust, and what to sign with."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from pymacaron._types import JsonObject
from pymacaron.calls import Identity
from pymacaron.config import Config

from .configured_keys import configured_keys, fault
from .scopes import scopes_of
from .tokens import Rules, read_token, write_token

log = logging.getLogger(__name__)

_RESERVED = ("sub", "iss", "aud", "iat", "exp")


class Trust:
    """Verifies tokens, and issues them where there is a key for it.

    Without jwt_issuer and jwt_audience, a service that can sign makes tokens from itself for itself, and takes no
    others.

    Raises:
        ConfigurationError: the keys cannot be used, or do not say what for.
    """

    def __init__(self, config: Config, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._config = config
        self.find_keys, self.signing = configured_keys(config)
        own = (config.name or "pymacaron",) if self.signing else ()
        self.issuers = _texts(config.jwt_issuer) or own
        self.audiences = _texts(config.jwt_audience) or own
        self._rules = Rules(self.issuers, self.audiences, config.jwt_leeway)
        if not self.issuers:
            log.warning("jwt_issuer is not set: tokens of every issuer that signs with these keys are accepted")

    def verify(self, token: str) -> Identity:
        """Who a token says is calling.

        Raises:
            AuthError: it is not accepted.
            ServiceUnavailableError: the keys cannot be had.
        """
        claims = read_token(token, self.find_keys, self._rules, self._clock())
        return Identity(claims["sub"], token, claims, scopes_of(claims))

    def check(self) -> None:
        """
        Raises:
            ServiceUnavailableError: the keys cannot be had.
        """
        self.find_keys(None, "")

    def issue(
        self, user_id: str, *, expire_in: float | None = None, data: Mapping[str, Any] | None = None,
        issuer: str | None = None, iat: float | None = None,
    ) -> Identity:  # fmt: skip
        """A user with a new token.

        Args:
            expire_in: seconds from `iat` on; None: jwt_token_timeout.
            data: more claims.
            issuer: None: the first of jwt_issuer.
            iat: when it is made, seconds since 1970; None: now.

        Raises:
            ConfigurationError: there is no key to sign with.
            ValueError: `data` has claims that the arguments are for.
        """
        if self.signing is None:
            raise fault(self._config, "", "has no key to sign tokens with", "set jwt_secret or jwt_private_key")
        taken = [name for name in _RESERVED if name in (data or {})]
        if taken:
            raise ValueError(f"data may not have {', '.join(taken)}: these claims are made of the other arguments")
        begins = int(self._clock() if iat is None else iat)
        lasts = self._config.jwt_token_timeout if expire_in is None else expire_in
        claims: JsonObject = {
            **(data or {}), "sub": str(user_id), "iss": issuer or self.issuers[0],
            "aud": self.audiences[0] if len(self.audiences) == 1 else list(self.audiences),
            "iat": begins, "exp": int(begins + lasts),
        }  # fmt: skip
        return Identity(claims["sub"], write_token(claims, self.signing), claims, scopes_of(claims))


def _texts(value: str | list[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)
