"""The service under test, started for its tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from pymacaron.exceptions import StartError
from pymacaron.logs import FORMAT, READABLE

from .places import Place, place_of

PROGRAM = "server.py"
_HOST = "127.0.0.1"
_PATIENCE = 60.0  # seconds until it answers
_GRACE = 10.0  # seconds that it has to end
_LAST = 80  # lines of its log that are shown: enough for a report of a crash


class Started:
    """A running service. `place` is where it listens."""

    def __init__(self, place: Place, log: IO[bytes]) -> None:
        self.place, self._log = place, log

    def last_words(self) -> str:
        """The end of what it has said."""
        self._log.seek(0)
        return b"\n".join(self._log.read().splitlines()[-_LAST:]).decode("utf-8", "replace")


@contextmanager
def started(folder: str = os.curdir) -> Iterator[Started]:
    """The server.py of a folder, on a free port of this machine, while the block lasts.

    Raises:
        StartError: there is none, or it does not start; with what it has said.
    """
    if not os.path.isfile(os.path.join(folder, PROGRAM)):
        raise StartError(f"there is no {PROGRAM} in {os.path.abspath(folder)}; run this in the folder of a service")
    port = _free_port()
    command = [sys.executable, PROGRAM, "--host", _HOST, "--port", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(  # noqa: S603 - the user's own program
            command, cwd=folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,  # Ctrl-C is for us; we end it
        )  # fmt: skip
        try:
            server = Started(place_of(_HOST, port), log)
            _wait(process, port, server)
            yield server
        finally:
            _end(process)


def _environment() -> dict[str, str]:
    """Ours, without what tells the service that it is part of a test: it is to answer as it does for everybody. Its log
    is for people: who reads it wants to know why a test has failed."""
    ours = {name: text for name, text in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return {FORMAT: READABLE} | ours


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        number: int = probe.getsockname()[1]
        return number


def _wait(process: subprocess.Popen[bytes], port: int, server: Started) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise StartError(f"{PROGRAM} ended with exit code {process.returncode}:\n{server.last_words()}")
        if listens(server.place):
            return
        time.sleep(0.05)
    raise StartError(f"{PROGRAM} does not listen on port {port} after {_PATIENCE:.0f} s:\n{server.last_words()}")


def listens(place: Place, seconds: float = 2.0) -> bool:
    """Does anybody take connections there?"""
    try:
        socket.create_connection(place.address or (place.origin.host, place.origin.port), seconds).close()
    except OSError:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
