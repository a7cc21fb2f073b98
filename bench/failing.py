"""What crash reports cost an operation that always fails: its CPU time with reports, as a ratio to that without.

    python bench/failing.py

Writes {"raised": ratio, "unexpected": ratio}, the median of interleaved rounds. Both have the production defaults, with
log lines to nowhere: an error of 502 that is raised, and an exception that nobody expects.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask

from pymacaron import API, ApiPool
from pymacaron.config import Config, set_config

MOST = 1 / 0.9  # nine tenths of the throughput
ROUNDS, CALLS = 41, 300
DOCUMENT = """
openapi: 3.1.0
info: {title: failing, version: 1.0.0}
x-handlers: failing_functions
paths:
  /raised: {get: {operationId: raised, responses: {default: {description: An error.}}}}
  /unexpected: {get: {operationId: unexpected, responses: {default: {description: An error.}}}}
"""
FUNCTIONS = """
from pymacaron.exceptions import add_error

BadGatewayError = add_error("BadGatewayError", "BAD_GATEWAY", 502)


def raised():
    raise BadGatewayError("the other service does not answer")


def unexpected():
    return {}["no such key"]
"""


def service(folder: str, switch: str) -> Flask:
    os.environ["NO_ERROR_REPORTING"] = switch
    ApiPool.clear()
    app = Flask("failing")
    API(app).load_apis(folder).start()
    return app


def seconds(app: Flask, path: str) -> float:
    """CPU time of some calls, that of all threads."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "x", "SERVER_PORT": "80",
        "HTTP_HOST": "x", "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr,
    }  # fmt: skip
    began = time.process_time()
    for _ in range(CALLS):
        app.wsgi_app(dict(environ), lambda *_: lambda _data: None)
    return time.process_time() - began


def main() -> None:
    logging.basicConfig(stream=open(os.devnull, "w"), level=logging.INFO)  # noqa: SIM115 - as long as the process
    set_config(Config(name="failing", live_host="localhost", report_to=[]))
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "failing.yaml").write_text(DOCUMENT)
        Path(folder, "failing_functions.py").write_text(FUNCTIONS)
        sys.path.insert(0, folder)
        silent, reporting = service(folder, "1"), service(folder, "0")
        found = {}
        for path in ("raised", "unexpected"):
            rounds = [(seconds(silent, f"/{path}"), seconds(reporting, f"/{path}")) for _ in range(ROUNDS)]
            found[path] = median(with_reports / without for without, with_reports in rounds)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
