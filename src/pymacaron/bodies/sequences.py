"""What is made of items, one after the other: bytes in chunks ⇄ items.

lines       a JSON text on each line: NDJSON, also called JSON Lines
records     a JSON text after each record separator (RFC 7464)
events      server-sent events (WHATWG HTML section 9.2); an item is the fields of one, as OpenAPI 3.2 has it
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pymacaron._types import Json, JsonObject

from .streams import too_large

# So many bytes one item may have: it is held in memory.
_LONGEST = 16 * 10**6
# No JSON text: what a record is that may have lost its end.
_CUT = b"\x1e"
_SPACE = b" \t\r\n"


def split_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that are not empty; the last one needs no end."""
    for line in _split(chunks, b"\n"):
        if line := line.strip(_SPACE):
            yield line


def split_records(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The records. One that may have lost its end (RFC 7464 section 2.4), and what stands before the first separator,
    come as something that is no JSON."""
    pieces = _split(chunks, b"\x1e")
    if next(pieces, b"").strip(_SPACE):
        yield _CUT
    for piece in pieces:
        record = piece.strip(_SPACE)
        if not record:
            continue
        shows_its_end = record[:1] in (b"{", b"[", b'"') or piece[-1:] in (b" ", b"\t", b"\r", b"\n")
        yield record if shows_its_end else _CUT


def _split(chunks: Iterable[bytes], separator: bytes) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        first, *others = chunk.split(separator)
        _hold(held, first)
        for piece in others:
            yield bytes(held)
            held = bytearray(piece)
    yield bytes(held)


def _hold(held: bytearray, more: bytes) -> None:
    held += more
    if len(held) > _LONGEST:
        too_large(_LONGEST)


def write_line(raw: bytes) -> bytes:
    return raw + b"\n"


def write_record(raw: bytes) -> bytes:
    return b"\x1e" + raw + b"\n"


EVENT_FIELDS = frozenset(("data", "event", "id", "retry"))
_LINE_END = re.compile(rb"\r\n|\n|\r")
_TEXT_LINE_END = re.compile(r"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


def read_events(chunks: Iterable[bytes]) -> Iterator[JsonObject]:
    """The events of a stream, each as its fields: `data` always, `event`, `id` and `retry`, a number, if they were
    sent. Comments, and what has no data or no end, are ignored, as browsers do."""
    fields: JsonObject = {}
    data: list[str] = []
    size = 0
    for line in _event_lines(chunks):
        if not line:
            if data:
                yield {**fields, "data": "\n".join(data)}
            fields, data, size = {}, [], 0
            continue
        size += len(line)
        if size > _LONGEST:
            too_large(_LONGEST)
        name, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif (name == "event" and value) or (name == "id" and "\0" not in value):
            fields[name] = value
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) < 20:
            fields[name] = int(value)


def _event_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held, after_return, at_start = bytearray(), False, True
    for chunk in chunks:
        if not chunk:
            continue
        if after_return and chunk[:1] == b"\n":  # a line end that came in two chunks
            chunk = chunk[1:]
        after_return = chunk[-1:] == b"\r"
        first, *others = _LINE_END.split(chunk)
        _hold(held, first)
        for piece in others:
            yield bytes(held).removeprefix(_BOM) if at_start else bytes(held)
            held, at_start = bytearray(piece), False


def write_event(event: Mapping[str, Any]) -> bytes:
    """The inverse of read_events, of one event.

    Raises:
        ValueError: a field of one line has several.
    """
    lines = [_field(name, event[name]) for name in ("event", "id", "retry") if event.get(name) is not None]
    data = event.get("data")
    if data is not None:
        lines += [f"data: {line}\n" for line in _TEXT_LINE_END.split(data)]
    return "".join([*lines, "\n"]).encode()


def _field(name: str, value: Json) -> str:
    text = str(value)
    if "\n" in text or "\r" in text or "\0" in text:
        raise ValueError(f"the field {name} of an event has more than one line")
    return f"{name}: {text}\n"
