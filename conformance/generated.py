"""Serve any document with functions made from it, on loopback, for a black box to ask.

    python conformance/generated.py DOCUMENT PORT

Every function answers something that the document promises for a success. Callers are let in as the document says, with
the one credential of each security scheme that credentials.py names. Errors are as the document wants them, which
real services do with an `error_callback` of theirs. The document is published as /doc/generated. Stops when its parent
does.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import credentials
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from pymacaron.auth import Guard, Protection
from pymacaron.config import set_config
from pymacaron.dialects import Document
from pymacaron.endpoints import Endpoint, Options
from pymacaron.exceptions import format_error
from pymacaron.failures import Failures
from pymacaron.formats import Formats
from pymacaron.lane import Route, install
from pymacaron.operations import Operation
from pymacaron.pool import ApiPool
from pymacaron.publishing import OWN, Service, publish
from pymacaron.samples import NoSample, result, sample
from pymacaron.schemas import RESPONSE


def function_of(operation: Operation) -> Any:
    """A function that answers with a success which the document declares."""
    random = Random(operation.title)

    def function(*_args: Any, **_kwargs: Any) -> Any:
        for classes in ("2", "3", "d"):
            try:
                status, value, headers = result(operation, random, classes)
            except NoSample:
                continue
            if status < 400:
                return value, status, headers
        return None, operation.success_status

    return function


def errors_of(operations: tuple[Operation, ...]) -> Callable[[BaseException], Any] | None:
    """What makes the errors of an API, if its document says what they are: an `error_callback`."""
    declared = Counter(
        content.schema
        for operation in operations
        for key, answer in operation.answers.items()
        if key[0] in "45d"
        for content in answer.contents
        if content.media_type == "application/json" and content.schema is not None
    )
    for schema, _ in declared.most_common():
        value = sample(schema, RESPONSE, Random(0))
        if isinstance(value, dict):
            return lambda error: value
    return None


def guards_of(document: Document) -> dict[str, tuple[Operation, Guard | None]]:
    """Each operation with what lets its callers in, by a name for Flask; the service has the one credential of each
    security scheme."""
    set_config(credentials.CONFIG)
    protection = Protection(document, credentials.verifiers(document))
    guards = {
        f"op{number}": (operation, protection.guard(operation, needs_token=False))
        for number, operation in enumerate(document.operations)
    }
    if protection.faults:
        sys.exit("\n".join(map(str, protection.faults)))
    return guards


def app_of(path: Path) -> Flask:
    (api,) = ApiPool.load({"generated": str(path)}, Formats())
    errors = errors_of(api.document.operations)
    service = Service({"generated": api}, None if errors else OWN)
    service.served.add("generated")
    options = Options(strict_query=False, max_body=10**6, mode=lambda: "enforce", passed_on=Response)
    routes = [
        Route(operation.method, operation.path, Endpoint(operation, function_of(operation), options, guard=guard), name)
        for name, (operation, guard) in guards_of(api.document).items()
    ]
    app = Flask("generated")
    publish(app, service, "doc")
    install(app, routes, Failures(errors or format_error))
    return app


class Quiet(WSGIRequestHandler):
    """Logs no requests, and keeps connections open as real servers do."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def stop_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    threading.Thread(target=stop_with_parent, daemon=True).start()
    make_server(
        "127.0.0.1", int(sys.argv[2]), app_of(Path(sys.argv[1])), threaded=True, request_handler=Quiet
    ).serve_forever()
