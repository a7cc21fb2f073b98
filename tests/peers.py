"""Other services for the tests of clients: real servers on loopback, well-behaved ones and others."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Received(NamedTuple):
    """A request as the other service got it; header names are in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


# Says how a request is answered: status, headers, body.
Answering = Callable[[Received], tuple[int, dict[str, str], bytes]]


class Peer:
    """A service that answers as it is told; with the requests that it has received, and the numbers of connections, all
    and (of rude ones) those that it has ended."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = self.ended = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Server(ThreadingHTTPServer):
    peer: Peer
    answering: Any
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *args: Any) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def setup(self) -> None:
        super().setup()
        self.server.peer.connections += 1
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def answer(self) -> None:
        headers = {name.lower(): text for name, text in self.headers.items()}
        got = Received(self.command, self.path, headers, self._body(headers))
        self.server.peer.received.append(got)
        status, more, body = self.server.answering(got)
        self.send_response(status)
        for name, text in {"Content-Length": str(len(body)), **more}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def _body(self, headers: dict[str, str]) -> bytes:
        if "chunked" not in headers.get("transfer-encoding", ""):
            return self.rfile.read(int(headers.get("content-length", 0)))
        pieces = []
        while size := int(self.rfile.readline(), 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(pieces)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def peer(answer: Answering, tls: Any = None) -> Iterator[Peer]:
    """An HTTP/1.1 server with a thread for each connection."""
    found = Peer()

    server = _Server(("127.0.0.1", 0), _Handler)
    server.peer, server.answering = found, answer
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _is_whole(request: bytes) -> bool:
    """Is a request there, with its body where it says how long that is?"""
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.IGNORECASE)
    return bool(end) and (length is None or len(body) >= int(length[1]))


@contextmanager
def rude_peer(behave: Callable[[socket.socket], None], *, reads: bool = True, whole: bool = False) -> Iterator[Peer]:
    """A server that reads the head of a request, or a `whole` one, and then does to the connection what it likes."""
    found = Peer()
    listener = socket.create_server(("127.0.0.1", 0))
    found.port = listener.getsockname()[1]
    open_ones: list[socket.socket] = []

    def handle(connection: socket.socket) -> None:
        with suppress(OSError), connection:
            data = b""
            while reads and not (_is_whole(data) if whole else b"\r\n\r\n" in data):
                more = connection.recv(4096)
                if not more:
                    return
                data += more
            behave(connection)
        found.ended += 1

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                found.connections += 1
                open_ones.append(connection)
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in open_ones:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        thread.join()
