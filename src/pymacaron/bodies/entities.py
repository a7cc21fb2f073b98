"""Multipart bodies whose parts are told apart by their order (RFC 2046 section 5.1): parts ⇄ bytes, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, NamedTuple

from pymacaron.exceptions import BadRequestError

from .media_types import parse_media_type
from .streams import CHUNK, too_large

# A part up to this size is kept in memory, a larger one in a temporary file.
_SPOOLED = 512 * 1024
# So many bytes the headers of a part may have.
_LONGEST_HEAD = 16 * 1024
_LINE_END = b"\r\n"


class Spool(SpooledTemporaryFile[bytes]):
    """Closes when nobody holds it any more, and then without a warning: what becomes of an upload is up to the user."""

    def __del__(self) -> None:
        self.close()


class Entity(NamedTuple):
    """A part: its headers by their names in lower case, and its content, a binary file at its start."""

    headers: Mapping[str, str]
    content: IO[bytes]
    size: int

    @property
    def filename(self) -> str | None:
        return parse_media_type(self.headers.get("content-disposition", "")).parameters.get("filename")


def split_entities(chunks: Iterable[bytes], boundary: str | None) -> Iterator[Entity]:
    """The parts of a multipart body as they come.

    Raises (while iterated):
        BadRequestError: it is malformed, or has no boundary.
        PayloadTooLargeError: the headers of a part are longer than anybody's.
    """
    if not boundary:
        raise BadRequestError("The Content-Type of a multipart body needs a boundary parameter")
    scanner = _Scanner(chunks, b"\r\n--" + boundary.encode("latin-1", "replace"))
    for _ in scanner.content():  # what stands before the first part is for people without MIME
        pass
    while not scanner.at_end():
        headers = _headers_in(scanner.head())
        content, size = Spool(_SPOOLED), 0
        for piece in scanner.content():
            size += content.write(piece)
        content.seek(0)
        yield Entity(headers, content, size)


def _headers_in(head: bytes) -> Mapping[str, str]:
    lines = head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ").decode("utf-8", "replace").split("\r\n")
    pairs = (line.partition(":") for line in lines if line.strip())
    return {name.strip().lower(): text.strip() for name, _, text in pairs}


class _Scanner:
    """Looks for delimiters in what has come so far."""

    def __init__(self, chunks: Iterable[bytes], delimiter: bytes) -> None:
        self._chunks, self._delimiter = iter(chunks), delimiter
        self._held = bytearray(_LINE_END)  # the first delimiter may be the first thing there is

    def _more(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            raise BadRequestError("The multipart body is malformed; RFC 2046 section 5.1 says how it is written")
        self._held += chunk

    def content(self) -> Iterator[bytes]:
        """What comes before the next delimiter, and over that."""
        held, delimiter = self._held, self._delimiter
        while (at := held.find(delimiter)) < 0:
            ready = len(held) - len(delimiter) + 1
            if ready > 0:
                yield bytes(held[:ready])
                del held[:ready]
            self._more()
        if at:
            yield bytes(held[:at])
        del held[: at + len(delimiter)]

    def at_end(self) -> bool:
        """Is the delimiter that was found the last one?"""
        while len(self._held) < 2:
            self._more()
        return self._held.startswith(b"--")

    def head(self) -> bytes:
        """The headers of the part, whose first line is what may follow a delimiter: white space."""
        held = self._held
        while (at := held.find(b"\r\n\r\n")) < 0:
            if len(held) > _LONGEST_HEAD + CHUNK:
                too_large(_LONGEST_HEAD)
            self._more()
        head = bytes(held[:at])
        del held[: at + 4]
        return head


def write_head(boundary: str, headers: Mapping[str, str]) -> bytes:
    """What stands before the content of a part.

    Raises:
        ValueError: a header has a line break.
    """
    lines = [f"{name}: {text}" for name, text in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header of a part has a line break")
    return "\r\n".join([f"--{boundary}", *lines, "\r\n"]).encode()


def write_end(boundary: str) -> bytes:
    """What stands after the last part, of which there may be none (then RFC 2046 is not kept, but understood)."""
    return f"--{boundary}--\r\n".encode()
