"""Serve any document with functions made from it, on loopback, for a black box to ask.

    python conformance/generated.py DOCUMENT PORT

Every function answers something that the document promises for a success. Stops when its parent does.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response

from pymacaron.endpoints import Endpoint, Options
from pymacaron.failures import Failures
from pymacaron.formats import Formats
from pymacaron.lane import Route, install
from pymacaron.operations import Operation
from pymacaron.pool import ApiPool
from pymacaron.samples import NoSample, result


def function_of(operation: Operation) -> Any:
    """A function that answers with a success which the document declares."""
    random = Random(operation.title)

    def function(*_args: Any, **_kwargs: Any) -> Any:
        for _ in range(50):
            try:
                status, value, headers = result(operation, random)
            except NoSample:
                continue
            if 200 <= status < 300:
                return value, status, headers
        return None, operation.success_status

    return function


def app_of(path: Path) -> Flask:
    (api,) = ApiPool.load({"generated": str(path)}, Formats())
    options = Options(strict_query=False, max_body=10**6, mode=lambda: "enforce", passed_on=Response)
    routes = [
        Route(operation.method, operation.path, Endpoint(operation, function_of(operation), options), f"op{number}")
        for number, operation in enumerate(api.document.operations)
    ]
    app = Flask("generated")
    install(app, routes, Failures(expose=lambda: True))
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
