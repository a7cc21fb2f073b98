"""The connections that pymacaron uses, alone: JSON in, JSON out, nothing checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import urllib3

from callers.document import HEADERS, SENT


def calls(url: str) -> dict[str, Callable[[], Any]]:
    manager = urllib3.PoolManager()
    posted = {**HEADERS, "content-type": "application/json"}

    def get() -> Any:
        return json.loads(manager.request("GET", f"{url}/things/7", headers=HEADERS).data)

    def post() -> Any:
        body = json.dumps(SENT).encode()
        return json.loads(manager.request("POST", f"{url}/things", body=body, headers=posted).data)

    return {"get": get, "post": post}
