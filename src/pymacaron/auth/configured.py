"""The trust of this process: what its one configuration says of tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pymacaron.config import Config, get_config

if TYPE_CHECKING:
    from .issuers import Issuers
    from .trusting import Trust

KEYS = ("jwt_secret", "jwt_public_key", "jwt_private_key", "jwt_jwks")
# What a Trust is made of; when one of these changes, so does it.
_SETTINGS = (
    *KEYS,
    "jwt_issuers",
    "jwt_algorithm",
    "jwt_audience",
    "jwt_issuer",
    "jwt_leeway",
    "jwt_token_timeout",
    "name",
)
_values: Callable[[Mapping[str, Any]], tuple[Any, ...]] = itemgetter(*_SETTINGS)

_made: tuple[tuple[Any, ...], Trust | Issuers | None] | None = None


def trust() -> Trust | Issuers | None:
    """What the configuration of the process trusts, made anew when that has changed; None if it has no key.

    Raises:
        ConfigurationError: see Trust.
    """
    global _made  # noqa: PLW0603 - follows the one configuration of the process
    config = get_config()
    values = (config.config_file, *_values(vars(config)))
    made = _made
    if made is None or made[0] != values:
        made = _made = values, _trust_of(config)
    return made[1]


def _trust_of(config: Config) -> Trust | Issuers | None:
    has_key = any(name in config for name in KEYS)
    if not has_key and not config.jwt_issuers:
        return None
    from .trusting import Trust  # 3 ms to import, for services with a key

    own = Trust(config) if has_key else None
    if not config.jwt_issuers:
        return own
    from .issuers import Issuers  # for services that trust several

    return Issuers(config, own)


def fetches_keys() -> bool:
    """Are there keys that come from an address, and so may be missing?"""
    config = get_config()
    places = [config.jwt_jwks, *(said.get("jwks") for said in config.jwt_issuers.values())]
    return any("://" in place for place in places if isinstance(place, str))


def check_keys() -> None:
    """See that there are keys for every issuer, fetched or known from before.

    Raises:
        ServiceUnavailableError: there are none, and none can be had.
    """
    found = trust()
    if found is not None:
        found.check()


def needed() -> Trust | Issuers:
    """The trust of a service that cannot do without.

    Raises:
        ConfigurationError: there is no key.
    """
    found = trust()
    if found is None:
        from .configured_keys import fault  # which means that nothing will be started

        raise fault(get_config(), "", "has no key for tokens", "set jwt_secret, jwt_public_key or jwt_jwks")
    return found
