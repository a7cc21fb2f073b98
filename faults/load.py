"""Steady load on a service: orders over connections that are kept, every answer checked, every loss explained."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from typing import NamedTuple

PATIENCE = 15.0  # seconds for an answer, and to find a process that takes a call
_LIMIT = 1.5  # seconds to be let in: a little more than the second until the system tries again


class Killed(NamedTuple):
    """A process that was killed, and when; calls that were under way there may be lost."""

    pid: int
    at: float


class Load:
    """Calls `rate` times a second (None: as often as possible), by a number of callers.

    Attributes:
        places: the ports to call, the one to try first at the beginning.
        counts: how many calls were answered, found the door closed and went elsewhere, were lost in a process that was
            killed, were lost otherwise, were answered wrongly.
        trouble: what happened to those of the last two kinds.
        longest_gap, gap_began: the longest time without an answer (seconds), and when it began (time.monotonic()).
    """

    def __init__(self, places: list[int], *, callers: int = 12, rate: float | None = None) -> None:
        self.places, self.killed = places, list[Killed]()
        self.counts, self.trouble = Counter[str](), list[str]()
        self.longest_gap = self.gap_began = 0.0
        self._last = time.monotonic()
        self._pause = callers / rate if rate else 0.0
        self._ending = threading.Event()
        self._lock = threading.Lock()
        self._callers = [threading.Thread(target=self._call, args=(n,), daemon=True) for n in range(callers)]

    def start(self) -> Load:
        self._last = time.monotonic()
        for caller in self._callers:
            caller.start()
        return self

    def stop(self) -> None:
        self._ending.set()
        for caller in self._callers:
            caller.join(2 * PATIENCE)

    def _call(self, caller: int) -> None:
        line, number, due = _Line(), 0, time.monotonic()
        while not self._ending.is_set():
            number += 1
            self._one(line, caller * 10_000_000 + number)
            if self._pause:
                due = max(due + self._pause, time.monotonic() - 1)
                time.sleep(max(0.0, due - time.monotonic()))
        line.close()

    def _one(self, line: _Line, number: int) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                if not line.is_open:
                    line.open(self.places)
            except OSError:
                self._note("elsewhere")
                time.sleep(0.02)
                continue
            try:
                answer = line.ask(number)
            except OSError as error:
                self._lost(line, number, error)
                return
            self._judge(answer, number)
            return
        self._note("lost", f"order {number}: nobody took it in {PATIENCE:g} s")

    def _judge(self, answer: object, number: int) -> None:
        if isinstance(answer, dict) and answer.get("number") == number and answer.get("total") == 3 * number:
            self._note("answered")
        else:
            self._note("wrong", f"order {number}: {str(answer)[:200]}")

    def _lost(self, line: _Line, number: int, error: OSError) -> None:
        now = time.monotonic()
        pid, line_age = line.pid, now - line.opened
        line.close()
        time.sleep(0.05)  # who kills notes it right behind
        killed = [one for one in self.killed if abs(now - one.at) < 1.0 and (pid is None or one.pid == pid)]
        if killed:
            self._note("killed")
        else:
            self._note("lost", f"order {number}: {error!r} {time.monotonic():.2f}, line of {pid}, {line_age:.2f} s old")

    def _note(self, what: str, trouble: str = "") -> None:
        with self._lock:
            self.counts[what] += 1
            if trouble:
                self.trouble.append(trouble)
            if what == "answered":
                now = time.monotonic()
                if now - self._last > self.longest_gap:
                    self.longest_gap, self.gap_began = now - self._last, self._last
                self._last = now


class _Line:
    """A connection, and the process that was last heard at its other end."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self.pid: int | None = None
        self.opened = 0.0

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    def open(self, places: list[int]) -> None:
        fault: OSError = ConnectionRefusedError()
        for port in list(places):
            try:
                self._socket = socket.create_connection(("127.0.0.1", port), _LIMIT)
                self._socket.settimeout(PATIENCE)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.pid, self.opened = None, time.monotonic()
            except OSError as error:
                fault = error
            else:
                return
        raise fault

    def ask(self, number: int) -> object:
        """The answer to an order, as JSON."""
        assert self._socket is not None
        body = json.dumps({"number": number, "lines": [number, number, number]}).encode()
        self._socket.sendall(
            b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        head, rest = self._head()
        length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        while len(rest) < length:
            rest += self._receive()
        if b"connection: close" in head:
            self.close()
        answer = json.loads(rest)
        self.pid = answer.get("pid", self.pid)
        return answer

    def _head(self) -> tuple[bytes, bytes]:
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._receive()
        head, _, rest = data.partition(b"\r\n\r\n")
        return head.lower() + b"\r\n", rest

    def _receive(self) -> bytes:
        assert self._socket is not None
        data = self._socket.recv(65536)
        if not data:
            raise ConnectionResetError("the connection ended before the answer did")
        return data

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
