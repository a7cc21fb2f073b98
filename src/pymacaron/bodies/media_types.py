"""Media types and ranges of them (RFC 9110 sections 8.3.1 and 12.5.1), and which codec reads which."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

JSON, FORM, MULTIPART, TEXT, BINARY = "json", "form", "multipart", "text", "binary"
# Multipart bodies whose parts are told apart by their order: a document makes them such.
PARTS = "parts"
# What is made of items, one after the other: JSON texts each on a line, after a record separator, in events.
LINES, RECORDS, EVENTS = "lines", "records", "events"

_KINDS = {
    "application/json": JSON,
    "text/json": JSON,
    "application/x-www-form-urlencoded": FORM,
    "multipart/form-data": MULTIPART,
    "application/x-ndjson": LINES,
    "application/ndjson": LINES,
    "application/jsonl": LINES,
    "application/x-jsonl": LINES,
    "application/jsonlines": LINES,
    "application/x-jsonlines": LINES,
    "application/stream+json": LINES,  # Spring's name for it
    "application/json-seq": RECORDS,
    "text/event-stream": EVENTS,
}
_SUFFIXES = {"+json": JSON, "+json-seq": RECORDS, "+ndjson": LINES, "+jsonl": LINES}


class MediaType(NamedTuple):
    """A parsed Content-Type: "type/subtype" in lower case, and its parameters, names in lower case."""

    name: str
    parameters: Mapping[str, str]

    @property
    def kind(self) -> str:
        return kind_of(self.name)

    @property
    def charset(self) -> str | None:
        return self.parameters.get("charset") if self.parameters else None

    @property
    def is_range(self) -> bool:
        return "*" in self.name

    def __str__(self) -> str:
        return self.name + "".join(f"; {name}={_quoted(value)}" for name, value in self.parameters.items())


def parse_media_type(text: str) -> MediaType:
    name, semicolon, rest = text.partition(";")
    return MediaType(name.strip().lower(), _parameters(rest) if semicolon else {})


def _parameters(text: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for piece in split_outside_quotes(text, ";"):
        key, equals, value = piece.partition("=")
        if equals:
            parameters[key.strip().lower()] = _unquoted(value.strip())
    return parameters


def split_outside_quotes(text: str, separator: str) -> list[str]:
    """Split at the separators outside of quoted strings (RFC 9110 section 5.6.4)."""
    if '"' not in text:
        return text.split(separator)
    pieces: list[str] = []
    start, quoted, escaped = 0, False, False
    for index, char in enumerate(text):
        if char == separator and not quoted:
            pieces.append(text[start:index])
            start = index + 1
            continue
        quoted ^= char == '"' and not escaped
        escaped = char == "\\" and quoted and not escaped
    return [*pieces, text[start:]]


def _unquoted(value: str) -> str:
    if len(value) < 2 or not (value[0] == value[-1] == '"'):
        return value.strip('"')
    return value[1:-1].replace('\\"', '"').replace("\\\\", "\\") if "\\" in value else value[1:-1]


def _quoted(value: str) -> str:
    if value and all(char.isalnum() or char in "!#$%&'*+-.^_`|~" for char in value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@lru_cache(maxsize=1024)
def declared_media_type(text: str) -> MediaType:
    """The media type or range that a document declares. Of several in one key ("text/csv, text/plain", which OpenAPI
    does not know) it is the first; "*" is "*/*"."""
    media = parse_media_type(split_outside_quotes(text, ",")[0])
    return media._replace(name="*/*") if media.name == "*" else media


def kind_of(name: str) -> str:
    """Which codec reads a media type; `name` is lower case, without parameters."""
    known = _KINDS.get(name)
    if known is not None:
        return known
    _, plus, suffix = name.rpartition("+")
    return _SUFFIXES.get(plus + suffix) or (TEXT if name.startswith("text/") else BINARY)


def specificity(wider: MediaType, media: MediaType) -> int:
    """How specifically a media type or range speaks of `media`; 0: not at all.

    1 for "*/*", 2 for "type/*", 3 for "type/*+suffix", 4 for the name with parameters that `media` lacks, 5 for the
    name, and one more for each parameter that both have. With a parameter of another value it is another type; a
    charset says how text is written, not what it is, and counts for nothing.
    """
    if wider.name == media.name:
        return _specificity_of_parameters(wider, media)
    kind, _, subtype = wider.name.partition("/")
    if subtype[:1] != "*":
        return 0
    its_kind, slash, its_subtype = media.name.partition("/")
    if kind not in ("*", its_kind) or not slash:
        return 0
    if subtype == "*":
        return 1 if kind == "*" else 2
    return 3 if its_subtype.endswith(subtype[1:]) else 0


def _specificity_of_parameters(wider: MediaType, media: MediaType) -> int:
    found, missing = 5, False
    for name, value in wider.parameters.items():
        if name == "charset":
            continue
        its = media.parameters.get(name)
        if its is None:
            missing = True
        elif its.lower() == value.lower():
            found += 1
        else:
            return 0
    return 4 if missing else found
