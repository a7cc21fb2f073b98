"""What the document of an API demands of the calls of an operation, and the credentials that one call goes out with."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from pymacaron.exceptions import ArgumentFault, CredentialFault
from pymacaron.messages import Request
from pymacaron.operations import Operation, Scheme
from pymacaron.parameters import parse_cookies, parse_query
from pymacaron.parameters.texts import percent_encode

from .credentials import Source
from .tokens import Fetch, Held


class Demand(NamedTuple):
    """A scheme, and the scopes that its credential has to have."""

    scheme: Scheme
    scopes: tuple[str, ...]


class Security:
    """What an operation demands: all of one of the alternatives.

    Args:
        is_optional: are calls without credentials answered, too?
    """

    def __init__(self, operation: Operation, alternatives: Sequence[Sequence[Demand]], *, is_optional: bool) -> None:
        self._operation, self._alternatives, self._is_optional = operation, alternatives, is_optional

    def proof(self, request: Request, sources: Mapping[str, Source]) -> Proof | None:
        """The credentials for a call; None if it goes out as it is: it has some already, or needs none.

        Raises:
            CredentialFault: it needs some, and nobody has given them.
        """
        missing = [[one for one in demands if not _holds(request, one.scheme)] for demands in self._alternatives]
        if [] in missing:
            return None
        for demands in missing:
            if all(one.scheme.name in sources for one in demands):
                return Proof([(one, sources[one.scheme.name]) for one in demands])
        if self._is_optional:
            return None
        raise CredentialFault(self._told())

    def _told(self) -> str:
        wanted = ", or ".join(" and ".join(one.scheme.name for one in demands) for demands in self._alternatives)
        api, name = self._operation.api, self._operation.name
        return (
            f"nothing was sent: {api}.{name}() requires credentials, but none are set for {wanted}: "
            f"set them under clients.{api}.credentials in the configuration, or call it with credentials={{...}}"
        )


def security_of(operation: Operation, scheme_of: Callable[[str], Scheme | None]) -> Security | None:
    """What the document demands of the calls of an operation; None if it demands nothing. A scheme that is not declared
    is one that nobody can have a credential for: the other side will say what it wants."""
    alternatives = []
    for requirement in operation.security or ():
        found = ((scheme_of(name), scopes) for name, scopes in requirement.items())
        alternatives.append([Demand(scheme, tuple(scopes)) for scheme, scopes in found if scheme is not None])
    demanding = [demands for demands in alternatives if demands]
    if not demanding:
        return None
    return Security(operation, demanding, is_optional=len(demanding) < len(alternatives))


class Proof:
    """The credentials of one call."""

    def __init__(self, parts: Sequence[tuple[Demand, Source]]) -> None:
        self._parts = parts
        self._held: list[Held] = []
        self._is_renewed = False

    def put(self, request: Request, fetch: Fetch, until: float) -> None:
        """Put them where they belong. What is there already is replaced, so that they are there once.

        Raises:
            CredentialFault, NoToken: there is one that cannot be had.
        """
        self._held = []
        for (scheme, scopes), source in self._parts:
            held = source.held(scopes, fetch, until)
            self._held.append(held)
            _put(request, scheme, held.text)

    def tell(self, status: int) -> None:
        """The status that the request was answered with."""
        for held in self._held:
            held.tell(status)

    def renew(self) -> bool:
        """They were not accepted: is it worth trying others? Once in a call."""
        if self._is_renewed:
            return False
        refused = [held.refuse() for held in self._held]
        self._is_renewed = any(refused)
        return self._is_renewed

    @property
    def secrets(self) -> list[str]:
        """What went out, to be kept out of what is told."""
        return [text for held in self._held for text in {held.text, held.secret} if text]

    def __repr__(self) -> str:
        return f"<Proof by {', '.join(demand.scheme.name for demand, _ in self._parts)}>"


def _holds(request: Request, scheme: Scheme) -> bool:
    """Has the caller, or a decorator, put a credential there?"""
    if scheme.kind == "mutualTLS":
        return False
    if scheme.kind != "apiKey":
        return "authorization" in request.headers
    if scheme.where == "header":
        return scheme.field.lower() in request.headers
    if scheme.where == "cookie":
        return scheme.field in parse_cookies(request.headers.get("cookie", ""))
    return scheme.field in parse_query(request.query)


_COOKIE = re.compile(r"[!#$&-+\--:<-\[\]-~]*")  # RFC 6265 section 4.1.1, less the % that some decode
_PREFIXES = {"basic": "Basic ", "bearer": "Bearer ", "oauth2": "Bearer ", "openIdConnect": "Bearer "}


def _put(request: Request, scheme: Scheme, text: str) -> None:
    if scheme.kind == "mutualTLS":
        return
    if scheme.kind != "apiKey":
        prefix = _PREFIXES.get(scheme.kind) or f"{scheme.where} "
        request.headers = {**request.headers, "authorization": _header(scheme, prefix + text)}
    elif scheme.where == "header":
        request.headers = {**request.headers, scheme.field.lower(): _header(scheme, text)}
    elif scheme.where == "cookie":
        value = text if _COOKIE.fullmatch(text) else percent_encode(text)
        before = request.headers.get("cookie")
        if before is None or scheme.field not in parse_cookies(before):
            cookies = f"{scheme.field}={value}" if before is None else f"{before}; {scheme.field}={value}"
            request.headers = {**request.headers, "cookie": cookies}
    elif scheme.field not in parse_query(request.query):
        pair = f"{percent_encode(scheme.field)}={percent_encode(text)}"
        request.query = f"{request.query}&{pair}" if request.query else pair


def _header(scheme: Scheme, text: str) -> str:
    """The text as HTTP takes it."""
    if not text.isprintable():
        raise ArgumentFault(f"the credential {scheme.name} cannot be sent: it has control characters")
    return text if text.isascii() else text.encode().decode("latin-1")
