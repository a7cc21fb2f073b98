"""Services as programs of their own, for tests that talk to them over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import SystemRandom
from typing import Any, NamedTuple

from leaks import said

from pymacaron.auth.trusting import Trust
from pymacaron.config import load_config

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
SHOP = EXAMPLES / "shop" / "shop"  # the first of the three services there
PATIENCE = 60  # seconds for a server to begin or to end, on a machine that does much else
OPENS = re.compile(r"shop +http://localhost:(\d+)/doc/")  # what the three services of the shop print together
LISTENING = re.compile(r"(?:Running on|Listening at:) http://[\w.]+:(\d+)")


class Answer(NamedTuple):
    """`headers` by their names in lower case; of several with one name, the last."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


class Place:
    """What listens on a port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One request. A body that is no bytes is sent as JSON."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent = {"Content-Type": "application/json", **sent}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, sent)
            return _answer(connection.getresponse())
        finally:
            connection.close()

    def send(self, data: bytes, *, then_close: bool = False) -> Answer:
        """Bytes as they are, and what is answered; with `then_close`, nothing more can come from us.

        A server that answers before it has read everything may break the connection for what is still to come.
        """
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            try:
                connection.sendall(data)
                if then_close:
                    connection.shutdown(socket.SHUT_WR)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it has heard enough
            response = http.client.HTTPResponse(connection)
            response.begin()
            return _answer(response)


class Server(Place):
    """A running program that listens, as soon as it has printed on which port."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path, says: re.Pattern[str] = LISTENING) -> None:
        self.process = process
        self._log = log
        super().__init__(self._wait_for_port(says))

    def _wait_for_port(self, says: re.Pattern[str]) -> int:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = says.search(self.log)
            if found:
                return int(found[1])
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError(f"the server did not start:\n{self.log}")

    @property
    def log(self) -> str:
        """What the program has printed."""
        return self._log.read_text("utf-8", "replace")

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)


def _answer(response: http.client.HTTPResponse) -> Answer:
    body = response.read()
    return Answer(response.status, {name.lower(): text for name, text in response.getheaders()}, body)


@contextmanager
def running(
    command: list[str], folder: Path, log: Path, says: re.Pattern[str] = LISTENING, **environment: str
) -> Iterator[Server]:
    """A program that serves, as long as the block lasts. It prints to `log`, among other things on which port, which
    `says` finds there."""
    own = {"PYMACARON_STORE": f"{log.absolute()}.sqlite"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **own, **environment}, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        yield Server(process, log, says)
    finally:
        said("program", log.read_text("utf-8", "replace"))
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def by_python(port: int = 0) -> list[str]:
    """The command that serves a folder's server.py; port 0 is any that is free."""
    return [sys.executable, "-u", "server.py", "--port", str(port)]


def by_gunicorn(threads: int = 4) -> list[str]:
    """The command that serves a folder's server.py in production."""
    return [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:0", "--threads", str(threads), "server:app"]


def together(port: int, logs: Path) -> list[str]:
    """The command that serves the three services of the shop."""
    folders = ["--logs", str(logs), "--data", str(logs / "data")]
    return [sys.executable, "-u", "examples/shop/run.py", "--port", str(port), *folders]


def run(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    said("program", done.stderr)
    return done


def free_row(length: int) -> int:
    """The first of some ports in a row that nobody has just now; they are below those that systems give out."""
    while True:
        first = SystemRandom().randrange(12_000, 32_000)  # Hypothesis makes the usual one give the same
        with suppress(OSError), ExitStack() as stack:
            for port in range(first, first + length):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


def token_for(user: str, **claims: Any) -> str:
    """A token that the services of the shop accept."""
    return Trust(load_config(str(SHOP))).issue(user, data=claims).token or ""
