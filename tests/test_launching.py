"""How services are started, and what happens when they cannot be."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
from programs import PATIENCE, by_python, free_row, run, running

SERVER = """
from flask import Flask
from pymacaron import API, letsgo

app = Flask(__name__)

def start(port=80, debug=False):
    API(app, port=port, debug=debug).load_apis("apis").publish_apis().start()

letsgo(__name__, callback=start)
"""
DOCUMENT = """
openapi: 3.1.0
info: {title: x, version: '1'}
paths:
  /a:
    get: {x-bind-server: functions.FUNCTION, responses: {'200': {description: ok}}}
"""


def project(folder: Path, function: str) -> None:
    (folder / "apis").mkdir(exist_ok=True)
    (folder / "apis" / "x.yaml").write_text(DOCUMENT.replace("FUNCTION", function), "utf-8")
    (folder / "functions.py").write_text("def here(): pass\n", "utf-8")
    (folder / "server.py").write_text(SERVER, "utf-8")


def test_development_waits_for_the_next_change(tmp_path: Path) -> None:
    """With --debug a start that fails tells whoever asks, and is tried again when a file changes. Once it serves, it
    prints where the documentation and the console are."""
    project(tmp_path, "hear")
    port = free_row(1)
    with running([*by_python(port), "--debug"], tmp_path, tmp_path / "log") as server:
        told = server.ask("GET", "/a")
        assert told.status == 500
        assert "did you mean 'here'?" in told.text.replace('"', "'") or "here" in told.text
        document = tmp_path / "apis" / "x.yaml"
        document.write_text(document.read_text("utf-8").replace("hear", "here"), "utf-8")
        until = time.monotonic() + PATIENCE
        calls: list[Any] = []  # that the console knows of; it writes them down when they have been answered
        while not calls and time.monotonic() < until:
            time.sleep(0.2)
            with suppress(OSError, HTTPException):  # between the old process and the new one
                if server.ask("GET", "/a").status == 200:
                    calls = server.ask("GET", "/doc/console/state").json["calls"]
        assert calls, server.log
        assert calls[-1]["path"] == "/a"
        assert f"the documentation is at http://localhost:{port}/doc/\n" in server.log
        assert f"the console is at http://localhost:{port}/doc/console" in server.log


def test_a_port_that_cannot_be_had(tmp_path: Path) -> None:
    """It is told in one line, once nothing else is wrong with the service; the exit code is 2."""
    project(tmp_path, "here")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(by_python(port), tmp_path)
    cure = "another program uses it; stop that, or use another port: --port 8080"
    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (2, f"cannot listen on 127.0.0.1:{port}: {cure}")
    ended = run([*by_python(port), "--host", "192.0.2.1"], tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.endswith("is that an address of this machine?\n")


def test_a_test_that_imports_the_server_sees_the_error(tmp_path: Path) -> None:
    """Under pytest a start that fails is an ordinary error of the module that imports the server."""
    project(tmp_path, "hear")
    (tmp_path / "test_it.py").write_text("import server\ndef test_it(): pass\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "BindingError" in ended.stdout
    assert "INTERNALERROR" not in ended.stdout


def test_a_chunk_that_lies(tmp_path: Path) -> None:
    """A chunk that is shorter than it says breaks that request alone."""
    project(tmp_path, "here")
    document = (tmp_path / "apis" / "x.yaml").read_text("utf-8")
    (tmp_path / "apis" / "x.yaml").write_text(
        document + "    put: {x-bind-server: functions.take, requestBody: {content: {text/csv: {}}}, "
        "responses: {'200': {description: ok}}}\n", "utf-8",
    )  # fmt: skip
    (tmp_path / "functions.py").write_text("def here(): pass\ndef take(body=None): body.read()\n", "utf-8")
    head = b"PUT /a HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n"
    with running(by_python(), tmp_path, tmp_path / "log") as server:
        assert server.send(head + b"ffffffffff\r\nsku\n", then_close=True).status == 400
        assert server.ask("GET", "/a").status == 200


def test_a_folder_without_documents(tmp_path: Path) -> None:
    """A service that would serve nothing does not start, and says how a document begins."""
    project(tmp_path, "here")
    (tmp_path / "apis" / "x.yaml").write_text("opanapi: 3.1.0\npaths: {}\n", "utf-8")
    ended = subprocess.run([*by_python()], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "there is no OpenAPI document in" in ended.stderr
    assert "openapi: 3.1.0" in ended.stderr


START = "def start(port=80, debug=False):\n    API(app"


@pytest.mark.parametrize(
    ("start", "told"),
    [
        ("def start():\n    API(app",
         "got an unexpected keyword argument 'port'; write `def start(port=80, debug=False):`\n"),
        ("def start(port=80, debug=False):\n    (lambda *_, **__: API(app))(app",
         "nothing is served: start() (server.py:7) returned without calling API.start()\n"),
        ("def start(port=80, debug=False):\n    API(__name__",
         "API(app) takes the Flask application, not '__main__'; write API(Flask(__name__))\n"),
    ],
    ids=["no parameters", "no start", "no application"],
)  # fmt: skip
def test_an_entry_point_that_is_wrong(tmp_path: Path, start: str, told: str) -> None:
    """What `start` itself gets wrong is told in a line, too."""
    project(tmp_path, "here")
    written = SERVER.replace(START, start)
    written = written.replace('.load_apis("apis").publish_apis().start()', "") if "lambda" in start else written
    (tmp_path / "server.py").write_text(written, "utf-8")
    ended = run(by_python(), tmp_path)
    assert ended.returncode == 2
    assert ended.stderr.endswith(told)
