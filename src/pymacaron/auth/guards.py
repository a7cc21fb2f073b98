"""The `security` of an operation, compiled to one function that says who calls, or refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from pymacaron.calls import NOBODY, Identity
from pymacaron.exceptions import (
    AuthError,
    AuthInvalidTokenError,
    AuthMissingHeaderError,
    AuthTokenExpiredError,
    ForbiddenError,
    PyMacaronException,
)
from pymacaron.messages import Request

from .checks import BEARER, Check

# Says who calls; raises AuthError (401), ForbiddenError (403), or what a verifier raises.
Guard: TypeAlias = Callable[[Request], Identity]


class Demand(NamedTuple):
    """A check, and the scopes that the caller needs beside it."""

    check: Check
    scopes: frozenset[str]


# All demands of one alternative have to be met; of the alternatives, one. An empty alternative lets everybody in.
Alternatives: TypeAlias = Sequence[Sequence[Demand]]


def guard_of(alternatives: Alternatives, title: str) -> Guard | None:
    """The guard of an operation; None if nothing is demanded.

    Args:
        title: of the operation, for messages.
    """
    demanding = [demands for demands in alternatives if demands]
    if not demanding:
        return None
    missing = f"Credentials are missing. {title} needs {_in_words(demanding)}"
    challenges = tuple(dict.fromkeys(demand.check.challenge for demands in demanding for demand in demands))
    is_optional = len(demanding) < len(alternatives)
    if len(demanding) == len(demanding[0]) == 1 and not is_optional:
        return _Single(demanding[0][0], missing, challenges)
    return _Several(demanding, missing, challenges, is_optional)


def _in_words(alternatives: Alternatives) -> str:
    return ", or ".join(" and ".join(demand.check.wanted for demand in demands) for demands in alternatives)


class _Single:
    """One scheme, as nearly every operation has it."""

    def __init__(self, demand: Demand, missing: str, challenges: tuple[str, ...]) -> None:
        self._check, self._scopes = demand
        self._missing, self._challenges = missing, challenges

    def __call__(self, request: Request) -> Identity:
        check = self._check
        try:
            sent = check.read(request)
            if sent is None:
                raise AuthMissingHeaderError(self._missing)
            identity = check.verify(*sent)
        except AuthError as error:
            _challenge(error, self._challenges, check)
            raise
        if not self._scopes <= identity.scopes:
            raise _lacking(self._scopes, check)
        user, token, data, scopes, _ = identity
        return Identity(user, token, data, scopes, {check.name: identity})


class _Several:
    """Several schemes, or alternatives."""

    def __init__(
        self, alternatives: Alternatives, missing: str, challenges: tuple[str, ...], is_optional: bool
    ) -> None:
        self._alternatives = alternatives
        self._missing, self._challenges, self._is_optional = missing, challenges, is_optional

    def __call__(self, request: Request) -> Identity:
        attempt = _Attempt(request)
        for demands in self._alternatives:
            identity = attempt.at(demands)
            if identity is not None:
                return identity
        if attempt.refused is not None:  # also where credentials are optional: who sends some wants to know
            raise _challenge(attempt.refused, self._challenges, attempt.refused_by)
        if self._is_optional:
            return NOBODY
        if attempt.lacking is not None:
            raise attempt.lacking
        raise _challenge(AuthMissingHeaderError(self._missing), self._challenges, None)


class _Attempt:
    """The checks of one request; each is made once, whatever the number of alternatives it stands in.

    Attributes:
        refused: the first credential that was sent and not accepted; `refused_by` its check.
        lacking: credentials are good, and their scopes do not suffice.
    """

    def __init__(self, request: Request) -> None:
        self._request = request
        self._outcomes: dict[str, Identity | None] = {}
        self.refused: AuthError | None = None
        self.refused_by: Check | None = None
        self.lacking: PyMacaronException | None = None

    def at(self, demands: Sequence[Demand]) -> Identity | None:
        """Who calls, if all demands are met."""
        found = [self._outcome(demand.check) for demand in demands]
        identities = [identity for identity in found if identity is not None]
        if len(identities) < len(demands):
            return None
        for identity, (check, scopes) in zip(identities, demands, strict=True):
            if not scopes <= identity.scopes:
                self.lacking = self.lacking or _lacking(scopes, check)
                return None
        return _merged({demand.check.name: one for demand, one in zip(demands, identities, strict=True)})

    def _outcome(self, check: Check) -> Identity | None:
        if check.name not in self._outcomes:
            self._outcomes[check.name] = self._checked(check)
        return self._outcomes[check.name]

    def _checked(self, check: Check) -> Identity | None:
        try:
            sent = check.read(self._request)
            return None if sent is None else check.verify(*sent)
        except AuthError as error:
            if self.refused is None:
                self.refused, self.refused_by = error, check
        except ForbiddenError as error:
            self.lacking = self.lacking or error
        return None


def _merged(identities: Mapping[str, Identity]) -> Identity:
    """Several identities as one: of user, token and data the first there is."""
    every = identities.values()

    def first(values: Iterator[Any]) -> Any:
        return next((value for value in values if value), None)

    return Identity(
        first(one.user for one in every), first(one.token for one in every), first(one.data for one in every) or {},
        frozenset().union(*(one.scopes for one in every)), identities,
    )  # fmt: skip


def _challenge(error: AuthError, challenges: tuple[str, ...], check: Check | None) -> AuthError:
    """The error, which now says in WWW-Authenticate what would have been accepted (RFC 9110 section 11.6.1), and of a
    token that was sent that it is wrong (RFC 6750 section 3)."""
    told = challenges
    if check is not None and check.challenge == BEARER and isinstance(error, _REFUSED_TOKENS):
        told = tuple(f'{BEARER} error="invalid_token"' if one == BEARER else one for one in challenges)
    error.headers = tuple(("WWW-Authenticate", one) for one in told)
    return error


_REFUSED_TOKENS = (AuthInvalidTokenError, AuthTokenExpiredError)


def _lacking(scopes: frozenset[str], check: Check) -> ForbiddenError:
    """RFC 6750 section 3.1."""
    error = ForbiddenError(f"The credentials lack a scope; required are: {' '.join(sorted(scopes))}")
    if check.challenge == BEARER:
        text = " ".join(scope for scope in sorted(scopes) if _SCOPE.fullmatch(scope))
        error.headers = (("WWW-Authenticate", f'{BEARER} error="insufficient_scope", scope="{text}"'),)
    return error


_SCOPE = re.compile(r"[!#-\[\]-~]+")  # RFC 6749 section 3.3
