"""Bodies: bytes of a media type ⇄ values, without schemas. Each is read and written side by side.

media_types.py   which codec reads a media type; which declaration speaks of it
texts.py         JSON and plain text
multipart.py     parts with names, files among them
entities.py      parts in an order
sequences.py     lines, records and events: items one after the other
codings.py       gzip and deflate
streams.py       bodies that come and go in pieces
files.py         files that are sent
"""

from __future__ import annotations

from .codings import uncoded
from .entities import Entity, split_entities, write_end, write_head
from .files import FileBody, is_text_file
from .media_types import (
    BINARY,
    EVENTS,
    FORM,
    JSON,
    LINES,
    MULTIPART,
    PARTS,
    RECORDS,
    TEXT,
    MediaType,
    declared_media_type,
    kind_of,
    parse_media_type,
    specificity,
    split_outside_quotes,
)
from .multipart import Part, Upload, charset_of_form, part_text, read_multipart, write_multipart
from .sequences import EVENT_FIELDS, read_events, split_lines, split_records, write_event, write_line, write_record
from .streams import BodyStream, Joined, Measured, Pieces, Watch, chunks_of, close, read_all, too_large
from .texts import TOO_DEEP, decoded, encoded, read_flat_json, read_form_text, read_json, read_text, write_json

__all__ = [
    "BINARY", "EVENTS", "EVENT_FIELDS", "FORM", "JSON", "LINES", "MULTIPART", "PARTS", "RECORDS", "TEXT",
    "TOO_DEEP", "BodyStream", "Entity", "FileBody", "Joined", "Measured", "MediaType", "Part", "Pieces", "Upload",
    "Watch", "charset_of_form", "chunks_of", "close", "declared_media_type", "decoded", "encoded", "is_text_file",
    "kind_of", "parse_media_type", "part_text", "read_all", "read_events", "read_flat_json", "read_form_text",
    "read_json", "read_multipart", "read_text", "specificity", "split_entities", "split_lines",
    "split_outside_quotes", "split_records", "too_large", "uncoded", "write_end", "write_event", "write_head",
    "write_json", "write_line", "write_multipart", "write_record",
]  # fmt: skip
