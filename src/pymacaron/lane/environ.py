"""The WSGI environ (PEP 3333) as the parts of a message: path, headers, body."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from werkzeug.exceptions import HTTPException

from pymacaron._types import ReadableStream
from pymacaron.calls import LINKING, SPAN
from pymacaron.exceptions import BadRequestError, PayloadTooLargeError, error_of_status
from pymacaron.flask_context import Environ, read_by_flask
from pymacaron.messages import Request


def path_of(environ: Environ) -> str:
    """The percent-decoded path below the prefix that the application is mounted at.

    Raises:
        BadRequestError: it is not UTF-8.
    """
    path: str = environ.get("PATH_INFO", "")
    if path.isascii():
        return path
    try:
        return path.encode("latin-1").decode()
    except UnicodeError:
        raise BadRequestError("the path is not UTF-8") from None


class _Keys(dict[str, str]):
    """Header names to keys of the environ: "content-type" is CONTENT_TYPE, "x-id" is HTTP_X_ID."""

    def __missing__(self, name: str) -> str:
        key = name.upper().replace("-", "_")
        if key not in _UNPREFIXED:
            key = "HTTP_" + key
        if len(self) < 1000:  # names come from documents and code, but nothing says so
            self[name] = key
        return key


_UNPREFIXED = ("CONTENT_TYPE", "CONTENT_LENGTH")
_KEYS = _Keys()
_ID, _PATH, _PARENT = (_KEYS[name] for name in LINKING)


class EnvironHeaders(Mapping[str, str]):
    """The headers of a request, by lower-case name, read when asked for. An empty content type or length counts as
    absent: servers write one where none was sent."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Environ) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        key = _KEYS[name]
        value: str = self._environ[key]
        if not value and key in _UNPREFIXED:
            raise KeyError(name)
        return value

    def get(self, name: str, default: str | None = None) -> str | None:  # type: ignore[override]  # one kind of default
        key = _KEYS[name]
        value: str | None = self._environ.get(key)
        return default if value is None or (not value and key in _UNPREFIXED) else value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        for key, value in self._environ.items():
            if key.startswith("HTTP_") and key[5:] not in _UNPREFIXED:
                yield key[5:].replace("_", "-").lower()
            elif key in _UNPREFIXED and value:
                yield key.replace("_", "-").lower()

    def __len__(self) -> int:
        return sum(1 for _ in self)

    @property
    def peer(self) -> str:
        """The address of the caller, as the server or a middleware for proxies says; "" where nobody does."""
        return str(self._environ.get("REMOTE_ADDR", ""))

    @property
    def linked(self) -> bool:
        """Does any of them say which call has led to this one? Two thirds of the cost of reading them one by one is
        saved for all that come from outside."""
        environ = self._environ
        return _ID in environ or _PATH in environ or _PARENT in environ

    @property
    def span(self) -> Any:
        """The span that somebody has begun for the request; None if nobody has."""
        return self._environ.get(SPAN)

    def request(self) -> Request:
        """The request that they came with, for those who tell of it; its body is what was read of it in one go."""
        environ = self._environ
        try:
            path = path_of(environ)
        except BadRequestError:  # a path that is no text has been answered, too
            path = environ.get("PATH_INFO", "").encode("ascii", "replace").decode()
        kept = environ.get("wsgi.input")
        # clients of tests close it while their answers go on
        body = kept.getvalue() if isinstance(kept, io.BytesIO) and not kept.closed else b""
        return Request(environ.get("REQUEST_METHOD", ""), path, environ.get("QUERY_STRING", ""), self, body)

    def alone(self) -> EnvironHeaders:
        """The same headers, which keep nothing else of the environ alive."""
        return EnvironHeaders({key: text for key, text in self._environ.items() if type(text) is str})

    def __repr__(self) -> str:
        return f"<headers {', '.join(sorted(self))}>"  # values may be secret


UNSURE = "pymacaron.unsure"  # of a server that does not tell the end of a body in chunks from a connection that breaks
_UNFRAMED = frozenset(["HTTP/2", "HTTP/2.0", "HTTP/3", "HTTP/3.0"])  # versions that end a body without announcing it


def read_body(environ: Environ, config: Mapping[str, Any]) -> bytes | ReadableStream:
    """The body, or b"" if there is none (RFC 9112 section 6.3). Flask's configuration may have a MAX_CONTENT_LENGTH.

    Raises:
        BadRequestError: the length is no number, or there is a transfer coding beside it, or one that nobody undoes.
        PyMacaronException: 411 (RFC 9110 section 15.5.12): nobody could tell whether all of the body has come.
        PayloadTooLargeError: the length announced is above the limit.
    """
    length, chunked = environ.get("CONTENT_LENGTH"), environ.get("HTTP_TRANSFER_ENCODING")
    if chunked or not length:
        unframed = environ.get("SERVER_PROTOCOL") in _UNFRAMED
        if not chunked and not unframed:
            return b""
        if chunked:
            _check_coding(chunked, length)
            if environ.get(UNSURE):
                _check_end(_media_type(environ))
        if environ.get("wsgi.input_terminated") and (chunked or (unframed and not length)):
            return Body(environ, None, config["MAX_CONTENT_LENGTH"])
        if not length:  # a server that decodes chunks says that it ends the stream; else nothing can be read safely
            return b""
    limit = config["MAX_CONTENT_LENGTH"]
    if not (length.isascii() and length.isdigit()) or len(length) > 18:
        raise BadRequestError("the Content-Length is not a number of bytes")
    size = int(length)
    if limit is not None and size > limit:
        raise PayloadTooLargeError(f"the body is too large: at most {limit} bytes are accepted")
    return Body(environ, size, limit) if size else b""


