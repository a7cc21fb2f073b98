"""Operations bound to their functions and given to a Flask app, or everything told that is against it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from flask import Flask
from werkzeug.wrappers import Response

from ._types import Handler
from .binding import Contract
from .config import get_config
from .dialects import Document
from .documents import Cache, findings
from .endpoints import Endpoint, Options
from .exceptions import BindingError, Finding
from .failures import Failures
from .lane import Route, install
from .later import unbuilt_keys
from .operations import Operation

log = logging.getLogger(__name__)


class Served(NamedTuple):
    """What is to be served, and what Flask calls the operations of each document: "shop.create_order"."""

    name: str
    document: Document
    operations: Sequence[Operation]


def serve(
    app: Flask, served: Sequence[Served], failures: Failures, *, debug: Callable[[], bool],
    decorator: Callable[[Handler], Any] | None = None,
) -> None:  # fmt: skip
    """Let `app` answer operations.

    Args:
        debug: is this a development server? Asked at the first call of each operation.
        decorator: is put around every function.

    Raises:
        BindingError: with everything in which code and documents do not fit.
    """
    operations = [operation for one in served for operation in one.operations]
    contract = Contract()
    for one in served:
        contract.bind(one.document.root, one.operations)
    contract.check_routes()
    found = contract.findings()
    config = get_config()
    options = Options(bool(config.strict_query), config.max_body, lambda: _mode(app, debug()), Response)
    endpoints = []
    for operation, function, inner in contract.bound:
        decorated = function if decorator is None else decorator(function)
        endpoints.append(Endpoint(operation, decorated, options, inner))
    for one in served:
        one.document.shapes.check_parents()
        found += one.document.shapes.findings
    found += _unprotected(operations)
    if found:
        raise BindingError(found)
    for warning in contract.warnings(Cache.of_user()):
        log.warning("%s", warning)
    for one in served:
        for text in unbuilt_keys(one.name, _having(one)):
            log.warning("%s", text)
    names = _flask_names(app, served)
    routes = [Route(one.operation.method, one.operation.path, one, names[one.operation]) for one in endpoints]
    install(app, routes, failures, through_flask=config.dispatch == "flask")


def _having(one: Served) -> dict[str, list[str]]:
    """The operations and schemas that have each `x-` key."""
    having: dict[str, list[str]] = {}
    for operation in one.operations:
        for key in operation.extensions:
            having.setdefault(key, []).append(operation.title)
    for name, node in one.document.named.items():
        for key in node.value if isinstance(node.value, dict) else ():
            having.setdefault(key, []).append(name)
    return having


def _mode(app: Flask, debug: bool) -> str:
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
            plain = name = f"{one.name.replace('.', '_')}.{operation.name}"
            number = 2
            while name in taken:
                name, number = f"{plain}_{number}", number + 1
            taken.add(name)
            names[operation] = name
    return names


def _unprotected(operations: Iterable[Operation]) -> list[Finding]:
    """Operations that want credentials which nothing here verifies yet: they are not served open by accident."""
    faults = []
    for operation in operations:
        security = operation.security or [{}]
        if {} in security or operation.extensions.get("x-no-bind-server") is True:
            continue
        schemes = sorted({name for requirement in security for name in requirement})
        node = operation.node.get("security") or operation.node
        fact = f"{operation.title} wants {', '.join(schemes)}, and this version cannot verify credentials yet"
        faults.append(node.fault(fact, "declare `security: []` if it may be open to all"))
    return list(findings(faults)) if faults else []
