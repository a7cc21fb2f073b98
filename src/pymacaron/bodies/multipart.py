"""Multipart bodies (RFC 7578): parts ⇄ bytes. Files are spooled to disk, so memory stays bounded."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, Any, NamedTuple

from pymacaron._types import ReadableStream
from pymacaron.exceptions import BadRequestError, PayloadTooLargeError

from .entities import Spool, write_end, write_head
from .media_types import parse_media_type
from .streams import CHUNK, BodyStream, Joined, too_large
from .texts import MOST_FIELDS, decoded

# A file up to this size is kept in memory, a larger one in a temporary file; so are those beyond this size together.
_SPOOLED, _SPOOLED_TOGETHER = 512 * 1024, 8 * 10**6
# Together, all that is no file: it is kept in memory.
_TEXTS = 16 * 10**6
# What stands around the contents of the parts: the headers of one of them, what comes before the first.
_BESIDE = 1 << 20

Headers = Mapping[str, str]
_NONE: Headers = {}


class Upload:
    """A file that came in a multipart body.

    Attributes: `filename` (as the client named it, not to be trusted as a path; None if it did not), `content_type`,
    `name` of the form field, `headers` of its part by their names in lower case, `stream`, a binary file at its start.
    Reads like a file.
    """

    __slots__ = ("content_type", "filename", "headers", "name", "stream")

    def __init__(
        self, stream: IO[bytes], filename: str | None, content_type: str, name: str = "", headers: Headers = _NONE
    ) -> None:
        self.stream, self.filename, self.content_type, self.name = stream, filename, content_type, name
        self.headers = headers

    def read(self, size: int = -1) -> bytes:
        return self.stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def seekable(self) -> bool:
        return self.stream.seekable()

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.stream)

    def save(self, path: str) -> None:
        """Write what is left to read to a file."""
        with open(path, "wb") as out:
            while chunk := self.stream.read(CHUNK):
                out.write(chunk)

    def close(self) -> None:
        self.stream.close()

    def __repr__(self) -> str:
        return f"<Upload {self.name} ({self.content_type})>"


class Part(NamedTuple):
    """One part of a multipart body: text fields have `text`, files an `upload`. `headers` are those beside
    Content-Disposition and Content-Type, by their names in lower case."""

    name: str
    content_type: str | None
    text: bytes | None
    upload: Upload | None
    headers: Headers = _NONE


def read_multipart(
    body: ReadableStream, boundary: str | None, limit: int | None, is_file: Callable[[str], bool] = lambda name: False
) -> list[Part]:
    """The parts of a multipart/form-data body.

    Args:
        limit: bytes of the whole body, None for no limit.
        is_file: whether a field of this name is a file even where the client gave it no file name.

    Raises:
        BadRequestError: it is malformed, or has no boundary.
        PayloadTooLargeError: it is longer than `limit`, or has too much beside files.
    """
    # werkzeug's parser; 15 ms to import, so only for services that get such bodies
    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.sansio.multipart import MultipartDecoder

    if not boundary:
        raise BadRequestError("The Content-Type of a multipart body needs a boundary parameter")
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), _BESIDE, max_parts=MOST_FIELDS)
    try:
        return _Parts(decoder, is_file).read(BodyStream(body, "", limit))
    except RequestEntityTooLarge:
        reason = f"The multipart body has more than {MOST_FIELDS} parts, or too much beside them"
        raise PayloadTooLargeError(reason) from None
    except ValueError:
        raise BadRequestError("The multipart body is malformed; RFC 7578 says how it is written") from None


class _Parts:
    """Collects the parts that a decoder finds."""

    def __init__(self, decoder: Any, is_file: Callable[[str], bool]) -> None:
        from werkzeug.sansio.multipart import Data, Epilogue, Field, File, NeedData  # 15 ms, as above

        self._decoder = decoder
        self._is_file = is_file
        self._starts: tuple[Any, ...] = (Field, File)
        self._data, self._pauses, self._last = Data, (NeedData, Epilogue), Epilogue
        self._parts: list[Part] = []
        self._current: Any = None
        self._store: IO[bytes] = io.BytesIO()
        self._texts = self._held = self._size = 0

    def read(self, stream: BodyStream) -> list[Part]:
        while True:
            chunk = stream.read(CHUNK)
            self._decoder.receive_data(chunk or None)
            event = self._decoder.next_event()
            while not isinstance(event, self._pauses):
                self._take(event)
                event = self._decoder.next_event()
            if isinstance(event, self._last) or not chunk:
                return self._parts

    def _take(self, event: Any) -> None:
        if isinstance(event, self._starts):
            named: Any = event.name
            self._current = event if isinstance(named, str) else None  # without a name it is no field
            self._store = self._opened() if self._current_is_file() else io.BytesIO()
            self._size = 0
        elif isinstance(event, self._data) and self._current is not None:
            if isinstance(self._store, io.BytesIO):
                self._texts += len(event.data)
                if self._texts > _TEXTS:
                    raise PayloadTooLargeError(f"The form fields that are not files exceed {_TEXTS} bytes")
            self._store.write(event.data)
            self._size += len(event.data)
            if not event.more_data:
                self._parts.append(self._finished())

    def _opened(self) -> IO[bytes]:
        """Where the next file is kept."""
        return Spool(_SPOOLED if self._held < _SPOOLED_TOGETHER else 1)

    def _current_is_file(self) -> bool:
        current = self._current
        return current is not None and (hasattr(current, "filename") or self._is_file(current.name))

    def _finished(self) -> Part:
        headers = {name.lower(): text for name, text in self._current.headers}
        headers.pop("content-disposition", None)
        content_type = headers.pop("content-type", None)
        store, name = self._store, self._current.name
        store.seek(0)
        if isinstance(store, io.BytesIO):
            return Part(name, content_type, store.getvalue(), None, headers)
        self._held += self._size if self._size <= _SPOOLED else 0
        filename = getattr(self._current, "filename", None)
        default = "text/plain" if filename is None else "application/octet-stream"  # RFC 7578 section 4.4
        return Part(name, content_type, None, Upload(store, filename, content_type or default, name, headers), headers)


def charset_of_form(parts: Iterable[Part]) -> str | None:
    """What a field `_charset_` names (RFC 7578 section 4.6)."""
    found = next((part.text for part in parts if part.name == "_charset_"), None)
    return found.decode("latin-1") if found is not None else None


def part_text(part: Part, default_charset: str | None) -> str:
    """The text of a field: in the charset of its own Content-Type, else in that of the form (RFC 7578 section 4.6),
    else UTF-8.

    Raises:
        UnsupportedMediaTypeError: no such charset.
        UnicodeError: it is no such text.
        PayloadTooLargeError: it is a file, and too large to be text.
    """
    raw = part.text if part.upload is None else part.upload.read(_TEXTS + 1)
    if raw and len(raw) > _TEXTS:
        too_large(_TEXTS)
    charset = charset_of(part.content_type) if part.content_type is not None else None
    return decoded(raw or b"", charset or default_charset or "utf-8")


def charset_of(content_type: str) -> str | None:
    return parse_media_type(content_type).charset


def write_multipart(parts: Iterable[Part], boundary: str) -> bytes | Joined:
    """The inverse of read_multipart. Where files are on disk or elsewhere, a stream that reads them when it is read."""
    parts = list(parts)
    chunks = _written(parts, boundary)
    in_memory = all(part.upload is None or isinstance(part.upload.stream, io.BytesIO) for part in parts)
    return b"".join(chunks) if in_memory else Joined(chunks)


def _written(parts: list[Part], boundary: str) -> Iterator[bytes]:
    for part in parts:
        yield write_head(boundary, _headers_of(part))
        if part.upload is None:
            yield part.text or b""
        else:
            while chunk := part.upload.read(CHUNK):
                yield chunk
        yield b"\r\n"
    yield write_end(boundary)


def _headers_of(part: Part) -> Headers:
    disposition = f'form-data; name="{_escaped(part.name)}"'
    content_type, headers = part.content_type, part.headers
    if part.upload is not None:
        disposition += f'; filename="{_escaped(part.upload.filename or "file")}"'
        content_type, headers = part.upload.content_type, part.headers or part.upload.headers
    return {"Content-Disposition": disposition, **({"Content-Type": content_type} if content_type else {}), **headers}


def _escaped(name: str) -> str:
    """A name inside quotes, as browsers write it (WHATWG HTML, multipart/form-data encoding)."""
    return name.replace("\\", "\\\\").replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
