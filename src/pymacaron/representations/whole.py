"""Representations that are one value: JSON, text, binary."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from pymacaron._types import Json, ReadableStream, json_pointer
from pymacaron.bodies import (
    BodyStream,
    FileBody,
    MediaType,
    Pieces,
    Watch,
    encoded,
    read_all,
    read_json,
    read_text,
    write_json,
)
from pymacaron.exceptions import (
    BadRequestError,
    InvalidJsonError,
    Problem,
    UnsupportedMediaTypeError,
    ValidationError,
)
from pymacaron.forms import Form
from pymacaron.inputs import plain, text_type
from pymacaron.messages import ABSENT
from pymacaron.operations import Content
from pymacaron.parameters import TextFault, scalar_reader, scalar_text
from pymacaron.schemas import REQUEST, RESPONSE, Checker, Schema, SchemaProblem
from pymacaron.shapes import Shape, Shapes
from pymacaron.structs import finish, is_model

# What is sent: all of it, or what gives it piece by piece.
Written: TypeAlias = bytes | Iterable[bytes]

# Is shown each item of what is sent in pieces: it may ask what is wrong with it, and raise.
Judge: TypeAlias = Callable[[Callable[[], list[SchemaProblem]]], None]

# Up to this many bytes a JSON body is checked in the way that finds every problem at once: for a valid body that costs
# a tenth more than the mere question, for a faulty one it saves asking twice.
_ONE_PASS = 4096
# Up to this many bytes every problem is told, then the first. Three bytes can be a problem, which takes 7 µs to find:
# a faulty body must not cost a hundred times what a right one costs.
_EVERY_PROBLEM = 256 * 1024


class Side(NamedTuple):
    """Whose schemas it is about, whether of a request or a response, and what the model of a body without a name of
    its own is called."""

    shapes: Shapes
    view: str
    name: str


class Representation:
    """A media type with what the document declares for it.

    Attributes:
        content: the declaration, None where there is none.
        kind: which codec reads and writes it.
        media: what it is written as.
        form: how the fields of a form are written; None if it is no form.
    """

    form: Form | None = None

    def __init__(self, content: Content | None, kind: str, media: MediaType, side: Side) -> None:
        self.content, self.kind, self.media = content, kind, media
        self.schema = content.schema if content is not None else None
        self._side, self._shapes = side, side.shapes
        self._content_type = str(media)

    @cached_property
    def shape(self) -> Shape | None:
        """What the values of the schema are in Python; None where the document leaves it open."""
        return self._shapes.of(self.schema, self._side.name) if self.schema is not None else None

    @cached_property
    def kinds(self) -> frozenset[str]:
        """The JSON kinds that the schema allows; empty: all of them, as far as it says."""
        return kinds_of(self._shapes, self.schema) if self.schema is not None else frozenset()

    def prepare(self) -> None:
        """Compile what reading takes, before there is something to read."""
        if self.schema is not None:
            self._convert = self._first_converted

    _convert: Callable[[Any], Any] = staticmethod(lambda value: value)

    def _first_converted(self, value: Any) -> Any:
        """The Python value of the first body. As all models are, its classes are made when they are first needed."""
        assert self.shape is not None
        finishes = self._side.view == REQUEST and self.shape.must_finish()
        self._convert = self._finished if finishes else self.shape.convert
        return self._convert(value)

    def _finished(self, value: Any) -> Any:
        """The Python value of what a caller sent, with what it left out."""
        assert self.shape is not None
        result = self.shape.convert(value)
        finish(result)
        return result

    def converted(self, value: Any) -> Any:
        """The Python value of a valid JSON value, or of the fields of a form.

        Raises:
            InvalidJsonError: it is nested more deeply than Python goes.
        """
        try:
            return self._convert(value)
        except RecursionError:
            raise InvalidJsonError("The body is nested too deeply to be read") from None

    def takes(self, value: Any) -> bool:
        """Is it for values such as this?"""
        raise NotImplementedError

    def read(self, body: bytes | ReadableStream, media: MediaType, limit: int | None, size: int | None) -> Any:
        """The value of a body; ABSENT for an empty one that is no value.

        Args:
            media: the Content-Type that the body came with.
            limit: how many bytes it may have; None for any number.
            size: how many are announced; None where that is not known.

        Raises:
            ValidationError: it breaks the schema.
            BadRequestError, UnsupportedMediaTypeError, PayloadTooLargeError: it cannot be read.
        """
        raise NotImplementedError

    def label(self, value: Any) -> tuple[str, MediaType]:
        """The Content-Type of the body that a value is about to become, as text and parsed."""
        return self._content_type, self.media

    def write(self, value: Any, media: MediaType) -> Written:
        """The inverse of read. `media` is the Content-Type that is sent, for its parameters.

        Raises:
            TypeError, ValueError, NotImplementedError, RecursionError: the value cannot be written so.
            OSError: the file cannot be read.
        """
        raise NotImplementedError

    def problems(self, raw: bytes, media: MediaType) -> list[SchemaProblem]:
        """What is wrong with a body that was written, as far as the document says."""
        return []

    def watched(self, judge: Judge) -> Watch | None:
        """What shows `judge` each item that is sent; None if the document says nothing of items."""
        return None


class JsonBody(Representation):
    def prepare(self) -> None:
        super().prepare()
        if self.schema is not None:
            self._checker = self.schema.checker(self._side.view)

    _checker: Checker | None = None

    def read(self, body: bytes | ReadableStream, media: MediaType, limit: int | None, size: int | None) -> Any:
        raw = read_all(body, limit, size)
        if not raw:
            return ABSENT
        charset = media.parameters.get("charset") if media.parameters else None
        return self.value(read_json(raw, charset), len(raw))

    def value(self, value: Json, size: int) -> Any:
        """The Python value of what came in `size` bytes.

        Raises:
            ValidationError: it breaks the schema.
        """
        checker = self._checker
        if checker is not None and (size <= _ONE_PASS or not checker.is_valid(value)):
            problems = checker.problems(value) if size <= _EVERY_PROBLEM else checker.first_problems(value)
            if problems:
                raise ValidationError(problems=[in_body(problem) for problem in problems])
        return self.converted(value)

    def takes(self, value: Any) -> bool:
        if isinstance(value, str):
            return not self.kinds or "string" in self.kinds
        if isinstance(value, Iterator):
            return not self.kinds or "array" in self.kinds
        return not is_raw(value) and not is_file(value)

    @cached_property
    def dump(self) -> Callable[[Any], Any] | None:
        """How values become what the encoder writes, None where it takes them as they are: that is, all but those of
        the user's own formats, and those with properties that no response shows."""
        schemas = self._shapes.schemas
        may_hide = self._side.view == RESPONSE and any(file.write_only for file in schemas.files.opened.values())
        shape = self.shape if schemas.formats.custom or may_hide else None
        if shape is None:
            return None
        if may_hide and shape.must_hide():
            return lambda value: shape.shown(plain(shape.dump(value)))
        return shape.dump if shape.must_dump() else None

    def write(self, value: Any, media: MediaType) -> Written:
        if is_raw(value):
            return bytes(value)
        if is_file(value):
            return FileBody(value)
        if isinstance(value, str) and not self.takes(value):
            return value.encode()  # it must be JSON already
        if isinstance(value, Iterator):
            return self._array(value)
        return write_json(value if self.dump is None else self.dump(value))

    def _array(self, items: Iterator[Any]) -> Pieces:
        """An array, written while its items are made. A maker of bytes, or of texts where no item can be one, writes
        the JSON itself."""
        item = self._item
        texts = (str,) if item is not None and item.kinds and "string" not in item.kinds else ()
        is_array = True

        def write(value: Any, watch: Watch | None, first: bool) -> bytes:
            nonlocal is_array
            if is_raw(value) or isinstance(value, texts):
                is_array = is_array and not first
                return value.encode() if isinstance(value, str) else bytes(value)
            raw = write_json(value if item is None or item.dump is None else item.dump(value))
            if watch is not None:
                watch(raw)
            return (b"[" if first else b",") + raw

        def end(first: bool) -> bytes:
            return b"[]" if first else b"]" if is_array else b""

        return Pieces(items, write, end)

    @cached_property
    def _item(self) -> JsonBody | None:
        """The items of an array as bodies of their own; None where the document says nothing of them."""
        if self.schema is None or not isinstance(self.schema.value.get("items"), dict):
            return None
        return item_body(self, self.schema.child("items"))

    def problems(self, raw: bytes, media: MediaType) -> list[SchemaProblem]:
        try:
            value = read_json(raw, media.charset)
        except (BadRequestError, UnsupportedMediaTypeError):
            return [SchemaProblem((), "json", "valid JSON")]
        return self.faults(value)

    def faults(self, value: Json) -> list[SchemaProblem]:
        if self.schema is None:
            return []
        checker = self.schema.checker(self._side.view)
        return [] if checker.is_valid(value) else checker.problems(value)

    def watched(self, judge: Judge) -> Watch | None:
        item = self._item
        return None if item is None else lambda raw: judge(lambda: item.problems(raw, self.media))


