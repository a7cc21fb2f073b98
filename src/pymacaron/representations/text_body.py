"""Bodies of text, and of bytes whose meaning is not ours to know."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pymacaron._types import Json, ReadableStream
from pymacaron.bodies import BodyStream, FileBody, MediaType, Pieces, Watch, encoded, is_text_file, read_all, read_text
from pymacaron.exceptions import BadRequestError, UnsupportedMediaTypeError, ValidationError
from pymacaron.inputs import plain
from pymacaron.operations import Content
from pymacaron.parameters import TextFault, scalar_reader, scalar_text
from pymacaron.schemas import SchemaProblem
from pymacaron.structs import is_model

from .representation import Representation, Side, Written, in_body, is_file, is_raw


class TextBody(Representation):
    """Text of any kind. A schema of a scalar speaks of what the text says (OpenAPI 3.1, "Data Type Conversion"); of
    arrays and objects written in some other language, such as CSV, nothing is checked."""

    def __init__(self, content: Content | None, kind: str, media: MediaType, side: Side) -> None:
        super().__init__(content, kind, media, side)
        self._text_type = self._content_type if media.charset else f"{self._content_type}; charset=utf-8"

    def label(self, value: Any) -> tuple[str, MediaType]:
        if not is_text_file(value) and (is_raw(value) or is_file(value) or isinstance(value, Iterator)):
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
        return FileBody(value, media.charset)
    if not isinstance(value, Iterator):
        raise TypeError(f"a {type(value).__name__} is neither text nor bytes, nor does it give them")

    def write(item: Any, _watch: Watch | None, _first: bool) -> bytes:
        if isinstance(item, str):
            return encoded(item, media.charset)
        if is_raw(item):
            return bytes(item)
        raise TypeError(f"{media.name} is made of bytes and texts, not of {type(item).__name__}")

    return Pieces(value, write)
