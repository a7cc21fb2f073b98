"""Bodies: bytes of a media type ⇄ values. One codec a kind of media type, each with `read` and `write` side by side."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple, NoReturn

import msgspec

from ._types import Json, ReadableStream
from .exceptions import BadRequestError, InvalidJsonError, PayloadTooLargeError, UnsupportedMediaTypeError
from .structs import encode_json

JSON, FORM, MULTIPART, TEXT, BINARY = "json", "form", "multipart", "text", "binary"

# A part of a multipart body up to this size is kept in memory, a larger one in a temporary file.
_SPOOLED = 512 * 1024
_CHUNK = 64 * 1024


class MediaType(NamedTuple):
    """A parsed Content-Type (RFC 9110 section 8.3): "type/subtype" in lower case, and its parameters."""

    name: str
    parameters: Mapping[str, str]

    @property
    def kind(self) -> str:
        return kind_of(self.name)


def parse_media_type(text: str) -> MediaType:
    name, _, rest = text.partition(";")
    parameters: dict[str, str] = {}
    for piece in rest.split(";") if rest and '"' not in rest else _quoted_pieces(rest):
        key, equals, value = piece.partition("=")
        if equals:
            parameters[key.strip().lower()] = value.strip().strip('"')
    return MediaType(name.strip().lower(), parameters)


def _quoted_pieces(text: str) -> list[str]:
    """Split at the semicolons outside quotes (RFC 9110 section 5.6.6)."""
    pieces, quoted = [""], False
    for char in text:
        quoted ^= char == '"'
        if char == ";" and not quoted:
            pieces.append("")
        else:
            pieces[-1] += char
    return pieces


def kind_of(name: str) -> str:
    """Which codec reads a media type; `name` is lower case, without parameters."""
    if name in ("application/json", "text/json") or name.endswith("+json"):
        return JSON
    if name == "application/x-www-form-urlencoded":
        return FORM
    if name == "multipart/form-data":
        return MULTIPART
    return TEXT if name.startswith("text/") else BINARY


class Upload:
    """A file that came in a multipart body.

    Attributes: `filename` (as the client named it, not to be trusted as a path; None if it did not), `content_type`,
    `name` of the form field, `stream`, a binary file at its start. Reads like a file.
    """

    __slots__ = ("content_type", "filename", "name", "stream")

    def __init__(self, stream: IO[bytes], filename: str | None, content_type: str, name: str = "") -> None:
        self.stream, self.filename, self.content_type, self.name = stream, filename, content_type, name

    def read(self, size: int = -1) -> bytes:
        return self.stream.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.stream.seek(offset, whence)

    def __iter__(self) -> Any:
        return iter(self.stream)

    def save(self, path: str) -> None:
        """Write what is left to read to a file."""
        with open(path, "wb") as out:
            while chunk := self.stream.read(_CHUNK):
                out.write(chunk)

    def close(self) -> None:
        self.stream.close()

    def __repr__(self) -> str:
        return f"<Upload {self.name} ({self.content_type})>"


class BodyStream:
    """A body that is neither JSON, form nor text: a readable binary stream with its `content_type`."""

    __slots__ = ("_limit", "_stream", "content_type")

    def __init__(self, stream: ReadableStream, content_type: str, limit: int | None = None) -> None:
        self._stream, self.content_type, self._limit = stream, content_type, limit

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes, all that is left when negative.

        Raises:
            PayloadTooLargeError: the body turns out longer than the limit.
        """
        if self._limit is None:
            return self._stream.read(size)
        wanted = self._limit + 1 if size < 0 else min(size, self._limit + 1)
        data = read_up_to(self._stream, wanted) if size < 0 else self._stream.read(wanted)
        self._limit -= len(data)
        if self._limit < 0:
            too_large(None)
        return data

    def __iter__(self) -> Any:
        while chunk := self.read(_CHUNK):
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
    while missing and (data := stream.read(min(missing, _CHUNK))):
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


_decode_json = msgspec.json.decode
_BOM = b"\xef\xbb\xbf"


def read_json(raw: bytes, charset: str | None = None) -> Json:
    """The value of a JSON text (RFC 8259).

    Raises:
        InvalidJsonError: it is none, with the byte offset of the fault.
        UnsupportedMediaTypeError: `charset` is unknown.
    """
    if charset is not None and charset.lower() not in ("utf-8", "utf8", "us-ascii"):
        raw = _recoded(raw, charset)
    try:
        return _decode_json(raw)
    except RecursionError:
        raise InvalidJsonError("The body is nested too deeply to be read") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        if raw.startswith(_BOM):
            return read_json(raw[len(_BOM) :])  # RFC 8259 section 8.1: a parser may ignore it
        raise _invalid_json(raw, str(error)) from None


def _recoded(raw: bytes, charset: str) -> bytes:
    try:
        return decoded(raw, charset).encode()
    except UnicodeError:
        raise InvalidJsonError("The body is not text of the charset that its Content-Type names") from None


# Python knows more codecs by name: some are no charsets, one takes time that grows with the square of the length.
_CHARSETS = re.compile(r"utf-?(8|16|32)([bl]e)?|(us-?)?ascii|(iso-?8859|latin|windows|cp)-?\d{1,4}", re.IGNORECASE)


