"""The document's format `application/json`: an object, written as text in a field of a form."""

from __future__ import annotations

import json
from typing import Any


def is_object(text: str) -> bool:
    try:
        found = json.loads(text)
        json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except RecursionError:
        return False
    return isinstance(found, dict)


def read(text: str) -> dict[str, Any]:
    return json.loads(text)


def write(value: dict[str, Any]) -> str:
    return json.dumps(value)
