"""Representations: what a document declares for one media type, its schema included: bytes ⇄ values.

Each reads and writes, for requests and for responses alike. Which of them a body is, negotiation.py decides by what a
message says of itself, and `takes` by what a function gives.

    representation.py   what all have in common
    json_body.py        JSON, and arrays that are sent while they are made
    text_body.py        text and binary
    form_body.py        forms: an object of fields, files among them
    items.py            sequences: items, one after the other
    parts_body.py       multipart bodies whose parts have an order and no names
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymacaron.bodies import (
    BINARY,
    EVENTS,
    FORM,
    LINES,
    MULTIPART,
    PARTS,
    RECORDS,
    TEXT,
    MediaType,
    kind_of,
    parse_media_type,
    specificity,
)
from pymacaron.operations import Content, Operation
from pymacaron.schemas import SchemaProblem

from .items import Items, ItemsBody
from .json_body import JsonBody
from .parts_body import CLASSES, PartsBody, is_positional
from .representation import Representation, Side, Written, in_body, is_file, is_raw, kinds_of

__all__ = [
    "Items", "ItemsBody", "JsonBody", "PartsBody", "Representation", "SchemaProblem", "Written",
    "concrete", "in_body", "is_raw", "natural", "represent",
]  # fmt: skip


def represent(
    operation: Operation, content: Content | None, view: str, media: MediaType, key: str = ""
) -> Representation:
    """The representation of `media` that `content` declares; None: that nothing is declared for.

    Args:
        view: whether it is the body of a request or of a response.
        key: of a response, its status key.
    """
    kind = kind_of(media.name)
    if content is None and kind in (FORM, MULTIPART):
        kind = BINARY  # whose fields nobody knows
    side = Side(operation.shapes, view, operation.model_name(key))
    if content is not None and is_positional(content, media, side):
        kind = PARTS
    if kind in (LINES, RECORDS, EVENTS) and content is not None and _is_one_text(operation, content):
        kind = TEXT
    return CLASSES[kind](content, kind, media, side)


def _is_one_text(operation: Operation, content: Content) -> bool:
    """Does the document say that the whole of a sequence is one text, and nothing of items?"""
    schema = content.schema
    return content.item_schema is None and schema is not None and kinds_of(operation.shapes, schema) == {"string"}


_HTML, _BYTES, _JSON = (MediaType(name, {}) for name in ("text/html", "application/octet-stream", "application/json"))
_PLAIN = MediaType("text/plain", {})


def natural(value: Any) -> MediaType:
    """What a value is, where nobody says."""
    if isinstance(value, str):
        return _HTML
    return _BYTES if isinstance(value, Iterator) or is_raw(value) or is_file(value) else _JSON


def concrete(declared: MediaType, value: Any) -> MediaType:
    """What a value is written as, where a media type or a range is declared."""
    if not declared.is_range:
        return declared
    given = getattr(value, "content_type", None)  # of an upload or the like
    found = parse_media_type(given) if isinstance(given, str) and is_file(value) else natural(value)
    if specificity(declared, found):
        return found
    return _PLAIN if declared.name == "text/*" else _JSON if declared.name.endswith("json") else _BYTES
