"""HTTP by urllib3: connections are pooled, kept alive, and keep to the deadline."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from math import inf
from time import monotonic
from typing import Any

from urllib3 import PoolManager, ProxyManager, Timeout
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Retry

from pymacaron._types import ReadableStream
from pymacaron.bodies import chunks_of, close
from pymacaron.messages import Response

from .carrying import Origin, Sending, TransportFault, target_of
from .sockets import Pool, TlsPool, pools_to, tls_context, underway

_MOST_CONNECTIONS = 100  # that one service keeps to one host; more may be made, and are closed after use
_MOST_HOSTS = 50
_ONCE = Retry.from_int(False, redirect=False)  # what is tried again is for the client to say


class _WithoutQueries(logging.Filter):
    """Takes the queries out of what urllib3 logs of each request when everything is logged: they may hold keys."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(one.partition("?")[0] if isinstance(one, str) else one for one in record.args)
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutQueries())


class HttpTransport:
    """Carries requests over HTTP.

    Args:
        authorities: a file of certificates that are trusted; None: those of the system.
        verify: are the certificates of servers verified?
        address: where to connect to, whatever host is asked: its certificate still has to be that of the host.
    """

    is_local = False

    def __init__(
        self, authorities: str | None = None, *, verify: bool = True, address: tuple[str, int] | None = None
    ) -> None:  # fmt: skip
        self._authorities, self._verify = authorities, verify
        self._classes: dict[str, Any] = {"http": Pool, "https": TlsPool} if address is None else pools_to(address)
        self._is_led = address is not None
        self._manager: PoolManager | None = None
        self._pools: dict[Origin, tuple[HTTPConnectionPool, str]] = {}
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        """A child must not talk over the connections of its parent, nor end them."""
        self._manager, self._pools = None, {}

    def send(self, sending: Sending) -> Response:
        request = sending.request
        left = sending.until - monotonic()
        if left <= 0:
            raise TransportFault("the deadline has passed", unsent=True, late=True)
        underway.until, underway.is_connected = sending.until, False
        body: Any = request.body if isinstance(request.body, bytes) else _Outgoing(request.body, request.headers)
        try:
            pool, prefix = self._pools.get(sending.origin) or self._pool(sending.origin)
            answer = pool.urlopen(
                request.method, prefix + target_of(request), body or None, request.headers,
                retries=_ONCE, redirect=False, assert_same_host=False, preload_content=False, decode_content=False,
                timeout=Timeout(connect=min(sending.connect, left), read=min(sending.read, left)),
            )  # fmt: skip
        except (HTTPError, OSError) as error:
            if isinstance(body, _Outgoing) and body.failure is not None:
                raise body.failure from None
            raise _fault(error, unsent=not underway.is_connected) from error
        finally:
            underway.until = inf
            made, underway.socket = underway.socket, None
        return Response(answer.status, list(answer.headers.items()), _Body(answer, made))

    def _pool(self, origin: Origin) -> tuple[HTTPConnectionPool, str]:
        """Where connections to a host are kept, and what stands before the paths of requests to it."""
        proxy, prefix = None if self._is_led else _proxy_for(origin), ""
        if proxy is None:
            manager = self._manager = self._manager or self._new_manager(None)
        else:
            manager = self._new_manager(proxy)
            prefix = str(origin) if origin.scheme == "http" else ""
        pool = manager.connection_from_host(origin.host, origin.port, origin.scheme)
        if len(self._pools) >= _MOST_HOSTS:
            self._pools.clear()
        found = self._pools[origin] = pool, prefix
        return found

    def _new_manager(self, proxy: str | None) -> PoolManager:
        options: dict[str, Any] = {
            "num_pools": _MOST_HOSTS, "maxsize": _MOST_CONNECTIONS,
            "ssl_context": tls_context(self._authorities, verify=self._verify),
            "cert_reqs": "CERT_REQUIRED" if self._verify else "CERT_NONE",
        }  # fmt: skip
        manager = PoolManager(**options) if proxy is None else ProxyManager(proxy, **options)
        manager.pool_classes_by_scheme = self._classes
        return manager


