"""Long lists, a page at a time."""

from __future__ import annotations

import base64
from typing import Any

from shop.errors import InvalidPageToken


def page_of(rows: list[Any], size: int, token: str | None) -> tuple[list[Any], str | None]:
    """A page of rows, and the token of the next page; None on the last one.

    Raises:
        InvalidPageToken: we did not make that token.
    """
    start = _start(token) if token else 0
    end = start + size
    return rows[start:end], _token(end) if end < len(rows) else None


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode()


def _start(token: str) -> int:
    try:
        text = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        text = ""
    if not text.isdigit() or len(text) > 9:
        raise InvalidPageToken("page_token is not a next_page_token of ours")
    return int(text)
