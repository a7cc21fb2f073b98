"""Whether two requests are the same: a print of all that is in them."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from tempfile import SpooledTemporaryFile
from typing import IO

from pymacaron._types import ReadableStream
from pymacaron.messages import Request

_CHUNK = 1 << 16
_IN_MEMORY = 1 << 20  # bytes of a body; the rest goes to a file while the request is answered


class Reread:
    """A body that has been read, from its beginning again; `size` is the number of its bytes."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self.size = file, size
        self.read = file.read
        self.close = file.close


def print_of(request: Request, limit: int | None) -> str:
    """The print of a request: its method, path, query, type and body. The body can be read afterwards as before.

    Args:
        limit: bytes that are read of a body; what is longer has the print of its beginning.

    Raises:
        BadRequestError: the body breaks off.
    """
    digest = blake2b(digest_size=24)
    for part in (request.method, request.path, request.query, request.headers.get("content-type") or ""):
        digest.update(part.encode("utf-8", "surrogateescape") + b"\0")
    body = request.body
    if isinstance(body, bytes):
        digest.update(body)
    else:
        request.body = _read(body, digest.update, limit)
    return digest.hexdigest()


def _read(body: ReadableStream, tell: Callable[[bytes], object], limit: int | None) -> bytes | ReadableStream:
    """The body, read: bytes if it is short. `tell` is told what is in it."""
    size: int | None = getattr(body, "size", None)
    if size is not None and limit is not None and size > limit:
        return body  # refused by its size, unread
    if size is not None and size <= _IN_MEMORY:
        data = body.read(size)
        tell(data)
        return data
    kept = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - it lives as long as the request
    while limit is None or kept.tell() <= limit:
        chunk = body.read(_CHUNK)
        if not chunk:
            break
        tell(chunk)
        kept.write(chunk)
    length = kept.tell()
    kept.seek(0)
    return Reread(kept, length)
