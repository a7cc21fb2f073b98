"""Connections that keep to a deadline, whatever the other side does.

The timeout of a socket is for one read, so that a peer who sends a byte now and then can make an answer last for ever.
These sockets look at the deadline of the call before each read and write.
"""

from __future__ import annotations

import socket
import ssl
import threading
from math import inf
from time import monotonic
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from .heads import Answer

_PRECISION = 0.01  # seconds by which a wait may be too long: each change of a timeout asks the system


class Underway(threading.local):
    """The request that this thread is about to send: urllib3 has no way to hand such things to a connection.

    Attributes:
        until: when it has to be over, in the seconds of time.monotonic().
        is_connected: has the other side got the chance to see anything of it?
        socket: that it goes through.
    """

    until = inf
    is_connected = False
    socket: Any = None


underway = Underway()


class _Socket(socket.socket):
    """A socket that keeps to a deadline; a plain one, and what is the same for encrypted ones."""

    until = inf

    def _hurry(self) -> None:
        """
        Raises:
            TimeoutError: the deadline has passed.
        """
        if self.until == inf:
            return
        left = self.until - monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        limit = self.gettimeout()
        if limit is None or left < limit - _PRECISION:
            self.settimeout(left)

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self._hurry()
        return super().recv_into(*args, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> int:
        self._hurry()
        return super().send(*args, **kwargs)

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        self._hurry()
        super().sendall(*args, **kwargs)


class _TlsSocket(_Socket, ssl.SSLSocket):
    pass


class _Connection(HTTPConnection):
    """A connection through such a socket; a plain one, and what is the same for encrypted ones."""

    sock: Any
    timeout: Any
    response_class = Answer
    address: tuple[str, int] | None = None  # where to connect to, instead of where the host's name leads

    def _new_conn(self) -> socket.socket:
        """A connected socket. All addresses of the host together get the time that there is for connecting."""
        until = min(monotonic() + self.timeout, underway.until)
        try:
            found = socket.getaddrinfo(*(self.address or (self._dns_host, self.port)), type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            fault = error if isinstance(error, socket.gaierror) else socket.gaierror("no host name")
            raise NameResolutionError(self.host, self, fault) from error
        failure: OSError = OSError("the name does not resolve")
        for family, kind, protocol, _, address in found:
            left = until - monotonic()
            if left <= 0:
                break
            made = _Socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    made.setsockopt(*option)
                made.settimeout(left)
                made.connect(address)
            except OSError as error:
                made.close()
                failure = error
            else:
                made.settimeout(max(until - monotonic(), _PRECISION))  # what is left is for encrypting it
                made.until = underway.until
                return made
        if isinstance(failure, TimeoutError) or monotonic() >= until:
            raise ConnectTimeoutError(self, "connecting timed out") from failure
        raise NewConnectionError(self, str(failure)) from failure

    def connect(self) -> None:
        super().connect()
        self.sock.until = underway.until  # encryption has put a new socket around it
        underway.is_connected, underway.socket = True, self.sock

    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock is not None:
            self.sock.until = underway.until
            underway.is_connected, underway.socket = True, self.sock
        super().request(*args, **kwargs)


class _TlsConnection(_Connection, HTTPSConnection):
    @property
    def is_connected(self) -> bool:
        """Can it be used again? Not where something is there that nobody has asked for: the next call would take it for
        its answer. What is decrypted already is not seen by asking the system."""
        return super().is_connected and not self.sock.pending()


class Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection

    def _validate_conn(self, conn: Any) -> None:
        """Connect; without a warning where certificates are not verified, as who says so knows."""
        if conn.is_closed:
            conn.connect()


def pools_to(address: tuple[str, int]) -> dict[str, Any]:
    """Pools by scheme, whose connections go to one address whatever host is asked. With https that host's name is what
    the server is told (SNI) and what its certificate has to be for."""
    plain = type("Connection", (_Connection,), {"address": address})
    encrypted = type("TlsConnection", (_TlsConnection,), {"address": address})
    return {
        "http": type("LedPool", (Pool,), {"ConnectionCls": plain}),
        "https": type("LedTlsPool", (TlsPool,), {"ConnectionCls": encrypted}),
    }


def tls_context(authorities: str | None, *, verify: bool) -> ssl.SSLContext:
    """How connections are encrypted.

    Args:
        authorities: a file of certificates that are trusted; None: those of the system.
        verify: is the other side's certificate looked at?
    """
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if verify else ssl.CERT_NONE)
    context.sslsocket_class = _TlsSocket
    if not verify:
        return context
    if authorities is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(authorities)
    return context
