"""The load balancers of a rehearsal, all on one port of loopback, which takes HTTP and HTTPS. It picks the environment
by the name that a request is for. It is a forward proxy, too: a client that takes it for one (`CONNECT`) reaches every
environment by its real name and port, with real encryption. More ports lead to one name each, whatever clients say."""

from __future__ import annotations

import contextlib
import http.client
import secrets
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from .certificates import Authority
from .routes import Address, Routes
from .serving import length_of

_HOP = {  # RFC 9110, 7.6.1; and what proxies are told
    "connection", "keep-alive", "proxy-connection", "transfer-encoding", "te", "trailer", "upgrade", "expect",
    "proxy-authorization", "proxy-authenticate",
}  # fmt: skip
_HANDSHAKE = b"\x16"  # how a connection begins that is to be encrypted (RFC 8446, 5.1)
_OURS = {"X-Forwarded-Proto", "X-Forwarded-Port"}  # clients do not say these
_PIECE = 65536
_IDLE = 60  # seconds without a byte, as load balancers of AWS allow


class _Server(ThreadingHTTPServer):
    """`host` is the one name that this port leads to; empty for all."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, routes: Routes, authority: Authority, host: str) -> None:
        self.routes, self.authority, self.host = routes, authority, host
        super().__init__(("127.0.0.1", port), _Balancer)

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away are nothing to tell of."""


class _Balancer(BaseHTTPRequestHandler):
    """One connection of a client. `host` is the name that it is connected to, where that is known."""

    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = _PIECE
    timeout = _IDLE

    def setup(self) -> None:
        self.host = self.server.host
        self.request.settimeout(_IDLE)
        if self.request.recv(1, socket.MSG_PEEK) == _HANDSHAKE:
            self.request = self._encrypted(self.request)
        super().setup()

    def _encrypted(self, connection: Any) -> ssl.SSLSocket:
        """The connection, with the certificate of the environment that it is for."""

        def choose(tls: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> int | None:
            names = self._certified(self.host or name or "")
            if not names:
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            tls.context = self.server.authority.context(names)
            return None

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.sni_callback = choose
        return context.wrap_socket(connection, server_side=True)

    def finish(self) -> None:
        super().finish()
        if isinstance(self.request, ssl.SSLSocket):  # the server knows only what is below it
            self.request.close()

    def _certified(self, host: str) -> list[str]:
        routes = self.server.routes
        return routes.certified.get(routes.environment(host) or "", [])

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        encrypted = port == "443"
        if self.host or self.server.routes.environment(host) is None:
            self._say(502, "no environment of this rehearsal has that name")
            return
        if encrypted and not self._certified(host):
            self._say(502, "this environment does not listen for HTTPS: it has no certificate")
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        self.host = host
        if encrypted:
            self.request = self._encrypted(self.connection)
            super().setup()  # reads and writes what is encrypted
        self.close_connection = False

    def _say(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _relay(self) -> None:
        parts = urlsplit(self.path)
        host = self.host or parts.netloc or self.headers.get("Host", "")
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        if length_of(self.headers.get("Content-Length")) is None:
            self._say(400, "this is no Content-Length")
            return
        with self.server.routes.taken(host) as place:
            if place is None:
                known = self.server.routes.environment(host)
                self._say(503 if known else 404, "nothing runs here" if known else "no environment has that name")
                return
            self._passed(place, target if parts.scheme else self.path)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = do_TRACE = _relay  # noqa: N815 - its parent's names

    def _passed(self, place: Address, target: str) -> None:
        backend = http.client.HTTPConnection(*place, timeout=_IDLE)
        try:
            self._ask(backend, target)
            response = backend.getresponse()
        except (OSError, http.client.HTTPException) as e:
            self._say(504 if isinstance(e, TimeoutError) else 502, "the environment does not answer")
            return
        else:
            self._answer(response)
        finally:
            backend.close()

    def _ask(self, backend: http.client.HTTPConnection, target: str) -> None:
        backend.putrequest(self.command, target, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in _HOP and name.title() not in _OURS:
                backend.putheader(name, value)
        encrypted = isinstance(self.request, ssl.SSLSocket)
        backend.putheader("X-Forwarded-For", self.client_address[0])
        backend.putheader("X-Forwarded-Proto", "https" if encrypted else "http")
        backend.putheader("X-Forwarded-Port", "443" if encrypted else "80")
        if "X-Amzn-Trace-Id" not in self.headers:
            backend.putheader("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{secrets.token_hex(12)}")
        chunked = self.headers.get("Transfer-Encoding", "").lower() == "chunked"
        if chunked:
            backend.putheader("Transfer-Encoding", "chunked")
            backend.endheaders(self._pieces(), encode_chunked=True)
            return
        backend.endheaders()
        left = length_of(self.headers.get("Content-Length")) or 0
        while left and (piece := self.rfile.read(min(left, _PIECE))):
            backend.send(piece)
            left -= len(piece)

    def _pieces(self) -> Iterator[bytes]:
        """A body in chunks (RFC 9112, 7.1), without its trailers."""
        while size := int(self.rfile.readline(64).partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline(8)
        while self.rfile.readline(_PIECE).strip():
            pass

    def _answer(self, response: http.client.HTTPResponse) -> None:
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in _HOP:
                self.send_header(name, value)
        bodiless = self.command == "HEAD" or response.status in {204, 304}
        chunked = response.length is None and not bodiless and self.request_version != "HTTP/1.0"
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif response.length is None and not bodiless:
            self.close_connection = True
        self.end_headers()
        while not bodiless and (piece := response.read1(_PIECE)):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            self.wfile.flush()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its parent's name
        """Services have logs of their own."""


@contextlib.contextmanager
def balanced(routes: Routes, authority: Authority, port: int = 0, host: str = "") -> Iterator[int]:
    """The port of load balancers, while the block runs: of all, or of those of one name."""
    with _Server(port, routes, authority, host) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
