"""What a deployment says while it goes on: lines for people, or a line of JSON for each event."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

_SIGNS = {"begin": "…", "done": "✓", "failed": "✗", "note": "·", "event": " "}


def lines(echo: Callable[[str], object], clock: Callable[[], float], *, colours: bool) -> Callable[[str, str], None]:
    """Lines that begin with the time (UTC) and a sign; events of AWS are indented."""
    codes = {"done": "32", "failed": "31;1"} if colours else {}

    def tell(kind: str, text: str) -> None:
        at = time.strftime("%H:%M:%S", time.gmtime(clock()))
        line = f"{_SIGNS.get(kind, ' ')} {text}"
        shown = f"\x1b[{codes[kind]}m{line}\x1b[0m" if kind in codes else line
        echo(f"{at} {'  ' if kind in {'event', 'note'} else ''}{shown}")

    return tell


def events(echo: Callable[[str], object], clock: Callable[[], float]) -> Callable[[str, str], None]:
    """One JSON object for each event: at (seconds since 1970), kind, text."""

    def tell(kind: str, text: str) -> None:
        echo(json.dumps({"at": round(clock(), 3), "kind": kind, "text": text}))

    return tell
