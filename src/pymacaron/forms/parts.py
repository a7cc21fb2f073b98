"""Fields of a form as parts of a multipart body."""

from __future__ import annotations

import io
import os
from typing import Any
from urllib.parse import quote, unquote_plus

from pymacaron.bodies import Part, Upload, part_text
from pymacaron.exceptions import UnsupportedMediaTypeError
from pymacaron.schemas import SchemaProblem

_STEP = 1 << 16  # bytes


def field_text(text: bytes) -> str:
    """The text of a part as the codecs read it from a query: encoded, but for delimiters, which are what they seem."""
    steps = (text[at : at + _STEP] for at in range(0, len(text), _STEP))  # or it takes much memory for a moment
    return "".join(quote(step, safe=",|") for step in steps)


def add_text(part: Part, charset: str | None, fields: dict[str, list[str]]) -> SchemaProblem | None:
    """Add what a part holds to the fields, as the codecs read it.

    Args:
        charset: that of the form, None if it names none.

    Returns:
        What is wrong if it is no text; None if it is.
    """
    try:
        text = part_text(part, charset)
    except (UnicodeError, UnsupportedMediaTypeError):
        return SchemaProblem((part.name,), "encoding", "text of the charset that is named, which is UTF-8 if none is")
    fields.setdefault(part.name, []).append(field_text(text.encode()))
    return None


def text_part(pair: str) -> Part:
    """A "name=value" of a codec as a part."""
    key, _, text = pair.partition("=")
    return Part(unquote_plus(key), None, unquote_plus(text).encode(), None)


def upload_part(name: str, value: Any, content_type: str | None) -> Part:
    """A file as a part."""
    return Part(name, None, None, upload_of(name, value, content_type))


def upload_of(name: str, value: Any, content_type: str | None) -> Upload:
    """What a caller gives as a file: an Upload, bytes, or a binary file, whose name is kept, but not the folders that
    it is in (RFC 7578 section 4.2).

    Raises:
        TypeError: it is something else.
    """
    if isinstance(value, Upload):
        return value
    stream = io.BytesIO(value) if isinstance(value, (bytes, bytearray)) else value
    if not hasattr(stream, "read"):
        raise TypeError(f"the file {name!r} has to be bytes, a binary file or an Upload, not {type(value).__name__}")
    filename = os.path.basename(str(getattr(stream, "name", None) or name))
    return Upload(stream, filename, content_type or "application/octet-stream", name)
