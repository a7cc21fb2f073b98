"""JSON and plain text ⇄ bytes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec

from pymacaron._types import MOST_LEVELS, Json, is_too_deep
from pymacaron.exceptions import (
    BadRequestError,
    InvalidJsonError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
)
from pymacaron.structs import builtins_of, encode_json

_decode_json = msgspec.json.decode
_BOM = b"\xef\xbb\xbf"
TOO_DEEP = f"The body is nested too deeply: JSON may have {MOST_LEVELS} levels of arrays and objects"


def read_json(raw: bytes, charset: str | None = None) -> Json:
    """The value of a JSON text (RFC 8259).

    Raises:
        InvalidJsonError: it is none, with the byte offset of the fault; or it is nested too deeply.
        UnsupportedMediaTypeError: `charset` is unknown.
    """
    value = read_flat_json(raw, charset)
    if len(raw) > 2 * MOST_LEVELS and is_too_deep(value):
        raise InvalidJsonError(TOO_DEEP)
    return value


def read_flat_json(raw: bytes, charset: str | None = None) -> Json:
    """The same for a place where no value of many levels is kept: how many this one has is not looked at."""
    if charset is not None and charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raw = _recoded(raw, charset)
    try:
        return _decode_json(raw)
    except RecursionError:
        raise InvalidJsonError(TOO_DEEP) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        if raw.startswith(_BOM):
            return read_flat_json(raw[len(_BOM) :])  # RFC 8259 section 8.1: a parser may ignore it
        raise _invalid_json(raw, str(error)) from None


def _recoded(raw: bytes, charset: str) -> bytes:
    try:
        return decoded(raw, charset).encode()
    except UnicodeError:
        raise InvalidJsonError("The body is not valid in the charset of its Content-Type") from None


# Python knows more codecs by name: some are no charsets, one takes time that grows with the square of the length.
_CHARSETS = re.compile(r"utf-?(8|16|32)([bl]e)?|(us-?)?ascii|(iso-?8859|latin|windows|cp)-?\d{1,4}", re.IGNORECASE)


def decoded(raw: bytes, charset: str) -> str:
    """The text that bytes are in a charset.

    Raises:
        UnsupportedMediaTypeError: no such charset.
        UnicodeError: they are no such text.
    """
    if _CHARSETS.fullmatch(charset.replace("_", "-")):
        try:
            return raw.decode(charset)
        except LookupError:
            pass
    raise UnsupportedMediaTypeError("The charset of the Content-Type is unknown; send UTF-8")


def encoded(text: str, charset: str | None) -> bytes:
    """The inverse of decoded, for a charset of our own documents and functions.

    Raises:
        ValueError: no such charset, or one that does not have the characters.
    """
    try:
        return text.encode(charset or "utf-8")
    except LookupError:
        raise ValueError(f"there is no charset {charset!r}") from None


def _invalid_json(raw: bytes, reason: str) -> InvalidJsonError:
    if not raw:
        return InvalidJsonError("The body is empty; JSON was expected", 0)
    at = reason.rpartition("(byte ")[2].rstrip(")")
    offset = int(at) if at.isdigit() else len(raw) if "truncated" in reason else None
    if offset is None:
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            offset = error.start
    if offset is None:
        return InvalidJsonError("The body is not valid JSON: it holds something that no JSON value can be")
    return InvalidJsonError(f"The body is not valid JSON: the error is at byte {offset}", offset)


def write_json(value: Any) -> bytes:
    """A value as JSON; models, dates, UUIDs, decimals and the like included. A number that JSON does not have (RFC 8259
    section 6), NaN or an infinity, becomes null.

    Raises:
        TypeError: it holds something that cannot be written.
    """
    raw = encode_json(value)
    # not by `in`, which takes three times as long for bytes
    return raw if raw.find(b"NaN") < 0 and raw.find(b"Infinity") < 0 else _without_names(raw, value)


def _without_names(raw: bytes, value: Any) -> bytes:
    """The JSON text of a value, whose numbers the encoder may have written by names."""
    try:
        _decode_json(raw)
    except msgspec.DecodeError:
        return encode_json(_finite(builtins_of(value)))
    return raw  # it is texts that say so


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key) if isinstance(key, Decimal) else key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, Decimal) and not value.is_finite() else value


def read_text(raw: bytes, charset: str | None) -> str:
    """The text of a body; UTF-8 where no charset is named.

    Raises:
        BadRequestError: it is no such text.
        UnsupportedMediaTypeError: no such charset.
    """
    try:
        return decoded(raw, charset or "utf-8")
    except UnicodeError:
        raise BadRequestError(f"The body is not valid {charset or 'UTF-8'} text") from None


# So many fields a form has: urlencoded ones, or parts of a multipart body.
MOST_FIELDS = 1000


def read_form_text(raw: bytes) -> str:
    """An urlencoded body as the text that `parse_query` takes apart: bytes that were not percent-encoded as Latin-1.

    Raises:
        PayloadTooLargeError: it has too many fields.
    """
    if raw.count(b"&") >= MOST_FIELDS:
        raise PayloadTooLargeError(f"The form has more than {MOST_FIELDS} fields")
    return raw.decode("latin-1")
