"""The service that has to stand it all: what it consists of, and a running one."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ON_TIME, AHEAD = "+0", "+3600"  # seconds, as libfaketime reads them

SERVICE = {
    "pym-config.yaml": "name: faults\nlive_host: localhost\nreport_to: [log, file]\nreport_window: 1\n",
    "apis/orders.yaml": """
openapi: 3.1.0
info: {title: orders, version: '1'}
x-handlers: orders
paths:
  /orders:
    post:
      operationId: place
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [number, lines]
              properties: {number: {type: integer}, lines: {type: array, minItems: 1, items: {type: integer}}}
      responses: {'200': {$ref: '#/components/responses/any'}}
  /slow: {get: {operationId: slow, responses: {'200': {$ref: '#/components/responses/any'}}}}
  /broken: {get: {operationId: broken, responses: {'200': {$ref: '#/components/responses/any'}}}}
components: {responses: {any: {description: ok, content: {application/json: {}}}}}
""",
    "orders.py": """
import os, time
def place(order):
    return {"number": order.number, "total": sum(order.lines), "pid": os.getpid()}
def slow():
    time.sleep(5)
    return {}
def broken():
    raise RuntimeError("something that is reported")
""",
    "server.py": """
import os, time
from flask import Flask
from pymacaron import API, letsgo
app = Flask(__name__)
def hang(title, message):
    time.sleep(1e6)
def start(port=80, debug=False):
    here = os.path.dirname(os.path.abspath(__file__))
    API(app, port=port, debug=debug, error_reporter=hang).load_apis(os.path.join(here, "apis")).start()
letsgo(__name__, callback=start)
""",
}


class Project(NamedTuple):
    """Where the service lies, the variables that let its clock be set, and what is not possible on this machine."""

    folder: Path
    clock: dict[str, str]
    missing: list[str]


class Service:
    """`pymacaron run` on a port of its own, with its log where there is little room for it."""

    def __init__(self, folder: Path, by: str, *, workers: int, environment: dict[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        command = [
            sys.executable, "-m", "pymacaron.cli", "run", str(folder / "server.py"), "--server", by, "--workers",
            str(workers), "--host", "127.0.0.1", "--port", str(self.port),
        ]  # fmt: skip
        self._log = (folder / "disk" / "log").open("ab")
        self.process = subprocess.Popen(
            command, stdout=self._log, stderr=subprocess.STDOUT, env={**os.environ, **environment}
        )
        until = time.monotonic() + 30
        while not self._answers():
            if time.monotonic() > until or self.process.poll() is not None:
                self.process.kill()
                raise SystemExit(f"the service does not start: {(folder / 'disk' / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            return ask(self.port, b"GET /ping HTTP/1.0\r\n\r\n")[9:12] == b"200"
        except OSError:
            return False

    def workers(self) -> list[int]:
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def end(self) -> int:
        self.process.terminate()
        try:
            return self.process.wait(12)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()
        finally:
            self._log.close()


def ask(port: int, request: bytes, patience: float = 10.0) -> bytes:
    with socket.create_connection(("127.0.0.1", port), patience) as connection:
        connection.sendall(request)
        return connection.recv(65536)


@contextmanager
def project() -> Iterator[Project]:
    """The service in a folder, with a disk of a megabyte for its logs where we may make one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "disk").mkdir()
        for path, text in SERVICE.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
        (folder / "pym-config.yaml").write_text(f"{SERVICE['pym-config.yaml']}report_file: {folder}/disk/reports\n")
        mounted = (
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder / "disk"], check=False).returncode
            == 0
        )
        clock, missing = _clock(folder)
        if not mounted:
            missing = [*missing, "no disk was full: that takes the right to mount a small one"]
        try:
            yield Project(folder, clock, missing)
        finally:
            if mounted:
                subprocess.run(["umount", "-l", folder / "disk"], check=False)


def _clock(folder: Path) -> tuple[dict[str, str], list[str]]:
    """What lets a process tell the time of the day that the file `clock` says, by libfaketime, and what is missing for
    that. The clock that only goes forward stays as it is, as when a machine is set. With that, libfaketime before
    0.9.11 lets Python's sleep fail, hence another one; and its variant for threads lets some wait for good."""
    found = list(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    (folder / "clock").write_text(ON_TIME)
    if not found:
        return {}, ["no clock was set: that takes libfaketime"]
    (folder / "early").mkdir()
    (folder / "early" / "sitecustomize.py").write_text(
        "import select, time\ntime.sleep = lambda seconds: select.select([], [], [], seconds)\n"
    )
    return {
        "LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(folder / "clock"), "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else waiting for the interpreter's lock takes ten times as long
        "PYTHONPATH": str(folder / "early"),
    }, []  # fmt: skip