def item_body(whole: Representation, schema: Schema) -> JsonBody:
    """One item of a sequence or an array as a JSON body of its own."""
    assert whole.content is not None
    content = Content(whole.content.media_type, schema, whole.content.node)
    side = whole._side._replace(name=f"{whole._side.name}Item")
    return JsonBody(content, whole.kind, whole.media, side)


class TextBody(Representation):
    """Text of any kind. A schema of a scalar speaks of what the text says (OpenAPI 3.1, "Data Type Conversion"); of
    arrays and objects written in some other language, such as CSV, nothing is checked."""

    def __init__(self, content: Content | None, kind: str, media: MediaType, side: Side) -> None:
        super().__init__(content, kind, media, side)
        self._text_type = self._content_type if media.charset else f"{self._content_type}; charset=utf-8"

    def label(self, value: Any) -> tuple[str, MediaType]:
        if is_raw(value) or is_file(value) or isinstance(value, Iterator):
            return super().label(value)  # whoever made the bytes knows the charset
        return self._text_type, self.media

    def prepare(self) -> None:
        if self._is_checked and self.schema is not None and self.shape is not None:
            self.schema.checker(self._side.view)

    @cached_property
    def _is_checked(self) -> bool:
        return self.schema is not None and (not self.kinds & {"array", "object"} or "string" in self.kinds)

    def read(self, body: bytes | ReadableStream, media: MediaType, limit: int | None, size: int | None) -> Any:
        text = read_text(read_all(body, limit, size), media.charset)
        value = scalar_reader(self.kinds)(text) if self._is_checked and "string" not in self.kinds else text
        problems = self._faults(value)
        if problems:
            raise ValidationError(problems=[in_body(problem) for problem in problems])
        return self.shape.convert(value) if self._is_checked and self.shape is not None else value

    def _faults(self, value: Json) -> list[SchemaProblem]:
        if not self._is_checked or self.schema is None:
            return []
        checker = self.schema.checker(self._side.view)
        return [] if checker.is_valid(value) else checker.problems(value)

    def takes(self, value: Any) -> bool:
        if isinstance(value, (bool, int, float)):
            return bool(self.kinds & {"boolean", "integer", "number"})
        return isinstance(value, (str, Iterator)) or is_raw(value) or is_file(value) or self._is_rich(value)

    def _is_rich(self, value: Any) -> bool:
        """Is it a date or the like, that the schema has text for?"""
        return (
            self._is_checked and value is not None and not is_model(value)
            and not isinstance(value, (dict, list)) and isinstance(plain(self._dumped(value)), str)
        )  # fmt: skip

    def _dumped(self, value: Any) -> Any:
        return value if self.shape is None else self.shape.dump(value)

    def write(self, value: Any, media: MediaType) -> Written:
        if isinstance(value, str):
            return encoded(value, media.charset)
        if is_raw(value) or is_file(value) or isinstance(value, Iterator):
            return in_pieces(value, media)
        try:
            return encoded(scalar_text(plain(self._dumped(value)), self.kinds), media.charset)
        except TextFault as fault:
            raise ValueError(f"a body of text takes {fault.expected}") from None

    def problems(self, raw: bytes, media: MediaType) -> list[SchemaProblem]:
        if not self._is_checked:
            return []
        try:
            text = read_text(raw, media.charset)
        except (BadRequestError, UnsupportedMediaTypeError):
            return [SchemaProblem((), "charset", "text of the charset that the Content-Type names")]
        return self._faults(scalar_reader(self.kinds)(text) if "string" not in self.kinds else text)


