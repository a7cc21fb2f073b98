"""Servers to be loaded: which application behind which one, each with one worker, and a running one."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from contenders import HERE, PATIENCE, UnavailableError, clean_environment, last_line, python_of
from workloads import WORKLOADS

Command = Callable[[Path, str, int], list[str]]


class Served(NamedTuple):
    """An application behind a server. `environment` is "" for the one that runs this script."""

    name: str
    server: str
    app: str
    environment: str
    command: Command
    settings: tuple[tuple[str, str], ...] = ()

    @property
    def title(self) -> str:
        return f"{self.name} @ {self.server}"


def _granian(interface: str) -> Command:
    loop = ["--loop", "uvloop"] if interface == "asgi" else []
    return lambda python, app, port: [
        str(python.parent / "granian"), "--interface", interface, "--workers", "1", "--host", "127.0.0.1",
        "--port", str(port), "--no-ws", "--log-level", "error", *loop, app,
    ]  # fmt: skip


def _gthread(python: Path, app: str, port: int) -> list[str]:
    return [
        str(python.parent / "gunicorn"), "--worker-class", "gthread", "--threads", "64", "--workers", "1",
        "--bind", f"127.0.0.1:{port}", "--keep-alive", "75", "--log-level", "error", "--no-control-socket", app,
    ]  # fmt: skip


def _uvicorn(python: Path, app: str, port: int) -> list[str]:
    return [
        str(python.parent / "uvicorn"), "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--host",
        "127.0.0.1", "--port", str(port), "--log-level", "error", app,
    ]  # fmt: skip


def _run(server: str) -> Command:
    return lambda python, app, port: [
        str(python), "-m", "pymacaron.cli", "run", "--server", server, "--workers", "1", "--host", "127.0.0.1",
        "--port", str(port), app,
    ]  # fmt: skip


def _ours(server: str, config: str, name: str = "pymacaron") -> Served:
    settings = (("PYM_CONFIG", str(HERE / "configs" / config)),)
    return Served(name, server, "pymacaron_app", "", _run(server), settings)


SERVED = (
    _ours("granian", "lean.yaml"),
    _ours("granian", "production.yaml", "pymacaron, production defaults"),
    _ours("gunicorn gthread", "lean.yaml")._replace(command=_run("gunicorn")),
    Served("bare Flask", "granian", "flask_app", "flask-served", _granian("wsgi")),
    Served("bare Flask", "gunicorn gthread", "flask_app", "flask-served", _gthread),
    Served("FastAPI, async", "uvicorn", "fastapi_app", "fastapi-served", _uvicorn),
    Served("FastAPI, async", "granian", "fastapi_app", "fastapi-served", _granian("asgi")),
    Served("Litestar", "uvicorn", "litestar_app", "litestar-served", _uvicorn),
    Served("Litestar", "granian", "litestar_app", "litestar-served", _granian("asgi")),
)


class Running:
    """A server in a process of its own, bound to some cores; it has answered every workload rightly.

    Raises:
        UnavailableError: it does not start, or answers wrongly.
    """

    def __init__(self, served: Served, cores: str) -> None:
        self.served = served
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        command = served.command(python_of(served.environment), f"apps.{served.app}:app", self.port)
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - open as long as the process runs
        self._process = subprocess.Popen(
            ["taskset", "-c", cores, *command], cwd=HERE, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self._errors, env=clean_environment(dict(served.settings)) | {"PATH": os.environ["PATH"]},
        )  # fmt: skip
        try:
            self._wait()
            for name in ("ping", "order", "invalid"):
                self._verify(name)
        except UnavailableError:
            self.close()
            raise

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            try:
                self._ask("ping")
            except OSError:
                time.sleep(0.05)
            else:
                return
        self._errors.seek(0)
        raise UnavailableError(last_line(self._errors.read()) or "it does not listen")

    def _ask(self, name: str) -> tuple[int, bytes]:
        workload = WORKLOADS[name]
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(workload.method, workload.path, workload.body, dict(workload.headers))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def _verify(self, name: str) -> None:
        if name == "invalid" and self.served.name == "bare Flask":
            return  # it validates nothing
        fault = WORKLOADS[name].fault(*self._ask(name))
        if fault:
            raise UnavailableError(f"answers {name} wrongly: {fault}")

    def processor_time(self) -> float:
        """Seconds that its processes have computed, those included that have ended."""
        return sum(_computed(pid) for pid in _family(self._process.pid))

    def memory(self) -> float:
        """Megabytes that the largest of its processes, the worker, holds."""
        return max(_resident(pid) for pid in _family(self._process.pid))

    def close(self) -> None:
        """End it and what it has started, by pid."""
        for pid in list(_family(self._process.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self._process.wait()
        self._errors.close()


def _family(pid: int) -> Iterator[int]:
    """A process and those below it."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _computed(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    sys.exit("this is a part of load.py")
