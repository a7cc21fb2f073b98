"""httpx, with a client; nothing is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from callers.document import SENT


def calls(url: str) -> dict[str, Callable[[], Any]]:
    client = httpx.Client()
    return {
        "get": lambda: client.get(f"{url}/things/7").json(),
        "post": lambda: client.post(f"{url}/things", json=SENT).json(),
    }
