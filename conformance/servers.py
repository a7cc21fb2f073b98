"""Servers that others wrote: what is not ours is installed with npm, and runs on this machine only while it is asked.

The versions and checksums of all that is installed stand in node/package-lock.json. No code of a package runs while it
is installed. What is there already is left alone.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from random import randrange

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parent / ".corpus"
NODE = HERE / "node"
INSTALLED = CORPUS / "suites" / "node"
PACKAGES = INSTALLED / "node_modules"
OLDEST = 18  # of Node.js that the servers run on
PATIENCE = 60.0  # seconds until a server answers
_QUIET = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}


def install() -> None:
    """Bring the packages, unless they are there.

    Raises:
        SystemExit: they cannot be had; the text says what to do.
    """
    _check_node()
    done, lock = INSTALLED / ".installed", (NODE / "package-lock.json").read_text("utf-8")
    if done.exists() and done.read_text("utf-8") == lock:
        return
    print("installing the servers with npm", flush=True)
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(NODE / name, INSTALLED)
    command = ["npm", "ci", "--ignore-scripts", "--loglevel=error"]
    npm = subprocess.run(command, cwd=INSTALLED, env=os.environ | _QUIET, capture_output=True, text=True, check=False)
    if npm.returncode:
        sys.exit(f"npm could not install the servers ({shlex.join(command)} in {INSTALLED}):\n{npm.stdout}{npm.stderr}")
    done.write_text(lock, "utf-8")


def _check_node() -> None:
    cure = f"install Node.js {OLDEST} or newer with npm (Debian: apt install nodejs npm)"
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            sys.exit(f"there is no '{program}' on this machine, which the servers run on: {cure}")
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    if not said.startswith("v") or int(said[1:].partition(".")[0]) < OLDEST:
        sys.exit(f"'node' is {said or 'of no version'}, too old for the servers: {cure}")


def free_row(length: int = 1) -> int:
    """The first of some ports in a row that nobody has just now; they are below those that systems give out."""
    while True:
        first = randrange(12_000, 32_000)
        with suppress(OSError), ExitStack() as stack:
            for port in range(first, first + length):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


@contextmanager
def serving(command: Sequence[str], port: int, logs: Path, row: int = 1) -> Iterator[None]:
    """A server while it lasts; what it says goes to files in a folder.

    Args:
        command: what starts it; the word PORT stands for the port, LOGS for the folder.
        row: how many ports it listens at, one behind the other.

    Raises:
        SystemExit: it does not start.
    """
    said = {"PORT": str(port), "LOGS": str(logs)}
    words, log = [said.get(word, word) for word in command], logs / "server.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(words, stdout=stream, stderr=stream, env=os.environ | {"PYMACARON_CACHE": "off"})
    try:
        if not all(_answers(server, port + number) for number in range(row)):
            sys.exit(f"the server did not start: {shlex.join(words)}\n{log.read_text('utf-8', 'replace')}")
        yield
    finally:
        server.terminate()
        server.wait(20)


def _answers(server: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return True
    return False
