"""What programs of environments print, on its way to CloudWatch Logs."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping

from .account import Environment
from .calls.life import instance

_LOGS = "aws:elasticbeanstalk:cloudwatch:logs"
_FILE = "/var/log/eb-docker/containers/eb-current-app/stdouterr.log"

Line = dict[str, int | str]  # as PutLogEvents takes it
Put = Callable[[str, str, list[Line]], None]  # group, stream, lines


class Printed:
    """Lines that are sent by `ship`, for environments whose settings say so."""

    def __init__(self, put: Put) -> None:
        self._put = put
        self._waiting: queue.SimpleQueue[tuple[str, str, Line]] = queue.SimpleQueue()

    def follow(self, environment: Environment, settings: Mapping[tuple[str, str], str], lines: Iterable[str]) -> None:
        """Takes lines as they come, in a thread of its own."""
        if settings.get((_LOGS, "StreamLogs"), "").lower() != "true":
            return
        group, stream = f"/aws/elasticbeanstalk/{environment.name}{_FILE}", instance(environment)

        def take() -> None:
            for line in lines:
                self._waiting.put((group, stream, {"timestamp": int(time.time() * 1000), "message": line or " "}))

        threading.Thread(target=take, daemon=True).start()

    def ship(self) -> None:
        """Sends what has come since."""
        found: dict[tuple[str, str], list[Line]] = {}
        while not self._waiting.empty():
            group, stream, line = self._waiting.get()
            found.setdefault((group, stream), []).append(line)
        for (group, stream), lines in found.items():
            for start in range(0, len(lines), 1000):
                self._put(group, stream, lines[start : start + 1000])
