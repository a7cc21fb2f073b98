"""Credentials for the security schemes of a document: what is given for each, and what goes out of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from pymacaron.config import reveal
from pymacaron.exceptions import CredentialFault
from pymacaron.names import suggest
from pymacaron.operations import Scheme

from .tokens import Fetch, Grant, Held, login, tokens_of

_TOKENS = frozenset(("oauth2", "openIdConnect"))
_WORDS = {
    "basic": "user and password", "bearer": "a token", "http": "a text", "apiKey": "a key", "mutualTLS": "`true`",
    "oauth2": "client_id and client_secret, or a token", "openIdConnect": "client_id and client_secret, or a token",
}  # fmt: skip


class Source(Protocol):
    """Where a credential comes from."""

    def held(self, scopes: tuple[str, ...], fetch: Fetch, until: float) -> Held:
        """The credential for a request.

        Args:
            scopes: what the operation demands of it.
            until: how long it may take to get it, in the seconds of time.monotonic().

        Raises:
            CredentialFault, NoToken: there is none.
        """
        ...


class _Fixed:
    def __init__(self, held: Held) -> None:
        self._held = held

    def held(self, scopes: tuple[str, ...], fetch: Fetch, until: float) -> Held:
        return self._held


class _Asked:
    """A function that is asked for every attempt."""

    def __init__(self, scheme: Scheme, function: Callable[[], Any]) -> None:
        self._scheme, self._function = scheme, function

    def held(self, scopes: tuple[str, ...], fetch: Fetch, until: float) -> Held:
        said = self._function()
        if self._scheme.kind == "basic" and isinstance(said, tuple) and len(said) == 2:
            return login(*map(reveal, said))
        if self._scheme.kind == "basic" or not isinstance(said, str) or not said:
            wanted = "(user, password)" if self._scheme.kind == "basic" else "a text"
            raise CredentialFault(f"the function for the credential {self._scheme.name} has to return {wanted}")
        return Held(reveal(said))


class _Client:
    """A client that gets its tokens itself."""

    def __init__(self, url: str, given: Mapping[str, Any]) -> None:
        fields = tuple(given.get("fields", {}).items())
        self._scopes: tuple[str, ...] | None = given.get("scopes")
        self._grant = Grant(
            url, given["client_id"], given["client_secret"], (), fields, given.get("secret_in", "header")
        )

    def held(self, scopes: tuple[str, ...], fetch: Fetch, until: float) -> Held:
        wanted = scopes if self._scopes is None else self._scopes
        return tokens_of(self._grant._replace(scopes=wanted)).get(fetch, until)


def sources_of(
    given: Mapping[str, Any], scheme_of: Callable[[str], Scheme | None], known: Mapping[str, Any]
) -> dict[str, Source]:
    """Where the credentials of an API come from, by the name of their scheme.

    Args:
        given: what `read_credentials` has read.
        known: the names of the schemes that the document has.

    Raises:
        ValueError: there is no such scheme, or it takes another kind of credential.
    """
    found = {}
    for name, one in given.items():
        scheme = scheme_of(name)
        if scheme is None:
            cure = suggest(name, known) or f"it has {', '.join(known) or 'none'}"
            raise ValueError(f"the document has no security scheme '{name}'; {cure}")
        found[name] = _source(scheme, one)
    return found


def _source(scheme: Scheme, given: Any) -> Source:
    kind = scheme.kind
    if callable(given) and kind != "mutualTLS":
        return _Asked(scheme, given)
    if isinstance(given, str) and kind not in ("basic", "mutualTLS"):
        return _Fixed(Held(reveal(given)))
    if given is True and kind == "mutualTLS":
        return _Fixed(Held(""))
    if isinstance(given, dict) and "user" in given and kind == "basic":
        return _Fixed(login(reveal(given["user"]), reveal(given["password"])))
    if isinstance(given, dict) and "client_id" in given and kind in _TOKENS:
        url = reveal(given.get("token_url", scheme.token_url))
        if not url:
            raise ValueError(f"the document does not say where clients get tokens for '{scheme.name}'; add token_url")
        return _Client(url, given)
    raise ValueError(f"'{scheme.name}' is a scheme of type {kind}; it takes {_WORDS.get(kind, 'a text')}")
