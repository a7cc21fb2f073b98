"""Constant load on what runs in a rehearsal, to see that none of it is lost."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections import Counter
from typing import Self

_CLIENTS = 4
_PATIENCE = 30  # seconds until an answer that does not come is lost


class Load:
    """Clients that ask for one path of one host through the load balancers on `port`, from the beginning of a `with`
    block to its end, `rate` times a second all together. What is answered by a status below 500 is not lost.

    Attributes:
        answers: how many there were of each status.
        faults: why there was no answer.
    """

    def __init__(self, port: int, host: str, path: str, rate: float) -> None:
        self._port, self._host, self._path, self._pause = port, host, path, _CLIENTS / rate
        self.answers: Counter[int] = Counter()
        self.faults: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(_CLIENTS)]

    @property
    def asked(self) -> int:
        return self.answers.total() + len(self.faults)

    @property
    def lost(self) -> int:
        return len(self.faults) + sum(number for status, number in self.answers.items() if status >= 500)

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
        with contextlib.closing(connection):
            while not self._over.is_set():
                begin = time.monotonic()
                try:
                    connection.request("GET", self._path, headers={"Host": self._host})
                    response = connection.getresponse()
                    response.read()
                    self.answers[response.status] += 1
                except (OSError, http.client.HTTPException) as e:
                    self.faults.append(str(e) or type(e).__name__)
                    connection.close()
                self._over.wait(max(0.0, self._pause - (time.monotonic() - begin)))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
