"""Fields of a form as parts of a multipart body."""

from __future__ import annotations

import io
from typing import Any
from urllib.parse import quote, unquote_plus

from pymacaron.bodies import Part, Upload


def field_text(text: bytes) -> str:
    """The text of a part as the codecs read it from a query: encoded, but for delimiters, which are what they seem."""
    return quote(text, safe=",|")


def text_part(pair: str) -> Part:
    """A "name=value" of a codec as a part."""
    key, _, text = pair.partition("=")
    return Part(unquote_plus(key), None, unquote_plus(text).encode(), None)


def upload_part(name: str, value: Any, content_type: str | None) -> Part:
    """A file as a part."""
    return Part(name, None, None, upload_of(name, value, content_type))


def upload_of(name: str, value: Any, content_type: str | None) -> Upload:
    """What a caller gives as a file: an Upload, bytes, or a binary file, whose name is kept."""
    if isinstance(value, Upload):
        return value
    stream = io.BytesIO(value) if isinstance(value, (bytes, bytearray)) else value
    filename = getattr(value, "name", None)
    return Upload(stream, str(filename) if filename else name, content_type or "application/octet-stream", name)
