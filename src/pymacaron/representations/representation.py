"""What all representations have in common."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from pymacaron._types import ReadableStream, json_pointer
from pymacaron.bodies import TOO_DEEP, MediaType, Watch
from pymacaron.exceptions import InvalidJsonError, Problem
from pymacaron.forms import Form
from pymacaron.inputs import text_type
from pymacaron.operations import Content
from pymacaron.schemas import REQUEST, Schema, SchemaProblem
from pymacaron.shapes import Shape, Shapes
from pymacaron.structs import finish, is_model

# What is sent: all of it, or what gives it piece by piece.
Written: TypeAlias = bytes | Iterable[bytes]

# Is shown each item of what is sent in pieces: it may ask what is wrong with it, and raise.
Judge: TypeAlias = Callable[[Callable[[], list[SchemaProblem]]], None]


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
            raise InvalidJsonError(TOO_DEEP) from None

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


def is_raw(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray, memoryview))


def is_file(value: Any) -> bool:
    """Is it a path, or something that is read? A model may have a property of that name."""
    return isinstance(value, os.PathLike) or (hasattr(value, "read") and not is_model(value))


def kinds_of(shapes: Shapes, schema: Schema) -> frozenset[str]:
    return text_type(shapes.schemas, schema.node).kinds


def with_boundary(media: MediaType) -> tuple[str, MediaType]:
    """The label of a multipart body, with a boundary of its own."""
    made = media._replace(parameters={**media.parameters, "boundary": os.urandom(16).hex()})
    return str(made), made


def in_body(problem: SchemaProblem) -> Problem:
    path, code, expected = problem
    # a NamedTuple's own constructor takes twice as long
    return tuple.__new__(Problem, ("body", json_pointer(path)[:500], code, expected, ""))