class BinaryBody(Representation):
    """Bytes whose meaning is not ours to know."""

    def read(self, body: bytes | ReadableStream, media: MediaType, limit: int | None, size: int | None) -> Any:
        return BodyStream(io.BytesIO(body) if isinstance(body, bytes) else body, media.name, limit)

    def takes(self, value: Any) -> bool:
        return isinstance(value, (str, Iterator)) or is_raw(value) or is_file(value)

    def write(self, value: Any, media: MediaType) -> Written:
        return encoded(value, media.charset) if isinstance(value, str) else in_pieces(value, media)


def in_pieces(value: Any, media: MediaType) -> Written:
    """What is bytes already, or is made of bytes and texts."""
    if is_raw(value):
        return bytes(value)
    if is_file(value):
        return FileBody(value)
    if not isinstance(value, Iterator):
        raise TypeError(f"a {type(value).__name__} is neither text nor bytes, nor does it give them")

    def write(item: Any, _watch: Watch | None, _first: bool) -> bytes:
        if isinstance(item, str):
            return encoded(item, media.charset)
        if is_raw(item):
            return bytes(item)
        raise TypeError(f"{media.name} is made of bytes and texts, not of {type(item).__name__}")

    return Pieces(value, write)


def is_raw(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, memoryview))


def is_file(value: Any) -> bool:
    """Is it a path, or something that is read? A model may have a property of that name."""
    return isinstance(value, os.PathLike) or (hasattr(value, "read") and not is_model(value))


def kinds_of(shapes: Shapes, schema: Schema) -> frozenset[str]:
    return text_type(shapes.schemas, schema.node).kinds


def in_body(problem: SchemaProblem) -> Problem:
    return Problem("body", json_pointer(problem.path)[:500], problem.code, problem.expected)