def decoded(raw: bytes, charset: str) -> str:
    """The text that bytes are in a charset.

    Raises:
        UnsupportedMediaTypeError: no such charset.
        UnicodeError: they are no such text.
    """
    if _CHARSETS.fullmatch(charset.replace("_", "-")):
        try:
            return raw.decode(charset)
        except LookupError:
            pass
    raise UnsupportedMediaTypeError("The charset of the Content-Type is unknown; send UTF-8")


def _invalid_json(raw: bytes, reason: str) -> InvalidJsonError:
    if not raw:
        return InvalidJsonError("The body is empty; JSON was expected", 0)
    at = reason.rpartition("(byte ")[2].rstrip(")")
    offset = int(at) if at.isdigit() else len(raw) if "truncated" in reason else None
    if offset is None:
        try:
            raw.decode()
        except UnicodeDecodeError as error:
            offset = error.start
    if offset is None:
        return InvalidJsonError("The body is not valid JSON: it holds something that no JSON value can be")
    return InvalidJsonError(f"The body is not valid JSON: it goes wrong at byte {offset}", offset)


def write_json(value: Any) -> bytes:
    """A value as JSON; models, dates, UUIDs, decimals and the like included.

    Raises:
        TypeError: it holds something that cannot be written.
    """
    return encode_json(value)


def read_text(raw: bytes, charset: str | None) -> str:
    try:
        return decoded(raw, charset or "utf-8")
    except UnicodeError:
        raise BadRequestError(f"The body is not valid {charset or 'UTF-8'} text") from None


class Part(NamedTuple):
    """One part of a multipart body as it came (RFC 7578): text fields have `text`, files an `upload`."""

    name: str
    content_type: str | None
    text: bytes | None
    upload: Upload | None


def read_multipart(body: ReadableStream, boundary: str | None, limit: int | None) -> list[Part]:
    """The parts of a multipart/form-data body; files are spooled to disk, so memory stays bounded.

    Args:
        limit: bytes of the whole body, None for no limit.

    Raises:
        BadRequestError: it is malformed, or has no boundary.
        PayloadTooLargeError: it is longer than `limit`.
    """
    # werkzeug's parser; 15 ms to import, so only for services that get such bodies
    from werkzeug.exceptions import RequestEntityTooLarge
    from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

    if not boundary:
        raise BadRequestError("The Content-Type of a multipart body needs a boundary parameter")
    decoder = MultipartDecoder(boundary.encode("latin-1", "replace"), max_form_memory_size=None, max_parts=1000)
    parts: list[Part] = []
    current: Field | File | None = None
    store: IO[bytes] = io.BytesIO()
    stream = BodyStream(body, "", limit)
    try:
        while True:
            chunk = stream.read(_CHUNK)
            decoder.receive_data(chunk or None)
            event = decoder.next_event()
            while not isinstance(event, (NeedData, Epilogue)):
                if isinstance(event, (Field, File)):
                    current = event
                    store = _store() if isinstance(event, File) else io.BytesIO()
                elif isinstance(event, Data) and current is not None:
                    store.write(event.data)
                    if not event.more_data:
                        parts.append(_part(current, store))
                event = decoder.next_event()
            if isinstance(event, Epilogue) or not chunk:
                return parts
    except RequestEntityTooLarge:
        raise PayloadTooLargeError("The multipart body has more than 1000 parts") from None
    except ValueError:
        raise BadRequestError("The multipart body is malformed; RFC 7578 says how it is written") from None


class _Spool(SpooledTemporaryFile[bytes]):
    """Closes when nobody holds it any more, and then without a warning: what becomes of an upload is up to the user."""

    def __del__(self) -> None:
        self.close()


def _store() -> IO[bytes]:
    return _Spool(_SPOOLED)


def _part(event: Any, store: IO[bytes]) -> Part:
    content_type = event.headers.get("content-type")
    store.seek(0)
    filename = getattr(event, "filename", None)
    if filename is None:
        return Part(event.name, content_type, store.read(), None)
    return Part(
        event.name, content_type, None, Upload(store, filename, content_type or "application/octet-stream", event.name)
    )


def write_multipart(parts: Iterable[Part], boundary: str) -> bytes:
    """The inverse of read_multipart."""
    out = io.BytesIO()
    for part in parts:
        disposition = f'form-data; name="{_escaped(part.name)}"'
        content_type = part.content_type
        if part.upload is not None:
            disposition += f'; filename="{_escaped(part.upload.filename or "file")}"'
            content_type = part.upload.content_type
        out.write(f"--{boundary}\r\nContent-Disposition: {disposition}\r\n".encode())
        if content_type:
            out.write(f"Content-Type: {content_type}\r\n".encode())
        out.write(b"\r\n")
        out.write(part.upload.read() if part.upload is not None else part.text or b"")
        out.write(b"\r\n")
    out.write(f"--{boundary}--\r\n".encode())
    return out.getvalue()


def _escaped(name: str) -> str:
    """A name inside quotes, as browsers write it (WHATWG HTML, multipart/form-data encoding)."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
