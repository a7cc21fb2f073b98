"""A worker as the process sees it that supervises it."""

from __future__ import annotations

import os
import signal
import subprocess
from time import monotonic

READY, ALIVE, WORN = b"r", b"a", b"w"  # what workers say: I serve; I still move; I have served enough


class Child:
    """One worker: a process, and the pipe that it speaks through.

    Its standard input is a pipe from here, and closes however this process ends.

    Attributes:
        number: of those that serve at a time, the first being 1.
        is_ready: does it serve?
        is_worn: has it asked to be replaced?
        ends_by: the time at which it is killed, once it has been asked to end.
        successor: the one that is to take its place.
    """

    def __init__(self, number: int, command: list[str], listener: int) -> None:
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        try:
            self.process = subprocess.Popen(  # noqa: S603 - ourselves
                [*command, str(number), str(writing)], stdin=subprocess.PIPE, pass_fds=(listener, writing)
            )
        finally:
            os.close(writing)
        self.number = number
        self.pipe = reading
        self.is_ready = self.is_worn = False
        self.heard = monotonic()
        self.ends_by: float | None = None
        self.successor: Child | None = None

    def listen(self) -> None:
        """Hear what it has said."""
        try:
            said = os.read(self.pipe, 4096)
        except BlockingIOError:
            return
        if said:
            self.heard = monotonic()
            self.is_ready = self.is_ready or READY in said
            self.is_worn = self.is_worn or WORN in said

    def end(self, patience: float) -> None:
        """Ask it to finish; so many seconds later it is killed."""
        if self.ends_by is None:
            self.ends_by = monotonic() + patience
            self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.process.kill()

    def close(self) -> None:
        """Forget it, once it has ended."""
        os.close(self.pipe)
        assert self.process.stdin is not None
        self.process.stdin.close()

    @property
    def how_it_ended(self) -> str:
        code = self.process.returncode
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"has ended with code {code}"
