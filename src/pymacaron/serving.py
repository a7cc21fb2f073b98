"""Operations bound to their functions and given to a Flask app, or everything told that is against it."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask
from werkzeug.wrappers import Response

from ._types import Handler
from .answers import BreachListener
from .auth import Guard, Protection, bypassed, trust, unused
from .binding import Contract
from .calls import Listeners
from .config import Config, get_config
from .dialects import Document
from .documents import Cache, Fault, Node, findings
from .endpoints import Bound, Endpoint, Options
from .exceptions import BindingError, Finding
from .failures import Failures
from .flask_context import ADDED
from .lane import Route, allow_origins, install, trust_hosts
from .names import free_name
from .operations import Operation

if TYPE_CHECKING:
    from .limits import Limits

log = logging.getLogger(__name__)
NO_LISTENERS = Listeners()


class Served(NamedTuple):
    """What is to be served, and what Flask calls the operations of each document: "shop.create_order".

    `is_ours`: the document is built in. Where it demands a token and there is no key for any, nobody gets in.
    """

    name: str
    document: Document
    operations: Sequence[Operation]
    is_ours: bool = False


def serve(
    app: Flask, served: Sequence[Served], failures: Failures, *, debug: Callable[[], bool],
    decorator: Callable[[Handler], Any] | None = None, verifiers: Mapping[str, Callable[..., Any]] | None = None,
    listeners: Listeners = NO_LISTENERS, broken: BreachListener | None = None,
    deferred: Callable[[Operation, Handler], Handler] | None = None,
) -> list[Bound]:  # fmt: skip
    """Let `app` answer operations; what answers each of them.

    Args:
        debug: is this a development server? Asked at the first call of each operation.
        decorator: is put around every function.
        verifiers: functions that check credentials, by security scheme.
        listeners: are told of requests that were answered.
        deferred: gives what is called instead of the function of an operation.
        broken: is told of answers that break the document; None: they are logged.

    Raises:
        ConfigurationError: a key for tokens cannot be used.
        BindingError: with everything in which code and documents do not fit.
    """
    contract = Contract()
    for one in served:
        contract.bind(one.document.root, one.operations)
    contract.check_routes()
    found = contract.findings()
    config = get_config()
    trust()  # a key that cannot be used is told now
    options = Options(bool(config.strict_query), config.max_body, lambda: mode_of(app, debug()), Response, broken)
    needing_token = {bound.operation for bound in contract.bound if bound.needs_token}
    guards, unguarded = _guards(served, needing_token, verifiers or {})
    limits = _limits(config, failures, served)
    builtin = {operation for one in served if one.is_ours for operation in one.operations}
    endpoints: list[Bound] = []
    for operation, function, inner, _, signature in contract.bound:
        called = function if decorator is None else decorator(function)
        called = called if deferred is None else deferred(operation, called)
        limiting = None if operation in builtin else limits
        called = called if limiting is None else limiting.function(operation, called)
        make = partial(Endpoint, operation, called, options, inner, signature=signature)
        guard = guards[operation]
        endpoints.append(make(guard=guard) if limiting is None else limiting.endpoint(make, operation, guard))
    for one in served:
        one.document.shapes.check_parents()
    kept = [schema for one in served for schema in _kept(one.document)]  # which may find more parents
    found += [finding for one in served for finding in one.document.shapes.parents.findings]
    if kept:
        from .stores import starting  # for those who keep something

        found += starting.check_kept(kept)
    found += unguarded + bypassed(app.view_functions) + _taken(app, served)
    if found:
        raise BindingError(found)
    if kept:
        from .stores import starting  # likewise

        starting.find_store(model for _, model in kept)
    _warn(contract)
    names = _flask_names(app, served)
    routes = [Route(one.operation.method, one.operation.path, one, names[one.operation]) for one in endpoints]
    install(app, routes, failures, listeners=listeners, through_flask=config.dispatch == "flask")
    _face_browsers(app, config)
    return endpoints


def _face_browsers(app: Flask, config: Config) -> None:
    """Tell browsers what the configuration says."""
    if config.security_headers:
        app.extensions[ADDED] = [*config.security_headers.items()]
    if config.trusted_hosts and app.config["TRUSTED_HOSTS"] is None:
        trust_hosts(app, config.trusted_hosts)
    if config.cors is not None:
        allow_origins(app, config.cors)


def _limits(config: Config, failures: Failures, served: Sequence[Served]) -> Limits | None:
    """What limits the operations; None if nothing does."""
    keys = {"x-timeout-ms", "x-rate-limit", "x-etag", "x-idempotent"}
    operations = [operation for one in served if not one.is_ours for operation in one.operations]
    says = any(not keys.isdisjoint(operation.extensions) for operation in operations)
    if not says and config.rate_limit is None and config.max_concurrency is None:
        return None
    from .limits import Limits  # for services that have some

    return Limits(config, failures.known)


def _warn(contract: Contract) -> None:
    """Log what stops no start."""
    for warning in contract.warnings(Cache.of_user()):
        log.warning("%s", warning)


_VARIABLE = re.compile(r"<[^>]*>|\{[^}]*\}")


def _taken(app: Flask, served: Iterable[Served]) -> list[Finding]:
    """Operations whose path a route of the application has already. It would answer in their stead, with nothing of
    what the document demands of callers."""
    own = {
        (method, _VARIABLE.sub("<>", rule.rule)): rule
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.endpoint != "static"  # Flask's own
    }
    faults = []
    for operation in (operation for one in served if not one.is_ours for operation in one.operations):
        rule = own.get((operation.method, _VARIABLE.sub("<>", operation.path.partition("?")[0])))
        if rule is not None and operation.extensions.get("x-no-bind-server") is not True:
            fact = f"the application's own route {rule.rule} ({rule.endpoint}) would answer {operation.title} instead"
            cure = "remove that route, or say x-no-bind-server: true"
            faults.append(operation.node.fault(fact, cure))
    return findings(faults)


def _kept(document: Document) -> Iterator[tuple[Node, Any]]:
    """The schemas that are kept in the store, with their models, or why there is none."""
    if document.shapes.parents.findings:
        return  # the classes are not there
    yield from document.having("x-persist")


def mode_of(app: Flask, debug: bool) -> str:
    """How responses are checked."""
    given = get_config().get("validate_responses")
    if given is not None:
        return str(given)
    return "enforce" if debug or app.debug or app.testing or "PYTEST_CURRENT_TEST" in os.environ else "sample"


def _flask_names(app: Flask, served: Iterable[Served]) -> dict[Operation, str]:
    """What Flask calls the operations, each a name of its own."""
    names: dict[Operation, str] = {}
    taken = set(app.view_functions)
    for one in served:
        for operation in one.operations:
            name = free_name(f"{one.name.replace('.', '_')}.{operation.name}", taken)
            taken.add(name)
            names[operation] = name
    return names


def _guards(
    served: Sequence[Served], needing_token: Container[Operation], verifiers: Mapping[str, Callable[..., Any]]
) -> tuple[dict[Operation, Guard | None], list[Finding]]:
    """The guards of all operations that are to be served, and what stops the start."""
    guards: dict[Operation, Guard | None] = {}
    faults: list[Fault] = []
    for one in served:
        protection = Protection(one.document, {} if one.is_ours else verifiers, needs_keys=not one.is_ours)
        for operation in one.operations:
            if operation.extensions.get("x-no-bind-server") is not True:
                guards[operation] = protection.guard(operation, needs_token=operation in needing_token)
        faults += protection.faults
    return guards, findings(faults) + unused(verifiers, [one.document for one in served if not one.is_ours])
