"""JSON bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from pymacaron._types import MOST_LEVELS, Json, ReadableStream
from pymacaron.bodies import FileBody, MediaType, Pieces, Watch, read_all, read_flat_json, read_json, write_json
from pymacaron.exceptions import BadRequestError, UnsupportedMediaTypeError, ValidationError
from pymacaron.messages import ABSENT
from pymacaron.operations import Content
from pymacaron.schemas import RESPONSE, Checker, Schema, SchemaProblem
from pymacaron.structs import builtins_of

from .representation import Judge, Representation, Written, in_body, is_file, is_raw

# Up to this many bytes a JSON body is checked in the way that finds every problem at once, if the schema has no
# alternatives: for a valid body that costs a tenth more than the mere question, for a faulty one it saves asking twice.
_ONE_PASS = 1500


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
        value = self._read(raw, media.charset)
        problems = self._problems_in(value, len(raw))
        if problems:  # raised here, as each function that an exception passes takes its time
            raise ValidationError("", [in_body(problem) for problem in problems])
        return self.converted(value)

    @cached_property
    def _read(self) -> Callable[[bytes, str | None], Json]:
        """Where the schema has few levels, nobody counts those of values: what has more is dropped, or wrong."""
        return read_flat_json if self.shape is not None and self.shape.is_flat(MOST_LEVELS) else read_json

    def value(self, value: Json, size: int) -> Any:
        """The Python value of what came in `size` bytes.

        Raises:
            ValidationError: it breaks the schema.
        """
        problems = self._problems_in(value, size)
        if problems:
            raise ValidationError(problems=[in_body(problem) for problem in problems])
        return self.converted(value)

    def _problems_in(self, value: Json, size: int) -> list[SchemaProblem]:
        checker = self._checker
        if checker is None or (size > self._one_pass and checker.is_valid(value)):
            return []
        return checker.problems(value, size <= _ONE_PASS)

    @cached_property
    def _one_pass(self) -> int:
        """Up to how many bytes a single look tells whether a body is valid, and what is wrong with it."""
        return _ONE_PASS if self._checker is not None and self._checker.is_plain else 0

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
            return lambda value: shape.shown(builtins_of(shape.dump(value)))
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
            value = self._read(raw, media.charset)
        except (BadRequestError, UnsupportedMediaTypeError) as error:
            offset = getattr(error, "offset", None)
            place = "" if offset is None else f", which has no NaN and no infinities; the error is at byte {offset}"
            return [SchemaProblem((), "json", f"valid JSON{place}")]
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
