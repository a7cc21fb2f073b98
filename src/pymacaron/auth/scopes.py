"""What the claims of a token allow."""

from __future__ import annotations

from collections.abc import Mapping

# RFC 8693 section 4.2 has `scope`; the others are what some issuers have instead, as text or list.
_CLAIMS = ("scope", "scp", "scopes")


def scopes_of(claims: Mapping[str, object]) -> frozenset[str]:
    """The scopes in the claims of a token; what is neither text nor a list of texts allows nothing. Only spaces
    separate them (RFC 6749 section 3.3): what an issuer has taken for one scope must not be two."""
    found: set[str] = set()
    for name in _CLAIMS:
        value = claims.get(name)
        if value is not None:
            found.update(value.split(" ") if isinstance(value, str) else _texts(value))
    found.discard("")
    return frozenset(found) if found else _NONE


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


_NONE: frozenset[str] = frozenset()
