"""JSON in a parameter (`content: application/json`) ⇄ values."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NoReturn

from pymacaron._types import MOST_LEVELS, Json, is_too_deep

from .texts import Escape, TextFault

FINITE = float("inf")


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _finite(text: str) -> float:
    value = float(text)
    return value if abs(value) < FINITE else _refuse(text)


_decode = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite).decode
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def json_pair(escape: Escape) -> tuple[Callable[[str], Json], Callable[[Json], str]]:
    """The pair for one raw text that holds JSON (RFC 8259); what is written is ASCII, so that it fits everywhere."""

    def read(raw: str) -> Json:
        text = escape.decode(raw)
        try:
            value = _decode(text)
            if "\\u" in text:
                _encode_unicode(value)
        except (ValueError, RecursionError):
            raise TextFault("json", "valid JSON") from None
        if len(text) > 2 * MOST_LEVELS and is_too_deep(value):
            raise TextFault("depth", f"JSON of at most {MOST_LEVELS} levels of arrays and objects")
        return value

    def write(value: Json) -> str:
        try:
            return escape.encode(_encode(value))
        except (ValueError, TypeError, RecursionError):
            raise TextFault("json", "a value that JSON can hold") from None

    return read, write


def _encode_unicode(value: Json) -> None:
    r"""Raises UnicodeEncodeError if escapes such as "\ud800" have put lone surrogates into the value."""
    json.dumps(value, ensure_ascii=False).encode()