def _check_coding(coding: str, length: str | None) -> None:
    if length:  # RFC 9112 section 6.1: a sign of request smuggling
        raise BadRequestError("the request has both Content-Length and Transfer-Encoding")
    if coding.strip().lower() != "chunked":  # servers undo no other, and let some pass
        raise BadRequestError("the Transfer-Encoding is not supported; send chunked, or none")


def _media_type(environ: Environ) -> str:
    return str(environ.get("CONTENT_TYPE", "")).partition(";")[0].strip().lower()


def _check_end(media_type: str) -> None:
    """Of a body in chunks this server does not say whether it ended or broke off: only what shows its own end is read.
    JSON does, but for numbers, and multipart."""
    if (
        media_type != "application/json"
        and not media_type.endswith("+json")
        and not media_type.startswith("multipart/")
    ):
        raise error_of_status(411, "this server needs a Content-Length for a body of this media type, not chunks")


class Body:
    """The body of a request as a stream that ends where the body ends.

    `size` is the number of bytes announced, None where the server ends the stream itself. A body that was read in one
    go is put back for `flask.request`, and one that a hook has read through `flask.request.get_data()` or `get_json()`
    is found there.
    """

    __slots__ = ("_environ", "_last", "_left", "_limit", "_stream", "size")

    STEP = 1 << 20  # a stream may allocate what it is asked for, and the announced size may be a lie

    def __init__(self, environ: Environ, size: int | None, limit: int | None) -> None:
        self._environ = environ
        self.size = self._left = size
        self._limit = limit
        self._stream: ReadableStream | None = None
        self._last: bytes | None = None  # byte that has come, where the end of all may not be that of the body

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes, all that is left when negative; b"" at the end.

        Raises:
            BadRequestError: the caller went away before the announced end.
            PayloadTooLargeError: more came than is accepted.
        """
        first = self._stream is None
        if first and size == self._left and size <= self.STEP and "werkzeug.request" not in self._environ:
            return self._whole(size)
        data = self._step(size) if size else b""
        if self._left != 0 and data and len(data) != size:
            data = self._rest(data, size)
        if first and (self._left == 0 or len(data) != size):
            self._environ["wsgi.input"] = io.BytesIO(data)
        return data

    def _whole(self, size: int) -> bytes:
        """All of it at once, as most bodies are read: what `read` does otherwise, in half the time."""
        stream = self._environ.get("wsgi.input")
        self._stream = stream = io.BytesIO() if stream is None else stream
        data = _read(stream, size)
        self._left = size - len(data)
        if self._left:
            if not data:
                raise BadRequestError(_ENDED)
            data = self._rest(data, size)
        self._environ["wsgi.input"] = io.BytesIO(data)
        return data

    def _rest(self, data: bytes, size: int) -> bytes:
        """`data` with what comes after it, up to `size` bytes altogether, where one reading did not give all."""
        pieces = [data]
        while size and pieces[-1] and self._left != 0:
            size -= len(pieces[-1]) if size > 0 else 0
            pieces.append(self._step(size) if size else b"")
        return b"".join(pieces)

    def _step(self, size: int) -> bytes:
        """What one reading of the stream gives."""
        if self._stream is None:
            self._stream = self._open()
        step = self.STEP if size < 0 else min(size, self.STEP)
        if self._left is not None:
            step = min(step, self._left)
        piece = _read(self._stream, step) if step else b""
        if self.size is None and UNSURE in self._environ:
            self._look_at_end(piece)
        if self._left is not None:
            if step and not piece:
                raise BadRequestError(_ENDED)
            self._left -= len(piece)
        elif self._limit is not None:
            self._limit -= len(piece)
            if self._limit < 0:
                raise PayloadTooLargeError("the body is too large")
        return piece

    def _look_at_end(self, piece: bytes) -> None:
        """Nobody says whether that is all. Of a number, which alone in JSON does not show its end, it may be a part."""
        if not piece:
            if self._last is None:
                raise BadRequestError("the body is empty or incomplete; send no body, or one with a Content-Length")
            if self._last.isdigit() and not _media_type(self._environ).startswith("multipart/"):
                raise error_of_status(411, "a number in chunks may be incomplete; send it with a Content-Length")
        self._last = piece[-1:]

    def _open(self) -> ReadableStream:
        kept = read_by_flask(self._environ)
        if kept is not None:
            self._left = len(kept)
            return io.BytesIO(kept)
        stream: ReadableStream | None = self._environ.get("wsgi.input")
        return io.BytesIO() if stream is None else stream


_ENDED = "the body is shorter than its Content-Length"
_PLAIN = frozenset((io.BytesIO, io.BufferedReader))  # known to read what they are asked for, no more


def _read(stream: ReadableStream, size: int) -> bytes:
    try:
        if type(stream) in _PLAIN or not _trusts_its_chunks(stream):
            return stream.read(size)
        buffer = bytearray(size)
        count = stream.readinto(memoryview(buffer))
        return bytes(buffer[:count]) if count else b""
    except HTTPException:  # of a middleware that limits what is read
        raise
    except Exception:  # noqa: BLE001 - every server has its own for a connection that breaks, a chunk that is none
        raise BadRequestError("the body could not be read to its end") from None


def _trusts_its_chunks(stream: ReadableStream) -> TypeGuard[io.RawIOBase]:
    """Werkzeug's reader of chunked bodies shortens the buffer it is given when a chunk is shorter than it said.
    RawIOBase.read() trusts the count that readinto() gives, and would go past the end; a memoryview refuses to be
    shortened."""
    return type(stream).__module__ == "werkzeug.serving" and isinstance(stream, io.RawIOBase)
