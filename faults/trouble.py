"""What happens to services."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from load import Killed, Load
from service import AHEAD, ON_TIME, Service, ask

_HALF = b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{"


class Trouble:
    """What can happen to a service, a method each. They come back at once; what they leave is closed in the end."""

    def __init__(self, folder: Path, load: Load, start: Callable[[], Service], stack: ExitStack) -> None:
        self._folder, self._load, self._start, self._stack = folder, load, start, stack
        self.service = start()
        load.places[:] = [self.service.port]
        self.codes: list[int] = []

    def hang_up(self) -> None:
        """SIGHUP: all workers are replaced."""
        self.service.process.send_signal(signal.SIGHUP)

    def kill_a_worker(self) -> None:
        """SIGKILL of a worker, as when memory runs out."""
        if len(self.service.workers()) < 2:
            return  # the last one is just being replaced
        pid = self.service.workers()[0]
        self._load.killed.append(Killed(pid, time.monotonic()))
        os.kill(pid, signal.SIGKILL)

    def roll(self) -> None:
        """A new server, then SIGTERM of the old one."""
        old, self.service = self.service, self._start()
        self._load.places[:] = [self.service.port, old.port]
        self.codes.append(old.end())
        self._load.places[:] = [self.service.port]

    def slow_dependency(self) -> None:
        """Calls that wait for five seconds for something else."""
        for _ in range(30):
            self._open(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")

    def half_open(self) -> None:
        """Connections on which nothing comes."""
        for _ in range(100):
            self._open(b"")

    def slow_heads(self) -> None:
        """Slowloris: heads that do not end."""
        for _ in range(250):
            self._open(b"POST /orders HTTP/1.1\r\nHost: x\r\nX-A: ")

    def slow_bodies(self) -> None:
        """Slowloris: bodies that do not come."""
        for _ in range(250):
            self._open(_HALF)

    def vanish(self) -> None:
        """Callers who go in the middle of a body, half of them without a word."""
        for number in range(60):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.service.port), 2) as connection:
                connection.sendall(_HALF)
                if number % 2:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def report(self) -> None:
        """Crashes, whose reporter hangs."""
        for _ in range(5):
            with suppress(OSError):
                ask(self.service.port, b"GET /broken HTTP/1.0\r\n\r\n")

    def fill_disk(self) -> None:
        """No room for logs and reports."""
        with suppress(OSError), (self._folder / "disk" / "filler").open("wb") as file:
            file.write(bytes(1 << 21))

    def clear_disk(self) -> None:
        """Room again."""
        (self._folder / "disk" / "filler").unlink(missing_ok=True)
        os.truncate(self._folder / "disk" / "log", 0)

    def step_clock(self) -> None:
        """The clock of the machine is set: an hour ahead, or back."""
        clock = self._folder / "clock"
        clock.write_text(AHEAD if clock.read_text() == ON_TIME else ON_TIME)

    def _open(self, data: bytes) -> None:
        with suppress(OSError):
            made = self._stack.enter_context(socket.create_connection(("127.0.0.1", self.service.port), 2))
            made.sendall(data)

    ALL = (
        slow_heads, kill_a_worker, hang_up, fill_disk, slow_dependency, roll, half_open, report, step_clock,
        kill_a_worker, vanish, clear_disk, slow_bodies, hang_up, roll, step_clock,
    )  # fmt: skip
