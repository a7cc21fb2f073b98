"""Our client: arguments and answers held against the document, models, deadlines, tracing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from callers.document import SENT, openapi
from pymacaron import ApiPool


def calls(url: str) -> dict[str, Callable[[], Any]]:
    client = ApiPool.add("things", yaml_str=json.dumps(openapi(url))).client
    return {"get": lambda: client.get_thing(id=7), "post": lambda: client.add_thing(SENT)}
