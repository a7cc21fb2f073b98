"""A server for the programmer of a service: whenever a file of it changes, it is started again.

This process listens, and stays. The one that serves is Werkzeug's, told that it was started by a reloader: it watches
what it has imported and read, wherever that lies, and ends with code 3 when something of it changes. Here the files of
the project are watched, those too that are new, or that the last start did not get to.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys

import click

from pymacaron.exceptions import StartError
from pymacaron.launching import port_fault, sources

from .targets import Target

_LOOK = 0.25  # seconds between two looks at the files
_PATIENCE = 5.0  # seconds for a server to end
_CHANGED = 3  # how Werkzeug's reloader ends a process
_PLAIN = "import sys; from pymacaron.running.developing import serve_plain; serve_plain(*sys.argv[1:])"


def develop(target: Target, host: str, port: int, *, reloads: bool) -> int:
    """Serve until Ctrl-C or SIGTERM; the exit code.

    Raises:
        StartError: nobody can listen there.
    """
    listener = _listen(host, port)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    host, port = listener.getsockname()[:2]
    click.echo(f"http://{f'[{host}]' if ':' in host else host}:{port}/ in development; Ctrl-C ends it", err=True)
    server = _Server(target, listener)
    try:
        return _serve(server, reloads=reloads)
    except KeyboardInterrupt:
        return 0
    finally:
        server.stop()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=128)
    except OSError as error:
        raise StartError(port_fault(host, port, error)) from None


def _serve(server: _Server, *, reloads: bool) -> int:
    while True:
        seen = server.state()
        server.start()
        while server.is_running() and (server.state() == seen or not reloads):
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.process.wait(_LOOK)
        if not reloads:
            return server.stop()
        if server.stop() not in {0, _CHANGED}:
            click.echo("stopped; waiting for a file to change", err=True)
            while server.state() == seen:
                server.tell(_LOOK)
        click.echo("files have changed: restarting", err=True)


class _Server:
    """The process that serves, of which there is one at a time."""

    def __init__(self, target: Target, listener: socket.socket) -> None:
        self._target, self._listener = target, listener
        self._folder = os.path.dirname(target.file)
        host, port = listener.getsockname()[:2]
        self._options = ["--host", host, "--port", str(port), "--debug"]
        self._environment = {
            **os.environ, "WERKZEUG_RUN_MAIN": "true", "WERKZEUG_SERVER_FD": str(listener.fileno()),
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip

    def start(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - the user's own program
            [sys.executable, *self._program(), *self._options],
            env=self._environment, pass_fds=[self._listener.fileno()],
        )  # fmt: skip

    def _program(self) -> list[str]:
        """server.py, which reads a command line; a module that does not is imported."""
        with contextlib.suppress(OSError, UnicodeDecodeError), open(self._target.file, encoding="utf-8") as file:
            if "letsgo" in file.read():
                return [self._target.file]
        return ["-c", _PLAIN, *self._target]

    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> int:
        """End it, if it has not; its exit code, 0 if it was ended here."""
        if not self.is_running():
            return self.process.returncode
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return 0

    def state(self) -> dict[str, float]:
        """The files of the project, and when each was changed."""
        found = {}
        for path in sources(self._folder):
            with contextlib.suppress(OSError):  # it has just gone
                found[path] = os.stat(path).st_mtime
        return found

    def tell(self, seconds: float) -> None:
        """For so long, tell who asks that there is no service just now."""
        self._listener.settimeout(seconds)
        with contextlib.suppress(OSError):
            asking, _ = self._listener.accept()
            with asking:
                asking.settimeout(seconds)
                asking.recv(65536)
                body = b"The service has ended: its terminal says why. It is started again when a file changes.\n"
                head = b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/plain\r\nConnection: close\r\n"
                asking.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._listener.setblocking(True)


def serve_plain(module: str, app: str, folder: str, file: str, *options: str) -> None:
    """The program of a service whose module reads no command line."""
    from werkzeug.serving import run_simple  # only for development

    host, port = options[1], int(options[3])
    run_simple(host, port, Target(module, app, folder, file).load(), use_reloader=True, threaded=True)
