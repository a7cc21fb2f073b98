"""The bodies of requests: which representation one is, and what comes before it is read and after it is written."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterable
from typing import Any, TypeAlias

from pymacaron._types import ReadableStream
from pymacaron.bodies import (
    BINARY,
    JSON,
    MULTIPART,
    TEXT,
    FileBody,
    Joined,
    MediaType,
    Pieces,
    parse_media_type,
    too_large,
    uncoded,
)
from pymacaron.config.kinds import SIZE
from pymacaron.exceptions import Problem, UnsupportedMediaTypeError, ValidationError
from pymacaron.loops import Iterated
from pymacaron.messages import ABSENT, Request
from pymacaron.negotiation import content_for, declared
from pymacaron.operations import Content, Operation
from pymacaron.representations import JsonBody, Representation, SchemaProblem, concrete, in_body, is_raw, represent
from pymacaron.schemas import REQUEST

# Kinds that have no empty value: a body without a byte is none.
_NEVER_EMPTY = frozenset((JSON, MULTIPART))


# A body that can be read: what it is, its Content-Type, its bytes without content codings, how many there are.
Opened: TypeAlias = tuple[Representation, MediaType, bytes | ReadableStream, int | None]


class RequestBodies:
    """Reads and writes the bodies of one operation.

    Args:
        max_body: how many bytes a body may have, None for any number; the operation's `x-max-body` goes before it.
    """

    def __init__(self, operation: Operation, max_body: int | None = None) -> None:
        self.operation = operation
        own = operation.extensions.get("x-max-body")
        self.limit: int | None = max_body if own is None else SIZE.read(own)
        self._representations: dict[tuple[str, str], Representation] = {}
        self._by_header: dict[str | None, tuple[Representation, MediaType]] = {}
        for content in operation.contents:
            self._representation(content, concrete(declared(content), {}))

    # Reading

    def read(self, request: Request) -> Any:
        """The value of a body; ABSENT if there is none.

        Raises:
            ValidationError: it breaks its schema, or is required and not there.
            BadRequestError, UnsupportedMediaTypeError, PayloadTooLargeError: it cannot be read.
        """
        return self.read_alone(request)[0]

    def read_alone(self, request: Request) -> tuple[Any, dict[str, Any]]:
        """What `read` gives, as all that there is to a request: with no parameters."""
        header = request.headers.get("content-type")
        if not request.body and not self._may_be_empty(header):
            return self._absent(), {}
        representation, media, body, size = self.open(request, header)
        value = representation.read(body, media, self.limit, size)
        return self._absent() if value is ABSENT else value, {}

    def _absent(self) -> Any:
        if self.operation.body_required:
            raise ValidationError(problems=[Problem("body", "", "required", "a body (required)")])
        return ABSENT

    def _may_be_empty(self, header: str | None) -> bool:
        """Does a body without a byte mean something: an empty text, no items?"""
        if header is None:
            return False
        media = parse_media_type(header)
        return media.kind not in _NEVER_EMPTY and content_for(self.operation.contents, media) is not None

    def open(self, request: Request, header: str | None) -> Opened:
        """What a body is, by its Content-Type, and how it is read; the size is None where it is not known.

        Raises:
            UnsupportedMediaTypeError: it is nothing that the document declares, or its coding is unknown.
            PayloadTooLargeError: it says that it is larger than the limit.
        """
        representation, media = self._by_header.get(header) or self._select(header)
        body = request.body
        size: int | None = getattr(body, "size", None)  # the body's own knowledge is read sooner than a header
        if size is None:
            size = announced(request)
        coding = request.headers.get("content-encoding")
        if coding is not None:
            stream = io.BytesIO(body) if isinstance(body, bytes) else body
            return representation, media, uncoded(coding, stream, self.limit, size), None
        if size is not None and self.limit is not None and size > self.limit:
            too_large(self.limit)
        return representation, media, body, size

    def _select(self, header: str | None) -> tuple[Representation, MediaType]:
        """The declared representation for a Content-Type; the most specific declaration wins."""
        contents = self.operation.contents
        if header is not None:
            media = parse_media_type(header)
            content = content_for(contents, media)
        else:
            content = contents[0] if len(contents) == 1 else None
            media = concrete(declared(contents[0]), {})
        if content is None:
            listed = " or ".join(one.media_type for one in contents)
            fact = "has a body but no Content-Type" if header is None else "has a Content-Type that is not supported"
            accept = ", ".join(one.media_type for one in contents)
            raise UnsupportedMediaTypeError(f"The request {fact}; send {listed}", accept=accept)
        found = self._representation(content, media), media
        if len(self._by_header) < 64 and "boundary" not in media.parameters and len(header or "") < 200:
            self._by_header[header] = found  # clients choose boundaries, and may choose anything
        return found

    def _representation(self, content: Content, media: MediaType) -> Representation:
        """What a declaration means for a media type, which decides where the declaration is a range."""
        place = content.media_type, media.kind
        found = self._representations.get(place)
        if found is None:
            found = self._representations[place] = represent(self.operation, content, REQUEST, media)
            found.prepare()
        return found

    # Writing

    def write(self, value: Any, headers: dict[str, str]) -> bytes | ReadableStream:
        """The inverse of read: the bytes, or a stream of them; `headers` gets what belongs to them.

        Raises:
            ValidationError: the value breaks the document; of an item, when it is reached.
        """
        if isinstance(value, AsyncIterator):
            value = Iterated(value)
        representation = self._for(value)
        content_type, media = self._label(representation, value)
        if headers.setdefault("content-type", content_type) != content_type:  # the document has it as a parameter
            media = parse_media_type(headers["content-type"])
        try:
            body = representation.write(value, media)
        except (TypeError, ValueError, NotImplementedError, RecursionError) as error:
            raise TypeError(f"the body of {self.operation.name}() cannot be written: {error}") from error
        if isinstance(body, bytes):
            _refuse(representation.problems(body, media))
            return body
        if isinstance(body, Pieces):
            body.watch = representation.watched(lambda problems: _refuse(problems()))
        if isinstance(body, FileBody) and body.size is not None:
            headers["content-length"] = str(body.size)
        return _stream(body)

    @staticmethod
    def _label(representation: Representation, value: Any) -> tuple[str, MediaType]:
        """The Content-Type of a value; where a range is declared, the one that a file has itself."""
        wanted = declared(representation.content) if representation.content is not None else None
        if wanted is not None and wanted.is_range:
            media = concrete(wanted, value)
            if media.kind == representation.kind and media.name != representation.media.name:
                return str(media), media
        return representation.label(value)

    def _for(self, value: Any) -> Representation:
        """Of the declared ones that take a value the one that it is by nature, else the first."""
        found = [self._representation(one, concrete(declared(one), value)) for one in self.operation.contents]
        fitting = [one for one in found if one.takes(value)]
        is_text = isinstance(value, str) or is_raw(value)
        if fitting:
            first, nature = fitting[0], TEXT if isinstance(value, str) else BINARY
            open_ones = fitting if is_text and first.kind in {TEXT, BINARY} else ()
            return next((one for one in open_ones if one.kind == nature), first)
        return next((one for one in found if is_text and isinstance(one, JsonBody)), found[0])


def _refuse(problems: list[SchemaProblem]) -> None:
    if problems:
        raise ValidationError(problems=[in_body(problem) for problem in problems])


def _stream(body: Iterable[bytes]) -> ReadableStream:
    return body if isinstance(body, Joined) else Joined(body)


def announced(request: Request) -> int | None:
    """The Content-Length in bytes, None where there is none."""
    text = request.headers.get("content-length")
    return int(text) if text and text.isdecimal() else None
