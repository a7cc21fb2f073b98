"""What an installed pymacaron has to be able to do, with nothing but what one extra brings: `smoke.py EXTRA`.

Run in a folder of its own by the Python of an environment that has the wheel, and none of the repository.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

DOCUMENT = {
    "openapi": "3.1.0", "info": {"title": "Hello", "version": "1"},
    "paths": {"/hello/{name}": {"get": {
        "x-bind-server": "hello.greet",
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 5}}],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "object"}}}}},
    }}},
}  # fmt: skip
CODE = """
from flask import Flask
from pymacaron import API, letsgo
app = Flask(__name__)
def greet(name):
    return {"hello": name}
def start(port=80, debug=False):
    API(app, port=port, debug=debug).load_apis("apis").publish_apis().start(serve="hello")
letsgo(__name__, callback=start)
"""
# What each extra is for, imported: what it lacks is told by the import.
ROOMS = {
    "": "api cli.check cli.diff mocking generate.stubs console publishing client stores.sqlite",
    "async": "tasks.worker tasks.running", "crypto": "auth.asymmetric", "aws": "stores.dynamodb deploy.observe",
    "metrics": "metrics.measures", "otel": "spans.requests spans.departures", "sentry": "crash.reporters.by_sentry",
    "granian": "running.serving", "gunicorn": "gunicorn", "rehearse": "rehearsal", "tools": "upgrade",
    "test": "testing.plugin", "explore": "testing.exploring",
}  # fmt: skip

# Commands, and how they may end: 1 of `check` means that there is advice.
COMMANDS = {"--help": {0}, "check": {0, 1}, "routes --json": {0}, "stubs": {0}, "new made": {0}}


def main(extra: str) -> None:
    import pymacaron

    where = Path(pymacaron.__file__).parent
    assert "site-packages" in where.parts, f"this is not the installed one, but {where}"
    assert (where / "py.typed").is_file()
    for room in ROOMS[""].split() + ROOMS.get(extra, "").split():
        importlib.import_module(f"pymacaron.{room}")
    serve()
    for command, codes in COMMANDS.items():
        done = subprocess.run(["pymacaron", *command.split()], capture_output=True, text=True, check=False)
        assert done.returncode in codes, f"pymacaron {command} ended with {done.returncode}: {done.stderr}"


def serve() -> None:
    """A service answers, validates, and shows its pages."""
    Path("apis").mkdir()
    Path("apis", "hello.yaml").write_text(json.dumps(DOCUMENT))
    Path("hello.py").write_text(CODE)
    Path("server.py").write_text(CODE)
    Path("pym-config.yaml").write_text("name: hello\nlive_host: localhost\n")
    sys.path.insert(0, os.getcwd())
    client = importlib.import_module("hello").app.test_client()
    assert client.get("/hello/ann").get_json() == {"hello": "ann"}
    assert client.get("/hello/annabel").get_json()["error"] == "INVALID_PARAMETER"
    assert client.get("/doc/hello").status_code == 200
    assert client.get("/ready").status_code == 200


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
