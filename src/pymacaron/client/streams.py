"""An answer whose bytes are read while they come."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any

from pymacaron.bodies import close
from pymacaron.bodies.streams import CHUNK, read_up_to
from pymacaron.exceptions import BadRequestError, PyMacaronException
from pymacaron.transports import TransportFault, WrongAnswer


class Stream:
    """The bytes of an answer, as a binary file that can be read once, from front to back; close it, or leave it to
    `with`. What goes wrong on the way is raised where it is read: an answer that breaks off never looks like a short
    one.

    Args:
        body: gives them. It is bytes, or has `read`.
        source: what is closed in the end.
        explain: makes an error of what goes wrong.

    Attributes:
        content_type: of the answer, as it was sent; "" if it was not.
    """

    def __init__(
        self, body: Any, source: Any, content_type: str, *, explain: Callable[[TransportFault], PyMacaronException]
    ) -> None:
        self._body = io.BytesIO(body) if isinstance(body, bytes) else body
        self._source, self._explain = source, explain
        self.content_type = content_type
        self.closed = False

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, fewer at the end only, then b""; all that are left when negative.

        Raises:
            PyMacaronException: they do not come: ServiceUnavailableError, DeadlineExceededError, BadGatewayError.
            ValueError: it is closed.
        """
        return self._read(lambda: self._body.read() if size < 0 else read_up_to(self._body, size))

    def __iter__(self) -> Iterator[bytes]:
        """Pieces of any length, each when it is there."""
        while piece := self._read(lambda: self._body.read(CHUNK)):
            yield piece

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer, as far as there are bytes; gives how many, for io.BufferedReader and the like."""
        data = self._read(lambda: self._body.read(len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def _read(self, read: Callable[[], bytes]) -> bytes:
        if self.closed:
            raise ValueError("the stream is closed")
        try:
            return read()
        except TransportFault as fault:
            self.close()
            raise self._explain(fault) from fault
        except BadRequestError:
            self.close()
            raise self._explain(WrongAnswer("its answer cannot be decoded as its Content-Encoding says")) from None

    def close(self) -> None:
        """Give up what is left of it. One that was read to its end leaves its connection to the next call."""
        if not self.closed:
            self.closed = True
            close(self._source)

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def seekable(self) -> bool:
        return False

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Stream {self.content_type}{' (closed)' if self.closed else ''}>"
