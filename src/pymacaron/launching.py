"""How a service is started: as a program, by a WSGI server, or in a test."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from types import CodeType
from typing import Any

from .config import set_base
from .exceptions import StartError

# Where to listen, (host, port), if server.py is run as a program. Else API.start() opens no port.
listening: list[tuple[str, int]] = []


class Stopped(SystemExit):
    """The end of a process whose service cannot start. To gunicorn the code 3 means: do not try again."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.code = 3


def letsgo(name: str, callback: Callable[..., object]) -> None:
    """The last line of server.py: `letsgo(__name__, callback=start)`.

    Run as a program, it reads `--port`, `--host` and `--debug` and calls `callback(port=..., debug=...)`, whose
    API.start() then listens. Imported by a WSGI server or a worker, it calls `callback()` once, and no port is opened.

    Raises:
        SystemExit: what stops the start has been printed.
        StartError: what stops the start, where a test imports the server.
    """
    folder = os.path.dirname(os.path.abspath(_code_of(callback).co_filename))
    set_base(folder)
    if name == "__main__":
        _program(callback, folder)
        return
    try:
        _call(callback)
    except StartError as error:
        if "pytest" in sys.modules:
            raise
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - servers would log a traceback instead
        raise Stopped(str(error)) from None


def _program(callback: Callable[..., object], folder: str) -> None:
    import click  # only programs read a command line

    @click.command(context_settings={"help_option_names": ["-h", "--help"]})
    @click.option("--port", type=click.IntRange(0, 65535), default=80, show_default=True, help="Port to listen on.")
    @click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
    @click.option("--debug/--no-debug", default=False, help="Reload on changes, show errors, check every response.")
    def serve(port: int, host: str, debug: bool) -> None:
        """Serve this project's API."""
        listening[:] = [(host, port)]
        try:
            _call(callback, port=port, debug=debug)
            if listening:
                raise StartError(f"nothing is served: {_place(callback)} returned without calling API.start()")
        except StartError as error:
            click.echo(str(error), err=True)
            if not debug:
                sys.exit(2)
            _serve_findings(str(error), host, port, folder)

    serve()


def program() -> str:
    """The file that this process runs: server.py."""
    return str(getattr(sys.modules["__main__"], "__file__", None) or "server.py")


def _call(callback: Callable[..., object], **given: object) -> None:
    """
    Raises:
        StartError: the function does not take what it is given.
    """
    from inspect import signature  # which takes a while to import

    try:
        signature(callback).bind(**given)
    except TypeError as error:
        cure = f"write `def {callback.__name__}(port=80, debug=False):`"
        fact = f"{_place(callback)} is called with port and debug, or with neither: {error}"
        raise StartError(f"{fact}; {cure}") from None
    callback(**given)


def _code_of(callback: Any) -> CodeType:
    """
    Raises:
        StartError: it is no plain function.
    """
    code = getattr(callback, "__code__", None)
    if not isinstance(code, CodeType):
        raise StartError(f"letsgo(callback=...) takes a function, not {callback!r:.60}; write `def start(port=80):`")
    return code


def _place(callback: Callable[..., object]) -> str:
    code = _code_of(callback)
    return f"{callback.__name__}() ({os.path.relpath(code.co_filename)}:{code.co_firstlineno})"


def end_when_asked() -> None:
    """Let SIGTERM end this program as Ctrl-C does: what is to be done at its end, as to send crash reports, is done."""
    import signal  # only programs are told to end
    import threading

    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def check_port(host: str, port: int) -> None:
    """
    Raises:
        SystemExit: nobody can listen there; why has been printed.
    """
    fault = _port_fault(host, port)
    if fault is not None:
        print(fault, file=sys.stderr, flush=True)  # noqa: T201 - Werkzeug would not say which port
        sys.exit(2)


def _port_fault(host: str, port: int) -> str | None:
    import socket  # only programs listen

    if os.environ.get("WERKZEUG_RUN_MAIN") == "true":  # a reloaded program: the one that watches it is listening
        return None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
            probe.bind(address)
    except OSError as error:
        return port_fault(host, port, error)
    return None


def port_fault(host: str, port: int, error: OSError) -> str:
    """What to say of a port that nobody can listen on, and why."""
    place = f"cannot listen on {host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return f"{place}: another program uses it; stop that, or use another port: --port {_other(port)}"
    if error.errno == errno.EACCES:
        return f"{place}: ports below 1024 need root; use another one: --port {_other(port)}"
    return f"{place}: {error.strerror or error}; is that an address of this machine?"


def _other(port: int) -> int:
    return 8080 if port != 8080 else 8081


def _serve_findings(text: str, host: str, port: int, folder: str) -> None:
    """In development, a start that fails waits for the next change, and tells whoever asks meanwhile what is wrong."""
    from werkzeug.serving import run_simple  # only for development

    body = f"{text}\n".encode()

    def tell(_environ: object, start_response: Callable[[str, list[tuple[str, str]]], object]) -> Iterable[bytes]:
        start_response("500 INTERNAL SERVER ERROR", [("Content-Type", "text/plain; charset=utf-8")])
        return [body]

    run_simple(host, port, tell, use_reloader=True, extra_files=sources(folder))


def sources(folder: str) -> Iterator[str]:
    """The files of a project that a start depends on; its hidden folders are left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith((".", "__"))]
        yield from (os.path.join(place, name) for name in names if name.endswith((".py", ".yaml", ".yml", ".json")))


def quiet_handler() -> type:
    """What handles connections to the development server without a line for each request."""
    from urllib.parse import urlsplit  # only for development

    from werkzeug.serving import WSGIRequestHandler  # only for development

    class Quiet(WSGIRequestHandler):
        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

        def parse_request(self) -> bool:
            if not super().parse_request():
                return False
            try:
                urlsplit(self.path)  # as Werkzeug does, outside of anything that catches what it raises
            except ValueError:
                self.send_error(400, "the request target is not a URL")
                return False
            return True

    return Quiet
