"""The HTTP server of a rehearsal, on loopback only."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .exchange import Answer, Asked, json_answer

_MOST = 256 * 1024 * 1024  # bytes of a body; source bundles are small, layers of images go elsewhere

Answering = Callable[[Asked], Answer | None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Answering) -> None:
        self.answer = answer
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are nothing to tell of."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout = 60

    def handle_expect_100(self) -> bool:
        """Go on, said at once: clients of S3 wait for a second to hear it (RFC 9110, 10.1.1)."""
        goes_on = super().handle_expect_100()
        self.wfile.flush()
        return goes_on

    def _any(self) -> None:
        asked = self._read()
        if asked is None:
            self.close_connection = True
            self._send(json_answer(411, {"error": "the length of the body has to be known, and of a sensible size"}))
            return
        try:
            given = self.server.answer(asked)
        except Exception:  # whatever it is, it is the rehearsal's fault, and is to be seen as that
            logging.getLogger(__name__).exception("the rehearsal fails")
            given = json_answer(500, {"error": "the rehearsal fails; its log has the reason"})
        if given:
            self._send(given)
            return
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _read(self) -> Asked | None:
        """The request, if it says how long it is."""
        length = length_of(self.headers.get("Content-Length"))
        if length is None or length > _MOST or "Transfer-Encoding" in self.headers:
            return None
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Asked(self.command, self.path, headers, self.rfile.read(length))

    def _send(self, given: Answer) -> None:
        self.send_response(given.status)
        for name, value in given.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in given.headers:
            self.send_header("Content-Length", str(len(given.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(given.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = _any  # noqa: N815 - its parent's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
        """Calls are in the record."""


def length_of(text: str | None) -> int | None:
    """What a Content-Length says (RFC 9110, 8.6), 0 where there is none; None if it is no length."""
    if text is None:
        return 0
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


@contextlib.contextmanager
def served(answer: Answering, port: int = 0) -> Iterator[int]:
    """Answers requests on a port of loopback, which is given, while the block runs. None ends the connection."""
    with _Server(port, answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
