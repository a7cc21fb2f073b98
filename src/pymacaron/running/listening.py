"""The socket of a service. It is made once and handed to every worker, so that none who waits there is lost when one of
them dies or is replaced."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import socket
import stat
import struct
import sys

from pymacaron.exceptions import StartError
from pymacaron.launching import port_fault

from .plan import Plan

LONGEST_LINE = 8190  # bytes of a request line, the most that gunicorn takes
BACKLOG = 4096  # the system takes less (net.core.somaxconn)
UNREAD = 30  # seconds that a caller may leave an answer untouched, where the system can tell (Linux)
LAST_CALLS = 0.1  # seconds for those who wait at the door when it is closed
_IDLE, _BETWEEN, _PROBES = 60, 15, 4  # seconds of silence until the system asks whether a caller is still there
_SO_ATTACH_FILTER = 26  # Linux; the module socket does not name it


def listen(plan: Plan) -> socket.socket:
    """What the service listens on.

    Raises:
        StartError: nobody can listen there.
    """
    if plan.unix_socket:
        made = _unix(plan.unix_socket)
    else:
        made = _bound(plan)
        _watch_callers(made)
    made.listen(BACKLOG)
    return made


def look(plan: Plan) -> None:
    """Is there nothing against listening there, for a server that makes the socket itself?

    Raises:
        StartError: nobody can.
    """
    made = _unix(plan.unix_socket) if plan.unix_socket else _bound(plan)
    close(made, plan)


def _bound(plan: Plan) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            plan.host, plan.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        made = socket.socket(family, kind, protocol)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        raise StartError(port_fault(plan.host, plan.port, error)) from None
    return made


def _watch_callers(made: socket.socket) -> None:
    """Let the system give up callers that are gone; every connection inherits it."""
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (
        ("TCP_KEEPIDLE", _IDLE), ("TCP_KEEPINTVL", _BETWEEN), ("TCP_KEEPCNT", _PROBES),
        ("TCP_USER_TIMEOUT", UNREAD * 1000),
    ):  # fmt: skip
        option: int | None = getattr(socket, name, None)
        if option is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, value)


def _unix(path: str) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if _is_abandoned(path):
            os.unlink(path)
        made.bind(path)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(
                f"unix_socket: {path} is in use, or is not a socket; stop what uses it, or name another"
            ) from None
        raise StartError(f"unix_socket: cannot make {path}: {error.strerror}") from None
    os.chmod(path, 0o660)  # for the user and the group of the service, that of the proxy
    return made


def _is_abandoned(path: str) -> bool:
    """Is that a socket that nobody listens on any more?"""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            return False
    except OSError:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return True
    return False


def take_no_more(made: socket.socket) -> None:
    """Let nobody new in, and those who wait be served: whoever tries from now on tries again a second later, when the
    socket is gone and the next process there. Without it, those who wait when a socket is closed are turned away.

    The system is told to drop the segments that begin a connection: the SYN flag is the second bit of the byte 13 of
    the header (RFC 9293, section 3.1), where the program that is attached to a socket of TCP begins to read.
    """
    if not sys.platform.startswith("linux") or made.family == socket.AF_UNIX:
        return
    program = [
        (0x30, 0, 0, 13),  # load the byte at 13
        (0x45, 0, 1, 2),  # is the bit set? else go on behind the next one
        (0x06, 0, 0, 0),  # then keep nothing of the segment
        (0x06, 0, 0, 0xFFFFFFFF),  # otherwise all of it
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    with contextlib.suppress(OSError):  # where it is not allowed, some may have to try again
        made.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(code)))


def close(made: socket.socket, plan: Plan) -> None:
    made.close()
    if plan.unix_socket:
        with contextlib.suppress(OSError):
            os.unlink(plan.unix_socket)
