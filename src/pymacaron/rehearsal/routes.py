"""Which names lead to which environment, and where that runs; changed at once for all requests."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping

Address = tuple[str, int]


class Routes:
    """`aliases` are names of one's own that lead where another name does, as a record in DNS has it."""

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        self._aliases = {name.lower(): target.lower() for name, target in (aliases or {}).items()}
        self._names: dict[str, str] = {}  # to ids of environments
        self._places: dict[str, Address] = {}  # of ids of environments
        self._shares: dict[str, tuple[Address, int]] = {}  # what runs beside, and its percentage
        self._asked: Counter[str] = Counter()  # of environments that have such
        self._busy: Counter[Address] = Counter()
        self._changed = threading.Condition()
        self.certified: dict[str, list[str]] = {}  # names on the certificate of an environment's listener for HTTPS

    def names_lead(self, names: Mapping[str, str]) -> None:
        with self._changed:
            self._names = dict(names)

    def serve(self, environment: str, place: Address) -> Address | None:
        """The environment runs here from now on; where it did before."""
        with self._changed:
            before = self._places.get(environment)
            self._places[environment] = place
            self._shares.pop(environment, None)
            return before

    def share(self, environment: str, place: Address, percent: int) -> None:
        """So many of a hundred requests, evenly spread, go to a second place from now on."""
        with self._changed:
            self._asked[environment] = 0
            self._shares[environment] = (place, percent)

    def unshare(self, environment: str) -> None:
        with self._changed:
            self._shares.pop(environment, None)

    def end(self, environment: str) -> Address | None:
        with self._changed:
            self._shares.pop(environment, None)
            return self._places.pop(environment, None)

    def environment(self, host: str) -> str | None:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        name = name.lower().rstrip(".")
        return self._names.get(self._aliases.get(name, name))

    @contextlib.contextmanager
    def taken(self, host: str) -> Iterator[Address | None]:
        """Where a request for this host goes; as long as the block goes on, it is under way."""
        with self._changed:
            place = self._place(self.environment(host) or "")
            if place:
                self._busy[place] += 1
        try:
            yield place
        finally:
            with self._changed:
                if place:
                    self._busy[place] -= 1
                    self._changed.notify_all()

    def _place(self, environment: str) -> Address | None:
        if environment not in self._shares:
            return self._places.get(environment)
        place, percent = self._shares[environment]
        self._asked[environment] += 1
        asked = self._asked[environment]
        is_shared = asked * percent // 100 > (asked - 1) * percent // 100
        return place if is_shared else self._places.get(environment)

    def drain(self, place: Address, seconds: float) -> bool:
        """Waits until no request is under way there; for so long at most."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._busy[place], seconds)
