"""Content codings of requests (RFC 9110 section 8.4): gzip and deflate, undone while they are read."""

from __future__ import annotations

import zlib
from typing import Protocol

from pymacaron._types import ReadableStream
from pymacaron.exceptions import BadRequestError, UnsupportedMediaTypeError

from .streams import CHUNK, too_large

CODINGS = ("gzip", "deflate")
_MOST_CODINGS = 4  # one after the other on one body; nobody sends more than one


def uncoded(header: str, body: ReadableStream, limit: int | None, size: int | None) -> ReadableStream:
    """The body without its codings.

    Args:
        header: the Content-Encoding, the coding applied first standing first.
        limit: how many bytes the body may have in the end, None for any number. Nowhere on the way is much more read.
        size: how many coded bytes are announced, None where that is not known.

    Raises:
        UnsupportedMediaTypeError: a coding that is not known, with the Accept-Encoding that is.
        PayloadTooLargeError: it says that it is far larger than the limit.
    """
    if limit is not None and size is not None and size > _most_coded(limit):
        too_large(limit)
    names = [name.strip().lower() for name in header.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > _MOST_CODINGS or not {*names} <= {"gzip", "x-gzip", "deflate"}:
        known = ", ".join(CODINGS)
        raise UnsupportedMediaTypeError(
            f"The Content-Encoding is not supported; send one of {known}, or none", accept_encoding=known
        )
    for name in reversed(names):
        body = _Uncoded(body, _deflate if name == "deflate" else _gzip, limit)
    return body


def _most_coded(limit: int) -> int:
    """How many coded bytes may stand for `limit` bytes: what cannot be compressed grows a little. It also stops a
    stream that says nothing at length."""
    return limit + limit // 100 + CHUNK


class _Inflater(Protocol):
    """What zlib.decompressobj gives."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def unconsumed_tail(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


class _Opener(Protocol):
    def __call__(self, start: bytes, /) -> _Inflater: ...


def _gzip(_: bytes) -> _Inflater:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _deflate(start: bytes) -> _Inflater:
    """The zlib format (RFC 1950), or what some send instead: the bare compressed data (RFC 1951)."""
    has_header = len(start) < 2 or (start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0)
    return zlib.decompressobj(zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS)


class _Uncoded:
    """A compressed stream, read as what it is when decompressed. At most a chunk is held at any time."""

    def __init__(self, stream: ReadableStream, opener: _Opener, limit: int | None) -> None:
        self._stream = stream
        self._opener = opener
        self._inflater: _Inflater | None = None
        self._waiting = b""  # compressed, not yet looked at
        self._is_over = False
        self._limit, self._left = limit, None if limit is None else _most_coded(limit)

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all that is left when negative; b"" at the end.

        Raises:
            BadRequestError: it is no such stream, or ends too early.
            PayloadTooLargeError: the compressed body itself is too long.
        """
        if size >= 0:
            return self._some(min(size, CHUNK)) if size else b""
        pieces: list[bytes] = []
        while piece := self._some(CHUNK):
            pieces.append(piece)
        return b"".join(pieces)

    def _some(self, size: int) -> bytes:
        while not self._is_over:
            if not self._waiting:
                self._waiting = self._compressed()
            if not self._waiting:
                return self._end()
            data = self._inflated(size)
            if data:
                return data
        return b""

    def _compressed(self) -> bytes:
        data = self._stream.read(CHUNK)
        if self._left is not None:
            self._left -= len(data)
            if self._left < 0:
                too_large(self._limit)
        return data

    def _inflated(self, size: int) -> bytes:
        if self._inflater is None:
            self._inflater = self._opener(self._waiting)
        try:
            data = self._inflater.decompress(self._waiting, size)
        except zlib.error:
            raise _broken() from None
        self._waiting = self._inflater.unconsumed_tail
        if self._inflater.eof:  # another member may follow (RFC 1952 section 2.2)
            self._waiting, self._inflater = self._inflater.unused_data, None
        return data

    def _end(self) -> bytes:
        self._is_over = True
        if self._inflater is not None:
            raise _broken()
        return b""


def _broken() -> BadRequestError:
    return BadRequestError("The body is not valid in its Content-Encoding, or is incomplete")
