"""Workers as programs of their own, and the brokers that they take tasks from."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from programs import PATIENCE, free_row

from pymacaron import ApiPool
from pymacaron.config import Config, set_config
from pymacaron.tasks import sending, standing
from pymacaron.tasks.declared import tasks

LEASE = 1.0  # seconds, so that tests need not wait for long

SERVER = """
from flask import Flask
from pymacaron import API, letsgo
import jobs
import os

HERE = os.path.dirname(__file__)
app = Flask(__name__)

def verified(key):
    user, _, issuer = key.partition("@")
    return {"sub": user, "iss": issuer}

def start(port=80, debug=False):
    api = API(app, port=port, debug=debug, verifiers={"key": verified}).load_apis(os.path.join(HERE, "apis"))
    api.publish_apis().start()

letsgo(__name__, callback=start)
"""
DOCUMENT = """
openapi: 3.1.0
info: {title: shop, version: '1'}
x-handlers: jobs
paths:
  /a: {get: {operationId: nothing, responses: {'204': {description: nothing}}}}
  /reports/{month}:
    post:
      operationId: make_report
      x-async: {max_seconds: 30}
      security: [{key: []}, {}]
      parameters: [{name: month, in: path, required: true, schema: {type: string, format: date}}]
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Mail'}}}}
      responses:
        '201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Report'}}}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: key}
  schemas:
    Mail: {type: object, required: [to], properties: {to: {type: string}, at: {type: string, format: date-time}}}
    Report: {type: object, properties: {month: {type: string, format: date}, mail: {$ref: '#/components/schemas/Mail'}}}
"""


class Project:
    """A folder with a service whose tasks are in `jobs.py`, and what its configuration says of tasks."""

    def __init__(self, folder: Path, jobs: str, broker: str, **settings: object) -> None:
        self.folder = folder
        (folder / "apis").mkdir()
        (folder / "apis" / "shop.yaml").write_text(DOCUMENT, "utf-8")
        (folder / "jobs.py").write_text(jobs, "utf-8")
        (folder / "server.py").write_text(SERVER, "utf-8")
        self.settings = {"with_async": True, "async_broker": broker, "async_processes": 2, **settings}
        lines = [f"{name}: {str(value).lower() if isinstance(value, bool) else value}" for name, value in self._all()]
        (folder / "pym-config.yaml").write_text("\n".join(lines), "utf-8")

    def _all(self) -> list[tuple[str, object]]:
        return [("name", "shop"), ("live_host", "localhost"), *self.settings.items()]

    @contextmanager
    def here(self) -> Iterator[None]:
        """This process can fire the project's tasks."""
        config = Config(**dict(self._all()))
        config.config_file = str(self.folder / "pym-config.yaml")  # what paths of files are relative to
        set_config(config)
        sending.forget()
        standing.forget()
        sys.path.insert(0, str(self.folder))
        try:
            yield
        finally:
            sys.path.remove(str(self.folder))
            for name in ("jobs", "server"):
                sys.modules.pop(name, None)
            ApiPool.clear()
            tasks.clear()
            set_config(None)
            sending.forget()
            standing.forget()

    @contextmanager
    def worker(self, *options: str, name: str = "worker") -> Iterator[Worker]:
        """A worker of its own process, that has begun to take tasks."""
        with Worker(self.folder, name, options) as worker:
            yield worker


class Worker:
    """A running worker; it prints to a file."""

    def __init__(self, folder: Path, name: str, options: tuple[str, ...] = ()) -> None:
        self._log = folder / f"{name}.log"
        command = [sys.executable, "-m", "pymacaron.cli", "worker", *options]
        with self._log.open("ab") as out:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )

    def __enter__(self) -> Worker:
        until = time.monotonic() + PATIENCE
        while "a worker takes tasks" not in self.log:
            if self.process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise AssertionError(f"the worker did not start:\n{self.log}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()  # whatever it does; other tests are about its ending

    @property
    def log(self) -> str:
        """What it has printed."""
        return self._log.read_text("utf-8", "replace")

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.kill()

    def kill(self) -> None:
        """End it at once, its processes with it, as when the power fails."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()


class Redis:
    """A Redis of one's own; it can be stopped and started again, and keeps what it has."""

    program = shutil.which("redis-server")

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_row(1)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        assert self.program is not None
        command = [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes"]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as probe:
                    probe.sendall(b"PING\r\n")
                    if probe.recv(10).startswith(b"+PONG"):
                        return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("redis-server did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


class RabbitMQ:
    """A RabbitMQ of one's own; it can be stopped and started again, and keeps what it has."""

    program = shutil.which("rabbitmq-server", path="/usr/lib/rabbitmq/bin")  # the one on the path wants another user

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "rabbit", free_row(3)
        self.folder.mkdir()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        (self.folder / "rabbitmq.conf").write_text(f"listeners.tcp.default = 127.0.0.1:{self.port}\n", "utf-8")
        folder_of = str(self.folder)
        self.environment = {
            **os.environ, "HOME": folder_of, "RABBITMQ_NODENAME": f"pymacaron{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": folder_of, "RABBITMQ_LOG_BASE": folder_of, "RABBITMQ_PID_FILE": f"{folder_of}/pid",
            "RABBITMQ_CONFIG_FILE": f"{folder_of}/rabbitmq.conf", "RABBITMQ_DIST_PORT": str(self.port + 1),
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder_of}/plugins", "ERL_EPMD_PORT": str(self.port + 2),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }  # fmt: skip
        self.start()

    def start(self) -> None:
        assert self.program is not None
        with (self.folder / "printed").open("ab") as out:
            self.process = subprocess.Popen(
                [self.program], cwd=self.folder, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )
        wait_for_port(self.port, self.process)

    def stop(self) -> None:
        """Let it write what it has; the daemon that it has started ends with it."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        subprocess.run(["epmd", "-kill"], env=self.environment, capture_output=True, check=False)


def wait_for_port(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until somebody listens there."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"{process.args!r} did not start")


def server_of(broker: str, folder: Path) -> Redis | RabbitMQ | None:
    """The server of a kind of broker, started; None for files, which need none."""
    if broker == "file":
        return None
    return Redis(folder) if broker == "redis" else RabbitMQ(folder)
