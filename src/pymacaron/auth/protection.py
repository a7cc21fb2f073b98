"""The guards of a service: what its documents and its author demand of callers, and what is missing for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from pymacaron.dialects import Document
from pymacaron.documents import Fault, Node
from pymacaron.exceptions import AuthError, Finding
from pymacaron.names import suggest
from pymacaron.operations import Operation

from .checks import BEARER, Check, arguments_of, check_of, is_token_scheme, takes, token_check, verify_token
from .configured import trust
from .guards import Demand, Guard, guard_of

# What `requires_auth` demands, beside the schemes of the document; no scheme can have this name.
TOKEN = ""


class Protection:
    """Makes the guards of one document.

    Args:
        verifiers: the author's functions, by the name of the scheme.
        needs_keys: does it stop the start that tokens are demanded, and there is no key for them? Else nobody gets in.

    Attributes:
        faults: what cannot be verified; an operation that has one must not be served.
    """

    def __init__(
        self, document: Document, verifiers: Mapping[str, Callable[..., Any]], *, needs_keys: bool = True
    ) -> None:
        self._document = document
        self._verifiers = verifiers
        self._needs_keys = needs_keys
        self._realm = re.sub(r'[^ -~]|["\\]', "", document.name)
        self._checks: dict[str, Check | None] = {}  # by scheme; what is missing is told once for each
        self.faults: list[Fault] = []

    def guard(self, operation: Operation, *, needs_token: bool) -> Guard | None:
        """The guard of an operation, None if everybody may call it.

        Args:
            needs_token: does its code demand a token, whatever the document says?
        """
        requirements = operation.security or [{}]
        node = operation.node.get("security") or self._document.root.get("security") or operation.node
        if needs_token:
            node = operation.node.get("x-decorate-server") or node
            requirements = [self._with_token(requirement) for requirement in requirements]
        alternatives = [self._demands(requirement, operation, node) for requirement in requirements]
        return guard_of(alternatives, operation.title)

    def _with_token(self, requirement: Mapping[str, list[str]]) -> dict[str, list[str]]:
        """A requirement that demands a token of ours too, unless one of its schemes is just that."""
        for name in requirement:
            scheme = self._document.security_scheme(name)
            if scheme is not None and name not in self._verifiers and is_token_scheme(scheme):
                return dict(requirement)
        return {**requirement, TOKEN: []}

    def _demands(self, requirement: Mapping[str, list[str]], operation: Operation, node: Node) -> list[Demand]:
        return [
            Demand(self._check(name, operation, node) or _NOBODY_PASSES, frozenset(scopes))
            for name, scopes in requirement.items()
        ]

    def _check(self, name: str, operation: Operation, node: Node) -> Check | None:
        """The check of a scheme; None, and it is told, if there can be none."""
        if name not in self._checks:
            self._checks[name] = self._made(name, operation, node)
            self._check_keys(self._checks[name], operation, node)
        return self._checks[name]

    def _check_keys(self, check: Check | None, operation: Operation, node: Node) -> None:
        if check is not None and check.verify is verify_token and self._needs_keys and trust() is None:
            self._tell(node, f"{operation.title} requires a token, but no key to verify tokens is configured", _KEY)

    def _made(self, name: str, operation: Operation, node: Node) -> Check | None:
        if name == TOKEN:
            return token_check(TOKEN)
        scheme = self._document.security_scheme(name)
        if scheme is None:
            cure = suggest(name, self._document.security_schemes) or "declare it, or correct the name"
            self._tell(node, f"{operation.title} requires {name}, but no security scheme has that name", cure)
            return None
        verifier = self._verifiers.get(name)
        arguments = ", ".join(arguments_of(scheme))
        if verifier is not None and not takes(verifier, arguments_of(scheme)):
            fact = f"the verifier of {name} cannot be called with ({arguments})"
            self._tell(scheme.node, fact, f"write it as `def check({arguments})`")
        check = check_of(scheme, verifier, self._realm)
        if check is None:
            fact = f"{operation.title} requires {name}, but nothing verifies it"
            cure = f"write a function of ({arguments}), and pass it: API(verifiers={{{name!r}: function}})"
            self._tell(node, fact, f"{cure}; or declare `security: []` if it may be open to all")
        return check

    def _tell(self, node: Node, fact: str, cure: str) -> None:
        self.faults.append(node.fault(fact, cure))


def _refuse() -> NoReturn:
    raise AuthError("This service has nothing that verifies these credentials")


# Where a check is missing, which stops the start, there is no way in either.
_NOBODY_PASSES = Check("", lambda request: (), _refuse, BEARER, "what nothing verifies")
_KEY = "set jwt_secret, jwt_public_key or jwt_jwks in the configuration, or declare `security: []` if it is open to all"


def unused(verifiers: Mapping[str, object], documents: Iterable[Document]) -> list[Finding]:
    """What is wrong with verifiers whose scheme no document declares: they guard nothing."""
    known = {name for document in documents for name in document.security_schemes}
    found = []
    for name in sorted(verifiers.keys() - known):
        cure = suggest(name, known) or "declare it in the document, or remove the function"
        found.append(Finding("API(verifiers=...)", "", f"no document served has a security scheme {name!r}", cure))
    return found
