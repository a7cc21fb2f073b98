"""Lists that are answered in pages."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from .protocol import Params, invalid


def page(items: Sequence[Any], params: Params, *, most: int) -> tuple[list[Any], dict[str, str]]:
    """The page that `params` asks for, and `NextToken` as far as there is another one. Tokens count from the end, since
    new items come in front: pages stay whole while the list grows."""
    asked, token = params.get("MaxRecords", most), params.get("NextToken")
    if not 1 <= asked <= most:
        raise invalid(f"MaxRecords is a number from 1 to {most}.")
    left = len(items) if token is None else _left(token, len(items))
    start = len(items) - left
    shown = list(items[start : start + asked])
    rest = left - len(shown)
    return shown, {"NextToken": base64.urlsafe_b64encode(b"left:%d" % rest).decode()} if rest else {}


def _left(token: str, number: int) -> int:
    try:
        text = base64.urlsafe_b64decode(token.encode()).decode()
        left = int(text.removeprefix("left:"))
    except ValueError as e:
        raise invalid("NextToken is not one of this list.") from e
    if not (text.startswith("left:") and 0 < left <= number):
        raise invalid("NextToken is not one of this list.")
    return left
