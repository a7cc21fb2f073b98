"""requests, with a session; nothing is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import requests

from callers.document import SENT


def calls(url: str) -> dict[str, Callable[[], Any]]:
    session = requests.Session()
    return {
        "get": lambda: session.get(f"{url}/things/7").json(),
        "post": lambda: session.post(f"{url}/things", json=SENT).json(),
    }
