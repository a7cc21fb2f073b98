"""Files as bodies of responses: by path, open, or in memory."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

from .streams import CHUNK, close


class Stamp(NamedTuple):
    """When a file on disk was last changed, in seconds since 1970, and how many bytes it then had."""

    changed: float
    size: int


class FileBody:
    """A file that is sent from where it stands to its end, and closed then.

    Args:
        charset: of what a file that was opened as text becomes; UTF-8 if None.

    Attributes:
        name: the path, None where there is none.
        size: how many bytes that is; None where the file does not tell.
        stamp: None if it is no file on disk.

    Raises:
        OSError: there is no such file.
    """

    __slots__ = ("_begun", "_charset", "_file", "_start", "name", "size", "stamp")

    def __init__(self, given: Any, charset: str | None = None) -> None:
        self._file = open(given, "rb") if isinstance(given, os.PathLike) else given  # noqa: SIM115 - close() does
        name = getattr(self._file, "name", None)
        self.name = os.fspath(name) if isinstance(name, (str, os.PathLike)) else None
        self._charset = charset or "utf-8"
        self._begun: bytes | None = None
        self._start, self.size = _extent(self._file)
        self.stamp = _stamp(self._file) if self.name is not None else None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def begin(self) -> None:
        """Read the first piece, where the file has not told its length, while what goes wrong can still be answered."""
        if self.size is None:
            self._begun = self._read()

    def __next__(self) -> bytes:
        data, self._begun = self._read() if self._begun is None else self._begun, None
        if not data:
            self.close()  # not everybody who reads to the end closes
            raise StopIteration
        return data

    def _read(self) -> bytes:
        data = self._file.read(CHUNK)
        if not isinstance(data, str):
            return bytes(data)
        # what was no text when it was read is written as it was: files may be opened with errors="surrogateescape"
        return data.encode(self._charset, "surrogateescape")

    def seekable(self) -> bool:
        return self.size is not None

    def seek(self, offset: int) -> None:
        """Go on from a byte; 0 is where the body starts."""
        self._file.seek(self._start + offset)

    def tell(self) -> int:
        return int(self._file.tell()) - self._start

    def close(self) -> None:
        close(self._file)


def is_text_file(file: Any) -> bool:
    """Does it give texts rather than bytes?"""
    return isinstance(file, io.TextIOBase) or hasattr(file, "encoding")  # as those of tempfile and codecs have


def _extent(file: Any) -> tuple[int, int | None]:
    """(where the file stands, how many bytes are left), the latter None for text and for what cannot be sought."""
    if is_text_file(file):
        return 0, None
    try:
        start = file.tell()
        file.seek(0, os.SEEK_END)
        size = file.tell() - start
        file.seek(start)
    except (AttributeError, OSError, ValueError):
        return 0, None
    return start, max(size, 0)


def _stamp(file: Any) -> Stamp | None:
    try:
        found = os.fstat(file.fileno())
    except (AttributeError, OSError, ValueError):
        return None
    return Stamp(found.st_mtime, found.st_size)
