"""Bodies that come and go in pieces, so that no whole one need be in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, copy_context
from typing import Any, NoReturn

from pymacaron._types import ReadableStream
from pymacaron.exceptions import PayloadTooLargeError, spare_the_worker

CHUNK = 64 * 1024


class BodyStream:
    """A body that is neither JSON, form nor text: a readable binary stream with its `content_type`."""

    __slots__ = ("_left", "_limit", "_stream", "content_type")

    def __init__(self, stream: ReadableStream, content_type: str, limit: int | None = None) -> None:
        self._stream, self.content_type = stream, content_type
        self._limit = self._left = limit

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, all that is left when negative.

        Raises:
            PayloadTooLargeError: the body turns out longer than the limit.
        """
        if self._left is None:
            return self._stream.read(size)
        wanted = self._left + 1 if size < 0 else min(size, self._left + 1)
        data = read_up_to(self._stream, wanted) if size < 0 else self._stream.read(wanted)
        self._left -= len(data)
        if self._left < 0:
            too_large(self._limit)
        return data

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(CHUNK):
            yield chunk

    def __repr__(self) -> str:
        return f"<BodyStream {self.content_type}>"


def too_large(limit: int | None) -> NoReturn:
    raise PayloadTooLargeError(
        "The body is too large" + (f": this operation takes at most {limit} bytes" if limit is not None else "")
    )


def read_up_to(stream: ReadableStream, size: int) -> bytes:
    """Exactly `size` bytes, or all there are if fewer: one read() may bring less than is still to come."""
    data = stream.read(size)
    if len(data) == size or not data:
        return data
    pieces, missing = [data], size - len(data)
    while missing and (data := stream.read(min(missing, CHUNK))):
        pieces.append(data)
        missing -= len(data)
    return b"".join(pieces)


def read_all(body: bytes | ReadableStream, limit: int | None, announced: int | None) -> bytes:
    """The whole body.

    Args:
        limit: how many bytes it may have; None for any number.
        announced: its Content-Length, None if not given.

    Raises:
        PayloadTooLargeError: it is longer; nothing is read if it says so itself.
    """
    if isinstance(body, bytes):
        if limit is not None and len(body) > limit:
            too_large(limit)
        return body
    if announced is not None:
        if limit is not None and announced > limit:
            too_large(limit)
        data = body.read(announced)
        return data if len(data) == announced else data + read_up_to(body, announced - len(data))
    data = read_up_to(body, limit + 1) if limit is not None else body.read()
    if limit is not None and len(data) > limit:
        too_large(limit)
    return data


class Joined:
    """Pieces of bytes as a stream that is read. Closing it closes what makes them.

    Args:
        taken: what was taken from them already; it comes first.
    """

    __slots__ = ("_left", "_pieces")

    def __init__(self, pieces: Iterable[bytes], taken: bytes = b"") -> None:
        self._pieces = iter(pieces)
        self._left = taken

    def read(self, size: int = -1, /) -> bytes:
        if size < 0:
            data, self._left = self._left + b"".join(self._pieces), b""
            return data
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._left = piece
        data, self._left = self._left[:size], self._left[size:]
        return data

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(CHUNK):
            yield data

    def close(self) -> None:
        close(self._pieces)


def chunks_of(stream: ReadableStream) -> Iterator[bytes]:
    """What is left of a stream, in chunks; it is closed at the end, or when nobody wants more."""
    try:
        while chunk := stream.read(CHUNK):
            yield chunk
    finally:
        close(stream)


def close(thing: object) -> None:
    """Close what can be closed."""
    function = getattr(thing, "close", None)
    if function is not None:
        function()


class Measured:
    """A body of as many bytes as its Content-Length says, whatever makes it: callers who get another number take what
    comes next on the connection for something else. What is too much is not sent, and what is too little breaks off.

    Args:
        tell: is told what is wrong.
    """

    __slots__ = ("_left", "_length", "_pieces", "_tell")

    def __init__(self, pieces: Iterable[bytes], length: int, tell: Callable[[str], None]) -> None:
        self._pieces = iter(pieces)
        self._length = self._left = length
        self._tell = tell

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces, None)
        while piece == b"":
            piece = next(self._pieces, None)
        if piece is None:
            self._check_end()
            raise StopIteration
        if len(piece) > self._left:
            self._tell(f"more than the {self._length} bytes of its Content-Length")
            piece, self._left = piece[: self._left], 0
            self.close()
            self._pieces = iter(())
            if not piece:
                raise StopIteration
            return piece
        self._left -= len(piece)
        return piece

    def _check_end(self) -> None:
        if self._left:
            fact = f"{self._length - self._left} bytes, and its Content-Length is {self._length}"
            self._left = 0
            self._tell(fact)
            raise RuntimeError(f"the answer breaks off: its body has {fact}")

    def close(self) -> None:
        close(self._pieces)


# Is told the JSON text of each item before it is sent, and may raise.
Watch = Callable[[bytes], None]


class Pieces:
    """The body of a response that is sent as it is made.

    The makers of the items run in the context of the call that they answer, so that its context variables (Flask's
    `request` among them) are there to the last.

    Args:
        source: what gives the items.
        write: an item as bytes; it shows `watch` the item's JSON text, if it has one.
        end: what follows the last item; `first` says whether there was none.
    """

    __slots__ = ("_begun", "_context", "_end", "_first", "_source", "_write", "watch")

    def __init__(
        self, source: Iterable[Any], write: Callable[[Any, Watch | None, bool], bytes],
        end: Callable[[bool], bytes] = lambda first: b"",
    ) -> None:  # fmt: skip
        self._source = iter(source)
        self._write = write
        self._end: Callable[[bool], bytes] | None = end
        self._first = True
        self._begun: bytes | None = None
        self._context: Context | None = None
        self.watch: Watch | None = None

    def begin(self) -> None:
        """Make the first piece now, while what goes wrong can still be answered with an error.

        WSGI servers send nothing before it either (PEP 3333), so nobody waits longer for this.
        """
        self._begun = next(self, b"")

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._begun:
            data, self._begun = self._begun, None
            return data
        if self._context is None:
            self._context = copy_context()
        while self._end is not None:
            try:
                data = self._context.run(self._step)
            except BaseException as error:
                spare_the_worker(error, "what makes the answer")
                raise
            if data:
                return data
        raise StopIteration

    def _step(self) -> bytes:
        """The next item as bytes, or what follows the last one."""
        try:
            item = next(self._source)
        except StopIteration:
            assert self._end is not None
            end, self._end = self._end, None
            return end(self._first)
        first, self._first = self._first, False
        return self._write(item, self.watch, first)

    def close(self) -> None:
        """End what gives the items, wherever it is."""
        self._end = self._begun = None
        try:
            if self._context is None:
                close(self._source)
            else:
                self._context.run(close, self._source)
        except BaseException as error:
            spare_the_worker(error, "what makes the answer")
            raise
