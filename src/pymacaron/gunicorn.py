"""How gunicorn serves a service: `gunicorn --config python:pymacaron.gunicorn server:app`.

What pym-config.yaml says of serving counts here too. The command line and WEB_CONCURRENCY (the number of workers) count
more than what stands here.
"""

from __future__ import annotations

import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import TConn, ThreadWorker

from . import crash
from .config import get_config, set_config
from .ending import ending
from .metrics.sharing import share
from .running.leaving import Leaving
from .running.lent import Lent
from .running.listening import LAST_CALLS, LONGEST_LINE, UNREAD
from .running.machine import connections
from .running.plan import GUNICORN, Wishes, plan_of
from .running.rolling import Word, roll

if get_config().metrics:
    share()  # before any worker is there
_plan = plan_of(Wishes(server=GUNICORN), get_config())

worker_class = "pymacaron.gunicorn.Worker"
workers = _plan.workers
worker_connections = connections()
# Each call has one, a caller who is slow to send as well; one that is not needed is not made.
threads = min(_plan.threads, worker_connections // 2)
timeout = _plan.worker_timeout
graceful_timeout = _plan.shutdown_grace
keepalive = _plan.keep_alive
max_requests, max_requests_jitter = _plan.max_requests, _plan.max_requests // 10
limit_request_line = LONGEST_LINE
limit_request_field_size = _plan.max_head  # and all of them together, below
forwarded_allow_ips = ""  # trusted_proxies says whose headers count, whatever the server
certfile, keyfile = _plan.https_cert, _plan.https_key
control_socket_disable = True  # it would be made in the home directory, which a container may not have
if _plan.unix_socket:
    bind, umask = f"unix:{_plan.unix_socket}", 0o117

# A request may take so many seconds to come, and one second more for every so many bytes of it that have come.
GRACE, SLOWEST = float(_plan.request_timeout), 1000
_FLUSH = 0.7  # seconds for reports that are still to be sent when time is up
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)


def on_starting(arbiter: object) -> None:
    """A hook of gunicorn's: the beginning of its supervising process."""
    roll(arbiter)


def worker_exit(_arbiter: object, _worker: object) -> None:
    """A hook of gunicorn's: the end of a worker, before its process ends."""
    _flush()


def _flush() -> None:
    crash.flush(_FLUSH)


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's worker with threads, which on its own waits without end for a request that has begun, and turns those
    away who wait at the door when it ends."""

    def __init__(self, *told: Any) -> None:
        """Still in the supervising process."""
        super().__init__(*told)
        self.word = Word()
        self._leaving = Leaving(self)
        self._most: Any = self.max_requests
        self.max_requests: Any = sys.maxsize  # beyond which gunicorn would just end it

    def load_wsgi(self) -> None:
        """Load the service, with what pym-config.yaml says now: SIGHUP may have asked for that."""
        if not self.cfg.preload_app:
            set_config(None)
        super().load_wsgi()

    def notify(self) -> None:
        """Tell that it moves, every second or so, and whether it has served enough."""
        super().notify()
        self._leaving.look()
        if self.nr >= self._most:
            self.word.is_worn()

    def enqueue_req(self, conn: Any) -> None:
        """Hand a connection that has something to read to a thread; a new one where nothing has come waits without."""
        conn.close = partial(self._close, conn)
        if not conn.initialized and not _has_come(conn.sock):
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))
            return
        conn.init = partial(_init, conn)  # gunicorn calls it before it reads, once for each request
        super().enqueue_req(conn)

    def _close(self, conn: Any, *, graceful: bool = False) -> None:
        """What gunicorn calls to close a connection."""
        if graceful:
            self._leaving.take(conn.sock)
        else:
            TConn.close(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Answer; from the beginning of the end on, the connection ends with the answer."""
        if sum([len(name) + len(value) + 4 for name, value in req.headers]) > _plan.max_head:
            raise LimitRequestHeaders("all of them together")
        body = req.body
        lent = req.body = Lent(body)
        req.should_close = _decided_once(req)
        try:
            goes_on = super().handle_request(req, conn)
        finally:
            req.body = body
            is_ours = lent.take_back(patiently=False)
        if not is_ours:
            conn.sock.shutdown(socket.SHUT_RD)  # the end of the body, for whoever is reading it
        return goes_on and is_ours

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Begin to end, by SIGTERM: /ready says so at once, connections end with the answer that is under way, and
        nobody new is let in a moment later."""
        if not ending.begun:
            ending.begun = True
            leave = partial(super().handle_exit, sig, frame)
            for seconds, work in ((_plan.shutdown_delay + LAST_CALLS, leave), (_plan.shutdown_grace - _FLUSH, _flush)):
                timer = threading.Timer(seconds, work)
                timer.daemon = True
                timer.start()

    def set_accept_enabled(self, enabled: bool) -> None:
        """Begin or end to let callers in; at the end of the worker those who come are turned away, and do not wait."""
        super().set_accept_enabled(enabled)
        if enabled:
            self.word.serves()
        if not enabled and not self.alive:
            for listener in self.sockets:
                listener.close()


def _decided_once(req: Any) -> Callable[[], bool]:
    """Does the connection end with the answer? Asked for its headers, and again behind it: the end of this worker may
    have begun in between, and then the caller has been told that it stays."""
    usual: Callable[[], bool] = req.should_close
    return cache(lambda: ending.begun or usual())


def _has_come(connection: socket.socket) -> bool:
    """Is there something to read, the end of the connection included?"""
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


def _init(conn: Any) -> None:
    if not conn.initialized and _USER_TIMEOUT is not None and conn.sock.family != socket.AF_UNIX:
        conn.sock.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, UNREAD * 1000)
    TConn.init(conn)
    unreader = getattr(conn.parser, "unreader", None)  # HTTP/2 has none, and timeouts of its own
    if unreader is not None:
        made = unreader.sock if isinstance(unreader.sock, Paced) else Paced(unreader.sock)
        made.begin()
        unreader.sock = made


class Paced:
    """A socket that a request is read from. For a caller who is too slow it is at its end: the time that others take,
    the service included, does not count."""

    def __init__(self, inner: socket.socket) -> None:
        self._inner = inner
        self._left = 0.0
        self._given_up = False

    def begin(self) -> None:
        """Start the time of a request."""
        self._left = GRACE

    def recv(self, size: int) -> bytes:
        if self._given_up:
            return b""
        inner, start = self._inner, time.monotonic()
        before = inner.gettimeout()
        wait = self._left if before is None else min(self._left, before)
        inner.settimeout(max(wait, 0.001))
        try:
            data = inner.recv(size)
        except TimeoutError:
            if wait != self._left:  # gunicorn's own limit
                raise
            data = b""
            inner.shutdown(socket.SHUT_RD)  # else gunicorn, closing it, waits for the end of what the caller sends
        finally:
            inner.settimeout(before)
        self._given_up = not data
        self._left += len(data) / SLOWEST - (time.monotonic() - start)
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