def _proxy_for(origin: Origin) -> str | None:
    """The proxy that the environment names for a host."""
    if not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass  # 25 ms to import, where it is used

    proxy = getproxies().get(origin.scheme)
    return None if proxy is None or proxy_bypass(f"{origin.host}:{origin.port}") else proxy


def _fault(error: Exception, *, unsent: bool = False) -> TransportFault:
    """What became of a request, told without addresses and credentials."""
    cause = error.original_error if isinstance(error, ProxyError) else error
    if isinstance(cause, LocationValueError):
        return TransportFault("its address, or that of the proxy, is not valid", unsent=True)
    if isinstance(cause, NameResolutionError):
        return TransportFault("its name does not resolve", unsent=True)
    if isinstance(cause, NewConnectionError):  # which is a ConnectTimeoutError to urllib3
        return TransportFault(f"there is no connection ({_reason(cause)})", unsent=True)
    if isinstance(cause, ConnectTimeoutError):
        return TransportFault("connecting timed out", unsent=True, late=True)
    if isinstance(cause, SSLError):
        return TransportFault(f"the TLS connection failed ({_reason(cause)})", unsent=unsent)
    if isinstance(error, ProxyError) and unsent:  # urllib3 says so, too, of a proxy that breaks off after the request
        return TransportFault("the proxy refused the connection", unsent=True)
    if isinstance(cause, ReadTimeoutError) or isinstance(_innermost(cause), TimeoutError):
        return TransportFault("the answer timed out", unsent=unsent, late=True)
    return TransportFault(f"the connection broke off ({_reason(cause)})", unsent=unsent)


def _innermost(error: BaseException) -> BaseException:
    while True:
        inner = error.__cause__ or next((one for one in error.args if isinstance(one, BaseException)), None)
        if inner is None:
            return error
        error = inner


def _reason(error: BaseException) -> str:
    """What the innermost cause says, as far as the system says it; else its type."""
    error = _innermost(error)
    number = error.errno if isinstance(error, OSError) else None
    text = os.strerror(number) if number is not None and 0 < number < 256 else ""
    return text or getattr(error, "verify_message", "") or type(error).__name__


class _Outgoing:
    """A body that is sent while it is made. Of one whose length is said no more is sent: the other side takes what
    comes next for another request.

    Attributes:
        failure: what went wrong with making it, and not with the connection.
    """

    def __init__(self, stream: ReadableStream, headers: Mapping[str, str]) -> None:
        self._stream = stream
        length = headers.get("content-length", "")
        self._left = int(length) if length.isdecimal() else None
        self.failure: OSError | None = None

    def read(self, size: int = -1, /) -> bytes:
        try:
            if self._left is None:
                return self._stream.read(size)
            if not self._left:
                close(self._stream)  # it has not been read to its end, where it would do so
                return b""
            data = self._stream.read(self._left if size < 0 else min(size, self._left))
            self._left -= len(data)
            if not data:
                raise OSError(f"the body ends {self._left} bytes before the length that it had when the call began")
            return data
        except OSError as error:
            self.failure = error
            raise


class _Body:
    """The body of an answer, as it comes."""

    def __init__(self, answer: Any, socket: Any) -> None:
        self._answer, self._socket = answer, socket

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all when negative; b"" at the end.

        Raises:
            TransportFault: it does not come, or not all of it.
        """
        answer = self._answer
        try:
            data: bytes = answer.read() if size < 0 else answer.read1(size)
        except (HTTPError, OSError) as error:
            answer.close()
            raise _fault(error) from error
        if not data:
            answer.release_conn()
        return data

    def __iter__(self) -> Iterator[bytes]:
        return chunks_of(self)

    def go_on(self, seconds: float) -> None:
        """From now on it may take as long as it likes, as long as something comes every so many seconds."""
        if self._socket is not None:
            self._socket.until = inf
            self._socket.settimeout(seconds)

    def close(self) -> None:
        """Give up what is left of it, and the connection."""
        self._answer.close()
